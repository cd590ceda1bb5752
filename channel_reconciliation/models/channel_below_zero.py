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
        for (product_id, warehouse_id), units in below.items():
            self._tell(
                self.env["product.product"].browse(product_id),
                self.env["stock.warehouse"].browse(warehouse_id),
                units,
                told.get((product_id, warehouse_id)),
            )

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
        return {tuple(place): exceptions.browse(found) for found, *place in rows}

    # ---------------------------------------------------------------- tell
    def _tell(self, product, warehouse, units, told):
        """The orders at risk are named and not linked: each has an exception of its
        own, or a person who is asked."""
        orders = self._find_orders(product, warehouse)
        message = self.env._(
            "%(product)s in %(warehouse)s: %(units)s %(unit)s short. %(cause)s%(risk)s",
            product=product.display_name,
            warehouse=warehouse.name,
            units=f"{-units:g}",
            unit=product.uom_id.name,
            cause=self._get_cause(product, warehouse),
            risk=self._get_risk(product, warehouse, orders),
        )
        if told and told.message == message:
            return
        exceptions = self.env["channel.exception"]
        if told:
            told.write(
                {
                    "message": message,
                    "suggestion": self._get_advice(product, warehouse),
                    "last_seen": fields.Datetime.now(),
                }
            )
            return
        exceptions._report(
            self.env["channel.channel"],
            CATEGORY,
            key=f"below:{product.id}:{warehouse.id}",
            message=message,
            suggestion=self._get_advice(product, warehouse),
            record=product,
            company=warehouse.company_id,
        )

    def _find_orders(self, product, warehouse):
        """Channel orders that are short of it, as ``channel.shortage`` has found."""
        # sudo: orders of channels that the user who moved the goods may not see
        return (
            self.env["channel.shortage"]
            .sudo()
            .search(
                [
                    ("product_id", "=", product.id),
                    ("warehouse_id", "=", warehouse.id),
                    ("order_id", "!=", False),
                ]
            )
            .order_id.sorted("placed_at")
        )

    def _get_risk(self, product, warehouse, orders):
        names = orders[:NAMED].mapped("name") + self._find_others(
            product, warehouse, orders
        )
        if not names:
            return ""
        return self.env._(" At risk: %s.", ", ".join(names[: 2 * NAMED]))

    def _find_others(self, product, warehouse, orders):
        """Numbers of open deliveries of others, the youngest first."""
        # sudo: transfers that the user who moved the goods may not see
        moves = (
            self.env["stock.move"]
            .sudo()
            .search(
                [
                    ("product_id", "=", product.id),
                    ("location_id", "child_of", warehouse.view_location_id.id),
                    ("location_dest_id.usage", "=", "customer"),
                    ("state", "not in", ("draft", "done", "cancel")),
                ],
                order="id desc",
                limit=4 * NAMED,
            )
        )
        known = set(orders.sale_order_id.ids)
        sales = moves.sale_line_id.order_id.filtered(lambda sale: sale.id not in known)
        rest = moves.filtered(lambda move: not move.sale_line_id)
        return [*sales[:NAMED].mapped("name"), *rest.picking_id[:NAMED].mapped("name")]

    def _get_cause(self, product, warehouse):
        """What has changed last: goods that left, or demand that came."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT * FROM (
                SELECT 'done' AS what, move.id, move.date AS at FROM stock_move move
                  JOIN stock_location origin ON origin.id = move.location_id
                 WHERE move.product_id = %(product)s AND move.state = 'done'
                   AND origin.parent_path LIKE %(path)s
                   AND move.location_dest_id NOT IN (
                       SELECT id FROM stock_location WHERE parent_path LIKE %(path)s)
                UNION ALL
                SELECT 'open', move.id, move.create_date FROM stock_move move
                  JOIN stock_location origin ON origin.id = move.location_id
                 WHERE move.product_id = %(product)s
                   AND move.state IN ('confirmed', 'waiting', 'partially_available',
                                      'assigned')
                   AND origin.parent_path LIKE %(path)s
                UNION ALL
                SELECT 'held', hold.id, hold.create_date FROM channel_hold hold
                 WHERE hold.product_id = %(product)s AND hold.state = 'active'
                   AND hold.warehouse_id = %(warehouse)s) change
                 -- a move's time has no parts of a second
                 ORDER BY date_trunc('second', at) DESC, what LIMIT 1
                """,
                product=product.id,
                warehouse=warehouse.id,
                # sudo: where a warehouse is, for who may not see its locations
                path=f"{warehouse.sudo().view_location_id.parent_path}%",
            )
        )
        if not rows:
            return self.env._("The cause is not known.")
        [(what, record_id, moment)] = rows
        at = format_datetime(self.env, moment, dt_format="short")
        if what == "held":
            # sudo: an order of a channel that the user may not see
            hold = self.env["channel.hold"].sudo().browse(record_id)
            return self.env._(
                "Last change: hold of %(units)g for %(order)s, %(at)s.",
                units=hold.stock_quantity,
                order=hold.order_id.name or hold.note or "-",
                at=at,
            )
        # sudo: a transfer that the user may not see
        move = self.env["stock.move"].sudo().browse(record_id)
        values = {
            "units": f"{move.product_qty if what == 'open' else move.quantity:g}",
            "document": move.reference or move.origin or "-",
            "user": (move.write_uid if what == "done" else move.create_uid).name,
            "at": at,
        }
        if what == "open":
            return self.env._(
                "Last change: %(document)s takes %(units)s, %(user)s, %(at)s.", **values
            )
        if move.is_inventory:
            return self.env._(
                "Last change: %(units)s counted off (%(document)s), %(user)s, %(at)s.",
                **values,
            )
        return self.env._(
            "Last change: %(units)s left by %(document)s, %(user)s, %(at)s.", **values
        )

    def _get_advice(self, product, warehouse):
        """Where units are, and when more come."""
        advice = []
        positions = self.env["channel.position"].search(
            [
                ("product_id", "=", product.id),
                ("warehouse_id", "!=", warehouse.id),
                ("company_id", "=", warehouse.company_id.id),
                ("available", ">", 0),
            ],
            limit=NAMED,
        )
        if positions:
            places = ", ".join(
                f"{each.warehouse_id.name} ({each.available:g})" for each in positions
            )
            advice.append(self.env._("Reroute orders to %s.", places))
        inbound = self.env["channel.inbound"].search(
            [("product_id", "=", product.id), ("warehouse_id", "=", warehouse.id)],
            order="due_date, id",
            limit=1,
        )
        if inbound:
            advice.append(
                self.env._(
                    "%(units)g are due on %(day)s.",
                    units=inbound.quantity,
                    day=format_date(self.env, inbound.due_date),
                )
            )
        else:
            advice.append(self.env._("Nothing is on its way: reorder it."))
        advice.append(self.env._("Recount the shelf if the last change looks wrong."))
        return " ".join(advice)
