# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models


class ChannelExceptionClose(models.TransientModel):
    """Orders that a person has entered as sale orders of his own."""

    _inherit = "channel.exception.close"

    may_be_by_hand = fields.Boolean(compute="_compute_may_be_by_hand")
    by_hand = fields.Boolean(
        string="Entered Manually",
        help="A sale order was created manually for each of these orders: their holds "
        "are released, and they are not imported any more.",
    )

    @api.depends("exception_ids")
    def _compute_may_be_by_hand(self):
        for wizard in self:
            orders = wizard.exception_ids._get_orders()
            wizard.may_be_by_hand = any(order._is_unsold() for order in orders)

    def _settle(self):
        if self.by_hand:
            self.exception_ids._get_orders()._settle_by_hand(self.reason)
        return super()._settle()
