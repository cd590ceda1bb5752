# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models


class ChannelMessage(models.Model):
    _inherit = "channel.message"

    def _discard(self, reason):
        """As long as it was refused and nobody had decided, it was what explained a
        difference in amounts."""
        result = super()._discard(reason)
        # sudo: operators discard, only the bookkeeper looks at the books
        money = self.sudo().filtered(lambda each: each.kind in ("refund", "cancel"))
        money.order_id._mark_books()
        return result

    def _get_rejected_suggestion(self):
        """What ends it, where it is about a credit note of ours."""
        suggestion = super()._get_rejected_suggestion()
        if self.kind != "refund" or self.res_model != "account.move":
            return suggestion
        return self.env._(
            "Compare the order with the channel. If %(note)s credits what was refunded "
            "already, reset it to draft and correct it, which ends this. Retry when "
            "the cause is on the channel and fixed; discard the notification when the "
            "money went back by other means.",
            note=self.summary,
        )
