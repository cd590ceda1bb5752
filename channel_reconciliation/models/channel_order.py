# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class ChannelOrder(models.Model):
    _inherit = "channel.order"

    reconcile_count = fields.Integer(
        compute="_compute_reconcile_count",
        string="Differences",
        help="Also those that are over",
    )

    def _compute_reconcile_count(self):
        counts = dict(
            self.env["channel.reconcile.difference"]._read_group(
                [("res_model", "=", self._name), ("res_id", "in", self.ids)],
                ["res_id"],
                ["__count"],
            )
        )
        for order in self:
            order.reconcile_count = counts.get(order.id, 0)

    def action_open_reconcile_differences(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "channel_reconciliation.channel_reconcile_difference_action"
        )
        domain = [("res_model", "=", self._name), ("res_id", "=", self.id)]
        return dict(action, domain=domain, context={})
