# SPDX-License-Identifier: AGPL-3.0-or-later
import contextlib
import dataclasses
import uuid
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from .. import exceptions, schemas
from .common import ChannelCase


def pulled(adapter, channel, since, cursor=""):
    """A page of whole orders, whichever way the channel gives them."""
    capabilities = adapter._capabilities()
    if not capabilities.lists_orders:
        return adapter._fetch_orders(channel, since, cursor)
    page = adapter._list_orders(channel, since, cursor)
    refs, size = [head.ref for head in page.heads], capabilities.fetch_size
    events = []
    for start in range(0, len(refs), size):
        part = refs[start : start + size]
        found = adapter._read_orders(channel, part)
        # in any order: here in that of the list, what is no order at the end
        places = {ref: place for place, ref in enumerate(part)}
        events += sorted(found, key=lambda each: places.get(each.ref, size))
    return schemas.EventPage(tuple(events), page.cursor)


class AdapterContract:
    """What the base relies on, tried against a connector and a server it talks to.

    How to use: inherit it together with ``AdapterCase`` and fill the ``shop_*`` methods
    with whatever makes the server (a sandbox, never a mock of the connector) do its
    side. Each test is one sentence of ``channel.adapter``'s docstrings. Tests of what
    the type cannot do (``_capabilities``) skip themselves.
    """

    # -------------------------------------------------- filled by connectors
    def shop_refs(self):
        """:return: list of at least 3 schemas.LevelRef that are stocked in the shop"""
        raise NotImplementedError

    def shop_shown(self, ref):
        """:return: what the shop shows for a schemas.LevelRef, read behind our back"""
        raise NotImplementedError

    def shop_set(self, ref, quantity):
        """Somebody in the shop sets a number by hand."""
        raise NotImplementedError

    def shop_sell(self, ref, quantity):
        """A shopper buys. :return: the channel's id of the order"""
        raise NotImplementedError

    def shop_apply(self):
        """What the shop has accepted it shows from now on; only where it applies
        numbers later (``Capabilities.applies``)."""

    def shop_lose_answer(self):
        """The next write is carried out and its answer lost."""
        raise NotImplementedError

    def shop_break_credentials(self):
        """From now on our credentials are worth nothing."""
        raise NotImplementedError

    def shop_webhook(self, order_ref):
        """:return: (headers, body) of a genuine delivery about an order"""
        raise NotImplementedError

    # --------------------------------------------------------------- helpers
    @property
    def adapter(self):
        return self.channel._adapter()

    def need(self, capability):
        if not getattr(self.channel._capabilities(), capability):
            self.skipTest(f"this channel has no {capability}")

    def entries(self, *changes):
        """:param changes: (ref, quantity, base)"""
        return [
            schemas.LevelEntry(number, ref.stock_ref, ref.node_ref, quantity, base)
            for number, (ref, quantity, base) in enumerate(changes, 1)
        ]

    def push(self, *changes, key=None, payload=None):
        payload = payload or self.adapter._prepare_push(
            self.channel, self.entries(*changes), uuid.uuid4().hex
        )
        result = self.adapter._push_levels(
            self.channel, payload, key or str(uuid.uuid4())
        )
        statuses = {each.line_id: each.status for each in result.results}
        if "accepted" not in statuses.values():
            return statuses
        self.assertTrue(self.channel._capabilities().applies, "it applies at once")
        self.shop_apply()
        return {
            line_id: "acked" if status == "accepted" else status
            for line_id, status in statuses.items()
        }

    def order_data(self, ref):
        event = self.adapter._fetch_order(self.channel, ref)
        return self.adapter._parse_order(self.channel, event.body)

    # --------------------------------------------------------------- levels
    def test_contract_capabilities_are_a_fixed_statement(self):
        first, second = self.adapter._capabilities(), self.adapter._capabilities()
        self.assertIsInstance(first, schemas.Capabilities)
        self.assertEqual(first, second)
        self.assertGreaterEqual(first.batch_size, 1)

    def test_contract_connection_test_tells_who_it_is(self):
        info = self.adapter._test_connection(self.channel)
        self.assertTrue(info.account_name)
        self.assertRegex(info.currency, "^[A-Z]{3}$")

    def test_contract_nodes_and_listings_name_every_level(self):
        self.need("nodes")
        nodes = {node.external_id for node in self.adapter._fetch_nodes(self.channel)}
        pages = list(self.adapter._iter_listings(self.channel))
        listings = {each.stock_ref for page in pages for each in page}
        for ref in self.shop_refs():
            self.assertIn(ref.node_ref, nodes)
            self.assertIn(ref.stock_ref, listings)

    def test_contract_read_gives_a_state_for_each_ref(self):
        self.need("read_levels")
        refs = self.shop_refs()
        states = self.adapter._fetch_levels(self.channel, refs)
        shown = {(each.stock_ref, each.node_ref): each.available for each in states}
        self.assertEqual(
            shown, {(r.stock_ref, r.node_ref): self.shop_shown(r) for r in refs}
        )

    def test_contract_snapshot_has_each_number_once(self):
        self.need("reads_all")
        since = datetime.now(timezone.utc)
        pages = list(self.adapter._iter_levels(self.channel, since))
        found = [each for page in pages for each in page.levels]
        refs = [(each.stock_ref, each.node_ref) for each in found]
        self.assertEqual(len(refs), len(set(refs)))
        shown = dict(zip(refs, found, strict=True))
        for ref in self.shop_refs():
            snapshot = shown[ref.stock_ref, ref.node_ref]
            self.assertEqual(snapshot.available, self.shop_shown(ref))
            self.assertTrue(snapshot.tracked)
            self.assertIs(snapshot.sells_below_zero, False)
            if self.channel._capabilities().committed:
                self.assertEqual(snapshot.committed, 0)

    def test_contract_snapshot_dates_a_number_and_tells_commitments(self):
        self.need("reads_all")
        ref = self.shop_refs()[0]

        def now():
            since = datetime.now(timezone.utc)
            pages = self.adapter._iter_levels(self.channel, since)
            return next(
                each
                for page in pages
                for each in page.levels
                if (each.stock_ref, each.node_ref) == (ref.stock_ref, ref.node_ref)
            )

        before = now()
        self.shop_set(ref, 9)
        edited = now()
        self.shop_sell(ref, 2)
        sold = now()
        self.assertEqual((edited.available, sold.available), (9, 7))
        self.assertIsNotNone(edited.updated_at.tzinfo)
        self.assertLessEqual(before.updated_at, edited.updated_at)
        if self.channel._capabilities().committed:
            self.assertEqual((edited.committed, sold.committed), (0, 2))

    def test_contract_snapshot_goes_on_where_it_was_interrupted(self):
        self.need("reads_all")
        since = datetime.now(timezone.utc)
        pages = list(self.adapter._iter_levels(self.channel, since))
        every = {
            (each.stock_ref, each.node_ref) for page in pages for each in page.levels
        }
        for number, page in enumerate(pages):
            rest = self.adapter._iter_levels(self.channel, since, page.cursor)
            found = {
                (each.stock_ref, each.node_ref)
                for part in (*pages[: number + 1], *rest)
                for each in part.levels
            }
            self.assertEqual(found, every)

    def shop_sell_on(self, ref):
        """From now on the shop goes on selling an item when its number is 0."""
        raise NotImplementedError

    def selling(self, ref):
        """:return: (ListingData of an item, what all numbers tell of it)"""
        pages = self.adapter._iter_listings(self.channel)
        listings = [each for page in pages for each in page]
        levels = [
            each
            for page in self.adapter._iter_levels(
                self.channel, datetime.now(timezone.utc)
            )
            for each in page.levels
        ]
        return (
            next(each for each in listings if each.stock_ref == ref.stock_ref),
            next(each for each in levels if each.stock_ref == ref.stock_ref),
        )

    def test_contract_items_that_sell_below_zero_are_told_and_stopped(self):
        self.need("stops_selling")
        refs = self.shop_refs()
        for ref in refs[:2]:
            self.shop_sell_on(ref)
        told = [self.selling(ref) for ref in refs]
        self.assertEqual(
            [(x.sells_below_zero, y.sells_below_zero) for x, y in told],
            [(True, True), (True, True), (False, False)],
        )
        numbers = [level.available for _listing, level in told]
        asked = [
            schemas.SellingRef(listing.external_id, listing.stock_ref)
            for listing, _level in told[:2]
        ]
        gone = schemas.SellingRef(
            self.shop_unknown_ref(asked[0].external_id),
            self.shop_unknown_ref(asked[0].stock_ref),
        )
        results = self.adapter._stop_selling(self.channel, [*asked, gone])
        self.assertEqual(
            {each.external_id: each.done for each in results},
            {asked[0].external_id: True, asked[1].external_id: True}
            | {gone.external_id: False},
        )
        told = [self.selling(ref) for ref in refs]
        self.assertFalse(any(x.sells_below_zero for x, _level in told))
        # their numbers are as they were
        self.assertEqual([level.available for _x, level in told], numbers)
        again = self.adapter._stop_selling(self.channel, asked)
        self.assertTrue(all(each.done for each in again))

    def test_contract_push_writes_and_acknowledges(self):
        self.need("push_levels")
        first, second = self.shop_refs()[:2]
        statuses = self.push(
            (first, 7, self.shop_shown(first)), (second, 0, self.shop_shown(second))
        )
        self.assertEqual(set(statuses.values()), {"acked"})
        self.assertEqual(self.shop_shown(first), 7)
        self.assertEqual(self.shop_shown(second), 0)

    def test_contract_payload_is_frozen_before_it_is_sent(self):
        self.need("push_levels")
        entries = self.entries((self.shop_refs()[0], 7, 1))
        first = self.adapter._prepare_push(self.channel, entries, "trace")
        self.assertIsInstance(first, str)
        self.assertEqual(
            first, self.adapter._prepare_push(self.channel, entries, "trace")
        )

    def test_contract_stale_base_is_refused_and_nothing_overwritten(self):
        self.need("compare_and_set")
        good, bad = self.shop_refs()[:2]
        shown = self.shop_shown(bad)
        statuses = self.push(
            (good, 8, self.shop_shown(good)), (bad, shown + 5, shown + 1)
        )
        self.assertEqual(statuses[2], "stale")
        self.assertIn(statuses[1], ("retry", "acked"))
        self.assertEqual(self.shop_shown(bad), shown)
        if statuses[1] == "acked":
            self.assertEqual(self.shop_shown(good), 8)

    def test_contract_sale_before_the_push_is_not_overwritten(self):
        self.need("compare_and_set")
        ref = self.shop_refs()[0]
        shown = self.shop_shown(ref)
        self.shop_sell(ref, 1)
        self.assertEqual(self.push((ref, shown + 10, shown))[1], "stale")
        self.assertEqual(self.shop_shown(ref), shown - 1)

    def test_contract_same_key_and_payload_are_carried_out_once(self):
        self.need("idempotent")
        ref = self.shop_refs()[0]
        shown, key = self.shop_shown(ref), str(uuid.uuid4())
        payload = self.adapter._prepare_push(
            self.channel, self.entries((ref, shown + 3, shown)), "trace"
        )
        self.assertEqual(self.push(key=key, payload=payload), {1: "acked"})
        self.shop_sell(ref, 1)
        self.assertEqual(self.push(key=key, payload=payload), {1: "acked"})
        self.assertEqual(self.shop_shown(ref), shown + 2)

    def test_contract_lost_answer_is_uncertain_and_repeats(self):
        self.need("idempotent")
        ref = self.shop_refs()[0]
        shown, key = self.shop_shown(ref), str(uuid.uuid4())
        payload = self.adapter._prepare_push(
            self.channel, self.entries((ref, shown + 3, shown)), "trace"
        )
        self.shop_lose_answer()
        try:
            statuses = self.push(key=key, payload=payload)
        except exceptions.UncertainError:
            statuses = self.push(key=key, payload=payload)
        self.assertEqual(statuses, {1: "acked"})
        self.assertEqual(self.shop_shown(ref), shown + 3)

    def test_contract_unknown_item_is_rejected_and_the_others_are_not(self):
        self.need("push_levels")
        ref = self.shop_refs()[0]
        known = [each.stock_ref for each in self.shop_refs()]
        gone = dataclasses.replace(ref, stock_ref=self.shop_unknown_ref(known[0]))
        statuses = self.push((gone, 1, 0), (ref, 4, self.shop_shown(ref)))
        self.assertEqual(statuses[1], "rejected")
        self.assertIn(statuses[2], ("retry", "acked"))

    def shop_unknown_ref(self, known):
        """A well-formed stock_ref that the shop does not have."""
        return known[:-1] + ("000000001" if known[-1] != "1" else "000000002")

    def test_contract_wrong_credentials_are_an_auth_error(self):
        self.shop_break_credentials()
        try:
            self.adapter._test_connection(self.channel)
        except exceptions.AuthError as error:
            self.assertTrue(str(error))
        else:
            self.fail("no AuthError")

    # --------------------------------------------------------------- orders
    def test_contract_polled_orders_carry_key_time_and_body(self):
        self.need("orders")
        ref = self.shop_refs()[0]
        since = self.env["channel.intake"]._first_since()
        order_ref = self.shop_sell(ref, 1)
        page = pulled(self.adapter, self.channel, since)
        [event] = [each for each in page.events if each.ref == order_ref]
        self.assertEqual(event.kind, "order")
        self.assertIsNotNone(event.occurred_at.tzinfo)
        data = self.adapter._parse_order(self.channel, event.body)
        self.assertEqual(data.external_id, order_ref)

    def test_contract_order_tells_demand_deductions_and_totals(self):
        self.need("orders")
        ref = self.shop_refs()[0]
        data = self.order_data(self.shop_sell(ref, 2))
        self.assertTrue(data.complete)
        [line] = data.lines
        self.assertEqual((line.quantity, line.open_quantity), (2, 2))
        self.assertEqual(line.deductions, (schemas.Deduction(ref.node_ref, 2),))
        self.assertGreater(data.total, 0)

    def test_contract_polling_ends_and_misses_nothing(self):
        self.need("orders")
        ref = self.shop_refs()[0]
        since = self.env["channel.intake"]._first_since()
        self.shop_set(ref, 50)
        sold = {self.shop_sell(ref, 1) for _shopper in range(5)}
        seen, cursor = set(), ""
        for _page in range(1000):
            page = pulled(self.adapter, self.channel, since, cursor)
            seen.update(event.ref for event in page.events)
            cursor = page.cursor
            if not cursor:
                break
        self.assertLessEqual(sold, seen)

    def shop_pass(self, seconds):
        """The shop's clock goes on; where it has one that can be set."""

    def placed(self, since, until, cursor=""):
        pages = self.adapter._iter_order_refs(self.channel, since, until, cursor)
        return list(pages)

    def test_contract_orders_are_listed_by_when_they_were_placed(self):
        self.need("order_refs")
        ref = self.shop_refs()[0]
        self.shop_set(ref, 50)
        sold = {self.shop_sell(ref, 1) for _shopper in range(3)}
        orders = [self.order_data(each) for each in sorted(sold)]
        moments = [each.placed_at.replace(microsecond=0) for each in orders]
        self.shop_pass(300)
        second = timedelta(seconds=1)
        since, until = min(moments), max(moments) + second
        pages = self.placed(since, until)
        self.assertFalse(pages[-1].cursor)
        found = {each.ref: each for page in pages for each in page.refs}
        self.assertLessEqual(sold, set(found))
        for order in orders:
            told = found[order.external_id]
            self.assertEqual(told.placed_at, order.placed_at)
            self.assertIn(told.version, (None, order.version))
            self.assertIsNot(told.cancelled, True)
        before = self.placed(since - timedelta(hours=2), since)
        after = self.placed(until, until + second)
        others = {each.ref for page in (*before, *after) for each in page.refs}
        self.assertFalse(others & sold)

    def test_contract_list_of_orders_goes_on_where_it_was_interrupted(self):
        self.need("order_refs")
        ref = self.shop_refs()[0]
        self.shop_set(ref, 50)
        placed_at = self.order_data(self.shop_sell(ref, 1)).placed_at
        self.shop_pass(300)
        since, until = placed_at - timedelta(hours=1), placed_at + timedelta(seconds=2)
        pages = self.placed(since, until)
        every = [each.ref for page in pages for each in page.refs]
        self.assertEqual(len(every), len(set(every)))
        for number, page in enumerate(pages[:-1]):
            rest = self.placed(since, until, page.cursor)
            found = [x.ref for part in (*pages[: number + 1], *rest) for x in part.refs]
            self.assertEqual(found, every)

    def test_contract_orders_are_counted_as_they_are_listed(self):
        self.need("order_counts")
        ref = self.shop_refs()[0]
        self.shop_set(ref, 50)
        moments = [
            self.order_data(self.shop_sell(ref, 1)).placed_at for _shopper in range(3)
        ]
        self.shop_pass(300)
        bounds = [
            (min(moments) - timedelta(hours=1), max(moments) + timedelta(seconds=2)),
            (max(moments) - timedelta(days=9), max(moments) - timedelta(days=8)),
        ]
        for since, until in bounds:
            since, until = since.replace(microsecond=0), until.replace(microsecond=0)
            listed = [each for page in self.placed(since, until) for each in page.refs]
            counted = self.adapter._count_orders(self.channel, since, until)
            self.assertEqual(counted, len(listed))
        self.assertEqual(counted, 0)

    def test_contract_order_that_does_not_exist_is_none(self):
        self.need("orders")
        known = self.shop_sell(self.shop_refs()[0], 1)
        missing = self.shop_unknown_ref(known)
        self.assertIsNone(self.adapter._fetch_order(self.channel, missing))

    def test_contract_garbage_bodies_are_malformed(self):
        self.need("orders")
        for body in ("", "null", "[]", "{}", '{"id": {}}', "<html>", '"x"', "{" * 99):
            with self.subTest(body):
                try:
                    self.adapter._parse_order(self.channel, body)
                except exceptions.MalformedDataError as error:
                    self.assertTrue(str(error))
                else:
                    self.fail("accepted")

    # ------------------------------------------------------------- webhooks
    def test_contract_genuine_webhook_is_an_event(self):
        self.need("webhooks")
        order_ref = self.shop_sell(self.shop_refs()[0], 2)
        headers, body = self.shop_webhook(order_ref)
        event = self.adapter._verify_webhook(self.channel, headers, body)
        self.assertEqual((event.kind, event.ref), ("order", order_ref))
        data = self.adapter._parse_order(self.channel, event.body)
        self.assertEqual(data.external_id, order_ref)
        self.assertEqual([line.quantity for line in data.lines], [2])
        again = self.adapter._verify_webhook(self.channel, headers, body)
        self.assertEqual(event.key, again.key)

    def test_contract_forged_webhook_is_refused(self):
        self.need("webhooks")
        headers, body = self.shop_webhook(self.shop_sell(self.shop_refs()[0], 1))
        for forged_headers, forged_body in (
            (headers, body.replace(b"1", b"2")),
            (headers, body + b" "),
            ({}, body),
        ):
            with self.subTest(len(forged_headers)):
                try:
                    self.adapter._verify_webhook(
                        self.channel, forged_headers, forged_body
                    )
                except exceptions.ForgedError as error:
                    self.assertTrue(str(error))
                else:
                    self.fail("accepted")

    def test_contract_webhooks_are_registered_once(self):
        self.need("webhooks")
        address = self.channel._webhook_url()
        self.assertTrue(self.adapter._ensure_webhooks(self.channel, address))
        self.assertEqual(self.adapter._ensure_webhooks(self.channel, address), [])


