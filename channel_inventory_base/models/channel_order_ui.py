from odoo import fields, models


class ChannelOrder(models.Model):
    _inherit = "channel.order"

    timeline_ids = fields.One2many("channel.timeline", "order_id", readonly=True)
    delivery_count = fields.Integer(compute="_compute_delivery_count")
    invoice_count = fields.Integer(compute="_compute_invoice_count")
    told_count = fields.Integer(compute="_compute_told_count")

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
            domain=[("res_model", "=", self._name), ("res_id", "=", self.id)],
            context={},
        )
