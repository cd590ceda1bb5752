# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, models

from odoo.addons.channel_inventory_base.tools.rollout import Step

CLEAN_DAYS = 7
"""So long both systems have to agree before the other one is trusted, or left."""


class ChannelChannel(models.Model):
    """What other systems count of the stock that a channel sells."""

    _inherit = "channel.channel"

    def _get_rollout_steps(self):
        steps = super()._get_rollout_steps()
        shadows = self._find_shadows()
        if not (steps and shadows):
            return steps
        days = min(shadows.mapped("clean_days"))
        differing = sum(shadows.mapped("open_count"))
        return [
            *steps,
            Step(
                "shadow",
                self.env._("Agrees with the other system"),
                self.env._("%(days)s of %(goal)s days", days=days, goal=CLEAN_DAYS),
                days >= CLEAN_DAYS and not differing,
                self.env._(
                    "Compare the other system's counts with Odoo's until both agree: "
                    "%s products differ.",
                    differing,
                ),
                action="action_open_shadow",
            ),
        ]

    def _find_shadows(self):
        """Warehouses it sells from that Odoo counts and another system reports of."""
        return self.env["channel.shadow"].search(
            [
                ("warehouse_id", "in", self.node_ids.warehouse_ids.ids),
                ("run_count", ">", 0),
            ]
        )

    def action_open_shadow(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "channel_inventory_coexistence.channel_shadow_action"
        )
        domain = [("warehouse_id", "in", self.node_ids.warehouse_ids.ids)]
        return {**action, "domain": domain}

    @api.model
    def _job_cut_over(self):
        """Go on with cut-overs of warehouses, which need not belong to any channel."""
        booker = self.env["channel.cut.over.booker"]
        if booker._run():
            booker._wake()

    @api.model
    def _get_job_priorities(self):
        # behind all that moves numbers and orders
        return super()._get_job_priorities() | {"_job_cut_over": 28}

    @api.model
    def _recovery_steps(self):
        return (*super()._recovery_steps(), ("channel.cut.over.booker", "_recover"))
