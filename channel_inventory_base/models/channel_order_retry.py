from odoo import api, models

from ..const import LET_THROUGH


class ChannelOrder(models.Model):
    """Orders that were stopped go on: the cause is gone, or a person says so."""

    _inherit = "channel.order"

    @api.model
    def _retry_blocked(self, channels, categories):
        """Try all orders again that were stopped for one of these causes."""
        # sudo: the setting is changed, whoever did it: what it caused is over
        exceptions = self.env["channel.exception"].sudo()
        found = exceptions.search(
            [
                ("channel_id", "in", channels.ids),
                ("category", "in", list(categories)),
                ("res_model", "=", self._name),
                ("state", "=", "open"),
            ]
        )
        found._resolve(self.env._("The cause is gone."))
        # sudo: whoever may change a setting sets the orders free that waited for it
        orders = self.sudo().search(
            [("id", "in", found.mapped("res_id")), ("state", "=", "blocked")]
        )
        for channel, each in orders.grouped("channel_id").items():
            each.write({"state": "captured"})
            channel._wake("_job_intake")
        return orders

    def action_let_through(self, category):
        """Overrule one check for these orders. It is written down who did."""
        self._require_role("operator")
        if category not in LET_THROUGH:
            return
        for order in self:
            # sudo: operators have no write access to what capture owns
            order.sudo().let_through = [*(order.let_through or ()), category]
            self.env["channel.audit"]._log(
                "operator",
                order.channel_id,
                record=order,
                trace=order.trace,
                message=self.env._(
                    "%(order)s was let through: %(category)s",
                    order=order.name,
                    category=category,
                ),
            )
        self.filtered(lambda order: order.state == "blocked")._retry()


class ChannelTaxMap(models.Model):
    _inherit = "channel.tax.map"

    @api.model_create_multi
    def create(self, vals_list):
        maps = super().create(vals_list)
        self.env["channel.order"]._retry_blocked(maps.channel_id, ("tax",))
        return maps

    def write(self, vals):
        result = super().write(vals)
        self.env["channel.order"]._retry_blocked(self.channel_id, ("tax",))
        return result


class ResCurrency(models.Model):
    _inherit = "res.currency"

    def write(self, vals):
        result = super().write(vals)
        if vals.get("active"):
            channels = (
                # sudo: whoever activates a currency need not see channels
                self.env["channel.channel"].sudo().search([("active", "=", True)])
            )
            self.env["channel.order"]._retry_blocked(channels, ("currency",))
        return result
