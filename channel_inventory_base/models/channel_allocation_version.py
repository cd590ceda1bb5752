# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class ChannelAllocationVersion(models.Model):
    """A group as it was activated; used by the planner while it is active."""

    _name = "channel.allocation.version"
    _description = "Version of an Allocation Group"
    _inherit = ["channel.allocation.terms", "channel.version"]
    _order = "group_id, number desc"
    _log_access = False
    _version_of = "group_id"
    _named_by = "allocation_version_id"

    group_id = fields.Many2one(
        "channel.allocation.group",
        required=True,
        readonly=True,
        ondelete="restrict",
        index=True,
    )
    company_id = fields.Many2one(readonly=True)
    basis = fields.Selection(readonly=True)
    member_ids = fields.One2many(
        "channel.allocation.version.member",
        "version_id",
        readonly=True,
        string="Channels",
    )

    _number_uniq = models.UniqueIndex("(group_id, number)")
    _active_uniq = models.UniqueIndex("(group_id) WHERE state = 'active'")


class ChannelAllocationVersionMember(models.Model):
    """A channel's weight in a group, as it was activated. Never changed."""

    _name = "channel.allocation.version.member"
    _description = "Channel in a Version of an Allocation Group"
    _inherit = ["channel.guarded"]
    _order = "version_id, weight desc, id"
    _log_access = False

    version_id = fields.Many2one(
        "channel.allocation.version",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="version_id.company_id")
    # by an index of its own, too: the planner asks with whom a channel shares
    channel_id = fields.Many2one(
        "channel.channel", required=True, readonly=True, ondelete="restrict", index=True
    )
    weight = fields.Float(digits=(16, 2), required=True, readonly=True)

    _channel_uniq = models.UniqueIndex("(version_id, channel_id)")
