# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.db.transaction import own_transaction

LONG_SECONDS = 600
"""An outage of so long is worth a look at everything when it is over."""


class ChannelOutage(models.Model):
    """After a long outage all quantities are compared: a channel that was restored from
    a backup shows those of yesterday."""

    _inherit = "channel.outage"

    def _forget(self, channel, job):
        lasted = self._get_length(channel) if self._has_any(channel) else 0
        result = super()._forget(channel, job)
        if lasted > LONG_SECONDS and not self._has_any(channel):
            with own_transaction(self.env) as env:
                own_channel = env["channel.channel"].browse(channel.id)
                own_channel._reconcile("outage")
                own_channel._reconcile_orders("outage")
        return result

    def _get_length(self, channel):
        """:return: seconds since the oldest outage of a channel began"""
        with own_transaction(self.env) as env:
            [[seconds]] = env.execute_query(
                SQL(
                    """
                    SELECT COALESCE(EXTRACT(epoch FROM clock_timestamp()
                               AT TIME ZONE 'UTC' - min(since)), 0)::float
                      FROM channel_outage WHERE channel_id = %s
                    """,
                    channel.id,
                )
            )
        return seconds
