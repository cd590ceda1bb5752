# SPDX-License-Identifier: AGPL-3.0-or-later
from itertools import combinations

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ChannelAllocationTerms(models.AbstractModel):
    """The channels that share, and their weights. No state, no history.

    Shared by ``channel.allocation.group``, which users edit, and
    ``channel.allocation.version``, which the planner reads; both have ``name``, and
    ``member_ids`` with a channel and its weight.
    """

    _name = "channel.allocation.terms"
    _description = "Terms of an Exclusive Allocation"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    basis = fields.Selection(
        [("weight", "Fixed weights"), ("sales", "Recent sales")],
        default="weight",
        required=True,
        help="Fixed weights: by the weights of its channels. Recent sales: in "
        "proportion to each channel's recent sales of the product; products "
        "without recent sales are divided by the weights.",
    )

    @api.model
    def _content_fields(self):
        """The fields edited by users."""
        return ["name", "company_id", "basis", "member_ids"]

    def _content(self):
        """As values to create it with; equal where the same is divided the same way,
        in whatever order the channels are listed."""
        self.ensure_one()
        members = self.member_ids.sorted(lambda each: each.channel_id._origin.id)
        return {
            "name": self.name,
            "company_id": self.company_id._origin.id,
            "basis": self.basis,
            "member_ids": [
                (
                    0,
                    0,
                    {"channel_id": each.channel_id._origin.id, "weight": each.weight},
                )
                for each in members
            ],
        }

    def _difference_from(self, other):
        """The differences from ``other``, a version or none: field -> [from, to] as
        text.

        A company cannot differ.
        """
        old, new = other._content() if other else {}, self._content()
        return {
            name: [other._get_term_label(name), self._get_term_label(name)]
            for name in ("name", "basis", "member_ids")
            if old.get(name) != new[name]
        }

    def _get_term_label(self, name):
        """A value as a person reads it; "" when there is none."""
        if not self:
            return ""
        if name == "member_ids":
            return ", ".join(
                f"{each.channel_id.name} {each.weight:g}"
                for each in self.member_ids.sorted(lambda each: -each.weight)
            )
        return str(self._fields[name].convert_to_export(self[name], self))

    def _check_pools(self):
        """The divided stock must be the same for all channels: otherwise the shares add
        up to more.

        :raise ValidationError: nodes share some of their warehouses and not all
        """
        for terms in self:
            nodes = terms.member_ids.channel_id.node_ids.filtered("publish")
            for node, other in combinations(nodes, 2):
                common = node.warehouse_ids & other.warehouse_ids
                if common and node.warehouse_ids != other.warehouse_ids:
                    raise ValidationError(
                        self.env._(
                            "Channels of %(group)s share stock exclusively, so "
                            "%(node)s and %(other)s must have the same warehouses "
                            "or none in common.",
                            group=terms.name,
                            node=node.display_name,
                            other=other.display_name,
                        )
                    )
