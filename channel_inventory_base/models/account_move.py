from odoo import fields, models


class AccountMove(models.Model):
    _inherit = "account.move"

    channel_made = fields.Boolean(
        readonly=True, copy=False, help="Made by the policy of a channel, by nobody"
    )

    def _post(self, soft=True):
        posted = super()._post(soft)
        if not self.env.context.get("channel_follows"):
            # sudo: accountants need not see channels
            sold = posted.sudo().filtered(lambda move: move.is_sale_document())
            for move in sold:
                if move.move_type == "out_refund" and not move.channel_made:
                    move._tell_channel()
            # what a person posts is paid by policy all the same
            sold.line_ids.sale_line_ids.order_id.channel_order_id._mark_books()
        return posted

    def _tell_channel(self):
        """Have the channel pay back what is credited, where it is an order of one."""
        known = self.env["channel.refund"].search_count(
            [("move_id", "=", self.id)], limit=1
        )
        order = self._find_channel_order()
        if order and not known:
            order._on_credit_note(self)

    def _find_channel_order(self):
        """The one channel order that is credited; none where there are several."""
        lines = self.invoice_line_ids | self.reversed_entry_id.invoice_line_ids
        orders = lines.sale_line_ids.order_id.channel_order_id
        return orders if len(orders) == 1 else orders.browse()
