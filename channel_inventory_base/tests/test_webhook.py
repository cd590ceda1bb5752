# SPDX-License-Identifier: AGPL-3.0-or-later
import gzip
from unittest.mock import patch

from psycopg2 import OperationalError
from psycopg2.errors import LockNotAvailable
from psycopg2.pool import PoolError
from werkzeug.formparser import MultiPartParser

from odoo import sql_db
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from ..exceptions import ConfigurationError, MalformedDataError
from ..lib.turns import Turns
from ..models.channel_inbox_event import TAKEN_ALONG
from .common import ChannelSetup, fake_adapter, take_in
from .fake_channel import FakeChannel

WEBHOOK = "odoo.addons.channel_inventory_base.controllers.webhook"
AT_ONCE = "odoo.addons.channel_inventory_base.models.channel_inbox_event.AT_ONCE"


class Never:
    """No request has time to hold what it brings."""

    def begin(self):
        return False


class WebhookCase(ChannelSetup, HttpCase):
    turns = Never()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.channel = cls.make_channel(cls.env)
        warehouse = cls.channel.node_ids.warehouse_ids
        product = cls.make_product(cls.env, 1, 10, warehouse)
        cls.make_listing(cls.env, cls.channel, product)

    def setUp(self):
        super().setUp()
        self.fake = FakeChannel()
        self.fake.levels["item-1", "node-1"] = 10
        context = fake_adapter(self.fake)
        context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        self.startPatcher(patch(AT_ONCE, self.turns))

    def deliver(self, body=b"{}", signature="good", token=None, **headers):
        """:param body: None for the order as the channel has it"""
        name = self.fake.sell(1)
        if body is None:
            body = self.fake.event(name).body.encode()
        return self.url_open(
            f"/channel/webhook/{token or self.channel.webhook_token}",
            data=body,
            headers={
                "X-Signature": signature,
                "X-Order": name,
                "Content-Type": "application/json",
                **headers,
            },
        )

    def events(self):
        return self.env["channel.inbox.event"].search(
            [("channel_id", "=", self.channel.id)]
        )

    def count_intakes(self):
        return self.env["queue.job"].search_count(
            [
                (
                    "identity_key",
                    "=",
                    f"channel_inventory:_job_intake:{self.channel.id}",
                ),
                ("state", "=", "pending"),
            ]
        )


