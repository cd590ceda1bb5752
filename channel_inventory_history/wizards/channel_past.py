# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime


class ChannelPast(models.TransientModel):
    """Asks for a moment, and shows levels or positions as they were then."""

    _name = "channel.past"
    _description = "Levels and Stock at Date"
    _inherit = ["channel.guarded"]

    moment = fields.Datetime(
        string="As Of", required=True, default=lambda self: fields.Datetime.now()
    )
    product_id = fields.Many2one("product.product")
    warehouse_id = fields.Many2one("stock.warehouse")
    channel_id = fields.Many2one("channel.channel")

    def action_show_levels(self):
        domain = []
        if self.product_id:
            domain.append(("product_id", "=", self.product_id.id))
        if self.warehouse_id:
            domain.append(("node_id.warehouse_ids", "in", self.warehouse_id.ids))
        if self.channel_id:
            domain.append(("channel_id", "=", self.channel_id.id))
        return self._show(
            self.env._("Levels as of %s", self._get_time()),
            "channel.level.past",
            domain,
        )

    def action_show_positions(self):
        domain = []
        if self.product_id:
            domain.append(("product_id", "=", self.product_id.id))
        if self.warehouse_id:
            domain.append(("warehouse_id", "=", self.warehouse_id.id))
        elif self.channel_id:
            places = self.channel_id.node_ids.warehouse_ids
            domain.append(("warehouse_id", "in", places.ids))
        return self._show(
            self.env._("Positions as of %s", self._get_time()),
            "channel.position.past",
            domain,
        )

    def _get_time(self):
        return format_datetime(self.env, self.moment)

    def _show(self, name, model, domain):
        """:raise UserError: what has not been yet is not known"""
        self.ensure_one()
        if self.moment > fields.Datetime.now():
            raise UserError(self.env._("Choose a moment that is past."))
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "view_mode": "list,form",
            "domain": domain,
            "context": {"as_of": fields.Datetime.to_string(self.moment)},
        }
