# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models
from odoo.tools import SQL

TOLD = "health"
"""Key of the shared state that keeps what overviews were told last."""
READERS = (
    "channel_inventory_base.group_channel_user",
    "channel_inventory_base.group_channel_auditor",
)
NEWS = "channel_inventory_dashboard/health"


class ChannelChannel(models.Model):
    _inherit = "channel.channel"

    def _watch_health(self):
        result = super()._watch_health()
        self._tell_health()
        return result

    def _tell_health(self):
        """Have overviews read again where the health has changed. What they read is up
        to their rights: the message names the channel and no more."""
        told = dict(
            self.env.execute_query(
                SQL(
                    "SELECT channel_id, value ->> 'health' FROM channel_shared_state "
                    "WHERE channel_id = ANY(%s) AND key = %s",
                    list(self.ids),
                    TOLD,
                )
            )
        )
        for channel in self:
            if channel.health == told.get(channel.id):
                continue
            state = self.env["channel.shared.state"]._lock(channel.id, TOLD)
            state.value["health"] = channel.health
            state._save()
            for reader in READERS:
                group = self.env.ref(reader)
                group._bus_send(NEWS, {"channel_id": channel.id})
