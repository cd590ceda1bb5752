# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models

from ..const import OVERRIDABLE


class ChannelException(models.Model):
    """Decisions about orders that are to be sold: checks, short stock, taxes."""

    _inherit = "channel.exception"

    category = fields.Selection(
        selection_add=[("early", "Shipped early"), ("oversold",)],
        ondelete={"early": "cascade"},
    )
    can_override = fields.Boolean(compute="_compute_can_override")

    @api.depends("res_model", "category")
    def _compute_can_override(self):
        for exception in self:
            exception.can_override = (
                exception.res_model == "channel.order"
                and exception.category in OVERRIDABLE
            )

    # ------------------------------------------------------------- actions
    def action_override(self):
        """Overrule the check for the orders that it stopped; the import ends it."""
        for exception in self.filtered("can_override"):
            order = exception._record()
            if order is None:
                continue
            was_stopped = order.state == "blocked"
            order.action_override(exception.category)
            if was_stopped:
                # sudo: a field of the system
                exception.sudo().retried_at = fields.Datetime.now()
            else:
                exception._resolve(self.env._("Overridden by %s", self.env.user.name))

    def action_short_stock(self):
        self.ensure_one()
        return self.env["channel.order"].browse(self.res_id).action_short_stock()

    def action_map_tax(self):
        """The tax mappings of its channel, where a manager adds the one that lacks."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Taxes of %s", self.channel_id.name),
            "res_model": "channel.tax.map",
            "view_mode": "list,form",
            "domain": [("channel_id", "=", self.channel_id.id)],
            "context": {"default_channel_id": self.channel_id.id},
        }

    # --------------------------------------------------------------- cause
    def _find_standing(self):
        if standing := super()._find_standing():
            return standing
        short = self.filtered(lambda each: each.category == "oversold")
        if short.order_ids:
            return self.env._(
                "Units of %(orders)s are still missing: this closes automatically when "
                "they are in stock, or the order no longer needs them.",
                orders=self._get_orders_label(short.order_ids),
            )
        ending = self.env["channel.order.ending"]
        # sudo: transfers that the user who resolves it may not see
        for order in self._get_orders().sudo().filtered("ending"):
            if transfers := ending._find_open_transfers(order):
                return self.env._(
                    "%(transfers)s would still be shipped for %(order)s: cancel or "
                    "ship it. This closes automatically then.",
                    transfers=", ".join(transfers),
                    order=order.name,
                )
        return ""
