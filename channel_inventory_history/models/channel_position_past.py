# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.tools import SQL, float_repr

from odoo.addons.channel_inventory_base.models.channel_position import OPEN

DIGITS = 2


class ChannelPositionPast(models.Model):
    """Stock of a product in a warehouse at a moment, ``as_of`` of the context. STOCK
    units.

    - *On hand* is today's less what crossed the border of sellable stock since, by the
      time and the unit of each done move line, and where the goods really went. By
      today's locations: what was sellable then is not recorded.
    - *Held* is the sum of the holds that lived then.
    - *Allocated* is known where no transfer of the product there has changed since:
      Odoo keeps no history of what a transfer was planned for.

    What is not known is told as such, with the reason, and so is what is made of it.
    """

    _name = "channel.position.past"
    _description = "Stock Position at a Moment"
    _inherit = ["channel.sql.view"]
    _auto = False
    _order = "product_id, warehouse_id, id"
    _rec_name = "product_id"

    product_id = fields.Many2one("product.product", readonly=True)
    warehouse_id = fields.Many2one("stock.warehouse", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    uom_id = fields.Many2one(related="product_id.uom_id")
    on_hand = fields.Char(compute="_compute_past", help="Sellable stock")
    held = fields.Char(
        compute="_compute_past", help="Demand of orders not yet confirmed in Odoo."
    )
    allocated = fields.Char(
        compute="_compute_past", help="All open demand on sellable stock."
    )
    available = fields.Char(compute="_compute_past", help="On hand - allocated - held")
    reason = fields.Char(compute="_compute_past", string="Why Not Known")

    @property
    def _table_query(self):
        """Where something is, has been since, or is wanted. Not the positions of now,
        which would be added up for each page; and a quant of nothing is removed."""
        return SQL(
            """
            SELECT place.product_id::bigint * 1000000 + place.warehouse_id AS id,
                   place.product_id, place.warehouse_id, warehouse.company_id
              FROM (
                SELECT quant.product_id, location.warehouse_id
                  FROM stock_quant quant
                  JOIN stock_location location ON location.id = quant.location_id
                 WHERE location.usage = 'internal'
                 UNION
                SELECT product_id, warehouse_id FROM channel_external_stock
                 UNION
                SELECT move.product_id, location.warehouse_id
                  FROM stock_move move
                  JOIN stock_location location ON location.id = move.location_id
                 WHERE move.state IN %(open)s
                 UNION
                SELECT product_id, warehouse_id FROM channel_hold
                 WHERE product_id IS NOT NULL
                   AND (state = 'active' OR write_date > %(moment)s)
                 UNION
                SELECT product_id, warehouse_id FROM (%(crossed)s) AS crossed
              ) AS place
              JOIN stock_warehouse warehouse ON warehouse.id = place.warehouse_id
            """,
            open=OPEN,
            moment=self.env["channel.level.past"]._get_moment(),
            crossed=self._crossed_query(SQL("true")),
        )

    @api.depends_context("as_of", "lang")
    def _compute_past(self):
        facts = self._read_facts()
        for position in self:
            found = facts.get((position.product_id.id, position.warehouse_id.id))
            for name, value in self._prepare_past(found or {}).items():
                position[name] = value

    # ------------------------------------------------------------- actions
    def action_show_moves(self):
        """What has been done with the product since: the table behind on hand."""
        self.ensure_one()
        moment = self.env["channel.level.past"]._get_moment()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Moves Since"),
            "res_model": "stock.move.line",
            "view_mode": "list,form",
            "domain": [
                ("product_id", "=", self.product_id.id),
                ("state", "=", "done"),
                ("date", ">", moment),
                "|",
                ("location_id.warehouse_id", "=", self.warehouse_id.id),
                ("location_dest_id.warehouse_id", "=", self.warehouse_id.id),
            ],
        }

    # ------------------------------------------------------------ business
    def _prepare_past(self, fact):
        """:param fact: numbers by name, of ``_read_facts``"""
        unsure = []
        on_hand = fact.get("on_hand", 0.0)
        held = fact.get("held", 0.0)
        allocated = fact.get("allocated", 0.0)
        if fact.get("is_told"):
            on_hand = None
            unsure.append(
                self.env._("Another system counts this warehouse: no count is kept.")
            )
        if fact.get("changed_holds"):
            held = None
            unsure.append(self.env._("A hold of then has changed since."))
        if fact.get("changed_moves"):
            allocated = None
            unsure.append(
                self.env._(
                    "Transfers have changed since: what they were planned for then is "
                    "not recorded."
                )
            )
        parts = (on_hand, held, allocated)
        available = None if None in parts else on_hand - held - allocated
        return {
            "on_hand": self._tell(on_hand),
            "held": self._tell(held),
            "allocated": self._tell(allocated),
            "available": self._tell(available),
            "reason": " ".join(unsure),
        }

    def _tell(self, quantity):
        if quantity is None:
            return self.env._("not known")
        text = float_repr(quantity + 0.0, DIGITS)
        return text.rstrip("0").rstrip(".") if "." in text else text

    def _read_facts(self):
        """:return: (product id, warehouse id) -> {name: value}"""
        product_ids = self.product_id.ids
        moment = self.env["channel.level.past"]._get_moment()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT product_id, warehouse_id, kind, sum(quantity)::float8
                  FROM (
                    SELECT product_id, warehouse_id, counted.kind, counted.quantity
                      FROM channel_position position
                     CROSS JOIN LATERAL (VALUES
                           ('on_hand', position.on_hand),
                           ('allocated', position.allocated))
                           AS counted (kind, quantity)
                     UNION ALL
                    SELECT product_id, warehouse_id, 'on_hand', -quantity
                      FROM (%(crossed)s) AS crossed
                     UNION ALL
                    SELECT * FROM (%(held)s) AS held
                     UNION ALL
                    SELECT move.product_id, place.warehouse_id, 'changed_moves', 1
                      FROM stock_move move
                      JOIN stock_location place
                        ON place.id IN (move.location_id, move.location_dest_id)
                     WHERE move.product_id = ANY(%(products)s)
                       AND move.write_date > %(moment)s AND move.state <> 'draft'
                       AND NOT (move.state = 'done' AND move.create_date > %(moment)s)
                     UNION ALL
                    SELECT product_id, warehouse.id, 'is_told', 1
                      FROM unnest(%(products)s::int[]) AS asked (product_id)
                     CROSS JOIN stock_warehouse warehouse
                     WHERE warehouse.channel_authority = 'external'
                  ) AS fact
                 WHERE product_id = ANY(%(products)s)
                 GROUP BY product_id, warehouse_id, kind
                """,
                crossed=self._crossed_query(
                    SQL("line.product_id = ANY(%s)", product_ids)
                ),
                held=self._held_query(moment),
                products=product_ids,
                moment=moment,
            )
        )
        facts = {}
        for product_id, warehouse_id, kind, quantity in rows:
            facts.setdefault((product_id, warehouse_id), {})[kind] = quantity
        return facts

    def _crossed_query(self, condition):
        """A row is what has come into sellable stock since the moment, or left it, less
        than 0 then. By lines: a move may have gone elsewhere than it was planned to,
        with another quantity, unit or owner.

        :param condition: on ``line``
        """
        position = self.env["channel.position"]
        return SQL(
            """
            SELECT line.product_id, warehouse.id AS warehouse_id, warehouse.company_id,
                   line.quantity_product_uom * side.sign AS quantity
              FROM stock_move_line line
              JOIN stock_location source ON source.id = line.location_id
              JOIN stock_location dest ON dest.id = line.location_dest_id
              JOIN stock_warehouse warehouse
                ON warehouse.id IN (source.warehouse_id, dest.warehouse_id)
             CROSS JOIN LATERAL (
                   SELECT (%(arrives)s IS TRUE)::int - (%(leaves)s IS TRUE)::int)
                   AS side (sign)
             WHERE line.state = 'done' AND line.date > %(moment)s AND side.sign <> 0
               AND %(ours)s AND %(condition)s
            """,
            arrives=position._is_sellable("dest", SQL("warehouse.id")),
            leaves=position._is_sellable("source", SQL("warehouse.id")),
            ours=position._is_ours("line", "owner_id"),
            moment=self.env["channel.level.past"]._get_moment(),
            condition=condition,
        )

    def _held_query(self, moment):
        """A row is a hold that lived at the moment, as demand on what it is made of.

        A hold of an order is replaced where it changes, so one that has ended is as it
        was; one that a person made, or that waits for inbound, is written over.
        """
        return self.env["channel.position"]._open_demand(
            SQL(
                """
                SELECT hold.product_id, hold.warehouse_id, fact.kind, fact.quantity
                  FROM channel_hold hold
                 CROSS JOIN LATERAL (VALUES
                       ('held', hold.stock_quantity),
                       ('changed_holds', CASE WHEN hold.write_date > %(moment)s
                           AND hold.write_date > hold.create_date
                           AND (hold.state = 'active' OR hold.cause <> 'order'
                                OR hold.held_from IS NOT NULL)
                           THEN 1 ELSE 0 END)) AS fact (kind, quantity)
                 WHERE hold.product_id IS NOT NULL
                   AND hold.create_date <= %(moment)s
                   AND (hold.state = 'active' OR hold.write_date > %(moment)s)
                   AND (hold.expires_at IS NULL OR hold.expires_at > %(moment)s)
                """,
                moment=moment,
            )
        )