@tagged("post_install", "-at_install")
class TestWebhook(WebhookCase):
    """What is stored, refused and answered, where there is time for nothing else."""

    def test_genuine_delivery_is_stored_as_received(self):
        response = self.deliver(b'{"raw":  "as it came"}')
        self.assertEqual(response.status_code, 200)
        self.assertEqual(self.events().body, '{"raw":  "as it came"}')
        self.assertEqual(self.events().state, "new")

    def test_doubled_delivery_is_stored_once_and_answered_twice(self):
        for _delivery in range(2):
            response = self.deliver(**{"X-Key": "same"})
            self.assertEqual(response.status_code, 200)
        self.assertEqual(len(self.events()), 1)

    def test_delivery_that_cannot_be_stored_now_is_sent_again(self):
        for error in (PoolError("full"), OperationalError("gone")):
            events = self.env.registry["channel.inbox.event"]
            with patch.object(events, "_receive", side_effect=error):
                response = self.deliver()
            self.assertEqual(response.status_code, 503)
            self.assertGreater(int(response.headers["Retry-After"]), 0)
        self.assertFalse(self.events())

    def test_delivery_that_cannot_be_verified_now_is_sent_again(self):
        def verify(*_delivery):
            raise ConfigurationError("no key to read secrets with")

        self.fake._verify_webhook = verify
        with mute_logger("odoo.addons.channel_inventory_base.controllers.webhook"):
            response = self.deliver()
        self.assertEqual(response.status_code, 503)
        self.assertGreater(int(response.headers["Retry-After"]), 0)
        self.assertFalse(self.events())

    def test_what_is_stored_wakes_the_intake_once(self):
        for _delivery in range(3):
            self.assertEqual(self.deliver().status_code, 200)
        self.assertEqual(self.count_intakes(), 1)

    def test_what_was_there_already_wakes_nobody(self):
        self.deliver(**{"X-Key": "same"})
        self.env["queue.job"].search([]).unlink()
        self.deliver(**{"X-Key": "same"})
        self.assertEqual(self.count_intakes(), 0)

    def test_delivery_is_taken_although_nobody_can_be_woken(self):
        with patch.object(
            self.env.registry["channel.channel"],
            "_wake_now",
            side_effect=OperationalError("gone"),
        ):
            self.assertEqual(self.deliver().status_code, 200)
        self.assertEqual(self.events().state, "new")

    def test_door_reads_no_more_than_it_needs(self):
        """Statements of one delivery of a channel whose job waits already."""
        self.deliver()
        before = sql_db.sql_counter
        self.deliver()
        # Odoo's look whether its registry is of today; the event, those that wait
        # already, its job
        self.assertLessEqual(sql_db.sql_counter - before, 4)

    def test_what_the_door_knows_of_a_channel_changes_with_it(self):
        self.assertEqual(self.deliver().status_code, 200)
        token = self.channel.webhook_token
        self.channel.webhook_token = "1" * 32
        self.assertEqual(self.deliver(token=token).status_code, 404)
        self.assertEqual(self.deliver().status_code, 200)
        self.channel.active = False
        self.assertEqual(self.deliver().status_code, 404)
        self.channel.active = True
        self.assertEqual(self.deliver().status_code, 200)
        self.channel.base_url = "https://elsewhere.example.com"
        seen = self.env["channel.channel"]._find_by_webhook_token(
            self.channel.webhook_token
        )
        self.assertEqual(seen, self.channel)
        self.assertEqual(seen.base_url, "https://elsewhere.example.com")
        self.assertEqual(seen.company_id, self.channel.company_id)

    def test_forged_delivery_is_refused_and_counted(self):
        for _delivery in range(3):
            self.assertEqual(self.deliver(signature="bad").status_code, 401)
        self.assertFalse(self.events())
        self.channel.invalidate_recordset()
        self.assertEqual(self.channel.forged_count, 3)

    def test_huge_body_is_refused_unread(self):
        response = self.deliver(b"x" * 1024 * 1024)
        self.assertEqual(response.status_code, 413)
        self.assertFalse(self.events())

    def test_huge_form_is_refused_before_it_is_taken_apart(self):
        """To a known address, to an unknown one, and whatever kind of form it is."""
        part = b'--b\r\nContent-Disposition: form-data; name="f"; filename="f"'
        part += b"\r\n\r\n"
        multipart = part + b"x" * 5_000_000 + b"\r\n--b--\r\n"
        plain = b"a=" + b"x" * 2_000_000
        for token in (None, "0" * 32, "none"):
            for body, kind in (
                (multipart, "multipart/form-data; boundary=b"),
                (plain, "application/x-www-form-urlencoded"),
            ):
                with patch.object(MultiPartParser, "parse") as parse:
                    response = self.deliver(body, token=token, **{"Content-Type": kind})
                self.assertEqual(response.status_code, 413)
                parse.assert_not_called()
        self.assertFalse(self.events())

    def test_form_in_many_parts_is_bounded(self):
        part = b'--b\r\nContent-Disposition: form-data; name="f"\r\n\r\n\r\n'
        response = self.deliver(
            part * 15_000 + b"--b--\r\n",
            **{"Content-Type": "multipart/form-data; boundary=b"},
        )
        self.assertEqual(response.status_code, 413)

    def test_body_of_unknown_length_is_refused(self):
        def pieces():
            yield b"{}"

        for kind in ("application/json", "application/x-www-form-urlencoded"):
            response = self.deliver(pieces(), **{"Content-Type": kind})
            self.assertEqual(response.status_code, 413)
        self.assertFalse(self.events())

    def test_packed_body_is_refused(self):
        for encoding in ("gzip", "gzip, gzip", "br"):
            response = self.deliver(
                gzip.compress(b"{}"), **{"Content-Encoding": encoding}
            )
            self.assertEqual(response.status_code, 415)
        self.assertFalse(self.events())
        response = self.deliver(**{"Content-Encoding": "identity"})
        self.assertEqual(response.status_code, 200)

    def test_control_characters_of_a_delivery_stay_on_their_line(self):
        """Whatever a channel's own words are put into."""
        forged = "x\r\n2026-11-30 00:00:00,000 1 CRITICAL db: FORGED\u2028\u202e"

        def verify(*_delivery):
            raise MalformedDataError(forged, path=f"lines\n{forged}")

        self.fake._verify_webhook = verify
        with self.assertLogs(WEBHOOK, "WARNING") as logged:
            self.assertEqual(self.deliver().status_code, 200)
        found = self.env["channel.exception"].search(
            [("channel_id", "=", self.channel.id), ("category", "=", "malformed")]
        )
        self.env["channel.audit"]._log("channel", self.channel, forged)
        audit = self.env["channel.audit"].search([], limit=1)
        self.channel._set_connection("ok", forged)
        for text in (
            *(record.getMessage() for record in logged.records),
            *found.mapped("message"),
            self.events().error,
            audit.message,
            self.channel.connection_message,
        ):
            self.assertIn("FORGED", text)
            self.assertNotRegex(text, "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]")

    def test_unknown_address_is_not_found(self):
        self.assertEqual(self.deliver(token="0" * 32).status_code, 404)

    def test_unknown_addresses_push_nothing_out_of_the_cache(self):
        """Anybody may ask for as many as they like."""
        door = self.env["channel.channel"]
        door._find_by_webhook_token(self.channel.webhook_token)
        cache = self.env.registry._Registry__caches["default"]
        kept = len(cache)
        for number in range(50):
            self.assertFalse(door._find_by_webhook_token(f"{number:032x}"))
        self.assertEqual(len(cache), kept)

    def test_address_that_cannot_be_is_not_looked_up(self):
        self.deliver()
        for token in (
            "",
            "x" * 32,
            "0" * 31,
            "0" * 33,
            "A" * 32,
            "0" * 32 + "\n",
            "١" * 32,
        ):
            with self.assertQueryCount(0):
                self.assertFalse(
                    self.env["channel.channel"]._find_by_webhook_token(token)
                )

    def test_address_is_for_managers_only(self):
        user = new_test_user(
            self.env, "operator", groups="channel_inventory_base.group_channel_operator"
        )
        seen = self.channel.with_user(user)
        with self.assertRaises(AccessError):
            seen.read(["webhook_token"])
        with self.assertRaises(AccessError):
            seen.search([("webhook_token", "=like", "a%")])
        # whoever has the channel speak to us needs it all the same
        self.assertIn(self.channel.webhook_token, seen._webhook_url())
        self.env.user.group_ids |= self.env.ref(
            "channel_inventory_base.group_channel_manager"
        )
        self.assertTrue(self.channel.read(["webhook_token"])[0]["webhook_token"])

    def test_channel_that_takes_no_webhooks_is_not_found(self):
        self.fake._capabilities = lambda: type("None", (), {"webhooks": False})()
        self.assertEqual(self.deliver().status_code, 404)


