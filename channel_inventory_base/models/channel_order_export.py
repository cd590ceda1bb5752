# SPDX-License-Identifier: AGPL-3.0-or-later
import csv
import hashlib
import io

from odoo import api, models

from .. import schemas
from ..exceptions import MalformedDataError
from ..lib import order_csv

EXPORTED = "orders.csv"
"""The topic of what was brought as a file of the channel's own export."""


class ChannelOrderExport(models.AbstractModel):
    """Orders that a person has exported on a channel whose API is down.

    How it works: each order of the file is an event of the inbox with its rows as they
    stand there, processed as any other: captured, and its stock held. It is not
    complete, so it is fetched as soon as the channel answers, and becomes a sale order
    then; by the channel's own id it is the same order.
    """

    _name = "channel.order.export"
    _description = "Exported Orders"

    @api.model
    def _store(self, channel, text):
        """Store the orders of an export.

        :return: (how many were new, how many there are, rows that cannot be read)
        :raise BadExportError: it is no export of orders
        """
        orders, bad = order_csv.read(text)
        events = [self._make_event(channel, each) for each in orders]
        # sudo: operators bring files; only the intake writes events otherwise
        inbox = self.env["channel.inbox.event"].sudo()
        return inbox._store(channel.sudo(), events, "file"), len(events), bad

    def _make_event(self, channel, order):
        text = io.StringIO()
        csv.writer(text).writerows((order.titles, *order.rows))
        body = text.getvalue()
        ref = channel._adapter()._get_order_ref(order.ref)
        return schemas.InboundEvent(
            key=f"{EXPORTED}:{ref}:{hashlib.sha256(body.encode()).hexdigest()[:32]}",
            kind="order",
            topic=EXPORTED,
            body=body,
            ref=ref,
            occurred_at=order.version,
        )

    @api.model
    def _parse(self, channel, body):
        """:return: schemas.OrderData, not complete
        :raise MalformedDataError: the rows are not those of one order
        """
        try:
            orders, bad = order_csv.read(body)
        except order_csv.BadExportError as error:
            raise MalformedDataError(str(error), path="columns") from error
        if bad or len(orders) != 1:
            raise MalformedDataError(self.env._("These are not rows of one order."))
        [order] = orders
        refs = self._find_refs(channel, [sku for sku, _title, _units in order.lines])
        return schemas.OrderData(
            external_id=channel._adapter()._get_order_ref(order.ref),
            name=order.name,
            version=order.version,
            placed_at=order.placed,
            complete=False,
            state="cancelled" if order.cancelled else "open",
            lines=tuple(
                schemas.OrderLineData(
                    external_id=f"row/{number}",
                    listing_ref=refs.get(sku, ""),
                    quantity=units,
                    open_quantity=units,
                    sku=sku,
                    title=title,
                )
                for number, (sku, title, units) in enumerate(order.lines, 1)
            ),
        )

    def _find_refs(self, channel, skus):
        """:return: {SKU: the channel's id of its listing}; one that is mapped counts"""
        listings = self.env["channel.listing"].search(
            [("channel_id", "=", channel.id), ("sku", "in", skus)]
        )
        ranked = listings.sorted(lambda each: (each.state == "mapped", -each.id))
        return {each.sku: each.external_id for each in ranked}
