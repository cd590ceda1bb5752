# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models

from ..const import SHORT_POLICIES


class ChannelShortStock(models.TransientModel):
    """An operator's decision about the lines of an order that are not in stock."""

    _name = "channel.short.stock"
    _description = "Resolve Short Stock"
    _inherit = ["channel.guarded"]

    order_id = fields.Many2one("channel.order", required=True, readonly=True)
    line_ids = fields.One2many("channel.short.stock.line", "wizard_id")

    @api.model
    def _open_for(self, order):
        """:return: the wizard, with the lines that are short by what is there now"""
        order._require_role("operator")
        # sudo: stock and holds, to say what is there
        short = self.env["channel.allocator"].sudo()._get_short(order.sudo())
        return self.create(
            {
                "order_id": order.id,
                "line_ids": [
                    fields.Command.create(
                        {
                            "order_line_id": line.id,
                            "missing": short.get(line, 0),
                            "decision": line._get_short_policy(),
                            "substitute_id": line.substitute_id.id
                            or line._get_substitutes()[:1].id,
                        }
                    )
                    for line in order.line_ids
                    if line in short or (not short and line.quantity)
                ],
            }
        )

    def action_confirm(self):
        self.order_id._require_role("operator")
        order = self.order_id
        order._check_own_lines(self.line_ids.order_line_id)
        for line in self.line_ids:
            line._decide()
        order._log_decision(
            self.env._(
                "%(order)s, short stock: %(decisions)s",
                order=order.name,
                decisions="; ".join(each._get_summary() for each in self.line_ids),
            )
        )
        order._retry()
        return {"type": "ir.actions.act_window_close"}


class ChannelShortStockLine(models.TransientModel):
    _name = "channel.short.stock.line"
    _description = "Decision for an Order Line"
    _inherit = ["channel.guarded"]

    wizard_id = fields.Many2one(
        "channel.short.stock", required=True, ondelete="cascade"
    )
    order_line_id = fields.Many2one("channel.order.line", required=True, readonly=True)
    product_id = fields.Many2one(related="order_line_id.product_id", related_sudo=False)
    quantity = fields.Integer(related="order_line_id.quantity", related_sudo=False)
    missing = fields.Integer(readonly=True, help="Missing sold units")
    decision = fields.Selection(SHORT_POLICIES, required=True)
    substitute_id = fields.Many2one(
        "product.product",
        domain="[('id', 'in', offered_ids)]",
        help="One of the product's substitutes, in the same unit.",
    )
    offered_ids = fields.Many2many("product.product", compute="_compute_offered_ids")

    @api.depends("order_line_id")
    def _compute_offered_ids(self):
        for line in self:
            line.offered_ids = line.order_line_id._get_substitutes()

    def _decide(self):
        # sudo: operators have no write access to what capture owns
        line = self.order_line_id.sudo()
        chosen = self.substitute_id if self.decision == "substitute" else False
        line.short_policy = self.decision
        if chosen and chosen in line._get_substitutes():
            line.substitute_id = chosen
            # it is held where the sold product is; the import routes it
            active = line.hold_ids.filtered(lambda hold: hold.state == "active")
            active.write({"product_id": chosen.id})

    def _get_summary(self):
        label = dict(SHORT_POLICIES)[self.decision].split(":")[0]
        if self.decision == "substitute" and self.substitute_id:
            label = f"{label} {self.substitute_id.display_name}"
        return f"{self.order_line_id.display_name}: {label}"
