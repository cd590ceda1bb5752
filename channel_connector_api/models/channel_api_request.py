# SPDX-License-Identifier: AGPL-3.0-or-later
import json

from odoo import api, fields, models
from odoo.tools import SQL


class ChannelApiRequest(models.Model):
    """What a reference, or an idempotency key, stands for: a digest of the request.

    The unique index decides which of two posts of the same moment is the first: the
    second waits until the first has committed or was rolled back.
    """

    _name = "channel.api.request"
    _description = "API Request"
    _inherit = ["channel.guarded"]
    _rec_name = "ref"
    _log_access = False

    channel_id = fields.Many2one(
        "channel.channel", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="channel_id.company_id")
    kind = fields.Selection(
        [("order", "Order"), ("key", "Idempotency key")], required=True, readonly=True
    )
    ref = fields.Char(required=True, readonly=True)
    digest = fields.Char(required=True, readonly=True)
    content = fields.Json(
        readonly=True, help="Of an order: its lines as they were told, no customer."
    )
    created_at = fields.Datetime(required=True, readonly=True)

    _ref_uniq = models.UniqueIndex("(channel_id, kind, ref)")

    @api.model
    def _claim(self, channel, kind, ref, digest, content=None):
        """:param content: JSON-able, kept of a new one
        :return: ``new``, ``same`` as before, or ``other``"""
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO channel_api_request
                       (channel_id, kind, ref, digest, content, created_at)
                VALUES (%s, %s, %s, %s, %s, clock_timestamp() AT TIME ZONE 'UTC')
                ON CONFLICT (channel_id, kind, ref) DO NOTHING RETURNING id
                """,
                channel.id,
                kind,
                ref,
                digest,
                json.dumps(content) if content else None,
            )
        )
        if rows:
            return "new"
        [[known]] = self.env.execute_query(
            SQL(
                "SELECT digest FROM channel_api_request "
                "WHERE channel_id = %s AND kind = %s AND ref = %s",
                channel.id,
                kind,
                ref,
            )
        )
        return "same" if known == digest else "other"

    @api.model
    def _find_order(self, channel, ref):
        return self.search(
            [
                ("channel_id", "=", channel.id),
                ("kind", "=", "order"),
                ("ref", "=", ref),
            ]
        )