class LifecycleContract:
    """What the base relies on when it tells a connector of an order's life.

    Inherit it beside ``AdapterContract`` and fill ``shop_shipped``, ``shop_state`` and
    ``shop_paid_back``, and ``shop_lose_message`` where the channel is asked about lost
    answers. Kinds that the type is not told (``Capabilities.messages``) are skipped.
    """

    # -------------------------------------------------- filled by connectors
    def shop_shipped(self, order_ref):
        """:return: list of (units, tracking number or "") of the parcels in the shop"""
        raise NotImplementedError

    def shop_state(self, order_ref):
        """:return: "open" or "cancelled", once the shop has finished what it is at"""
        raise NotImplementedError

    def shop_paid_back(self, order_ref):
        """:return: Decimal, the money that went back to the customer"""
        raise NotImplementedError

    def shop_lose_message(self, kind):
        """The next message of the kind is carried out and its answer lost."""
        raise NotImplementedError

    # --------------------------------------------------------------- helpers
    def need_message(self, kind):
        if kind not in self.adapter._capabilities().messages:
            self.skipTest(f"this channel is not told of a {kind}")

    def parcel(self, order_ref, units, number="", complete=False):
        line = self.order_data(order_ref).lines[0]
        return schemas.ShipmentData(
            order_ref=order_ref,
            lines=(schemas.UnitsData(line.external_id, units),),
            shipped_at=datetime.now(timezone.utc).replace(microsecond=0),
            parcel=f"PACK-{number or units}",
            tracking=schemas.TrackingData(number, "UPS") if number else None,
            complete=complete,
        )

    def tell(self, kind, data, key=None):
        send = getattr(self.adapter, f"_send_{kind}")
        return send(self.channel, data, schemas.Attempt(key or str(uuid.uuid4())))

    def find(self, kind, data, key, known=()):
        attempt = schemas.Attempt(key, known=frozenset(known))
        return self.adapter._find_message(self.channel, kind, data, attempt)

    # ------------------------------------------------------------- messages
    def test_contract_messages_are_known_kinds(self):
        capabilities = self.adapter._capabilities()
        self.assertLessEqual(set(capabilities.messages), set(schemas.KINDS))
        self.assertLessEqual(set(capabilities.repeatable), set(capabilities.messages))
        for kinds in (capabilities.message_batch, capabilities.settle_kinds):
            self.assertLessEqual(set(kinds), set(capabilities.messages))

    def test_contract_parcels_are_shown_with_their_tracking(self):
        self.need_message("shipment")
        order_ref = self.shop_sell(self.shop_refs()[0], 3)
        first = self.tell("shipment", self.parcel(order_ref, 1, "1Z1"))
        self.tell("shipment", self.parcel(order_ref, 2, "1Z2", complete=True))
        self.assertEqual(first.status, "done")
        self.assertEqual(self.shop_shipped(order_ref), [(1, "1Z1"), (2, "1Z2")])

    def test_contract_shipped_units_come_in_with_the_order(self):
        self.need_message("shipment")
        order_ref = self.shop_sell(self.shop_refs()[0], 3)
        self.tell("shipment", self.parcel(order_ref, 2, "1Z1"))
        [line] = self.order_data(order_ref).lines
        if line.shipped_quantity is None:
            self.skipTest("this channel does not tell what was shipped")
        self.assertEqual((line.shipped_quantity, line.open_quantity), (2, 1))

    def test_contract_lost_answer_to_a_parcel_is_found(self):
        self.need_message("shipment")
        if "shipment" in self.adapter._capabilities().repeatable:
            self.skipTest("parcels may be repeated")
        order_ref = self.shop_sell(self.shop_refs()[0], 2)
        data, key = self.parcel(order_ref, 1, "1Z1"), str(uuid.uuid4())
        self.assertFalse(self.find("shipment", data, key))
        self.shop_lose_message("shipment")
        with contextlib.suppress(exceptions.UncertainError):
            self.tell("shipment", data, key)
        self.assertEqual(self.find("shipment", data, key).status, "done")
        self.assertEqual(self.shop_shipped(order_ref), [(1, "1Z1")])

    def test_contract_parcel_of_another_message_is_not_taken_for_ours(self):
        self.need_message("shipment")
        if "shipment" in self.adapter._capabilities().repeatable:
            self.skipTest("parcels may be repeated")
        order_ref = self.shop_sell(self.shop_refs()[0], 2)
        first = self.tell("shipment", self.parcel(order_ref, 1))
        again = self.parcel(order_ref, 1)
        self.assertFalse(self.find("shipment", again, "other", [first.ref]))

    def test_contract_parcel_of_a_cancelled_order_is_refused(self):
        self.need_message("shipment")
        self.need_message("cancel")
        order_ref = self.shop_sell(self.shop_refs()[0], 1)
        data = self.parcel(order_ref, 1)
        self.tell("cancel", schemas.CancelData(order_ref))
        self.assertEqual(self.shop_state(order_ref), "cancelled")
        self.refused("shipment", data)

    def refused(self, kind, data):
        try:
            self.tell(kind, data)
        except exceptions.RejectedError as error:
            self.assertTrue(str(error))
        else:
            self.fail("accepted")

    def test_contract_cancelled_twice_is_cancelled(self):
        self.need_message("cancel")
        order_ref = self.shop_sell(self.shop_refs()[0], 1)
        for _time in range(2):
            result = self.tell("cancel", schemas.CancelData(order_ref))
            self.assertIn(result.status, ("done", "pending"))
            self.assertEqual(self.shop_state(order_ref), "cancelled")
        self.assertEqual(self.order_data(order_ref).state, "cancelled")

    def test_contract_cancelled_units_are_no_longer_bought(self):
        self.need_message("cancel")
        if not self.adapter._capabilities().cancel_lines:
            self.skipTest("only whole orders are cancelled")
        order_ref = self.shop_sell(self.shop_refs()[0], 3)
        [line] = self.order_data(order_ref).lines
        units = (schemas.UnitsData(line.external_id, 2),)
        self.tell("cancel", schemas.CancelData(order_ref, units))
        [line] = self.order_data(order_ref).lines
        self.assertEqual((line.quantity, line.wanted_quantity), (1, 1))

    def test_contract_refund_pays_back_exactly_that(self):
        self.need_message("refund")
        order_ref = self.shop_sell(self.shop_refs()[0], 1)
        data = schemas.RefundData(
            order_ref, Decimal("0.37"), self.order_data(order_ref).currency
        )
        self.tell("refund", data, "a" * 32)
        self.assertEqual(self.shop_paid_back(order_ref), Decimal("0.37"))
        refunds = self.order_data(order_ref).refunds
        if refunds is not None:
            self.assertEqual([each.amount for each in refunds], [Decimal("0.37")])

    def test_contract_refund_of_more_than_was_paid_is_refused(self):
        self.need_message("refund")
        order_ref = self.shop_sell(self.shop_refs()[0], 1)
        order = self.order_data(order_ref)
        data = schemas.RefundData(
            order_ref, order.total + Decimal("0.01"), order.currency
        )
        self.refused("refund", data)
        self.assertEqual(self.shop_paid_back(order_ref), 0)

    def test_contract_lost_answer_to_a_refund_pays_once(self):
        self.need_message("refund")
        order_ref = self.shop_sell(self.shop_refs()[0], 1)
        currency = self.order_data(order_ref).currency
        data = schemas.RefundData(order_ref, Decimal("1.00"), currency)
        key = str(uuid.uuid4())
        self.shop_lose_message("refund")
        with contextlib.suppress(exceptions.UncertainError):
            self.tell("refund", data, key)
        if "refund" in self.adapter._capabilities().repeatable:
            self.tell("refund", data, key)
        else:
            self.assertEqual(self.find("refund", data, key).status, "done")
        self.assertEqual(self.shop_paid_back(order_ref), Decimal("1.00"))

    def test_contract_refund_that_never_arrived_is_not_found(self):
        self.need_message("refund")
        if "refund" in self.adapter._capabilities().repeatable:
            self.skipTest("refunds may be repeated")
        order_ref = self.shop_sell(self.shop_refs()[0], 1)
        currency = self.order_data(order_ref).currency
        data = schemas.RefundData(order_ref, Decimal("1.00"), currency)
        self.assertFalse(self.find("refund", data, str(uuid.uuid4())))


