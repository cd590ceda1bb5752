# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.tools import SQL, format_date, format_datetime

from odoo.addons.channel_inventory_base.db.transaction import (
    LOCK_SHORT,
    lock,
    own_transaction,
)

AT_ONCE = 1000
"""Products that are looked at in one transaction."""
NAMED = 5
"""So many documents or warehouses a message names."""
CATEGORY = "below_zero"


class ChannelBelowZero(models.AbstractModel):
    """Watches positions below zero: more is sold than there is.

    Right behind each plan, and once a minute: one exception a product and warehouse,
    with what caused it, which orders are at risk and what can be done; whatever the
    cause, and whoever has sold it. It closes by itself. STOCK units.
    """

    _name = "channel.below.zero"
    _description = "Watch of Positions Below Zero"

    @api.model
    def _look(self, product_ids):
        """Look at the positions of these products, each some in a transaction."""
        product_ids = sorted(product_ids)
        for start in range(0, len(product_ids), AT_ONCE):
            with own_transaction(self.env) as env:
                env["channel.below.zero"]._look_at(product_ids[start : start + AT_ONCE])

    @api.model
    def _look_around(self):
        """What no plan has told: many products at once, and workers that died."""
        self._look(self._find_candidates())

    def _find_candidates(self):
        """Products with open demand that a channel sells, and what is told already."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT split_part(key, ':', 2)::int FROM channel_exception
                 WHERE category = %s AND state = 'open'
                UNION
                SELECT wanted.product_id FROM (
                    SELECT product_id FROM channel_hold
                     WHERE state = 'active' AND product_id IS NOT NULL
                    UNION
                    SELECT product_id FROM stock_move
                     WHERE state IN ('confirmed', 'waiting', 'partially_available',
                                     'assigned')
                    UNION
                    SELECT product_id FROM stock_quant WHERE quantity < 0) wanted
                 WHERE EXISTS (SELECT FROM channel_listing listing
                                WHERE listing.product_id = wanted.product_id
                                  AND listing.state = 'mapped')
                """,
                CATEGORY,
            )
        )
        return [product_id for (product_id,) in rows]

    @api.model
    def _look_at(self, product_ids):
        # two that look at the same moment would tell the same twice
        lock(self.env, LOCK_SHORT, CATEGORY)
        self.env.flush_all()
        below = {
            (product_id, warehouse_id): units
            for product_id, warehouse_id, units in self._find_below(product_ids)
        }
        told = self._find_told(product_ids)
        for place, exception in told.items():
            if place not in below:
                exception._resolve(self.env._("The stock is not below zero any more."))
        if below:
            self._tell_all(below, told)

    def _find_below(self, product_ids):
        """:return: (product id, warehouse id, missing units) of what channels sell; not
        what is only kept back because a count is overdue"""
        return self.env.execute_query(
            SQL(
                """
                SELECT position.product_id, position.warehouse_id,
                       - position.available - position.doubted
                  FROM channel_position position
                 WHERE position.product_id = ANY(%(products)s)
                   AND position.available + position.doubted < -0.00005
                   AND (EXISTS (SELECT FROM channel_listing listing
                                 WHERE listing.product_id = position.product_id
                                   AND listing.state = 'mapped' AND listing.active)
                        OR EXISTS (SELECT FROM channel_shortage shortage
                                    WHERE shortage.product_id = position.product_id
                                      AND shortage.warehouse_id
                                          = position.warehouse_id))
                """,
                products=list(product_ids),
            )
        )

    def _find_told(self, product_ids):
        """:return: (product id, warehouse id) -> open exception"""
        # sudo: exceptions are raised and closed no matter which user moved the goods
        exceptions = self.env["channel.exception"].sudo()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id, split_part(key, ':', 2)::int, split_part(key, ':', 3)::int
                  FROM channel_exception
                 WHERE category = %s AND state IN ('open', 'ignored')
                   AND split_part(key, ':', 2)::int = ANY(%s)
                """,
                CATEGORY,
                list(product_ids),
            )
        )
        # of one prefetch: what they say is read at once
        found = exceptions.browse(exception_id for exception_id, *_place in rows)
        return {
            tuple(place): exception
            for (_id, *place), exception in zip(rows, found, strict=True)
        }

    # ---------------------------------------------------------------- tell
    def _tell_all(self, below, told):
        """The orders at risk are named and not linked: each has an exception of its
        own, or a person who is asked.

        :param below: (product id, warehouse id) -> missing units
        :param told: (product id, warehouse id) -> open exception
        """
        facts = self.env["channel.below.zero.facts"]._read(list(below))
        product_ids, warehouse_ids = map(set, zip(*below, strict=True))
        # of one prefetch: their names are read at once
        products = {
            each.id: each for each in self.env["product.product"].browse(product_ids)
        }
        warehouses = {
            each.id: each for each in self.env["stock.warehouse"].browse(warehouse_ids)
        }
        for place, units in below.items():
            product, warehouse = products[place[0]], warehouses[place[1]]
            values = {
                "message": self._get_message(product, warehouse, units, facts[place]),
                "suggestion": self._get_advice(facts[place]),
            }
            if place not in told:
                self.env["channel.exception"]._report(
                    self.env["channel.channel"],
                    CATEGORY,
                    key=f"below:{product.id}:{warehouse.id}",
                    record=product,
                    company=warehouse.company_id,
                    **values,
                )
            elif told[place].message != values["message"]:
                told[place].write({**values, "last_seen": fields.Datetime.now()})

    def _get_message(self, product, warehouse, units, facts):
        return self.env._(
            "%(product)s in %(warehouse)s: %(units)s %(unit)s short. %(cause)s%(risk)s",
            product=product.display_name,
            warehouse=warehouse.name,
            units=f"{-units:g}",
            unit=product.uom_id.name,
            cause=self._get_cause(facts),
            risk=self._get_risk(facts),
        )

    def _get_risk(self, facts):
        names = facts.orders[:NAMED] + facts.others
        if not names:
            return ""
        return self.env._(" At risk: %s.", ", ".join(names[: 2 * NAMED]))

    def _get_cause(self, facts):
        """What has changed last."""
        if not facts.change:
            return self.env._("The cause is not known.")
        what, record, moment = facts.change
        at = format_datetime(self.env, moment, dt_format="short")
        if what == "held":
            return self.env._(
                "Last change: hold of %(units)g for %(order)s, %(at)s.",
                units=record.stock_quantity,
                order=record.order_id.name or record.note or "-",
                at=at,
            )
        values = {
            "units": f"{record.product_qty if what == 'open' else record.quantity:g}",
            "document": record.reference or record.origin or "-",
            "user": (record.write_uid if what == "done" else record.create_uid).name,
            "at": at,
        }
        if what == "open":
            return self.env._(
                "Last change: %(document)s takes %(units)s, %(user)s, %(at)s.", **values
            )
        if record.is_inventory:
            return self.env._(
                "Last change: %(units)s counted off (%(document)s), %(user)s, %(at)s.",
                **values,
            )
        return self.env._(
            "Last change: %(units)s left by %(document)s, %(user)s, %(at)s.", **values
        )

    def _get_advice(self, facts):
        """Where units are, and when more come."""
        advice = []
        if facts.elsewhere:
            places = ", ".join(
                f"{name} ({available:g})" for name, available in facts.elsewhere[:NAMED]
            )
            advice.append(self.env._("Reroute orders to %s.", places))
        if facts.due:
            day, quantity = facts.due
            advice.append(
                self.env._(
                    "%(units)g are due on %(day)s.",
                    units=quantity,
                    day=format_date(self.env, day),
                )
            )
        else:
            advice.append(self.env._("Nothing is on its way: reorder it."))
        advice.append(self.env._("Recount the shelf if the last change looks wrong."))
        return " ".join(advice)
