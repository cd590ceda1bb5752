from odoo import api, fields, models


class ChannelAllocationGroup(models.Model):
    _inherit = "channel.allocation.group"

    channel_ids = fields.Many2many("channel.channel", compute="_compute_channel_ids")
    rule_count = fields.Integer(compute="_compute_rule_count")

    @api.depends("member_ids.channel_id")
    def _compute_channel_ids(self):
        for group in self:
            group.channel_ids = group.member_ids.channel_id

    def _compute_rule_count(self):
        counts = dict(
            self.env["channel.rule"]._read_group(
                [("allocation_group_id", "in", self.ids)],
                ["allocation_group_id"],
                ["__count"],
            )
        )
        for group in self:
            group.rule_count = counts.get(group, 0)

    # ------------------------------------------------------------- buttons
    def action_preview(self):
        """What the numbers would be; see the wizard."""
        self._require_role("operator")
        return self.env["channel.rule.preview"]._make_of_groups(self)._open()

    def action_show_numbers(self):
        """Levels that were divided by a version of these groups."""
        return self.version_ids.action_show_levels()


class ChannelAllocationMember(models.Model):
    _inherit = "channel.allocation.member"

    part = fields.Float(
        compute="_compute_part", help="Its weight as a part of all weights."
    )

    @api.depends("weight", "group_id.member_ids.weight")
    def _compute_part(self):
        for member in self:
            whole = sum(member.group_id.member_ids.mapped("weight"))
            member.part = member.weight / whole if whole else 0
