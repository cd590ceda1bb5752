from odoo import api, fields, models

from ..const import LET_THROUGH


class ChannelOrder(models.Model):
    """Orders that were stopped go on: the cause is gone, or a person says so."""

    _inherit = "channel.order"

    by_hand = fields.Boolean(
        string="Entered by Hand",
        readonly=True,
        help="A sale order was made by hand for it; this one holds and sells nothing.",
    )

    @api.model
    def _retry_blocked(self, channels, categories):
        """Try all orders again that were stopped for one of these causes."""
        # sudo: the setting is changed, whoever did it: what it caused is over
        exceptions = self.env["channel.exception"].sudo()
        found = exceptions.search(
            [
                ("channel_id", "in", channels.ids),
                ("category", "in", list(categories)),
                ("state", "=", "open"),
            ]
        )
        # the import says which of them are gone
        found.retried_at = fields.Datetime.now()
        # sudo: whoever may change a setting sets the orders free that waited for it
        orders = found._get_orders().sudo()
        orders = orders.filtered(lambda order: order.state == "blocked")
        orders._retry()
        return orders

    def _settle_by_hand(self, reason):
        """Blocked orders that somebody has entered as sale orders of their own: what
        was held for them is held there, and nothing here sells them again."""
        self.channel_id._require_role("operator")
        # sudo: operators have no write access to what capture owns
        for order in self.sudo().filtered(lambda each: each._is_unsold()):
            order._lock()
            order.by_hand = True
            order._end("person")
            order._log_decision(
                self.env._(
                    "%(order)s was entered by hand: %(reason)s",
                    order=order.name,
                    reason=reason,
                )
            )

    def _is_unsold(self):
        return self.state == "blocked" and not self.sale_order_id

    def _on_exceptions_resolved(self, reason):
        """A person has dealt with what stopped a sold order: it is stopped no more."""
        opened = self.env["channel.exception"]._count_open(self)
        # sudo: people who work on exceptions have no write access to orders
        for order in self.sudo().filtered(lambda each: each.state == "blocked"):
            if order.sale_order_id and not opened[order.id]:
                order.state = "imported"
                order._log_decision(
                    self.env._(
                        "%(order)s was dealt with: %(reason)s",
                        order=order.name,
                        reason=reason,
                    )
                )

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
