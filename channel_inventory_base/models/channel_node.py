# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models


class ChannelNode(models.Model):
    """A stock location of a channel; its stock is that of its warehouses."""

    _name = "channel.node"
    _description = "Channel Node"
    _inherit = ["channel.guarded", "channel.wakes.planner"]
    _order = "channel_id, sequence, name, id"
    _check_company_auto = True
    _wakes_when_made = True

    name = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    channel_id = fields.Many2one(
        "channel.channel", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        related="channel_id.company_id", store=True, index=True, precompute=True
    )
    external_id = fields.Char(required=True, help="The channel's id of the location.")
    warehouse_ids = fields.Many2many(
        "stock.warehouse",
        check_company=True,
        help="The node sells the stock of all these warehouses. A warehouse may serve "
        "many nodes. Without a warehouse nothing is published.",
    )
    publish = fields.Boolean(
        default=True,
        help="Whether quantities are published to this node. Off for locations managed "
        "by the channel.",
    )

    fulfilled_by_channel = fields.Boolean(
        readonly=True,
        help="The channel ships from here by itself. No quantity is ever published to "
        "it.",
    )

    _external_uniq = models.UniqueIndex(
        "(channel_id, external_id)", "The channel has this node already."
    )
    _fulfilled_never_published = models.Constraint(
        "CHECK (NOT (fulfilled_by_channel AND publish))",
        "The channel ships from this node by itself: quantities cannot be published "
        "to it.",
    )

    def write(self, vals):
        back = self.browse()
        if vals.get("active") or vals.get("publish"):
            back = self.filtered(lambda node: not (node.active and node.publish))
        result = super().write(vals)
        if back:
            self.env["channel.level.pending"]._retry_rejected(nodes=back)
        return result

    @api.constrains("warehouse_ids", "publish", "channel_id")
    def _check_shared_pools(self):
        allocations = self.env["channel.allocation.version"].search(
            [
                ("state", "=", "active"),
                ("member_ids.channel_id", "in", self.channel_id.ids),
            ]
        )
        allocations._check_pools()
