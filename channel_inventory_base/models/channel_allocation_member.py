# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models


class ChannelAllocationMember(models.Model):
    """A channel's weight in an allocation group, as edited by users.

    It is content of its group: any edit of it is an edit of the group.
    """

    _name = "channel.allocation.member"
    _description = "Channel in an Allocation Group"
    _inherit = ["channel.guarded"]
    _order = "group_id, sequence, id"
    _check_company_auto = True

    group_id = fields.Many2one(
        "channel.allocation.group", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="group_id.company_id")
    channel_id = fields.Many2one(
        "channel.channel",
        required=True,
        ondelete="restrict",
        check_company=True,
        index=True,
    )
    sequence = fields.Integer(default=10)
    weight = fields.Float(
        default=1,
        digits=(16, 2),
        required=True,
        help="Its share, relative to the other weights.",
    )
    part = fields.Float(
        compute="_compute_part", help="Its weight as a percentage of all weights."
    )

    _channel_uniq = models.UniqueIndex(
        "(group_id, channel_id)", "A channel is in a group once."
    )
    _weight_positive = models.Constraint(
        "CHECK (weight >= 0)", "A weight cannot be negative."
    )

    @api.depends("weight", "group_id.member_ids.weight")
    def _compute_part(self):
        for member in self:
            whole = sum(member.group_id.member_ids.mapped("weight"))
            member.part = member.weight / whole if whole else 0

    # ---------------------------------------------------------------- CRUD
    @api.model_create_multi
    def create(self, vals_list):
        # the group that will be there, whether the values or a default name it
        vals_list = [self._add_missing_default_values(vals) for vals in vals_list]
        groups = self._groups_named_in(vals_list)
        with groups._editing():
            return super().create(vals_list)

    def write(self, vals):
        if not vals.keys() & {"group_id", "channel_id", "weight"}:
            return super().write(vals)
        groups = self.group_id | self._groups_named_in([vals])
        with groups._editing():
            return super().write(vals)

    def unlink(self):
        with self.group_id._editing():
            return super().unlink()

    # ------------------------------------------------------------ business
    def _groups_named_in(self, vals_list):
        ids = {vals["group_id"] for vals in vals_list if vals.get("group_id")}
        return self.env["channel.allocation.group"].browse(ids)
