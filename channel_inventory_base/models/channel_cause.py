# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class ChannelCause(models.AbstractModel):
    """The cause of a quantity's change, as text, and a link to its record.

    A trace belongs to an order or to an action on a channel, or names the stock move
    whose completion the triggers recorded.
    """

    _name = "channel.cause"
    _description = "Quantity and Its Cause"

    cause_text = fields.Char(
        string="Stock Change",
        compute="_compute_cause_text",
        help="The last stock change behind the quantity, with its user and time.",
    )

    def _get_cause_trace(self):
        """:return: the trace of what changed the number, or a false value"""
        raise NotImplementedError

    def _compute_cause_text(self):
        moves = self.env["stock.move"]._of_traces(
            each._get_cause_trace() for each in self
        )
        orders = self.env["channel.order"].search(
            [("trace", "in", [each._get_cause_trace() for each in self])]
        )
        of_order = {order.trace: order for order in orders}
        for each in self:
            trace = each._get_cause_trace()
            if move := moves.get(trace):
                each.cause_text = move._get_cause_message()
            elif order := of_order.get(trace):
                each.cause_text = self.env._(
                    "order %(order)s of %(channel)s",
                    order=order.name,
                    channel=order.channel_id.name,
                )
            else:
                each.cause_text = False

    def action_open_cause(self):
        """The stock move, or the order."""
        self.ensure_one()
        trace = self._get_cause_trace()
        record = self.env["stock.move"]._of_traces([trace]).get(trace)
        if record is not None:
            # with the rights of who asks
            record = record.sudo(False)
        else:
            record = self.env["channel.order"].search([("trace", "=", trace)], limit=1)
        return record._open_as_cause() if record else False
