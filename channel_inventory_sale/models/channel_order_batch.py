# SPDX-License-Identifier: AGPL-3.0-or-later
from collections import namedtuple

from odoo import models
from odoo.exceptions import UserError

from odoo.addons.channel_inventory_base import exceptions
from odoo.addons.channel_inventory_base.models.channel_order import QUIET
from odoo.addons.channel_inventory_base.tools.inner import inner

from ..tools.refusal import OrderCutError, OrderParkedError, OrderRefusedError
from ..tools.stock_ahead import StockAhead

Entry = namedtuple("Entry", ["order", "data", "vals"])
FEWEST = 2
"""Fewer gain nothing by being together."""
REFUSALS = (
    OrderCutError,
    OrderParkedError,
    OrderRefusedError,
    UserError,
    exceptions.ChannelError,
)


class ChannelOrderBatch(models.AbstractModel):
    """Imports the plain orders of a backlog together: their sale orders are created in
    one call, and confirmed in one.

    Most of what Odoo's create and confirm cost is paid once a call. The checks are
    those of a single import, order by order. Nothing is decided here: what is not
    plain, or would be refused, is left as it was for ``channel.order.importer``.
    """

    _name = "channel.order.batch"
    _description = "Order Batch"

    def _import(self, orders):
        """In the current transaction, which should be REPEATABLE READ, and which the
        caller rolls back as a whole if this raises anything.

        :param orders: locked, of one company
        :return: those that are imported
        """
        batch = self.with_company(orders.company_id)
        return batch._import_own(orders.with_env(batch.env))

    def _import_own(self, orders):
        importer = self.env["channel.order.importer"]
        # nothing is sold until all are prepared
        preparer = importer.with_context(
            **inner(channel_stock_ahead=StockAhead(orders))
        )
        entries = [
            entry for order in orders if (entry := self._prepare(order, preparer))
        ]
        if len(entries) < FEWEST:
            return orders.browse()
        self._sell(entries, importer)
        orders = orders.browse(entry.order.id for entry in entries)
        orders.with_context(tracking_disable=True).write({"state": "imported"})
        self.env["channel.exception"]._resolve_record(orders)
        for entry in entries:
            importer._report_imported(entry.order, entry.data)
        return orders

    # --------------------------------------------------------------- choice
    def _prepare(self, order, importer):
        """:return: Entry, None of an order that has to be imported by itself"""
        data = order._get_data()
        if not self._is_plain(order, data):
            return None
        try:
            # contacts included: what is decided otherwise is decided anew
            with self.env.cr.savepoint():
                if importer._is_to_write(order, data):
                    return Entry(order, data, importer._prepare_sale_vals(order, data))
        except REFUSALS:
            # raised again where it is imported by itself, and then told
            return None
        return None

    def _is_plain(self, order, data):
        """Whether it is a new order of which nothing was shipped, paid back, cut or
        decided."""
        return not (
            order.sale_order_id
            or order.ending
            or order.cuts
            or order.fulfilled_by_channel
            or data.state != "open"
            or data.refunds
            or any(line.left_quantity for line in data.lines)
            or not all(line.sold_as for line in order.line_ids)
        )

    # ----------------------------------------------------------------- sale
    def _sell(self, entries, importer):
        """:raise OrderRefusedError, UserError: one of them is not exact, or cannot be
        confirmed"""
        sale_orders = self.env["sale.order"].with_context(**QUIET)
        created = sale_orders.create([entry.vals for entry in entries])
        for entry, sale_order in zip(entries, created, strict=True):
            entry.order.sale_order_id = sale_order.with_env(self.env)
            importer._check_written(entry.order, entry.data)
        due = []
        for order, data, _vals in entries:
            if importer._is_confirm_due(order, data):
                self.env["channel.payment.checker"]._check_confirmable(order, data)
                due.append(order.sale_order_id.id)
        sale_orders.browse(due).action_confirm()
        for order, data, _vals in entries:
            self.env["channel.order.amender"]._follow_properties(order)
            self.env["channel.order.amender"]._follow_dates(order, data)
