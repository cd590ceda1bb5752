# SPDX-License-Identifier: AGPL-3.0-or-later
import base64
import hashlib
import hmac
import json
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tests.common import _super_send

from odoo.addons.channel_inventory_base import schemas
from odoo.addons.channel_inventory_base.lib import addresses, guarded
from odoo.addons.channel_inventory_base.lib.transport import Reply

from ..wizards.channel_api_key_new import TOKEN
from .common_api import ApiCase

SENDER = "odoo.addons.channel_connector_api.models.channel_api_deliverer"


class Receiver:
    """Answers what it is told, and remembers what was sent."""

    def __init__(self, *statuses, headers=None):
        self.statuses = list(statuses) or [200]
        self.headers = headers or {}
        self.got = []

    def send(self, _session, method, url, body, headers, **_options):
        self.got.append((url, body, headers))
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        if isinstance(status, Exception):
            raise status
        return Reply(status, self.headers, b"")


@tagged("post_install", "-at_install")
class TestWebhooks(ApiCase):
    def setUp(self):
        super().setUp()
        self.hook = self.env["channel.api.subscription"].create(
            {
                "name": "Shop",
                "channel_id": self.channel.id,
                "url": "https://shop.example.com/hooks",
            }
        )
        self.secret = self.hook.action_new_secret()["context"][TOKEN]
        self.env.flush_all()

    def deliver(self, receiver):
        self.env.flush_all()
        with patch(f"{SENDER}.transport.send", receiver.send):
            self.env["channel.api.deliverer"]._run(self.channel)
        self.env.invalidate_all()
        return receiver

    def deliveries(self, *states):
        return (
            self.env["channel.api.delivery"]
            .search([("subscription_id", "=", self.hook.id)])
            .filtered(lambda each: not states or each.state in states)
        )

    def due(self):
        """The time of the next try has come."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE channel_api_delivery SET next_at = now() - interval '1 second' "
            " WHERE state IN ('new', 'sending');"
            "UPDATE channel_api_subscription SET rests_until = NULL"
        )
        self.env.invalidate_all()

    def test_published_numbers_are_told_signed_and_once(self):
        self.publish()
        receiver = self.deliver(Receiver())
        [(url, body, headers)] = receiver.got
        self.assertEqual(url, "https://shop.example.com/hooks")
        told = json.loads(body)
        self.assertEqual(told["type"], "availability.changed")
        self.assertEqual(
            sorted((each["sku"], each["available"]) for each in told["data"]["items"]),
            [("SKU-1", 10), ("SKU-2", 10), ("SKU-3", 10)],
        )
        # as the specification says it, and not as our own code does
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        signed = b".".join(
            (
                headers["webhook-id"].encode(),
                headers["webhook-timestamp"].encode(),
                body,
            )
        )
        mac = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        self.assertEqual(headers["webhook-signature"], f"v1,{mac}")
        self.assertEqual(headers["webhook-id"], told["id"])
        self.assertFalse(self.deliver(Receiver()).got)
        # and the event can be read
        [event] = self.good(self.get("/events"))["events"]
        self.assertEqual(event, told)
        self.assertEqual(self.deliveries().state, "done")
        self.publish()
        self.assertFalse(self.deliver(Receiver()).got, "nothing has changed")

    def test_number_that_cannot_be_read_yet_is_told_by_nobody(self):
        self.publish()
        self.deliver(Receiver())
        self.add_stock(self.env, self.product, self.warehouse, 5)
        self.env.flush_all()
        self.env["channel.planner"]._run()
        self.assertFalse(self.deliver(Receiver()).got)
        self.publish()
        [(_url, body, _headers)] = self.deliver(Receiver()).got
        self.assertEqual(json.loads(body)["data"]["items"][0]["available"], 15)
        self.assertEqual(self.available(), 15)

    def test_failure_is_tried_again_with_the_same_id_and_body(self):
        self.publish()
        first = self.deliver(Receiver(500))
        self.assertEqual(self.deliveries().state, "new")
        self.assertFalse(self.deliver(Receiver()).got, "not due yet")
        self.due()
        second = self.deliver(Receiver())
        self.assertEqual(
            [first.got[0][1], first.got[0][2]["webhook-id"]],
            [second.got[0][1], second.got[0][2]["webhook-id"]],
        )
        self.assertEqual(self.deliveries().attempts, 2)
        self.assertEqual(self.hook.failures, 0)

    def test_receiver_says_when(self):
        self.publish()
        self.deliver(Receiver(429, headers={"Retry-After": "3600"}))
        wait = self.deliveries().next_at - fields.Datetime.now()
        self.assertGreater(wait, timedelta(minutes=59))

    def test_given_up_after_a_day_is_a_dead_letter_and_can_be_replayed(self):
        self.publish()
        tries = 0
        while self.deliveries("new"):
            self.due()
            tries += len(self.deliver(Receiver(503)).got)
        self.assertEqual(tries, 9)
        self.assertEqual((self.deliveries().state, self.hook.dead_count), ("dead", 1))
        [told] = self.env["channel.exception"].search(
            [("channel_id", "=", self.channel.id), ("category", "=", "webhook")]
        )
        self.assertIn("503", told.message)
        self.assertEqual(told.res_id, self.hook.id)
        self.hook.action_replay_dead()
        self.assertEqual(len(self.deliver(Receiver()).got), 1)
        self.assertEqual(self.deliveries().state, "done")
        self.assertEqual(told.state, "resolved")

    def test_replay_repeats_nothing_that_was_delivered(self):
        """dreamgeneX/stargate-backend#136."""
        self.publish()
        self.deliver(Receiver())
        self.add_stock(self.env, self.product, self.warehouse, 5)
        self.publish()
        while self.deliveries("new"):
            self.due()
            self.deliver(Receiver(503))
        self.assertEqual(len(self.deliveries("done")), 1)
        self.hook.action_replay_dead()
        [(_url, body, _headers)] = self.deliver(Receiver()).got
        self.assertEqual(json.loads(body)["data"]["items"][0]["available"], 15)
        self.hook.action_replay_dead()
        self.assertFalse(self.deliver(Receiver()).got)

    def test_what_failed_before_a_new_secret_is_signed_by_it(self):
        """liwala/ay-framework#407: a retry has the signature of the secret that is
        gone, for ever."""
        self.publish()
        self.deliver(Receiver(503))
        secret = self.hook.action_new_secret()["context"][TOKEN]
        self.due()
        [(_url, body, headers)] = self.deliver(Receiver()).got
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}."
        key = base64.b64decode(secret.removeprefix("whsec_"))
        mac = hmac.new(key, signed.encode() + body, hashlib.sha256).digest()
        mine = f"v1,{base64.b64encode(mac).decode()}"
        signatures = headers["webhook-signature"].split(" ")
        self.assertEqual(signatures[0], mine)
        self.assertEqual(len(signatures), 2, "and by the former one for a day")

    def test_receiver_that_is_gone_is_left_alone(self):
        self.publish()
        self.deliver(Receiver(410))
        self.assertFalse(self.hook.active)
        self.assertEqual(self.deliveries().state, "dead")
        self.add_stock(self.env, self.product, self.warehouse, 5)
        self.publish()
        self.assertFalse(self.deliver(Receiver()).got)

    def test_failing_receiver_delays_no_other_and_is_probed(self):
        other = self.hook.copy({"name": "Other", "url": "https://b.example.com/h"})
        other.action_new_secret()
        for _change in range(5):
            self.add_stock(self.env, self.product, self.warehouse, 1)
            self.publish()
        receiver = Receiver()
        receiver.send = self._failing(receiver, self.hook.url)
        self.deliver(receiver)
        urls = [url for url, _body, _headers in receiver.got]
        self.assertEqual(urls.count("https://b.example.com/h"), 5)
        self.assertEqual(urls.count(self.hook.url), 3)
        self.assertTrue(self.hook.rests_until)

    def _failing(self, receiver, bad):
        def send(_session, _method, url, body, headers, **_options):
            receiver.got.append((url, body, headers))
            return Reply(500 if url == bad else 200, {}, b"")

        return send

    def test_worker_that_died_leaves_a_claim_that_ends(self):
        self.publish()
        deliverer = self.env["channel.api.deliverer"]
        self.env.flush_all()
        claimed = deliverer._claim(self.channel)
        self.assertTrue(claimed)
        self.assertFalse(self.deliver(Receiver()).got, "somebody is at it")
        self.due()
        [(_url, _body, headers)] = self.deliver(Receiver()).got
        self.assertEqual(headers["webhook-id"], claimed["ref"])
        # the first worker comes back from the dead
        deliverer._settle(self.channel, claimed, 0, "too late", None)
        self.env.invalidate_all()
        self.assertEqual(self.deliveries().state, "done")

    def test_former_secret_signs_as_well_for_a_day(self):
        former, self.secret = (
            self.secret,
            self.hook.action_new_secret()["context"][TOKEN],
        )
        self.publish()
        [(_url, _body, headers)] = self.deliver(Receiver()).got
        self.assertEqual(len(headers["webhook-signature"].split()), 2)
        self.assertNotEqual(former, self.secret)
        self.hook.old_secret_until = fields.Datetime.now() - timedelta(seconds=1)
        self.add_stock(self.env, self.product, self.warehouse, 1)
        self.publish()
        [(_url, _body, headers)] = self.deliver(Receiver()).got
        self.assertEqual(len(headers["webhook-signature"].split()), 1)

    def test_nothing_is_sent_unsigned_or_to_another_host(self):
        self.hook.url = "https://elsewhere.example.com/h"
        self.assertFalse(self.hook.has_secret)
        self.publish()
        self.assertFalse(self.deliver(Receiver()).got)
        self.hook.action_new_secret()
        self.assertEqual(len(self.deliver(Receiver()).got), 1)

    def test_addresses_are_plain_and_https(self):
        for url in (
            "http://shop.example.com/h",
            "https://user@shop.example.com/h",
            "ftp://shop.example.com",
            "https://shop example.com",
            "javascript:alert(1)",
            "https://a\\@b.example.com",
        ):
            with self.subTest(url), self.assertRaises(ValidationError):
                self.hook.url = url
                self.env.flush_all()
        self.env.invalidate_all()
        self.channel.environment = "test"
        self.hook.url = "http://shop.example.com/h"

    def test_private_addresses_are_not_spoken_to_whatever_their_name(self):
        """Also a name that means an inner address only when it is connected to, and a
        redirect to one."""
        self.publish()
        session = guarded.session(lambda: addresses.Allowed(""))
        private = [(2, 1, 6, "", ("169.254.169.254", 443))]
        with (
            patch.object(
                self.registry["channel.channel"],
                "_http_session",
                lambda _self: session,
            ),
            # the framework refuses it before we can
            patch.object(
                type(self),
                "_request_handler",
                lambda session, request, **options: _super_send(
                    session, request, **options
                ),
            ),
            patch("socket.getaddrinfo", lambda *_args, **_options: private),
            patch("socket.create_connection") as connect,
            patch("urllib3.util.connection.create_connection") as connect_too,
        ):
            self.env["channel.api.deliverer"]._run(self.channel)
        connect.assert_not_called()
        connect_too.assert_not_called()
        self.env.invalidate_all()
        self.assertEqual(self.deliveries().state, "new")
        self.assertIn("private network", self.hook.last_error)
        self.due()
        receiver = self.deliver(Receiver(302, headers={"Location": "http://127.0.0.1"}))
        self.assertEqual(len(receiver.got), 1)
        self.assertIn("302", self.hook.last_error)

    def test_message_that_is_repeated_is_told_once(self):
        adapter = self.channel._adapter()
        data = schemas.AcceptanceData("A-1")
        attempt = schemas.Attempt("message-1")
        first = adapter._send_acceptance(self.channel, data, attempt)
        self.assertIsNotNone(
            adapter._find_message(self.channel, "acceptance", data, attempt)
        )
        again = adapter._send_acceptance(self.channel, data, attempt)
        self.assertEqual(first, again)
        self.assertEqual(len(self.deliver(Receiver()).got), 1)
        other = schemas.Attempt("message-2")
        self.assertIsNone(
            adapter._find_message(self.channel, "acceptance", data, other)
        )

    def test_stopped_channel_tells_nothing(self):
        self.publish()
        self.channel.home_database = "elsewhere"
        self.env.flush_all()
        receiver = Receiver()
        with patch(f"{SENDER}.transport.send", receiver.send):
            self.channel._job_api_deliver()
        self.assertFalse(receiver.got)

    def test_retention_keeps_what_is_open_and_says_what_is_gone(self):
        self.publish()
        cursor = self.good(self.get("/events"))["cursor"]
        before = cursor.partition(".")[0] + ".0"
        retention = self.env.ref("channel_connector_api.retention_api_event")
        self.env.cr.execute(
            "UPDATE channel_api_event SET created_at = now() - interval '1 year'"
        )
        retention._run(float("inf"))
        self.env.invalidate_all()
        self.assertEqual(len(self.good(self.get("/events"))["events"]), 1)
        self.deliver(Receiver())
        retention._run(float("inf"))
        self.env.invalidate_all()
        self.assertEqual(self.good(self.get("/events"))["events"], [])
        self.refused(self.get(f"/events?since={before}"), "cursor_unknown")
        self.good(self.get(f"/events?since={cursor}"))
