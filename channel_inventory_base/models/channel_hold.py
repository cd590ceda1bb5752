# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL


class ChannelHold(models.Model):
    """Known demand that Odoo has not reserved yet.

    A hold deducts its stock units from every channel's quantity from the transaction in
    which its order is stored until the one in which the sale order is confirmed, when
    stock moves take over. A hold without a product (unknown SKU) waits for its mapping.
    """

    _name = "channel.hold"
    _description = "Stock Hold"
    _inherit = ["channel.guarded"]
    _order = "id desc"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    channel_id = fields.Many2one(
        "channel.channel", readonly=True, ondelete="restrict", index=True
    )
    order_line_id = fields.Many2one(
        "channel.order.line", readonly=True, ondelete="cascade", index=True
    )
    order_id = fields.Many2one(related="order_line_id.order_id")
    listing_id = fields.Many2one(
        "channel.listing", readonly=True, ondelete="restrict", index=True
    )
    product_id = fields.Many2one(
        "product.product", ondelete="restrict", check_company=True
    )
    warehouse_id = fields.Many2one(
        "stock.warehouse", required=True, ondelete="restrict", check_company=True
    )
    quantity = fields.Integer(readonly=True, help="Sold units")
    stock_quantity = fields.Float(digits="Product Unit", help="Stock units")
    promised_quantity = fields.Float(
        string="Promised from Inbound",
        digits="Product Unit",
        readonly=True,
        default=0,
        help="Stock units that will have come in before the order is shipped: taken "
        "off inbound stock, not off what is on hand.",
    )
    held_from = fields.Datetime(
        readonly=True,
        help="From then on all of it is held from stock. Before, inbound stock that is "
        "due in time is promised first.",
    )
    cause = fields.Selection(
        [("order", "Channel order"), ("manual", "Manual hold")],
        default="manual",
        required=True,
        readonly=True,
    )
    state = fields.Selection(
        [("active", "Held"), ("released", "Released")],
        default="active",
        required=True,
        readonly=True,
    )
    expires_at = fields.Datetime(help="When it expires; empty for never.")
    note = fields.Char()

    _active_idx = models.Index("(product_id) WHERE state = 'active'")
    _promised_idx = models.Index(
        "(product_id, warehouse_id) WHERE state = 'active' AND held_from IS NOT NULL"
    )
    _positive = models.Constraint(
        "CHECK (stock_quantity >= 0)", "A hold cannot be negative."
    )

    @api.depends("product_id", "stock_quantity")
    def _compute_display_name(self):
        for hold in self:
            if hold._origin:
                name = hold.product_id.display_name or hold.listing_id.display_name
                hold.display_name = f"{hold.stock_quantity:g} × {name}"
            else:
                # a person is about to make it: there is nothing to be named after
                hold.display_name = self.env._("New hold")

    # ---------------------------------------------------------------- CRUD
    @api.model_create_multi
    def create(self, vals_list):
        self.env["channel.change"]._wake_planner()
        return super().create(vals_list)

    def write(self, vals):
        self._check_made_by_hand()
        self.env["channel.change"]._wake_planner()
        return super().write(vals)

    def unlink(self):
        self._check_made_by_hand()
        self.env["channel.change"]._wake_planner()
        return super().unlink()

    # ------------------------------------------------------------- actions
    def action_release(self):
        """Let go of holds made by a person; those of orders end with their order."""
        self.check_access("write")
        manual = self.filtered(lambda hold: hold.cause == "manual")
        # sudo: the state is the button's to write
        manual.sudo().write({"state": "released"})

    # ------------------------------------------------------------ business
    def _check_made_by_hand(self):
        """:raise AccessError: the hold of an order ends with its order, and not by
        people: its stock would be sold twice"""
        if self.env.su or all(hold.cause == "manual" for hold in self):
            return
        raise AccessError(self._get_kept_message())

    def _get_kept_message(self):
        """Hook: why people cannot change holds that are not all manual, and what they
        do instead."""
        return self.env._(
            "A channel order's holds are changed by the order only: confirm or cancel "
            "it."
        )

    @api.model
    def _give_way(self, product_ids):
        """Hook: release what orders and stock have taken from holds that are weaker
        than they are. Here no hold is: an order's demand stands, whatever is there.

        Whoever plans these products calls it first, in the plan's own transaction, so
        that a sale and what it takes from others are one change of a number. Holds that
        somebody is changing are left out: their change has them planned again.

        :param product_ids: products whose numbers have changed; of demand on a kit its
            components are among them
        """

    @api.model
    def _follow_listings(self, listings):
        """Bind active holds to what they hold of these listings now: what their order
        line was sold as; without an order, what the listing is matched to."""
        if listings:
            self._bind(SQL("hold.listing_id = ANY(%s)", list(listings.ids)))

    @api.model
    def _follow_lines(self, lines):
        if lines:
            self._bind(SQL("hold.order_line_id = ANY(%s)", list(lines.ids)))

    @api.model
    def _bind(self, condition):
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                """
                WITH held AS (
                    -- what an exchanged line was sold as is not what is held for it
                    SELECT hold.id,
                           CASE WHEN sold.listing_id <> line.listing_id
                                  OR line.id IS NULL
                                THEN listing.product_id
                                ELSE %s
                           END AS product_id,
                           CASE WHEN line.unit_size = 1 OR line.id IS NULL
                                THEN hold.quantity
                                WHEN listing.fractions
                                THEN hold.quantity * line.unit_size
                                -- all of the unit that it is a part of
                                ELSE ceil(round(
                                    (hold.quantity * line.unit_size)::numeric, 6))
                           END * COALESCE(
                                CASE WHEN sold.listing_id <> line.listing_id
                                       OR line.id IS NULL
                                     THEN listing.stock_factor
                                     ELSE line.stock_factor END, 1) AS stock_quantity
                      FROM channel_hold hold
                      LEFT JOIN channel_listing listing ON listing.id = hold.listing_id
                      LEFT JOIN channel_order_line line
                             ON line.id = hold.order_line_id
                      LEFT JOIN channel_listing_version sold
                             ON sold.id = line.mapping_id
                     WHERE hold.state = 'active' AND %s
                       AND (listing.id IS NOT NULL OR line.id IS NOT NULL)
                )
                UPDATE channel_hold hold
                   SET product_id = held.product_id,
                       stock_quantity = held.stock_quantity, promised_quantity = 0
                  FROM held
                 WHERE hold.id = held.id
                   AND (hold.product_id, hold.stock_quantity
                                         + COALESCE(hold.promised_quantity, 0))
                       IS DISTINCT FROM (held.product_id, held.stock_quantity)
                RETURNING hold.id
                """,
                self._get_shipped_product(),
                condition,
            )
        )
        self.invalidate_model(["product_id", "stock_quantity", "promised_quantity"])
        self.env["channel.change"]._wake_planner()

    @api.model
    def _get_shipped_product(self):
        """Hook: the column of an order's ``line`` with the product that is shipped."""
        return SQL("line.product_id")

    @api.model
    def _expire(self):
        """Release what has ended by itself: time passing fires no trigger.

        In one statement: a hold that somebody is extending at this moment is waited
        for, and looked at again after that.
        """
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE channel_hold
                   SET state = 'released', write_date = now() AT TIME ZONE 'UTC'
                 WHERE state = 'active' AND expires_at <= now() AT TIME ZONE 'UTC'
                RETURNING id
                """
            )
        )
        if rows:
            self.invalidate_model(["state"])
            self.env["channel.change"]._wake_planner()

    # ------------------------------------------------------------- horizon
    # Orders that are shipped much later wait for goods that come in before.
    @api.model
    def _promise_inbound(self, product_ids):
        """Take off inbound stock what orders of these products want that are beyond
        their channel's hold horizon, the earliest first; what does not come in before
        they are shipped is held from stock.

        Whoever plans a product does this first, so that no number counts on inbound
        stock that is no more. Holds that somebody is changing are left out: their
        change has them planned again.
        """
        self.flush_model()
        # few products have such orders, and most plans are about none of them
        product_ids = self._find_promisable(product_ids)
        if not product_ids:
            return
        rows = self.env.execute_query(
            SQL(
                """
                WITH wanted AS MATERIALIZED (
                    SELECT hold.id, hold.product_id, hold.warehouse_id, hold.held_from,
                           hold.stock_quantity, sold.ship_from,
                           COALESCE(hold.promised_quantity, 0) AS promised,
                           hold.stock_quantity + COALESCE(hold.promised_quantity, 0)
                               AS total
                      FROM channel_hold hold
                      JOIN channel_order_line line ON line.id = hold.order_line_id
                      JOIN channel_order sold ON sold.id = line.order_id
                     WHERE hold.state = 'active' AND hold.held_from IS NOT NULL
                       AND hold.product_id = ANY(%(products)s)
                       FOR UPDATE OF hold SKIP LOCKED
                ),
                placed AS (
                    -- how much is wanted before this, and was missing anyway
                    SELECT wanted.id, wanted.product_id, wanted.warehouse_id, total,
                           ship_from,
                           sum(total) OVER earlier - total + GREATEST(0,
                               - COALESCE(position.available, 0)
                               - sum(wanted.stock_quantity) OVER together) AS before
                      FROM wanted
                      LEFT JOIN channel_position position
                        ON position.product_id = wanted.product_id
                       AND position.warehouse_id = wanted.warehouse_id
                       AND position.product_id = ANY(%(products)s)
                     WHERE held_from > now() AT TIME ZONE 'UTC'
                    WINDOW together AS (
                               PARTITION BY wanted.product_id, wanted.warehouse_id),
                           earlier AS (
                               PARTITION BY wanted.product_id, wanted.warehouse_id
                               ORDER BY ship_from, wanted.id)
                ),
                covered AS (
                    SELECT placed.id, GREATEST(0, LEAST(total, COALESCE((
                               SELECT sum(inbound.quantity) FROM (%(inbound)s) inbound
                                WHERE inbound.product_id = ANY(%(products)s)
                                  AND inbound.product_id = placed.product_id
                                  AND inbound.warehouse_id = placed.warehouse_id
                                  AND inbound.quantity > 0
                                  AND inbound.due_date <= placed.ship_from::date
                           ), 0) - before)) AS promised
                      FROM placed
                )
                UPDATE channel_hold hold
                   SET promised_quantity = COALESCE(covered.promised, 0),
                       stock_quantity = wanted.total - COALESCE(covered.promised, 0)
                  FROM wanted LEFT JOIN covered ON covered.id = wanted.id
                 WHERE hold.id = wanted.id
                   AND wanted.promised <> COALESCE(covered.promised, 0)
                RETURNING hold.id
                """,
                products=list(product_ids),
                inbound=self.env["channel.inbound"]._unpromised_query(),
            )
        )
        if rows:
            self.invalidate_model(["stock_quantity", "promised_quantity"])
            self.env["channel.change"]._wake_planner()

    @api.model
    def _find_promisable(self, product_ids):
        """:return: those of ``product_ids`` that orders hold which are shipped later"""
        if not product_ids:
            return []
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT product_id FROM channel_hold
                 WHERE state = 'active' AND held_from IS NOT NULL
                   AND product_id = ANY(%s)
                """,
                list(product_ids),
            )
        )
        return [product_id for (product_id,) in rows]

    @api.model
    def _follow_horizon(self):
        """Time passing fires no trigger: what was promised from inbound is held from
        stock when its time has come."""
        due = self.search(
            [
                ("state", "=", "active"),
                ("promised_quantity", ">", 0),
                ("held_from", "<=", fields.Datetime.now()),
            ]
        )
        self._promise_inbound(due.product_id.ids)
