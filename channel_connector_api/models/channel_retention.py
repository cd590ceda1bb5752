# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.models.channel_retention import BATCH

# Of an order that is not finished: what was told of it is part of its answer.
NEEDED = SQL(
    """
    EXISTS (SELECT FROM channel_order about
             WHERE about.channel_id = event.channel_id
               AND about.external_id = event.order_ref
               AND (about.state NOT IN ('imported', 'cancelled', 'closed', 'gone')
                    OR about.stage IN ('captured', 'quotation', 'confirmed', 'reserved',
                                       'picked', 'packed', 'partly_shipped')))
    """
)
UNDELIVERED = SQL(
    """
    EXISTS (SELECT FROM channel_api_delivery delivery
             WHERE delivery.event_id = event.id AND delivery.state <> 'done')
    """
)


class ChannelRetention(models.Model):
    """Retention of what other systems were told. References of orders stay: by them an
    order that is told again is known."""

    _inherit = "channel.retention"

    kind = fields.Selection(
        selection_add=[("api_event", "Events of the API")],
        ondelete={"api_event": "cascade"},
    )

    def _get_effects(self):
        return super()._get_effects() | {
            "api_event": self.env._(
                "Events and their deliveries are deleted, those of finished orders and "
                "those of numbers, and what idempotency keys stood for; references of "
                "orders and of holds stay"
            ),
        }

    def _steps_api_event(self):
        # who reads events from before is told that some are gone
        yield SQL(
            """
            WITH gone AS (
                DELETE FROM channel_api_event
                 WHERE id IN (
                    SELECT event.id FROM channel_api_event event
                     WHERE %s AND NOT %s AND NOT %s
                     ORDER BY event.id LIMIT %s FOR UPDATE SKIP LOCKED)
                RETURNING id, channel_id, seq),
            kept AS (
                UPDATE channel_api_counter counter
                   SET kept_after = GREATEST(COALESCE(kept_after, 0), newest.seq)
                  FROM (SELECT channel_id, max(seq) AS seq FROM gone GROUP BY 1) newest
                 WHERE counter.channel_id = newest.channel_id)
            SELECT id FROM gone
            """,
            self._due("event.created_at"),
            NEEDED,
            UNDELIVERED,
            BATCH,
        )
        yield SQL(
            """
            DELETE FROM channel_api_request
             WHERE id IN (SELECT id FROM channel_api_request
                           WHERE kind = 'key' AND %s
                           ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
            RETURNING id
            """,
            self._due("created_at"),
            BATCH,
        )
