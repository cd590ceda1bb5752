from odoo import models


class ChannelRuleVersion(models.Model):
    _inherit = "channel.rule.version"

    def action_show_levels(self):
        """Levels whose number names one of these versions."""
        return dict(
            self.env["ir.actions.act_window"]._for_xml_id(
                "channel_inventory_base.channel_level_action"
            ),
            domain=[("rule_version_ids", "in", self.ids)],
            context={},
        )

    def action_show_publication_lines(self):
        """Published numbers that name one of these versions."""
        return dict(
            self.env["ir.actions.act_window"]._for_xml_id(
                "channel_inventory_base.channel_publication_line_action"
            ),
            domain=[("rule_version_ids", "in", self.ids)],
            context={},
        )