class AdapterCase(ChannelCase):
    """A ChannelCase whose channel speaks through its real adapter."""

    use_fake = False


class SettlementContract:
    """What settlements rely on, tried against a shop that pays out.

    Inherit it beside ``AdapterContract`` and fill ``shop_pay_out``. A type without
    ``Capabilities.settlements`` skips all of it.
    """

    # -------------------------------------------------- filled by connectors
    def shop_pay_out(self):
        """What was sold is paid out. :return: (external id, Decimal that the bank gets)

        Each call pays out at least one order more.
        """
        raise NotImplementedError

    # --------------------------------------------------------------- helpers
    def settlement_documents(self, known=frozenset()):
        since = self.env["channel.intake"]._first_since()
        found, cursor = [], ""
        for _page in range(1000):
            page = self.adapter._fetch_settlements(self.channel, since, cursor, known)
            found += page.documents
            cursor = page.cursor
            if not cursor:
                return found
        raise AssertionError("the pages do not end")

    def settled(self, content):
        """:return: ({id: SettlementData}, [SettlementLineData]) of a document"""
        heads, lines = {}, []
        for each in self.adapter._parse_settlement(self.channel, content):
            if isinstance(each, schemas.SettlementData):
                heads[each.external_id] = each
            else:
                self.assertIn(each.settlement, heads, "a line before its settlement")
                lines.append(each)
        return heads, lines

    # ----------------------------------------------------------------- tests
    def test_contract_settlement_comes_to_what_the_bank_gets(self):
        self.need("settlements")
        ref, total = self.shop_pay_out()
        # one that is listed several times is the same each time
        contents = {each.content for each in self.settlement_documents()}
        found = [self.settled(content) for content in contents]
        [(heads, lines)] = [each for each in found if ref in each[0]]
        self.assertEqual(heads[ref].total, total)
        nets = [line.net for line in lines if line.kind != "transfer"]
        self.assertTrue(nets)
        self.assertEqual(sum(nets), total)
        ids = [line.external_id for line in lines]
        self.assertEqual(len(ids), len(set(ids)))

    def test_contract_settlement_lines_name_orders_that_can_be_read(self):
        self.need("settlements")
        ref, _total = self.shop_pay_out()
        charges = [
            line
            for document in self.settlement_documents()
            for line in self.settled(document.content)[1]
            if line.kind == "charge" and line.settlement == ref
        ]
        self.assertTrue(charges)
        for line in charges:
            order = self.order_data(line.order_ref)
            self.assertEqual(order.external_id, line.order_ref)
            if order.transactions is not None and line.transaction_ref:
                known = {each.external_id for each in order.transactions}
                self.assertIn(line.transaction_ref, known)

    def test_contract_known_settlement_is_not_read_again(self):
        self.need("settlements")
        self.shop_pay_out()
        first = {each.key: each.content for each in self.settlement_documents()}
        self.assertEqual(self.settlement_documents(frozenset(first)), [])
        again = {each.key: each.content for each in self.settlement_documents()}
        self.assertEqual(
            {key: self.settled(content) for key, content in first.items()},
            {key: self.settled(content) for key, content in again.items()},
        )

    def test_contract_settlement_cut_off_is_malformed(self):
        self.need("settlements")
        self.shop_pay_out()
        content = self.settlement_documents()[-1].content
        _heads, whole = self.settled(content)
        for place in (0, 1, len(content) // 3, len(content) * 2 // 3, -9):
            with self.subTest(place):
                try:
                    heads, lines = self.settled(content[:place])
                except exceptions.MalformedDataError as error:
                    self.assertTrue(str(error))
                else:
                    # cut between two rows: then it does not come to its total
                    nets = [line.net for line in lines if line.kind != "transfer"]
                    self.assertLess(len(lines), len(whole))
                    self.assertNotEqual(
                        sum(nets), sum(head.total for head in heads.values())
                    )

    def test_contract_garbage_settlements_are_malformed(self):
        self.need("settlements")
        for body in (b"", b"null", b"[]", b"{}", b"<html>", b"\xff\xfe\x00", b"a\tb\n"):
            with self.subTest(body):
                try:
                    self.settled(body)
                except exceptions.MalformedDataError as error:
                    self.assertTrue(str(error))
                else:
                    self.fail("accepted")
