# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.tools import format_date

from odoo.addons.channel_inventory_base.tools.inner import inner


class PurchaseOrder(models.Model):
    """Earlier dates of the vendor, for a person to accept or to leave."""

    _inherit = "purchase.order"

    channel_earlier_text = fields.Char(compute="_compute_channel_earlier_text")

    @api.depends(
        "state",
        "order_line.date_planned",
        "order_line.channel_kept_date",
        "order_line.move_ids.date",
        "order_line.move_ids.date_deadline",
        "order_line.move_ids.state",
    )
    def _compute_channel_earlier_text(self):
        for order in self:
            order.channel_earlier_text = order._get_earlier_text()

    def _get_earlier_text(self):
        """:return: the dates in words; "" when nothing comes earlier"""
        if self.state != "purchase":
            return ""
        # sudo: receipts, for whoever may see the order
        receipts = self.sudo().order_line._get_earlier_receipts()
        rows = [
            self.env._(
                "%(product)s on %(early)s instead of %(planned)s",
                product=move.product_id.display_name,
                early=format_date(self.env, move.date_deadline.date()),
                planned=format_date(self.env, move.date.date()),
            )
            for move in receipts
        ]
        return ", ".join(rows)

    # ------------------------------------------------------------- actions
    def action_accept_earlier_dates(self):
        """Plan the receipts for the days that the vendor has promised."""
        self.check_access("write")
        # sudo: who may date the order may date what it brings
        receipts = self.sudo().order_line._get_earlier_receipts()
        for move in receipts.with_context(**inner(date_source="accepted")):
            move.date = move.date_deadline

    def action_keep_dates(self):
        """Leave the receipts planned as they are, until the vendor names another."""
        self.check_access("write")
        # sudo: a field of the buttons
        receipts = self.sudo().order_line._get_earlier_receipts()
        for line in receipts.purchase_line_id:
            line.channel_kept_date = line.date_planned
