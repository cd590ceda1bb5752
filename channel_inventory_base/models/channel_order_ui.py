from odoo import api, fields, models


class ChannelOrder(models.Model):
    _inherit = "channel.order"

    audit_ids = fields.One2many(
        "channel.audit",
        compute="_compute_audit_ids",
        string="Timeline",
        groups="channel_inventory_base.group_channel_auditor,"
        "channel_inventory_base.group_channel_manager",
    )

    @api.depends("trace")
    def _compute_audit_ids(self):
        """Whatever was written down about this order or about its trace."""
        for order in self:
            domain = [("res_model", "=", order._name), ("res_id", "in", order.ids)]
            if order.trace:
                domain = ["|", ("trace", "=", order.trace), "&", *domain]
            order.audit_ids = self.env["channel.audit"].search(domain, limit=100)

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
