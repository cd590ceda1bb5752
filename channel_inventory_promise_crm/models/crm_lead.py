# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class CrmLead(models.Model):
    _inherit = "crm.lead"

    channel_held_quantity = fields.Float(
        string="Held Units",
        digits="Product Unit",
        compute="_compute_channel_held",
        help="Stock units that quotations of this opportunity hold now.",
    )

    def _compute_channel_held(self):
        """Of the quotations that its reader sees. Not stored: time passes."""
        totals = {}
        for order, quantity in self._read_channel_held():
            lead_id = order.opportunity_id.id
            totals[lead_id] = totals.get(lead_id, 0) + quantity
        for lead in self:
            lead.channel_held_quantity = totals.get(lead.id, 0)

    def _read_channel_held(self):
        """:return: list of (quotation, stock units)"""
        holds = self.env["channel.quote.hold"]
        if not holds.has_access("read"):
            return []
        return holds._read_group(
            [
                ("sale_order_id.opportunity_id", "in", self.ids),
                ("state", "=", "active"),
                ("expires_at", ">", fields.Datetime.now()),
            ],
            ["sale_order_id"],
            ["quantity:sum"],
        )

    def action_channel_holds(self):
        """What the quotations of the opportunity hold and have held."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "channel_inventory_promise.channel_quote_hold_action"
        )
        return dict(
            action,
            domain=[("sale_order_id.opportunity_id", "=", self.id)],
            context={},
        )
