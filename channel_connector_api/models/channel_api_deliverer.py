# SPDX-License-Identifier: AGPL-3.0-or-later
import logging
import time
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.db.transaction import own_transaction
from odoo.addons.channel_inventory_base.lib import errors, replies, transport
from odoo.addons.channel_inventory_base.lib.one_line import one_line

from ..lib import backoff, signing

_logger = logging.getLogger(__name__)

RUN_SECONDS = 10
"""After so long, other channels' webhooks have their turn."""
TIMEOUT = 10
CLAIM_SECONDS = 120
"""So long nobody else takes a delivery that is being sent; by then it was answered, or
its worker has died."""
GONE = 410


class ChannelApiDeliverer(models.AbstractModel):
    """Sends what waits for webhooks, one delivery after the other.

    A delivery is claimed and committed, sent with no transaction open, and settled. A
    worker killed in between leaves a claim that ends by itself: the receiver gets the
    delivery twice then, by the same id. One receiver that fails delays no other: after
    some failures only one delivery is tried now and then.
    """

    _name = "channel.api.deliverer"
    _description = "API Webhooks: Sending"

    @api.model
    def _run(self, channel):
        """:return: None: it is no channel that is asked here"""
        end = time.monotonic() + RUN_SECONDS
        while claimed := self._claim(channel):
            self._settle(channel, claimed, *self._send(channel, claimed))
            if time.monotonic() > end:
                channel._wake("_job_api_deliver")
                return None
        self._come_back(channel)
        return None

    @api.model
    def _follow_time(self):
        """Each minute: what is due and has lost its job."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT channel_id FROM channel_api_delivery
                 WHERE state IN ('new', 'sending')
                   AND next_at <= now() AT TIME ZONE 'UTC'
                """
            )
        )
        channels = self.env["channel.channel"].browse(row[0] for row in rows)
        channels._wake("_job_api_deliver")

    def _claim(self, channel):
        """:return: what the sending needs, None when nothing is due"""
        with own_transaction(self.env) as env:
            rows = env.execute_query(
                SQL(
                    """
                    UPDATE channel_api_delivery
                       SET state = 'sending', attempts = attempts + 1,
                           next_at = clock_timestamp() AT TIME ZONE 'UTC'
                                     + make_interval(secs => %(claim)s)
                     WHERE id = (
                        SELECT delivery.id
                          FROM channel_api_delivery delivery
                          JOIN channel_api_subscription hook
                            ON hook.id = delivery.subscription_id
                         WHERE delivery.channel_id = %(channel)s
                           AND delivery.state IN ('new', 'sending')
                           AND delivery.next_at <= clock_timestamp() AT TIME ZONE 'UTC'
                           AND hook.active AND hook.has_secret
                           AND COALESCE(hook.rests_until, '-infinity')
                               <= clock_timestamp() AT TIME ZONE 'UTC'
                         ORDER BY delivery.next_at, delivery.id
                         LIMIT 1 FOR UPDATE OF delivery SKIP LOCKED)
                    RETURNING id, subscription_id, message_ref, body, attempts
                    """,
                    claim=CLAIM_SECONDS,
                    channel=channel.id,
                )
            )
            if not rows:
                return None
            found = dict(
                zip(("id", "hook", "ref", "body", "attempts"), rows[0], strict=True)
            )
            hook = env["channel.api.subscription"].browse(found["hook"])
            if hook.failures >= backoff.RESTS_FROM:
                # a probe: the others wait for what becomes of it
                hook.rests_until = fields.Datetime.now() + timedelta(
                    seconds=CLAIM_SECONDS
                )
            found["url"] = hook.url
            return found

    def _send(self, channel, claimed):
        """:return: (status or 0, words of what went wrong or "", Retry-After)"""
        try:
            secrets = self._get_signing_secrets(claimed["hook"])
            if not secrets:
                return 0, self.env._("There is no secret to sign with."), None
            body = claimed["body"].encode()
            headers = signing.headers(secrets, claimed["ref"], int(time.time()), body)
            reply = transport.send(
                channel._http_session(),
                "POST",
                claimed["url"],
                body,
                headers,
                timeout=TIMEOUT,
                secrets=secrets,
            )
        except errors.ClientError as error:
            return 0, str(error), None
        except UserError as error:
            # a secret that no key of this server opens
            return 0, str(error), None
        if 200 <= reply.status < 300:
            return reply.status, "", None
        asked = replies.retry_after(reply, longest=backoff.MAX_WAIT)
        words = self.env._("The receiver answers %s.", reply.status)
        return reply.status, words, asked

    def _get_signing_secrets(self, hook_id):
        # not in the job's transaction: the webhook may be newer than that
        with own_transaction(self.env) as env:
            return (
                env["channel.api.subscription"].browse(hook_id)._get_signing_secrets()
            )

    # -------------------------------------------------------------- settle
    def _settle(self, channel, claimed, status, error, asked):
        with own_transaction(self.env) as env:
            delivery = env["channel.api.delivery"].browse(claimed["id"]).exists()
            if not delivery or delivery.attempts != claimed["attempts"]:
                # deleted, or the claim had ended and another worker is at it
                return
            own = self.with_env(env)
            if error:
                own._settle_failed(delivery, status, error, asked)
            else:
                own._settle_done(delivery, status)

    def _settle_done(self, delivery, status):
        now = fields.Datetime.now()
        delivery.write(
            {"state": "done", "done_at": now, "status": status, "error": False}
        )
        hook = delivery.subscription_id
        hook.write(
            {
                "failures": 0,
                "rests_until": False,
                "last_success_at": now,
                "last_error": False,
            }
        )
        if not hook.dead_count:
            self.env["channel.exception"]._resolve_keys(
                hook.channel_id, [self._get_key(hook)]
            )

    def _settle_failed(self, delivery, status, error, asked):
        hook = delivery.subscription_id
        words = one_line(error)[:500]
        wait = backoff.wait(delivery.attempts, asked)
        now = fields.Datetime.now()
        values = {"status": status, "error": words}
        if wait is None or status == GONE:
            delivery.write({**values, "state": "dead"})
        else:
            due = now + timedelta(seconds=wait)
            delivery.write({**values, "state": "new", "next_at": due})
        hook.write({"failures": hook.failures + 1, "last_error": words})
        if hook.failures >= backoff.RESTS_FROM:
            hook.rests_until = now + timedelta(
                seconds=backoff.wait(min(hook.failures, 4), asked)
            )
        _logger.info("webhook %s of channel %s: %s", hook.id, hook.channel_id.id, words)
        if status == GONE:
            hook.active = False
        if delivery.state == "dead":
            self._report_dead(hook, words)

    def _report_dead(self, hook, words):
        self.env["channel.exception"]._report(
            hook.channel_id,
            "webhook",
            key=self._get_key(hook),
            record=hook,
            message=self.env._(
                "The webhook %(name)s to %(url)s could not be delivered: %(error)s",
                name=hook.name,
                url=hook.url,
                error=words,
            ),
            suggestion=self.env._(
                "Nothing is lost: the receiver can read what it has missed at /events. "
                "Correct the address or the receiver, activate the webhook if it was "
                "archived, then press Replay Dead Letters on it."
            ),
        )

    def _get_key(self, hook):
        return f"api:hook:{hook.id}"

    def _come_back(self, channel):
        """Wake up again when the next one is due."""
        with own_transaction(self.env) as env:
            [[seconds]] = env.execute_query(
                SQL(
                    """
                    SELECT EXTRACT(epoch FROM min(GREATEST(
                               delivery.next_at,
                               COALESCE(hook.rests_until, '-infinity')))
                               - clock_timestamp() AT TIME ZONE 'UTC')::float
                      FROM channel_api_delivery delivery
                      JOIN channel_api_subscription hook
                        ON hook.id = delivery.subscription_id
                     WHERE delivery.channel_id = %s AND hook.active AND hook.has_secret
                       AND delivery.state IN ('new', 'sending')
                    """,
                    channel.id,
                )
            )
        if seconds is not None:
            channel._wake("_job_api_deliver", seconds=max(1, int(seconds) + 1))
