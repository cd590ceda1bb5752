# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models


class PosSession(models.Model):
    _name = "pos.session"
    _inherit = ["pos.session", "channel.wakes.planner"]
    _waking_fields = frozenset({"state", "update_stock_at_closing"})

    channel_holds_units = fields.Boolean(
        compute="_compute_channel_holds_units",
        help="Its sales are booked when it closes, and held from all channels until "
        "then.",
    )

    @api.depends("state", "update_stock_at_closing")
    def _compute_channel_holds_units(self):
        for session in self:
            session.channel_holds_units = (
                session.update_stock_at_closing and session.state != "closed"
            )

    def action_channel_held_lines(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "channel_inventory_pos.pos_order_line_action"
        )
        return dict(action, domain=[("order_id.session_id", "=", self.id)])
