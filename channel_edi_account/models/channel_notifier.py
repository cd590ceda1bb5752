# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models


class ChannelNotifier(models.AbstractModel):
    """A trading partner is not paid back: it takes a credit note off what it owes."""

    _inherit = "channel.notifier"

    def _on_credit_note(self, order, move):
        if self.env["channel.edi.invoices"]._is_told(order.channel_id):
            order._log_document(move, self.env._("%s: credit note posted", move.name))
            return None
        return super()._on_credit_note(order, move)

    def _report_credit_note(self, order, move, message):
        if self.env["channel.edi.invoices"]._is_told(order.channel_id):
            # what cannot be told of it is reported as of any invoice
            return None
        return super()._report_credit_note(order, move, message)
