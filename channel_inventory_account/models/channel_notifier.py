# SPDX-License-Identifier: AGPL-3.0-or-later
import math
from decimal import Decimal

from odoo import models

from odoo.addons.channel_inventory_base import schemas
from odoo.addons.channel_inventory_sale.models.channel_order_line import add_up


class ChannelNotifier(models.AbstractModel):
    """A customer credit note that is posted here makes the channel pay it back."""

    _inherit = "channel.notifier"

    # A customer credit note that is posted here makes the channel pay it back.
    def _on_credit_note(self, order, move):
        """One message for a credit note: exactly its amount."""
        if move.currency_id.name != order.currency_name:
            self._report_credit_note(
                order,
                move,
                self.env._(
                    "%(move)s is in %(currency)s, the order in %(expected)s.",
                    move=move.name,
                    currency=move.currency_id.name,
                    expected=order.currency_name,
                ),
            )
            return
        amount = self._to_decimal(order, move, move.amount_total)
        if amount <= 0:
            return
        data = schemas.RefundData(
            order_ref=order.external_id,
            amount=amount,
            currency=order.currency_name,
            lines=tuple(self._prepare_refund_lines(order, move)),
            shipping=self._count_shipping(order, move),
            note=move.name,
        )
        told = self._notify(
            order, "refund", f"move:{move.id}", data, move, summary=move.name
        )
        order._log_document(move, self.env._("%s: credit note posted", move.name))
        if not told and order.channel_id._capabilities().messages:
            self._report_credit_note(
                order,
                move,
                self.env._(
                    "%s is not refunded by the channel automatically.", move.name
                ),
            )

    def _report_credit_note(self, order, move, message):
        self.env["channel.exception"]._report(
            order.channel_id,
            "refund",
            key=f"move:{move.id}",
            record=order,
            message=f"{order.name}: {message}",
            suggestion=self.env._("Refund it on the channel manually."),
        )

    def _prepare_refund_lines(self, order, move):
        """Whole units at their full price are told as units; the rest is money."""
        for line in order.line_ids:
            own = move.invoice_line_ids.filtered(
                lambda each, one=line: one in each.sale_line_ids.channel_order_line_id
            )
            units = math.floor(
                sum(self._refunded_units(order, each) for each in own) + 1e-6
            )
            # parts of units are paid back as money
            if units <= 0 or line._is_fraction():
                continue
            amount = self._to_decimal(order, move, sum(own.mapped("price_total")))
            back = min(units, self._count_came_back(order, line))
            if line._shipped_here() <= 0:
                parts = [(units, "cancel", "")]
            else:
                node = self._find_return_node(order, line)
                parts = [(back, "return" if node else "none", node)]
                parts.append((units - back, "none", ""))
            for quantity, restock, node in parts:
                if quantity:
                    yield schemas.RefundLineData(
                        line.external_id,
                        quantity,
                        amount * quantity / units,
                        restock,
                        node,
                    )

    def _refunded_units(self, order, move_line):
        """Sold units of a credit note's line; none where it only lowers the price."""
        sale_line = move_line.sale_line_ids[:1]
        same = move_line.currency_id.compare_amounts(
            move_line.price_unit, sale_line.price_unit
        )
        if same or not sale_line:
            return 0
        stock = move_line.product_uom_id._compute_quantity(
            move_line.quantity, sale_line.product_id.uom_id, round=False
        )
        return sale_line.channel_order_line_id._to_units(stock)

    def _count_came_back(self, order, line):
        """Units that were received back to be sold again and not told of yet. A kit is
        back when all of its pieces are."""
        moves = line._sale_lines().move_ids.filtered(
            lambda move: (
                move.state == "done"
                and move.location_id.usage == "customer"
                and move.location_dest_id.stock_state == "sellable"
            )
        )
        received = math.floor(line._count_whole(add_up(moves)) + 1e-6)
        told = 0
        for message in order.notification_ids:
            if message.kind == "refund" and message.state != "void":
                told += sum(
                    each.quantity
                    for each in message._get_data().lines
                    if each.line_ref == line.external_id and each.restock == "return"
                )
        return max(0, received - told)

    def _find_return_node(self, order, line):
        moves = line._sale_lines().move_ids.filtered(
            lambda move: move.state == "done" and move.location_id.usage == "customer"
        )
        warehouse = moves.picking_type_id.warehouse_id[:1]
        return self._find_node(order, warehouse).external_id or ""

    def _count_shipping(self, order, move):
        lines = move.invoice_line_ids.filtered(
            lambda line: (
                line.product_id
                and line.product_id == order.channel_id.shipping_product_id
            )
        )
        return self._to_decimal(order, move, sum(lines.mapped("price_total")))

    def _to_decimal(self, order, move, amount):
        digits = move.currency_id.decimal_places
        return Decimal(f"{amount:.{digits}f}")
