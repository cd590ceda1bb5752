import math

from odoo import fields, models
from odoo.exceptions import UserError


class ChannelOrder(models.Model):
    """A channel has sold what is not there: what is missing, and what can be done."""

    _inherit = "channel.order"

    shortage_ids = fields.One2many("channel.shortage", "order_id", readonly=True)
    missing_quantity = fields.Float(
        string="Missing Units",
        compute="_compute_missing_quantity",
        digits="Product Unit",
        help="Stock units that are sold and not there.",
    )
    short_text = fields.Text(compute="_compute_short_text")
    due_date = fields.Date(
        string="Stock Due", compute="_compute_short_text", help="When all is there."
    )

    def _compute_missing_quantity(self):
        groups = self.env["channel.order.line"]._read_group(
            [("order_id", "in", self.ids), ("missing_quantity", ">", 0)],
            ["order_id"],
            ["missing_quantity:sum"],
        )
        missing = dict(groups)
        for order in self:
            order.missing_quantity = missing.get(order, 0)

    def _compute_short_text(self):
        for order in self:
            rows = order.shortage_ids
            order.short_text = "\n".join(row._words() for row in rows)
            dates = rows.mapped("due_date")
            order.due_date = all(dates) and max(dates, default=False)

    def action_cancel_missing(self):
        """Have the channel cancel what is not there, whole sold units of each line.

        :raise UserError: nothing is missing, or the channel cannot do that
        """
        self.ensure_one()
        self.channel_id._require_role("operator")
        lines = {
            line: min(line.open_quantity, math.ceil(line._to_units(missing)))
            for line in self.line_ids
            if (missing := line.missing_quantity) > 0
        }
        if not lines:
            raise UserError(self.env._("Nothing of %s is missing.", self.name))
        # sudo: operators cancel, only the import writes messages otherwise
        if not self.sudo()._request_cancel(lines):
            raise UserError(
                self.env._(
                    "%s does not cancel part of an order: cancel it there by hand.",
                    self.channel_id.name,
                )
            )
        return self.channel_id._notify_user(
            self.env._("The channel is asked to cancel"),
            self._words_for_short(lines),
            "info",
        )
