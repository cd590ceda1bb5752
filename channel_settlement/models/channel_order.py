# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class ChannelOrder(models.Model):
    """What settlements say of an order."""

    _inherit = "channel.order"

    transaction_ids = fields.One2many(
        "channel.order.transaction", "order_id", string="Transactions", readonly=True
    )
    settlement_line_count = fields.Integer(compute="_compute_settlement_line_count")

    def _compute_settlement_line_count(self):
        counts = dict(
            self.env["channel.settlement.line"]._read_group(
                [("order_id", "in", self.ids)], ["order_id"], ["__count"]
            )
        )
        for order in self:
            order.settlement_line_count = counts.get(order, 0)

    # ------------------------------------------------------------- actions
    def action_open_settlement_lines(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "channel_settlement.channel_settlement_line_action"
        )
        return dict(action, domain=[("order_id", "=", self.id)], context={})

    # ------------------------------------------------------------ business
    def _apply(self, data, version):
        result = super()._apply(data, version)
        if data.transactions:
            self.env["channel.order.transaction"]._store(self)
        return result
