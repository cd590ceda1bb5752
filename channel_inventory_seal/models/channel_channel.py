# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models


class ChannelChannel(models.Model):
    """Says that the trail of a channel is sealed without a signature."""

    _inherit = "channel.channel"

    def _compute_notice(self):
        result = super()._compute_notice()
        # sudo: whether the server signs, which all who see the channel may know
        last = self.env["channel.audit.seal"].sudo()._get_last()
        if last and not last.is_signed:
            words = self.env._(
                "The audit trail is sealed without a signature: the server has no "
                "seal_key."
            )
            for channel in self:
                channel.notice = " ".join(filter(None, (channel.notice, words)))
        return result
