# SPDX-License-Identifier: AGPL-3.0-or-later
import json

from odoo import api, fields, models
from odoo.tools import SQL


class _Locked:
    """A locked row: ``value`` may be changed until ``_save``."""

    def __init__(self, env, row_id, value):
        self.env, self.row_id, self.value = env, row_id, value

    def _save(self):
        self.env.execute_query(
            SQL(
                "UPDATE channel_shared_state SET value = %s WHERE id = %s RETURNING id",
                json.dumps(self.value),
                self.row_id,
            )
        )


class ChannelSharedState(models.Model):
    """State shared by all workers of a channel: throttle, token, poll position.

    Without a channel: shared by the channels of which the key names what they have in
    common, such as the application whose requests are counted together.
    """

    _name = "channel.shared.state"
    _description = "Channel Shared State"
    _inherit = ["channel.guarded"]
    _rec_name = "key"
    _log_access = False

    channel_id = fields.Many2one("channel.channel", ondelete="cascade", index=True)
    company_id = fields.Many2one(related="channel_id.company_id")
    key = fields.Char(required=True)
    value = fields.Json(required=True)

    _key_uniq = models.UniqueIndex("(channel_id, key)")
    _scoped_uniq = models.UniqueIndex("(key) WHERE channel_id IS NULL")

    @api.model
    def _lock(self, channel_id, key):
        """Lock the row, made when it is missing, until the transaction ends."""
        [[row_id, value]] = self.env.execute_query(
            SQL(
                """
                INSERT INTO channel_shared_state (channel_id, key, value)
                VALUES (%s, %s, '{}')
                ON CONFLICT (channel_id, key) DO UPDATE SET key = EXCLUDED.key
                RETURNING id, value
                """,
                channel_id,
                key,
            )
        )
        return _Locked(self.env, row_id, value)

    @api.model
    def _lock_scoped(self, key):
        """As ``_lock``, of a state that is no channel's own."""
        [[row_id, value]] = self.env.execute_query(
            SQL(
                """
                INSERT INTO channel_shared_state (key, value) VALUES (%s, '{}')
                ON CONFLICT (key) WHERE channel_id IS NULL
                DO UPDATE SET key = EXCLUDED.key
                RETURNING id, value
                """,
                key,
            )
        )
        return _Locked(self.env, row_id, value)