@tagged("post_install", "-at_install")
class TestHeldAtOnce(WebhookCase):
    """Where not many wait, the answer to a delivery means that it is held."""

    @property
    def turns(self):
        return Turns(share=1)

    def orders(self):
        return self.env["channel.order"].search([("channel_id", "=", self.channel.id)])

    def test_order_is_held_before_the_answer(self):
        self.assertEqual(self.deliver(None).status_code, 200)
        event, order = self.events(), self.orders()
        self.assertEqual((event.state, event.order_id), ("done", order))
        self.assertEqual(order.line_ids.hold_ids.mapped("state"), ["active"])
        self.assertEqual(sum(order.line_ids.hold_ids.mapped("quantity")), 1)
        self.assertEqual(order.trace, event.trace)
        # its sale order is made by a job
        self.assertEqual(order.state, "captured")
        self.assertEqual(self.count_intakes(), 1)

    def test_doubled_delivery_is_held_once(self):
        for _delivery in range(2):
            self.assertEqual(self.deliver(None, **{"X-Key": "same"}).status_code, 200)
        self.assertEqual(len(self.orders().line_ids.hold_ids), 1)

    def leave(self, count):
        """So many orders wait to be held."""
        events = [self.fake.event(self.fake.sell(1)) for _order in range(count)]
        self.env["channel.inbox.event"]._store(self.channel, events, "poll")

    def test_delivery_takes_a_few_others_along_before_itself(self):
        """One that was left behind keeps no others waiting for the intake."""
        self.leave(TAKEN_ALONG)
        self.assertEqual(self.deliver(None).status_code, 200)
        self.assertEqual(set(self.events().mapped("state")), {"done"})
        orders = self.events().sorted("id").order_id
        self.assertEqual(len(orders), TAKEN_ALONG + 1)
        self.assertEqual(orders.sorted("id"), orders, "the first is served first")

    def test_delivery_behind_many_is_stored_only(self):
        """They are held together, for less, and in the order in which they came."""
        self.leave(TAKEN_ALONG + 1)
        self.assertEqual(self.deliver(None).status_code, 200)
        self.assertEqual(set(self.events().mapped("state")), {"new"})
        self.assertFalse(self.orders())

    def test_one_of_them_that_cannot_be_held_now_leaves_all_as_they_were(self):
        self.leave(1)
        self.fake.levels["item-1", "node-1"] = 10
        last = type(self.env["channel.order"])._capture
        seen = []

        def held(order, *args):
            seen.append(args)
            if len(seen) == 2:
                raise LockNotAvailable
            return last(order, *args)

        with patch.object(self.env.registry["channel.order"], "_capture", held):
            self.assertEqual(self.deliver(None).status_code, 200)
        self.assertEqual(self.events().mapped("state"), ["new", "new"])
        self.assertFalse(self.orders())

    def test_order_in_the_hands_of_another_worker_is_stored_only(self):
        def held(_order, *_args):
            raise LockNotAvailable

        with patch.object(self.env.registry["channel.order"], "_capture", held):
            self.assertEqual(self.deliver(None).status_code, 200)
        self.assertEqual(self.events().state, "new")
        take_in(self.env, self.channel)
        self.env.invalidate_all()
        self.assertEqual(self.events().state, "done")
        self.assertTrue(self.orders().line_ids.hold_ids)

    def test_order_that_cannot_be_read_is_a_dead_letter_at_once(self):
        def malformed(_channel, _body):
            raise MalformedDataError("half an order")

        self.fake._parse_order = self.fake._salvage_order = malformed
        self.assertEqual(self.deliver(None).status_code, 200)
        self.assertEqual(self.events().state, "dead")

    def test_what_breaks_us_breaks_no_answer(self):
        def broken(_channel, _body):
            raise ZeroDivisionError

        self.fake._parse_order = broken
        with mute_logger(
            "odoo.addons.channel_inventory_base.models.channel_inbox_event"
        ):
            self.assertEqual(self.deliver(None).status_code, 200)
        self.assertEqual(self.events().state, "dead")

    def test_held_by_requests_for_a_share_of_the_time_only(self):
        with patch(AT_ONCE, Turns(share=0.001)):
            for _delivery in range(3):
                self.assertEqual(self.deliver(None).status_code, 200)
        states = self.events().sorted("id").mapped("state")
        self.assertEqual(states, ["done", "new", "new"])
