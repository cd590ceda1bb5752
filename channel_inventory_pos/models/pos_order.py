# SPDX-License-Identifier: AGPL-3.0-or-later
import re
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

COMPUTED = {"channel_held_until"}
# The state of a printed order, by the till or by the server, has lines.
SENT = re.compile(r'"lines":\s*\{\s*"')


class PosOrder(models.Model):
    """Orders at a till hold their stock until Odoo books it."""

    _name = "pos.order"
    _inherit = ["pos.order", "channel.wakes.planner"]
    _wakes_when_made = True
    _wakes_when_gone = True
    _waking_fields = frozenset(
        {"state", "session_id", "shipping_date", "account_move", "lines"}
    )

    channel_held_until = fields.Datetime(
        string="Held from Channels until",
        compute="_compute_channel_held_until",
        store=True,
        copy=False,
        help="An open order holds its stock until then; each change prolongs it.",
    )
    _channel_held_idx = models.Index(
        "(channel_held_until) WHERE channel_held_until IS NOT NULL"
    )

    @api.depends(
        "state", "lines.product_id", "lines.qty", "last_order_preparation_change"
    )
    def _compute_channel_held_until(self):
        now = fields.Datetime.now()
        for order in self:
            minutes = order.config_id.channel_draft_minutes
            order.channel_held_until = order._channel_holds_draft() and (
                now + timedelta(minutes=minutes)
            )

    # ---------------------------------------------------------------- CRUD
    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._without_channel_vals(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._without_channel_vals(vals))

    @api.model
    def _without_channel_vals(self, vals):
        """A till sends back all fields that it was given, some as they once were."""
        return {key: value for key, value in vals.items() if key not in COMPUTED}

    # ------------------------------------------------------------ business
    def _channel_holds_draft(self):
        policy = self.config_id.channel_draft_policy
        if self.state != "draft" or policy == "none":
            return False
        if self._channel_only_settles():
            return False
        sent = SENT.search(self.last_order_preparation_change or "")
        return policy == "all" or bool(sent)

    def _channel_only_settles(self):
        """Whether all that it takes is of sale orders, loaded at the till to be paid:
        those have their goods already, or are quotations that hold them or do not."""
        lines = self.lines
        if "sale_order_line_id" not in lines._fields:
            return False
        taken = lines.filtered(lambda line: line.qty > 0)
        return bool(taken) and all(line.sale_order_line_id for line in taken)

    @api.model
    def _release_channel_drafts(self):
        """Time passing fires no trigger: what was held long enough is let go."""
        released = self.env.execute_query(
            SQL(
                """
                UPDATE pos_order SET channel_held_until = NULL
                 WHERE channel_held_until <= now() AT TIME ZONE 'UTC'
                RETURNING id
                """
            )
        )
        if released:
            self.invalidate_model(["channel_held_until"])
            self._wake_planner()
