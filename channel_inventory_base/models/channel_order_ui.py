from odoo import fields, models
from odoo.fields import Domain


class ChannelOrder(models.Model):
    _inherit = "channel.order"

    timeline_ids = fields.One2many("channel.timeline", "order_id", readonly=True)
    delivery_count = fields.Integer(compute="_compute_delivery_count")
    invoice_count = fields.Integer(compute="_compute_invoice_count")
    told_count = fields.Integer(compute="_compute_told_count")

    blocked_text = fields.Text(
        compute="_compute_blocked_text", help="What stops it, and what to do."
    )

    def _compute_blocked_text(self):
        for order in self:
            opened = self.env["channel.exception"].search(order._exception_domain())
            order.blocked_text = "\n".join(
                f"{each.message} {each.suggestion or ''}".strip() for each in opened
            )

    def _exception_domain(self):
        """What is open about this order."""
        about = Domain("res_model", "=", self._name) & Domain("res_id", "=", self.id)
        shared = Domain("order_ids", "in", self.ids)
        return Domain("state", "=", "open") & (about | shared)

    def _compute_delivery_count(self):
        for order in self:
            # sudo: a number only, for a smart button
            order.delivery_count = len(order.sudo().sale_order_id.picking_ids)

    def _compute_invoice_count(self):
        for order in self:
            # sudo: a number only, for a smart button
            order.invoice_count = len(order.sudo()._get_moves())

    def _compute_told_count(self):
        for order in self:
            order.told_count = len(order.told_ids)

    def action_open_deliveries(self):
        self.ensure_one()
        return self.sale_order_id.action_view_delivery()

    def action_open_invoices(self):
        """Invoices and credit notes, for who may see them."""
        self.ensure_one()
        self.check_access("read")
        # sudo: which they are, not what is in them
        moves = self.sudo()._get_moves()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account.action_move_out_invoice_type"
        )
        return dict(action, domain=[("id", "in", moves.ids)], context={})

    def action_open_messages(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "channel_inventory_base.channel_message_action"
        )
        return dict(action, domain=[("order_id", "=", self.id)], context={})

    def action_open_exceptions(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "channel_inventory_base.channel_exception_action"
        )
        return dict(
            action,
            domain=[
                "|",
                ("order_ids", "in", self.ids),
                "&",
                ("res_model", "=", self._name),
                ("res_id", "=", self.id),
            ],
            context={},
        )

    def _open_as_cause(self):
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
        }
