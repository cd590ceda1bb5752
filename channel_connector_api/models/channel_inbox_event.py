# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models


class ChannelInboxEvent(models.Model):
    _inherit = "channel.inbox.event"

    def _process_order(self):
        """An order redeems the hold that it names, where its own stock is held."""
        state = super()._process_order()
        self.env["channel.api.hold"]._redeem(
            self.channel_id, self._get_api_body(), self.order_id
        )
        return state

    def _get_api_body(self):
        """The body where it may name a hold: those of other channels are not read."""
        return self.body if self.topic == "api.order" else ""
