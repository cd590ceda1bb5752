# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.explain import explain


class ChannelLevel(models.Model):
    """Listing x node: the quantity that the channel should offer there, in SOLD units.

    Rows are written by the planner only, those of ``channel.level.inputs`` with them.
    The known quantity on the channel has a table of its own (``channel.level.remote``,
    the publisher's), and so have sales that the channel has deducted itself
    (``channel.deduction``, order capture's): three writers that never wait for each
    other.
    """

    _name = "channel.level"
    _description = "Channel Level"
    _inherit = ["channel.explained", "channel.cause", "channel.guarded"]
    _order = "id"
    _log_access = False
    _rec_name = "listing_id"

    listing_id = fields.Many2one(
        "channel.listing", required=True, readonly=True, ondelete="cascade"
    )
    node_id = fields.Many2one(
        "channel.node", required=True, readonly=True, ondelete="cascade", index=True
    )
    channel_id = fields.Many2one(
        "channel.channel", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    product_id = fields.Many2one(related="listing_id.product_id")
    sku = fields.Char(string="SKU", related="listing_id.sku")
    target = fields.Integer(
        required=True,
        readonly=True,
        aggregator="sum",
        help="Quantity that the channel should display, in sold units.",
    )
    share_state = fields.Selection(
        [("settled", "Complete"), ("waiting", "Waiting for other channels")],
        readonly=True,
        string="Exclusive Share",
        help="Only for exclusive allocation. A level gets its increase when the other "
        "channels have acknowledged their lower quantities.",
    )
    inputs = fields.Json(
        compute="_compute_inputs",
        help="Inputs of the target when it last changed.",
    )
    planned_at = fields.Datetime(readonly=True, help="When the target last changed.")
    trace = fields.Char(readonly=True)
    remote_state = fields.Selection(
        [
            ("unknown", "Not read yet"),
            ("known", "Known"),
            ("stale", "Rejected as stale"),
            ("rejected", "Rejected"),
        ],
        compute="_compute_remote",
        search="_search_remote_state",
    )
    is_by_hand = fields.Boolean(
        string="Told by Hand, Not Confirmed",
        compute="_compute_by_hand",
        help="A person has uploaded its quantity, and it was not read on the channel "
        "since.",
    )
    hand_quantity = fields.Integer(
        string="Quantity Told by Hand", compute="_compute_by_hand"
    )
    expected_remote = fields.Integer(
        compute="_compute_remote",
        string="Channel Quantity (Expected)",
        aggregator=None,
        help="Expected quantity on the channel: the last acknowledged quantity less "
        "the channel's sales since.",
    )
    acked_at = fields.Datetime(compute="_compute_remote", string="Acknowledged")
    in_sync = fields.Boolean(compute="_compute_remote", search="_search_in_sync")
    why = fields.Html(compute="_compute_why", sanitize=False)
    categ_id = fields.Many2one(related="listing_id.product_id.categ_id")
    uom_id = fields.Many2one(
        related="listing_id.product_id.uom_id", string="Stock Unit"
    )
    stock_factor = fields.Float(related="listing_id.stock_factor", aggregator=None)
    publication_line_ids = fields.One2many("channel.publication.line", "level_id")

    _pair_uniq = models.UniqueIndex("(listing_id, node_id)")
    _target_positive = models.Constraint("CHECK (target >= 0)")

    @api.depends("listing_id", "node_id")
    def _compute_display_name(self):
        for level in self:
            level.display_name = (
                f"{level.listing_id.display_name} @ {level.node_id.name}"
            )

    def _compute_inputs(self):
        rows = self.env.execute_query(
            SQL(
                "SELECT level_id, inputs FROM channel_level_inputs "
                "WHERE level_id = ANY(%s)",
                list(self.ids),
            )
        )
        inputs = dict(rows)
        for level in self:
            level.inputs = inputs.get(level.id, False)

    def _compute_remote(self):
        states = self._remote_states()
        for level in self:
            state, expected, acked_at = states.get(level.id, ("unknown", 0, False))
            level.remote_state = state
            level.expected_remote = expected
            level.acked_at = acked_at
            level.in_sync = state == "known" and expected == level.target

    def _compute_by_hand(self):
        told = self.env["channel.hand.upload.line"].search(
            [("level_id", "in", self.ids), ("state", "=", "told")],
            order="told_at, id",
        )
        # the last that was told of a level counts
        quantities = {line.level_id: line.quantity for line in told}
        for level in self:
            level.is_by_hand = level in quantities
            level.hand_quantity = quantities.get(level, 0)

    @api.model
    def _search_remote_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        known = self.env["channel.level.remote"]._search([("state", "in", list(value))])
        domain = [("id", "in", known.subselect("level_id"))]
        if "unknown" in value:
            seen = self.env["channel.level.remote"]._search([])
            domain = ["|", ("id", "not in", seen.subselect("level_id")), *domain]
        return domain

    @api.model
    def _search_in_sync(self, operator, value):
        if operator != "in":
            return NotImplemented
        synced = SQL(
            """(SELECT level.id FROM channel_level level
                  JOIN channel_level_remote remote ON remote.level_id = level.id
                 WHERE remote.state = 'known' AND level.target = %s)""",
            EXPECTED_REMOTE,
        )
        return [("id", "in" if True in value else "not in", synced)]

    def _compute_why(self):
        """The steps of today's number, recomputed from positions as they are now."""
        inputs = self.env["channel.planner"]._explain(self)
        for level in self:
            level.why = self._render_why(inputs.get(level.id) or level.inputs)

    # ---------------------------------------------------------------- CRUD
    def init(self):
        # room in each page for the next version of a row: a plan that writes a
        # hundredth of all levels then touches none of their indexes
        self.env.cr.execute(SQL("ALTER TABLE channel_level SET (fillfactor = 85)"))

    # ------------------------------------------------------------- actions
    def action_publish_again(self):
        """Send the number once more, even if the channel should show it already."""
        self._require_role("operator")
        self.env["channel.level.pending"]._add(self, force=True)
        self.channel_id._wake("_job_publish")
        return self.channel_id._notify_user(
            self.env._("The quantity is sent again"),
            self.env._("See the channel's response under Published in a moment."),
            "info",
        )

    def action_retry(self):
        """Retry of the exception of a rejected quantity."""
        self.action_publish_again()

    def action_show_publications(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Publications of %s", self.display_name),
            "res_model": "channel.publication.line",
            "view_mode": "list,form",
            "domain": [("level_id", "=", self.id)],
        }

    def action_show_positions(self):
        """The positions behind the number: this product in the node's warehouses."""
        self.ensure_one()
        action = self.product_id.action_channel_positions()
        warehouses = self.node_id.warehouse_ids
        return dict(
            action,
            domain=[
                ("product_id", "=", self.product_id.id),
                ("warehouse_id", "in", warehouses.ids),
            ],
        )

    # ------------------------------------------------------------ business
    def _inputs_source(self):
        return "channel_level_inputs", "level_id"

    def _remote_states(self):
        """:return: level id -> (state, expected_remote, acked_at)"""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT remote.level_id, remote.state, %(expected)s, remote.acked_at
                  FROM channel_level_remote remote
                  JOIN channel_level level ON level.id = remote.level_id
                 WHERE remote.level_id = ANY(%(ids)s)
                """,
                expected=EXPECTED_REMOTE,
                ids=list(self.ids),
            )
        )
        return {row[0]: row[1:] for row in rows}

    @api.model
    def _share_again(self, level_ids):
        """A channel's quantity has become known: others that share with it may get
        more."""
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO channel_change (product_id)
                SELECT DISTINCT listing.product_id
                  FROM channel_level level
                  JOIN channel_listing listing ON listing.id = level.listing_id
                 WHERE level.id = ANY(%s) AND level.share_state IS NOT NULL
                   AND listing.product_id IS NOT NULL
                RETURNING id
                """,
                list(level_ids),
            )
        )
        if rows:
            self.env["channel.change"]._wake_planner()

    # -------------------------------------------------- why this number
    @api.model
    def _render_why(self, inputs):
        """:param inputs: what a level or a publication line remembers"""
        inputs = inputs or {}
        steps = explain(inputs)
        rules = self.env["channel.rule.version"].browse(
            {version for step in steps for version in step.rules}
        )
        products = self.env["product.product"].browse(
            {step.facts.get("bound_by") for step in steps} - {None}
        )
        allocations = self.env["channel.allocation.version"].browse(
            {step.facts.get("allocation") for step in steps} - {None}
        )
        return self.env["ir.qweb"]._render(
            "channel_inventory_base.level_why",
            {
                "steps": steps,
                "names": {each.id: each.display_name for each in products.exists()},
                "rules": {rule.id: rule for rule in rules.exists()},
                "allocations": {
                    each.id: each.display_name for each in allocations.exists()
                },
                "warehouses": inputs.get("warehouses") or [],
            },
        )

    def _get_cause_trace(self):
        return self.trace


# What the channel has deducted of ``level``, as far as we know. Sold units.
DEDUCTED = SQL(
    """COALESCE((
            SELECT sum(deduction.quantity) FROM channel_deduction deduction
             WHERE deduction.listing_id = level.listing_id
               AND deduction.node_id = level.node_id), 0)"""
)
# What the channel shows of ``level`` as far as we know, by ``remote``:
# what it acknowledged, less what it has deducted beyond what that had counted.
EXPECTED_REMOTE = SQL(
    "(remote.base_qty + remote.base_deducted - %s)::integer", DEDUCTED
)
