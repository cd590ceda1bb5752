# SPDX-License-Identifier: AGPL-3.0-or-later
from collections import defaultdict
from dataclasses import dataclass

from odoo import api, fields, models

from ..tools.promising import TINY

CATEGORY = "beyond_stock"


@dataclass(frozen=True)
class Short:
    """What confirming a quotation would take and is not there. STOCK units."""

    order: object
    line: object
    wanted: float
    missing: float


class ChannelQuoteGuard(models.AbstractModel):
    """Looks whether confirming would take what channels have sold, and remembers those
    that were confirmed all the same until the stock suffices."""

    _name = "channel.quote.guard"
    _description = "Guard of Confirmations"

    # ---------------------------------------------------------------- look
    @api.model
    def _find_short(self, orders, takes_turn=False):
        """:param takes_turn: for who confirms: nobody else does so meanwhile
        :return: list of Short; orders are looked at as if they were confirmed one after
            the other
        """
        orders = orders.filtered(
            lambda order: (
                order.state in ("draft", "sent") and not order.channel_order_id
            )
        )
        needs = self._find_needs(orders)
        places = {place for found in needs.values() for place, *_rest in found}
        if not places:
            return []
        if takes_turn:
            self.env["channel.promise.turn"]._take(places)
        promise = self.env["channel.promise"]
        stock = promise._read_stock(places)
        left = {place: each.available for place, each in stock.items()}
        own = promise._read_own(orders)
        dates = {order: self._get_commitment(order) for order in orders}
        arrivals = (
            promise._read_arrivals(places, max(filter(None, dates.values())))
            if any(dates.values())
            else {}
        )
        short = []
        for order in orders:
            for place in own[order.id]:
                if place in left:
                    left[place] += own[order.id][place]
            for line, found in self._group_by_line(needs[order]).items():
                missing = 0
                for place, per_unit, units in found:
                    there = left[place] + sum(
                        each.units
                        for each in arrivals.get(place, ())
                        if dates[order] and each.day <= dates[order]
                    )
                    missing = max(missing, (units - max(0, there)) / per_unit)
                    left[place] -= units
                if missing > TINY:
                    wanted = self._get_needed(line)
                    short.append(Short(order, line, wanted, round(missing, 6)))
        return short

    def _find_needs(self, orders):
        """:return: order -> list of (place, units in one of the line's product, units,
        line)"""
        needs = defaultdict(list)
        promise = self.env["channel.promise"]
        for order in orders:
            lines = order.order_line.filtered(lambda line: line._takes_channel_stock())
            parts = promise._get_parts(lines.product_id, order.company_id)
            for line in lines:
                wanted = self._get_needed(line)
                needs[order] += [
                    ((part_id, line.warehouse_id.id), units, wanted * units, line)
                    for part_id, units in parts[line.product_id.id].items()
                ]
        return needs

    def _get_needed(self, line):
        """What is still to leave: a till has handed over the rest. STOCK units."""
        gone = max(line.qty_delivered, line._get_sold_at_till())
        return line.product_uom_id._compute_quantity(
            max(0, line.product_uom_qty - gone), line.product_id.uom_id, round=False
        )

    def _group_by_line(self, needs):
        grouped = defaultdict(list)
        for place, per_unit, units, line in needs:
            grouped[line].append((place, per_unit, units))
        return grouped

    def _get_commitment(self, order):
        """The day that was promised to the customer, where the company is."""
        if not order.commitment_date:
            return None
        zone = {"tz": order.company_id.partner_id.tz or "UTC"}
        return fields.Datetime.context_timestamp(
            self.with_context(**zone), order.commitment_date
        ).date()

    # --------------------------------------------------------------- words
    @api.model
    def _list_short(self, short):
        """:return: a sentence a line"""
        return "\n".join(
            self.env._(
                "%(product)s, %(warehouse)s: %(wanted)g wanted, %(there)g there.",
                product=each.line.product_id.display_name,
                warehouse=each.line.warehouse_id.name,
                wanted=each.wanted,
                there=max(0, each.wanted - each.missing),
            )
            + " "
            + ". ".join(self._explain(each))
            + "."
            for each in short
        )

    def _explain(self, short):
        promise = self.env["channel.promise"]
        line = short.line
        own = promise._get_own_part(line.product_id, line.warehouse_id, short.order)
        return promise._get_words(line.product_id, line.warehouse_id, short.wanted, own)

    # ---------------------------------------------------------------- tell
    @api.model
    def _tell(self, short, words):
        """Orders that were confirmed all the same: note, audit row and exception.

        :param words: order -> what was missing, as it was before
        """
        for order in {each.order: None for each in short}:
            missing = [each for each in short if each.order == order]
            note = self.env._("Confirmed beyond stock: %(lines)s", lines=words[order])
            order.message_post(body=note)
            self.env["channel.audit"]._log(
                "sale",
                self.env["channel.channel"],
                f"{order.name}: {note}",
                record=order,
                company=order.company_id,
                data=[
                    {
                        "product": each.line.product_id.id,
                        "warehouse": each.line.warehouse_id.id,
                        "wanted": each.wanted,
                        "missing": each.missing,
                    }
                    for each in missing
                ],
            )
            self.env["channel.exception"]._report(
                self.env["channel.channel"],
                CATEGORY,
                key=f"sale:{order.id}",
                message=f"{order.name}: {note}",
                suggestion=self.env._(
                    "Units that others have bought are missing now: buy or transfer "
                    "some, reroute the orders of channels, or agree on another date "
                    "with the customer. It closes when the stock suffices or the order "
                    "is cancelled."
                ),
                record=order,
                company=order.company_id,
            )

    @api.model
    def _look(self):
        """Close what is over: the stock suffices, or the order was cancelled."""
        told = self.env["channel.exception"].search(
            [("category", "=", CATEGORY), ("state", "=", "open")]
        )
        orders = self.env["sale.order"].browse(told.mapped("res_id")).exists()
        open_orders = orders.filtered(lambda order: order.state == "sale")
        places = {order: self._find_places(order) for order in open_orders}
        stock = self.env["channel.promise"]._read_stock(
            {place for found in places.values() for place in found}
        )
        for exception in told:
            order = orders.filtered(lambda each, e=exception: each.id == e.res_id)
            if order not in places:
                exception._resolve(self.env._("The order was cancelled."))
            elif all(
                stock[place].available + stock[place].doubted > -TINY
                for place in places[order]
            ):
                exception._resolve(self.env._("The stock suffices."))

    def _find_places(self, order):
        lines = order.order_line.filtered(lambda line: line._takes_channel_stock())
        parts = self.env["channel.promise"]._get_parts(
            lines.product_id, order.company_id
        )
        return {
            (part_id, line.warehouse_id.id)
            for line in lines
            for part_id in parts[line.product_id.id]
        }
