# SPDX-License-Identifier: AGPL-3.0-or-later
import json
from datetime import timezone

from odoo import api, fields, models
from odoo.tools import SQL

from ..lib.document import EVENTS


class ChannelApiEvent(models.Model):
    """What the other side is told: read by a cursor, and sent to its webhooks.

    A message of the base is carried out when its event is stored: from then on it can
    be read. ``key`` makes a repeated one the same.
    """

    _name = "channel.api.event"
    _description = "API Event"
    _inherit = ["channel.guarded"]
    _rec_name = "kind"
    _order = "seq desc"
    _log_access = False

    channel_id = fields.Many2one(
        "channel.channel", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="channel_id.company_id", store=True, index=True, precompute=True
    )
    kind = fields.Selection(
        [(kind, kind) for kind in EVENTS], required=True, readonly=True, string="Event"
    )
    key = fields.Char(required=True, readonly=True)
    order_ref = fields.Char(readonly=True)
    data = fields.Json(required=True, readonly=True)
    seq = fields.Float(required=True, readonly=True, aggregator=None)
    created_at = fields.Datetime(required=True, readonly=True)
    delivery_ids = fields.One2many("channel.api.delivery", "event_id")
    readable_data = fields.Text(compute="_compute_readable_data")

    _seq_uniq = models.UniqueIndex("(channel_id, seq)")
    _key_uniq = models.UniqueIndex("(channel_id, key)")
    _order_idx = models.Index("(channel_id, order_ref) WHERE order_ref IS NOT NULL")

    @api.depends("data")
    def _compute_readable_data(self):
        for event in self:
            event.readable_data = json.dumps(event.data, indent=2, ensure_ascii=False)

    @api.model
    def _append(self, channel, kind, key, data, order_ref=None):
        """Store an event with its deliveries, once a key.

        In READ COMMITTED. The caller commits.

        :return: its id
        """
        epoch, seq = self.env["channel.api.counter"]._take(channel.id)
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO channel_api_event
                       (channel_id, company_id, kind, key, order_ref, data, seq,
                        created_at)
                VALUES (%s, %s, %s, %s, %s, %s, %s,
                        date_trunc('second', clock_timestamp() AT TIME ZONE 'UTC'))
                ON CONFLICT (channel_id, key) DO NOTHING RETURNING id
                """,
                channel.id,
                channel.company_id.id,
                kind,
                key,
                order_ref,
                json.dumps(data),
                seq,
            )
        )
        if not rows:
            return self.search(
                [("channel_id", "=", channel.id), ("key", "=", key)], limit=1
            ).id
        event = self.browse(rows[0][0])
        self.env["channel.api.delivery"]._queue(channel, event, epoch)
        return event.id

    def _as_told(self, epoch):
        """The event as it is read and sent: always the same bytes."""
        moment = self.created_at.replace(tzinfo=timezone.utc)
        return {
            "id": f"evt_{epoch}_{int(self.seq)}",
            "type": self.kind,
            "timestamp": moment.isoformat(),
            "data": self.data,
        }
