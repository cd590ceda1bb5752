# SPDX-License-Identifier: AGPL-3.0-or-later
from collections import defaultdict
from dataclasses import dataclass

from odoo import api, fields, models
from odoo.tools import SQL, format_date

from ..tools.promising import Arrival, Part, count_units, list_splits, take

UNDELIVERED = 10
"""So many dates people are told."""


@dataclass
class Stock:
    """A position as a promise sees it; ``quoted`` is the part of ``held`` that
    quotations hold. STOCK units."""

    on_hand: float = 0
    allocated: float = 0
    held: float = 0
    doubted: float = 0
    available: float = 0
    quoted: float = 0


class ChannelPromise(models.AbstractModel):
    """What may be promised of a product, when: one answer for quotations, the portal
    and other systems.

    Stock that is left beside all orders and holds, and what comes in by day, of which
    what is owed takes the first. Kits by their components. STOCK units.
    """

    _name = "channel.promise"
    _description = "Promises of Stock"

    # ------------------------------------------------------------- figures
    @api.model
    def _get_parts(self, products, company):
        """:return: product id -> {stocked product id: units in one}; empty for what is
        not stocked"""
        # sudo: what a kit is made of, for salespeople without a role in channels
        return {
            product.id: product._get_counted(company)
            for product in products.sudo().with_company(company)
        }

    @api.model
    def _read_stock(self, places):
        """:param places: (product id, warehouse id)
        :return: place -> Stock, of all of them
        """
        found = {place: Stock() for place in places}
        if not found:
            return found
        self.env.flush_all()
        wanted = {
            "products": list({product_id for product_id, _place in found}),
            "warehouses": list({warehouse_id for _product, warehouse_id in found}),
        }
        rows = self.env.execute_query(
            SQL(
                """
                SELECT product_id, warehouse_id, on_hand, allocated, held, doubted,
                       available
                  FROM channel_position
                 WHERE product_id = ANY(%(products)s)
                   AND warehouse_id = ANY(%(warehouses)s)
                """,
                **wanted,
            )
        )
        for product_id, warehouse_id, *figures in rows:
            if (product_id, warehouse_id) in found:
                found[product_id, warehouse_id] = Stock(*map(float, figures))
        rows = self.env.execute_query(
            SQL(
                """
                SELECT product_id, warehouse_id, sum(quantity) FROM (%(held)s) held
                 WHERE product_id = ANY(%(products)s)
                   AND warehouse_id = ANY(%(warehouses)s)
                 GROUP BY product_id, warehouse_id
                """,
                held=self._open_holds(SQL("hold.cause = 'quotation'")),
                **wanted,
            )
        )
        for product_id, warehouse_id, quantity in rows:
            if (product_id, warehouse_id) in found:
                found[product_id, warehouse_id].quoted = float(quantity)
        return found

    @api.model
    def _open_holds(self, condition):
        """Query of (product_id, warehouse_id, kind, quantity): what some holds take
        that count now, of kits their components.

        :param condition: on ``hold``
        """
        return self.env["channel.position"]._open_demand(
            SQL(
                """
                SELECT hold.product_id, hold.warehouse_id, 'held' AS kind,
                       hold.stock_quantity AS quantity
                  FROM channel_hold hold
                 WHERE hold.state = 'active' AND %s
                   AND (hold.expires_at IS NULL
                        OR hold.expires_at > now() AT TIME ZONE 'UTC')
                """,
                condition,
            )
        )

    @api.model
    def _read_own(self, orders):
        """What the quotations hold themselves.

        :return: order id -> {(product id, warehouse id): units}, of stocked products
        """
        found = defaultdict(dict)
        if not orders:
            return found
        self.env.flush_all()
        # sudo: holds of their own quotations, for salespeople without a role
        holds = self.env["channel.hold"].sudo()
        active = holds.search(
            [("sale_order_id", "in", orders.ids), *holds._get_counting_domain()]
        )
        for order, own in active.grouped("sale_order_id").items():
            parts = self._get_parts(own.product_id, order.company_id)
            totals = defaultdict(float)
            for hold in own:
                for part_id, units in parts[hold.product_id.id].items():
                    totals[part_id, hold.warehouse_id.id] += hold.stock_quantity * units
            found[order.id] = totals
        return found

    @api.model
    def _get_own_part(self, product, warehouse, order):
        """What ``order`` holds of a product: (product id, warehouse id) -> units."""
        parts = self._get_parts(product, warehouse.company_id)[product.id]
        own = self._read_own(order)[order.id] if order else {}
        return {
            place: units
            for place, units in own.items()
            if place[0] in parts and place[1] == warehouse.id
        }

    @api.model
    def _read_arrivals(self, places, until=None):
        """:return: (product id, warehouse id) -> list of Arrival, the first first"""
        found = defaultdict(list)
        if not places:
            return found
        rows = self.env.execute_query(
            SQL(
                """
                SELECT inbound.product_id, inbound.warehouse_id, inbound.due_date,
                       inbound.quantity,
                       COALESCE(move.origin, picking.name, move.reference, '')
                  FROM channel_inbound inbound
                  LEFT JOIN stock_move move ON move.id = inbound.move_id
                  LEFT JOIN stock_picking picking ON picking.id = move.picking_id
                 WHERE inbound.product_id = ANY(%s) AND inbound.warehouse_id = ANY(%s)
                   AND inbound.due_date <= COALESCE(%s::date, 'infinity')
                 ORDER BY inbound.due_date, inbound.id
                """,
                list({product_id for product_id, _place in places}),
                list({warehouse_id for _product, warehouse_id in places}),
                until,
            )
        )
        for product_id, warehouse_id, day, quantity, reference in rows:
            found[product_id, warehouse_id].append(
                Arrival(day, float(quantity), reference)
            )
        return found

    # ------------------------------------------------------------- answers
    @api.model
    def _get_figures(self, product, warehouse, date, figures, own):
        """What a quotation line shows instead of Odoo's figures.

        Odoo's forecast knows all moves by their days, and no holds and doubts: these
        come off. It cannot know what another system counts, and takes a kit apart
        before holds come off: there it is what may be promised by then.

        :param date: until when, or None
        :param figures: dict with Odoo's ``free_qty`` and ``virtual_available``
        :param own: what the quotation holds itself
        """
        stock, parts = self._weigh(product, warehouse, own)
        if not parts:
            return {}
        forecast = figures["virtual_available"]
        if stock and warehouse.channel_authority != "external":
            mine = own.get((product.id, warehouse.id), 0)
            forecast -= stock.held - mine + stock.doubted
        else:
            until = fields.Date.to_date(date) or fields.Date.context_today(self)
            forecast = count_units(parts, until)
        return {"free_qty": count_units(parts), "virtual_available": forecast}

    @api.model
    def _weigh(self, product, warehouse, own=None):
        """:param own: (product id, warehouse id) -> units that are held for who asks
        :return: (Stock of it, or of the scarcest component; list of Part)
        """
        own = own or {}
        counted = self._get_parts(product, warehouse.company_id)[product.id]
        places = [(part_id, warehouse.id) for part_id in counted]
        stock = self._read_stock(places)
        arrivals = self._read_arrivals(places)
        parts = [
            Part(
                units,
                stock[part_id, warehouse.id].available
                + own.get((part_id, warehouse.id), 0),
                tuple(arrivals[part_id, warehouse.id]),
            )
            for part_id, units in counted.items()
        ]
        is_plain = list(counted) == [product.id]
        return (stock[places[0]] if is_plain else None), parts

    @api.model
    def _promise(self, product, warehouse, quantity, until=None, own=None):
        """Dates and splits for a quantity.

        :param until: a day: what comes in later is not counted on
        :param own: what is held for who asks
        :return: dict that JSON can carry
        """
        today = fields.Date.context_today(self)
        stock, parts = self._weigh(product, warehouse, own)
        splits = list_splits(parts, today)
        taken = take(splits, quantity, until)
        promised = sum(each.units for each in taken)
        sellable = count_units(parts)
        answer = {
            "product_id": product.id,
            "warehouse_id": warehouse.id,
            "unit": product.uom_id.name,
            "quantity": quantity,
            "sellable": sellable,
            "promised": promised,
            "missing": max(0, round(quantity - promised, 6)),
            "date": str(taken[-1].day) if taken and promised >= quantity else False,
            "splits": [self._as_dict(each) for each in taken],
            "next": [
                self._as_dict(each) for each in splits[bool(sellable) :][:UNDELIVERED]
            ],
        }
        if stock:
            for name in ("on_hand", "allocated", "held", "doubted"):
                answer[name] = getattr(stock, name)
        return answer

    def _as_dict(self, split):
        return {
            "date": str(split.day),
            "quantity": round(split.units, 6),
            "reference": split.reference,
        }

    @api.model
    def _get_words(self, product, warehouse, quantity, own=None, until=None):
        """What a salesperson reads: how many are sellable now and why, and when there
        are more.

        :return: list of sentences
        """
        answer = self._promise(product, warehouse, quantity, until, own)
        words = [self._get_sum_words(answer, own)]
        if mine := sum((own or {}).values()):
            words.append(
                self.env._("Of these, %(units)g held for this quotation", units=mine)
                if "on_hand" in answer
                else self.env._("This quotation holds components of it")
            )
        for each in answer["next"][:2]:
            words.append(
                self.env._(
                    "Next: %(units)g on %(day)s (%(document)s)",
                    units=each["quantity"],
                    day=format_date(self.env, each["date"]),
                    document=each["reference"] or self.env._("in the warehouse"),
                )
            )
        if not answer["next"] and answer["missing"] > 0:
            words.append(self.env._("Nothing is on its way"))
        return words

    def _get_sum_words(self, answer, own):
        if "on_hand" not in answer:
            return self.env._(
                "Sellable now %(units)g, by its components", units=answer["sellable"]
            )
        held = answer["held"] - sum((own or {}).values())
        terms = [self.env._("%(units)g on hand", units=answer["on_hand"])]
        if answer["allocated"]:
            terms.append(self.env._("%(units)g allocated", units=answer["allocated"]))
        if held > 0:
            terms.append(self.env._("%(units)g held for orders", units=held))
        if answer["doubted"]:
            terms.append(self.env._("%(units)g not confirmed", units=answer["doubted"]))
        # "a - b - c": a difference, in whatever language
        return self.env._(
            "Sellable now %(units)g = %(sum)s",
            units=answer["sellable"],
            sum=" - ".join(terms),
        )
