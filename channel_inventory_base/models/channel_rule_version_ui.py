from odoo import api, fields, models


class ChannelRuleVersion(models.Model):
    _inherit = "channel.rule.version"

    changes = fields.Char(
        compute="_compute_changes",
        help="What this version has changed of the one before.",
    )

    @api.depends("rule_id", "number")
    def _compute_changes(self):
        """One look at all versions of the rules, whatever number of them is asked."""
        versions = self.search([("rule_id", "in", self.rule_id.ids)])
        before = {(each.rule_id, each.number): each for each in versions}
        for version in self:
            previous = before.get((version.rule_id, version.number - 1))
            if not previous:
                version.changes = self.env._("First version")
                continue
            version.changes = self._words_for_difference(
                version._difference_from(previous)
            )

    @api.model
    def _words_for_difference(self, difference):
        """:param difference: field -> [from, to], in words"""
        return "; ".join(
            f"{self._fields[name]._description_string(self.env)}: "
            f"{old or '–'} → {new or '–'}"
            for name, (old, new) in difference.items()
        )

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
