# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.exceptions import UserError


class ChannelOrderMatch(models.TransientModel):
    """Matches order lines without a listing to products."""

    _name = "channel.order.match"
    _description = "Match Order Lines"
    _inherit = ["channel.guarded"]

    order_id = fields.Many2one("channel.order", required=True, readonly=True)
    line_ids = fields.One2many("channel.order.match.line", "wizard_id")

    @api.model
    def _open_for(self, order):
        """:raise UserError: each line has a listing; that is what is to be matched"""
        order._require_role("operator")
        lines = order.line_ids.filtered(lambda line: line._is_unlisted())
        if not lines:
            raise UserError(
                self.env._(
                    "Each line of %s has a listing or is confirmed: match the listing.",
                    order.name,
                )
            )
        values = [
            {
                "order_line_id": line.id,
                "product_id": line.product_id.id,
                "pack_qty": line.pack_qty,
            }
            for line in lines
        ]
        return self.create(
            {
                "order_id": order.id,
                "line_ids": [fields.Command.create(each) for each in values],
            }
        )

    def action_apply(self):
        """Sell the lines as that, and try the order again."""
        order = self.order_id
        order._require_role("operator")
        order._check_own_lines(self.line_ids.order_line_id)
        chosen = self.line_ids.filtered("product_id")
        for line in chosen:
            line._apply()
        order._log_decision(
            self.env._(
                "%(order)s, sold as: %(lines)s",
                order=order.name,
                lines="; ".join(each._get_summary() for each in chosen),
            )
        )
        order._retry()
        return {"type": "ir.actions.act_window_close"}


class ChannelOrderMatchLine(models.TransientModel):
    _name = "channel.order.match.line"
    _description = "Product of an Order Line"
    _inherit = ["channel.guarded"]
    _check_company_auto = True

    wizard_id = fields.Many2one(
        "channel.order.match", required=True, ondelete="cascade"
    )
    order_line_id = fields.Many2one("channel.order.line", required=True, readonly=True)
    company_id = fields.Many2one(related="order_line_id.company_id", related_sudo=False)
    sku = fields.Char(string="SKU", related="order_line_id.sku", related_sudo=False)
    title = fields.Char(related="order_line_id.title", related_sudo=False)
    quantity = fields.Integer(
        related="order_line_id.quantity", related_sudo=False, string="Sold Units"
    )
    product_id = fields.Many2one("product.product", check_company=True)
    pack_qty = fields.Float(
        string="Units per Sold Unit", digits=(16, 6), default=1.0, required=True
    )

    _pack_positive = models.Constraint(
        "CHECK (pack_qty > 0)", "A sold unit must contain a positive quantity."
    )

    def _apply(self):
        # sudo: operators have no write access to what capture owns
        line = self.order_line_id.sudo()
        if line._is_unlisted():
            sold = self.env["channel.sold"]
            line.write(sold._terms_of_product(self.product_id, "person", self.pack_qty))

    def _get_summary(self):
        return f"{self.order_line_id.display_name}: {self.product_id.display_name}"
