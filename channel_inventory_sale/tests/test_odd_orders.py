# SPDX-License-Identifier: AGPL-3.0-or-later
import json
from datetime import datetime, timedelta, timezone

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.channel_inventory_base.exceptions import (
    MalformedDataError,
    RejectedError,
    UnavailableError,
    UncertainError,
)
from odoo.addons.channel_inventory_base.schemas import (
    EventPage,
    InboundEvent,
    ListingData,
)
from odoo.addons.channel_inventory_base.tests.common import ChannelCase


@tagged("post_install", "-at_install")
class TestOddOrders(ChannelCase):
    """Found by spoiled deliveries and answers; each stopped others, or was lost."""

    def setUp(self):
        super().setUp()
        self.go_live(10)

    def events(self, state):
        return self.env["channel.inbox.event"].search(
            [("channel_id", "=", self.channel.id), ("state", "=", state)]
        )

    def refuse_to_fetch(self, name, error):
        fetch = self.fake._fetch_order

        def refusing(channel, ref):
            if ref == name:
                raise error
            return fetch(channel, ref)

        self.fake._fetch_order = refusing

    # ---------------------------------------------------------------- fetch
    def test_order_that_is_refused_keeps_no_other_from_being_sold(self):
        odd, good = self.fake.sell(1, complete=False), self.fake.sell(1)
        for name in (odd, good):
            event = self.fake.event(name)
            self.env["channel.inbox.event"]._store(self.channel, [event], "webhook")
        for error in (RejectedError("not that one"), MalformedDataError("no order")):
            self.refuse_to_fetch(odd, error)
            self.intake()
        self.assertEqual(self.order(good).state, "imported")
        blocked = self.order(odd)
        self.assertEqual(blocked.state, "blocked")
        self.assertEqual(sum(blocked.hold_ids.mapped("quantity")), 1, "still held")
        told = self.env["channel.exception"].search(
            [("res_model", "=", "channel.order"), ("res_id", "=", blocked.id)]
        )
        self.assertIn("not that one", told.message)
        self.assertIn("Fetch", told.suggestion)

    # ----------------------------------------------------------------- poll
    def watermark(self):
        return self.channel._get_shared_state("poll")["watermark"]

    def test_order_of_the_future_does_not_hide_those_of_today(self):
        odd = self.fake.event(self.fake.sell(1))
        future = datetime.now(timezone.utc) + timedelta(days=365)
        odd = InboundEvent(odd.key, "order", "x", odd.body, odd.ref, future)
        fetch = self.fake._fetch_orders
        self.fake._fetch_orders = lambda *_args: EventPage((odd,))
        self.poll()
        self.assertLess(self.watermark(), future.isoformat())
        self.fake._fetch_orders = fetch
        today = self.fake.sell(1)
        self.poll()
        self.intake()
        self.assertEqual(self.order(today).state, "imported")

    def test_channel_that_repeats_itself_does_not_keep_a_worker_for_ever(self):
        event = self.fake.event(self.fake.sell(1))
        cursors = iter(range(1, 100))
        self.fake._fetch_orders = lambda *_args: EventPage((event,), str(next(cursors)))
        with self.assertRaises(UnavailableError):
            self.poll()
        self.assertEqual(next(cursors), 5, "the first, twice more in good faith, once")

    # ------------------------------------------------------------ catalogue
    def test_listing_that_is_told_twice_in_a_page_is_stored_once(self):
        rows = [ListingData("v-9", "i-9", title=title) for title in ("Old", "New")]
        self.env["channel.catalogue"]._store_page(self.channel.id, rows)
        found = self.env["channel.listing"].search([("external_id", "=", "v-9")])
        self.assertEqual(found.mapped("title"), ["New"])

    # -------------------------------------------------------------- adapter
    def test_undocumented_answer_is_an_error_of_the_tree(self):
        """So no job dies of it; and whether a request was carried out is left open."""
        adapter = self.env["channel.adapter"]
        with mute_logger(
            "odoo.addons.channel_inventory_base.models",
            "odoo.addons.channel_inventory_sale.models",
        ):
            for asks, kind in ((True, UncertainError), (False, MalformedDataError)):
                with self.assertRaisesRegex(kind, "KeyError"):
                    with adapter._translated(asks=asks):
                        {}["userErrors"]  # pylint: disable=expression-not-assigned

    # ------------------------------------------------------------- delivery
    def receive(self, body):
        self.env["channel.inbox.event"]._receive_unreadable(
            self.channel, body, MalformedDataError("no JSON")
        )

    def test_genuine_nonsense_is_kept_raw_and_told_once(self):
        body = b'{"note": "caf\xe9\x00"'
        for _delivery in range(2):
            self.receive(body)
        event = self.events("dead")
        self.assertEqual(event.body, '{"note": "caf\\xe9\\x00"')
        self.assertEqual(event.error, "no JSON")
        told = self.env["channel.exception"].search(
            [("res_model", "=", "channel.inbox.event"), ("res_id", "=", event.id)]
        )
        self.assertEqual((len(told), told.count), (1, 1))

    def test_genuine_nonsense_stays_dead_when_it_is_retried(self):
        self.receive(b"{")
        self.events("dead").action_retry()
        self.intake()
        self.assertEqual(len(self.events("dead")), 1)

    def test_genuine_nonsense_can_be_corrected_into_an_order(self):
        name = self.fake.sell(1)
        body = self.fake.event(name).body
        self.receive(body[:-1].encode())
        self.events("dead")._correct(body)
        self.intake()
        self.assertEqual(self.order(name).state, "imported")

    def test_key_of_any_length_can_be_stored(self):
        """An index takes no more than 2,700 bytes that cannot be compressed."""
        key = "".join(chr(0x4E00 + number * 7919 % 20000) for number in range(3000))
        event = InboundEvent(key, "other", "x", "{}", "y")
        for new in (1, 0):
            stored = self.env["channel.inbox.event"]._store(
                self.channel, [event], "webhook"
            )
            self.assertEqual(stored, new)

    def test_half_an_emoji_keeps_no_order_out(self):
        name = self.fake.sell(1)
        event = self.fake.event(name)
        data = dict(json.loads(event.body), note="half \ud83e")
        event = InboundEvent(event.key, "order", "x", json.dumps(data), event.ref)
        self.env["channel.inbox.event"]._store(self.channel, [event], "webhook")
        self.intake()
        self.assertEqual(self.order(name).state, "imported")
