# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL


class ChannelAllocationGroup(models.Model):
    """Channels that share scarce stock: a unit offered by one is offered by no other.

    Used by rules of kind ``exclusive``. The quantities of its channels never add up to
    more than the available stock; see ``channel_plan_exclusive``. Edits are a draft;
    the planner reads only ``channel.allocation.version``: see ``channel.versioned``.
    While a rule in effect uses it, a group stays in effect.
    """

    _name = "channel.allocation.group"
    _description = "Exclusive Allocation Group"
    _inherit = ["channel.allocation.terms", "channel.versioned", "channel.noted"]
    _order = "name, id"

    name = fields.Char(required=True)
    state = fields.Selection(tracking=True)
    member_ids = fields.One2many("channel.allocation.member", "group_id", copy=True)
    version_ids = fields.One2many(
        "channel.allocation.version", "group_id", readonly=True
    )
    active_version_id = fields.Many2one(
        "channel.allocation.version",
        readonly=True,
        copy=False,
        string="Version in Effect",
    )
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

    @api.constrains("member_ids", "company_id")
    def _check_members(self):
        for group in self:
            for member in group.member_ids:
                if member.channel_id.company_id != group.company_id:
                    raise ValidationError(
                        self.env._(
                            "%(channel)s belongs to another company than %(group)s.",
                            channel=member.channel_id.name,
                            group=group.name,
                        )
                    )

    @api.constrains("member_ids")
    def _check_draft_pools(self):
        self._check_pools()

    # ------------------------------------------------------------- actions
    def action_preview(self):
        """Preview the quantities; see the wizard."""
        self._require_role("operator")
        return self.env["channel.rule.preview"]._make_of_groups(self)._open()

    def action_show_numbers(self):
        """Levels that were divided by a version of these groups."""
        return self.version_ids.action_show_levels()

    # -------------------------------------------------------------- checks
    def _check_complete(self):
        weights = self.member_ids.mapped("weight")
        if len(weights) < 2 or not any(weights):
            raise UserError(
                self.env._(
                    "%s needs at least two channels, one of them with a weight.",
                    self.name,
                )
            )
        # written by themselves, members pass the checks of a group by; and the
        # channels' nodes may have been changed since
        self._check_members()
        self._check_pools()

    def _check_end(self):
        """Stock no longer divided would be offered in full by all channels."""
        rules = self._rules_in_effect()
        if rules:
            raise UserError(
                self.env._(
                    "%(rules)s still divides the stock of %(group)s: retire that rule, "
                    "or assign another group to it, before %(group)s is retired.",
                    group=self.name,
                    rules=", ".join(rules.rule_id.mapped("name")),
                )
            )

    def _rules_in_effect(self):
        """Active versions of rules that name one of these, be it their time or not."""
        return self.env["channel.rule.version"].search(
            [
                ("allocation_group_id", "in", self.ids),
                ("kind", "=", "exclusive"),
                ("state", "=", "active"),
            ]
        )

    # --------------------------------------------------------------- rules
    def _check_usable(self, rule):
        """:param rule: name of a rule that is to take effect, or to be proposed
        :raise UserError: when nothing would be divided even if all was approved
        """
        proposed = self.state == "proposed" and self.proposal == "activate"
        if not (self.active_version_id or proposed):
            raise UserError(
                self.env._(
                    "%(rule)s: the group %(group)s is not in effect. Activate it, or "
                    "propose it, first.",
                    rule=rule,
                    group=self.name,
                )
            )

    def _hold_in_effect(self):
        """Rules are about to count on these.

        Their rows change, so that of this and a retirement at the same moment one
        conflicts and is done again, on top of the other.

        :raise UserError: when one is not in effect
        """
        for group in self.filtered(lambda each: not each.active_version_id):
            raise UserError(
                self.env._(
                    "The group %s is not in effect yet: approve it before the rules "
                    "that name it.",
                    group.name,
                )
            )
        self._touch()

    def _touch(self):
        """Change the rows, and nothing in them."""
        self.flush_recordset()
        self.env.execute_query(
            SQL(
                "UPDATE channel_allocation_group SET active = active "
                "WHERE id = ANY(%s) RETURNING id",
                self.ids,
            )
        )

    def _sharing_channels(self):
        """The channels that share now; those of the draft for a group not in effect."""
        return (self.active_version_id or self).member_ids.channel_id

    def _channels_before_and_after(self):
        """The channels that share now, and those of the draft."""
        channels = self.active_version_id.member_ids.channel_id
        return channels | self.member_ids.channel_id

    # ------------------------------------------------------------- control
    @api.model
    def _content_paths(self):
        return [
            *self._content_fields(),
            "member_ids.channel_id",
            "member_ids.weight",
        ]

    def _on_content_changed(self):
        """Members are rows of their own: without this, nobody would notice that one is
        edited while its group is approved."""
        self._touch()
        return super()._on_content_changed()

    def _prepare_discard_vals(self):
        vals = super()._prepare_discard_vals()
        return dict(vals, member_ids=[(5, 0, 0), *vals["member_ids"]])
