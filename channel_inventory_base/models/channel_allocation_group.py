from itertools import combinations

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ChannelAllocationGroup(models.Model):
    """Channels that share scarce stock: what one may sell, no other may.

    Named by rules of kind ``exclusive``. The numbers of its channels never sum up to
    more than there is; see ``channel_planner_exclusive``.
    """

    _name = "channel.allocation.group"
    _description = "Exclusive Allocation Group"
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    basis = fields.Selection(
        [("weight", "Fixed weights"), ("sales", "Recent sales")],
        default="weight",
        required=True,
        help="Fixed weights: as the weights of its channels say. Recent sales: in "
        "proportion to what each channel has sold of the product lately; the weights "
        "then decide where nothing was sold.",
    )
    member_ids = fields.One2many("channel.allocation.member", "group_id", copy=True)

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
    def _check_pools(self):
        """What is divided must be the same for all: or the parts add up to more.

        :raise ValidationError: nodes share some of their warehouses and not all
        """
        for group in self:
            nodes = group.member_ids.channel_id.node_ids.filtered("publish")
            for node, other in combinations(nodes, 2):
                common = node.warehouse_ids & other.warehouse_ids
                if common and node.warehouse_ids != other.warehouse_ids:
                    raise ValidationError(
                        self.env._(
                            "Channels of %(group)s share stock exclusively, so "
                            "%(node)s and %(other)s must have the same warehouses "
                            "or none in common.",
                            group=group.name,
                            node=node.display_name,
                            other=other.display_name,
                        )
                    )


class ChannelAllocationMember(models.Model):
    """A channel's part in an allocation group."""

    _name = "channel.allocation.member"
    _description = "Channel in an Allocation Group"
    _order = "group_id, sequence, id"

    group_id = fields.Many2one(
        "channel.allocation.group", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="group_id.company_id")
    channel_id = fields.Many2one(
        "channel.channel", required=True, ondelete="cascade", index=True
    )
    sequence = fields.Integer(default=10)
    weight = fields.Float(
        default=1,
        digits=(16, 2),
        required=True,
        help="Its part of the whole, relative to the other weights.",
    )

    _channel_uniq = models.UniqueIndex(
        "(group_id, channel_id)", "A channel is in a group once."
    )
    _weight_positive = models.Constraint(
        "CHECK (weight >= 0)", "A weight cannot be negative."
    )
