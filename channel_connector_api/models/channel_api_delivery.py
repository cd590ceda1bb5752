# SPDX-License-Identifier: AGPL-3.0-or-later
import json

from odoo import api, fields, models
from odoo.tools import SQL

AVAILABILITY = "availability."


class ChannelApiDelivery(models.Model):
    """An event on its way to one webhook.

    ``body`` is frozen: what is sent again is the same, letter by letter, under the same
    ``webhook-id``. Made in the transaction of its event.
    """

    _name = "channel.api.delivery"
    _description = "API Webhook Delivery"
    _inherit = ["channel.guarded"]
    _rec_name = "message_ref"
    _order = "id desc"
    _log_access = False

    subscription_id = fields.Many2one(
        "channel.api.subscription", required=True, readonly=True, ondelete="cascade"
    )
    event_id = fields.Many2one(
        "channel.api.event",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    channel_id = fields.Many2one(
        "channel.channel", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="channel_id.company_id", store=True, index=True, precompute=True
    )
    kind = fields.Selection(related="event_id.kind", string="Kind")
    message_ref = fields.Char(string="Webhook ID", required=True, readonly=True)
    body = fields.Text(required=True, readonly=True)
    state = fields.Selection(
        [
            ("new", "Waiting"),
            ("sending", "Being sent"),
            ("done", "Delivered"),
            ("dead", "Dead letter"),
        ],
        required=True,
        readonly=True,
    )
    attempts = fields.Integer(readonly=True, aggregator=None)
    next_at = fields.Datetime(string="Next Try", required=True, readonly=True)
    done_at = fields.Datetime(string="Delivered", readonly=True)
    status = fields.Integer(string="HTTP Status", readonly=True, aggregator=None)
    error = fields.Char(readonly=True)

    _due_idx = models.Index("(channel_id, next_at) WHERE state IN ('new', 'sending')")
    _subscription_idx = models.Index("(subscription_id, state)")

    # ------------------------------------------------------------- actions
    def action_replay(self):
        """Send it again, whether it was given up or delivered: the receiver knows it
        by its id."""
        self._require_role("operator")
        self.subscription_id._require_secret()
        ended = self.filtered(lambda each: each.state in ("done", "dead"))
        # sudo: operators send again, only the job writes deliveries otherwise
        ended.sudo().write(
            {
                "state": "new",
                "attempts": 0,
                "next_at": fields.Datetime.now(),
                "done_at": False,
            }
        )
        # sudo: the same of what counts at the receiver
        ended.subscription_id.sudo().write({"failures": 0, "rests_until": False})
        ended.channel_id._wake("_job_api_deliver")

    # ------------------------------------------------------------ business
    @api.model
    def _queue(self, channel, event, epoch):
        """One for each webhook that wants the event."""
        wants = "wants_orders"
        if event.kind.startswith(AVAILABILITY):
            wants = "wants_availability"
        subscriptions = self.env["channel.api.subscription"].search(
            [("channel_id", "=", channel.id), (wants, "=", True)]
        )
        if not subscriptions:
            return
        told = event._as_told(epoch)
        body = json.dumps(told, separators=(",", ":"))
        self.env.execute_query(
            SQL(
                """
                INSERT INTO channel_api_delivery
                       (subscription_id, event_id, channel_id, company_id, message_ref,
                        body, state, attempts, next_at)
                SELECT subscription, %s, %s, %s, %s, %s, 'new', 0,
                       clock_timestamp() AT TIME ZONE 'UTC'
                  FROM unnest(%s::int[]) AS subscription
                RETURNING id
                """,
                event.id,
                channel.id,
                channel.company_id.id,
                told["id"],
                body,
                subscriptions.ids,
            )
        )
        channel._wake("_job_api_deliver")
