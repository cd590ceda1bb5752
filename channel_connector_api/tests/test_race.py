# SPDX-License-Identifier: AGPL-3.0-or-later
import json
import threading
from collections import Counter
from contextlib import contextmanager
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.channel_inventory_base import schemas
from odoo.addons.channel_inventory_base.db.transaction import (
    own_transaction,
    retry_on_conflict,
)
from odoo.addons.channel_inventory_base.lib.transport import Reply
from odoo.addons.channel_inventory_base.tests.common_committed import CommittedCase

from ..lib.problems import Problem
from ..models.channel_api_desk import Call
from .common_api import ApiSetup
from .test_webhooks import SENDER


@tagged("post_install", "-at_install")
class TestRace(ApiSetup, CommittedCase):
    """Two cursors that really are two, in the transactions of the door."""

    use_fake = False

    def setUp(self):
        super().setUp()
        with self.commit() as env:
            self.clean(env)
            channel = self.make_api_channel(
                env, f"R{next(self.numbers)}", stocked=(20, 5)
            )
            self.channel_id = channel.id
            warehouse = channel.node_ids.warehouse_ids
            self.warehouse_id = warehouse.id
            self.product_id = channel.listing_ids.sorted("id")[0].product_id.id
            key, _token = self.make_key(env, channel)
            self.key_id = key.id
        self.plan()
        self.publish()

    @contextmanager
    def door(self):
        """A transaction as the door opens one."""
        with self.commit() as env, own_transaction(env) as own:
            yield own

    def answer(self, operation, body=None, **names):
        """:return: (status, data) or (code of the refusal, None)"""

        def once():
            call = Call(operation, None, names, {}, body, json.dumps(body))
            with self.door() as env:
                key = env["channel.api.key"].browse(self.key_id)
                if operation != "placeOrder":
                    found = env["channel.api.desk"]._answer(key, call)
                    return found.status, found.data
                stored = env["channel.api.desk"]._store_order(key, call)
            with self.door() as env:
                key = env["channel.api.key"].browse(self.key_id)
                found = env["channel.api.desk"]._answer(key, call, stored)
                return found.status, found.data

        try:
            return retry_on_conflict(once, 6)
        except Problem as problem:
            return problem.code, None

    def position(self):
        with self.commit() as env:
            return env["channel.position"].search_read(
                [
                    ("product_id", "=", self.product_id),
                    ("warehouse_id", "=", self.warehouse_id),
                ],
                ["held", "available"],
            )[0]

    def hold_body(self, ref, quantity, **values):
        lines = [{"sku": "SKU-1", "quantity": quantity}]
        return {"reference": ref, "ttl": 600, "lines": lines, **values}

    def test_holds_of_the_same_moment_never_take_more_than_is_there(self):
        answers = []

        def take(number):
            body = self.hold_body(f"H-{number}", 3)
            answers.append(self.answer("takeHold", body))

        self.in_threads(*[lambda n=number: take(n) for number in range(12)])
        counts = Counter(status for status, _data in answers)
        # 20 are there: six times three
        self.assertEqual(counts, {201: 6, "insufficient": 6})
        self.assertEqual(self.position()["held"], 18)

    def test_parts_of_the_same_moment_come_to_what_is_there(self):
        answers = []

        def take(number):
            body = self.hold_body(f"P-{number}", 7, partial=True)
            answers.append(self.answer("takeHold", body)[1]["lines"][0]["held"])

        self.in_threads(*[lambda n=number: take(n) for number in range(6)])
        self.assertEqual(sorted(answers), [0, 0, 0, 6, 7, 7])
        self.assertEqual(self.position()["available"], 0)

    def test_hold_counts_what_nobody_has_planned_yet(self):
        """A hold, a count and a sale: each counts from its commit, planned or not."""
        self.assertEqual(self.held_of("A-1", 15), 15)
        self.assertEqual(self.held_of("A-2", 15), 5)
        with self.commit() as env:
            warehouse = env["stock.warehouse"].browse(self.warehouse_id)
            product = env["product.product"].browse(self.product_id)
            self.add_stock(env, product, warehouse, 4)
        self.assertEqual(self.held_of("A-3", 15), 4)
        self.plan()
        self.assertEqual(self.held_of("A-4", 1), 0)
        self.assertEqual(self.position()["available"], 0)

    def test_hold_that_has_expired_frees_its_units_before_it_is_swept(self):
        self.held_of("X-1", 20)
        self.plan()
        with self.commit() as env:
            env.cr.execute(
                "UPDATE channel_hold SET expires_at = now() AT TIME ZONE 'UTC'"
                " - interval '1 second' WHERE note = 'X-1'"
            )
            env.cr.execute("DELETE FROM channel_change")
        self.assertEqual(self.held_of("X-2", 20), 20)

    def test_number_frozen_by_hand_is_held_as_far_as_it_is_there(self):
        with self.commit() as env:
            channel = env["channel.channel"].browse(self.channel_id)
            self.make_rule(
                env,
                "freeze",
                20,
                channel_id=channel.id,
                reason="Counting",
                valid_until="2099-01-01",
            )
            warehouse = env["stock.warehouse"].browse(self.warehouse_id)
            product = env["product.product"].browse(self.product_id)
            self.add_stock(env, product, warehouse, -17)
        # the number stays 20, so nothing is written when it is planned
        self.plan()
        self.assertEqual(self.held_of("F-1", 20), 3)

    def test_lines_of_the_same_goods_take_from_one_another(self):
        with self.commit() as env:
            channel = env["channel.channel"].browse(self.channel_id)
            product = env["product.product"].browse(self.product_id)
            pack = self.make_listing(
                env,
                channel,
                product,
                9,
                external_id="PACK",
                stock_ref="PACK",
                pack_qty=6,
            )
            self.assertEqual(pack.stock_factor, 6)
        self.plan()
        lines = [
            {"sku": sku, "quantity": quantity}
            for sku, quantity in (("SKU-1", 9), ("SKU-2", 5), ("PACK", 3))
        ]
        body = {"reference": "L-1", "ttl": 60, "lines": lines, "partial": True}
        told = self.answer("takeHold", body)[1]["lines"]
        # 20 are there: 9, and of the 11 that are left one pack of six
        self.assertEqual([line["held"] for line in told], [9, 5, 1])
        self.assertEqual(self.position()["held"], 15)

    def held_of(self, ref, quantity):
        """:return: units that were held of so many"""
        body = self.hold_body(ref, quantity, partial=True)
        return self.answer("takeHold", body)[1]["lines"][0]["held"]

    def test_same_hold_posted_at_once_is_one_hold(self):
        answers = []
        body = self.hold_body("S-1", 4)

        def take():
            answers.append(self.answer("takeHold", body))

        self.in_threads(*[take] * 6)
        counts = Counter(status for status, _data in answers)
        self.assertEqual(counts, {201: 1, 200: 5})
        self.assertEqual(len({json.dumps(data) for _status, data in answers}), 1)
        self.assertEqual(self.position()["held"], 4)

    def test_same_order_posted_at_once_is_one_order(self):
        answers = []
        body = self.order_body("O-1", ("SKU-1", 2))

        def place():
            answers.append(self.answer("placeOrder", body))

        self.in_threads(*[place] * 6)
        counts = Counter(status for status, _data in answers)
        self.assertEqual(counts, {201: 1, 200: 5})
        self.assertEqual(self.position()["held"], 2)
        with self.commit() as env:
            events = env["channel.inbox.event"].search_count(
                [("channel_id", "=", self.channel_id), ("ref", "=", "O-1")]
            )
        self.assertEqual(events, 1)

    def test_webhook_that_is_newer_than_the_job_is_sent_signed(self):
        sent = []

        def send(_session, _method, _url, _body, headers, **_options):
            sent.append(headers)
            return Reply(200, {}, b"")

        with self.commit() as env:
            channel = env["channel.channel"].browse(self.channel_id)
            self.assertTrue(channel.read(["name"]))
            with self.commit() as person:
                hook = person["channel.api.subscription"].create(
                    {
                        "name": "Shop",
                        "channel_id": self.channel_id,
                        "url": "https://shop.example.com/hooks",
                    }
                )
                hook.action_new_secret()
                self.add_stock(
                    person,
                    person["product.product"].browse(self.product_id),
                    person["stock.warehouse"].browse(self.warehouse_id),
                    5,
                )
            self.plan()
            self.publish()
            with patch(f"{SENDER}.transport.send", send):
                env["channel.api.deliverer"]._run(channel)
        self.assertEqual([bool(each["webhook-signature"]) for each in sent], [True])

    def test_two_orders_under_one_reference_are_one_and_a_conflict(self):
        answers = []

        def place(quantity):
            body = self.order_body("O-2", ("SKU-1", quantity))
            answers.append(self.answer("placeOrder", body)[0])

        self.in_threads(*[lambda n=number: place(n) for number in (1, 2, 3)])
        self.assertEqual(
            sorted(map(str, answers)), ["201", "order_conflict", "order_conflict"]
        )
        self.assertIn(self.position()["held"], (1, 2, 3))

    def test_orders_and_the_job_capture_each_order_once(self):
        def place(number):
            status, _data = self.answer(
                "placeOrder", self.order_body(f"J-{number}", ("SKU-1", 1))
            )
            self.assertIn(status, (201, 202))

        def work():
            for _round in range(5):
                with self.commit() as env:
                    channel = env["channel.channel"].browse(self.channel_id)
                    env["channel.intake"]._capture_next(channel)

        self.in_threads(*[lambda n=number: place(n) for number in range(8)], work)
        work()
        self.assertEqual(self.position()["held"], 8)

    def test_release_and_extension_of_the_same_moment_leave_one_end(self):
        self.answer("takeHold", self.hold_body("E-1", 5))
        answers = []

        def extend():
            answers.append(self.answer("extendHold", {"ttl": 900}, reference="E-1")[0])

        def release():
            answers.append(self.answer("releaseHold", reference="E-1")[0])

        self.in_threads(extend, release, extend, release)
        self.assertEqual(
            self.answer("getHold", reference="E-1")[1]["state"], "released"
        )
        self.assertEqual(self.position()["held"], 0)
        self.assertEqual(answers.count(200) + answers.count("hold_ended"), 4)

    def test_hold_that_is_extended_while_it_is_swept_stays(self):
        self.answer("takeHold", self.hold_body("E-2", 5))
        extending, sweeping = threading.Event(), threading.Event()
        with self.commit() as env:
            env.cr.execute(
                """
                UPDATE channel_api_hold SET expires_at = now() AT TIME ZONE 'UTC'
                    + interval '2 seconds' WHERE ref = 'E-2';
                UPDATE channel_hold SET expires_at = now() AT TIME ZONE 'UTC'
                    + interval '2 seconds' WHERE note = 'E-2'
                """
            )

        def extend():
            with self.door() as env:
                channel = env["channel.channel"].browse(self.channel_id)
                env["channel.api.reservation"]._extend(channel, "E-2", 900)
                env.flush_all()
                extending.set()
                sweeping.wait(20)
                # the sweep waits for this row by now, or has passed it by
                threading.Event().wait(1)

        def sweep():
            extending.wait(20)
            threading.Event().wait(3)
            sweeping.set()
            with self.door() as env:
                env["channel.hold"]._expire()
            with self.door() as env:
                env["channel.api.hold"]._sweep()

        self.in_threads(extend, sweep)
        self.assertEqual(self.answer("getHold", reference="E-2")[1]["state"], "held")
        self.assertEqual(self.position()["held"], 5)

    def test_change_that_commits_late_is_not_left_out(self):
        """A writer that has its number and is slow keeps the next one waiting: a reader
        never sees the second without the first."""
        taken, go_on = threading.Event(), threading.Event()
        errors = []

        def entry(sku, quantity):
            return {
                "line_id": 1,
                "stock_ref": sku,
                "node_ref": "node-1",
                "quantity": quantity,
            }

        def store(env, sku, quantity, key):
            channel = env["channel.channel"].browse(self.channel_id)
            env["channel.api.level"]._store(channel, [entry(sku, quantity)], key)

        def slow():
            with self.door() as env:
                store(env, "SKU-1", 11, "slow")
                taken.set()
                go_on.wait(20)

        def fast():
            taken.wait(20)
            threading.Timer(1.0, go_on.set).start()
            with self.door() as env:
                store(env, "SKU-2", 22, "fast")

        cursor = self.changes()["cursor"]
        seen = []

        def read():
            nonlocal cursor
            taken.wait(20)
            for _look in range(60):
                page = self.changes(cursor)
                seen.extend(page["changes"])
                cursor = page["cursor"]
                if len(seen) == 2:
                    return
                threading.Event().wait(0.05)

        self.in_threads(slow, fast, read)
        self.assertFalse(errors)
        self.assertEqual(
            [(each["sku"], each["available"]) for each in seen],
            [("SKU-1", 11), ("SKU-2", 22)],
        )

    def test_readers_of_events_see_each_once_in_order_while_many_write(self):
        def write(number):
            adapter_data = schemas.AcceptanceData(f"N-{number}")
            for part in range(10):
                with self.commit() as env:
                    channel = env["channel.channel"].browse(self.channel_id)
                    channel._adapter()._send_acceptance(
                        channel, adapter_data, schemas.Attempt(f"n-{number}-{part}")
                    )

        seen, cursor, done = [], None, threading.Event()
        first = self.events(None)
        cursor = first["cursor"]

        def read():
            nonlocal cursor
            last = False
            while True:
                page = self.events(cursor, limit=3)
                seen.extend(each["id"] for each in page["events"])
                cursor = page["cursor"]
                if last and not page["more"]:
                    return
                last = done.is_set() and not page["more"]

        def write_all():
            try:
                threads = [
                    threading.Thread(target=write, args=(number,))
                    for number in range(4)
                ]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join(60)
            finally:
                done.set()

        self.in_threads(write_all, read)
        self.assertEqual(len(seen), 40)
        self.assertEqual(len(set(seen)), 40)
        numbers = [int(each.rpartition("_")[2]) for each in seen]
        self.assertEqual(numbers, sorted(numbers))

    def changes(self, since=None):
        with self.door() as env:
            channel = env["channel.channel"].browse(self.channel_id)
            return env["channel.api.availability"]._get_changes(channel, since, 100)

    def events(self, since, limit=100):
        with self.door() as env:
            channel = env["channel.channel"].browse(self.channel_id)
            return env["channel.api.availability"]._get_events(channel, since, limit)

    def test_rate_is_shared_by_all_who_ask_at_once(self):
        with self.commit() as env:
            key, _token = self.make_key(
                env, env["channel.channel"].browse(self.channel_id), rate=5
            )
            key_id = key.id
        answers = []

        def ask():
            for _each in range(5):
                with self.door() as env:
                    try:
                        env["channel.api.key"].browse(key_id)._spend()
                        answers.append(True)
                    except Problem:
                        answers.append(False)

        self.in_threads(*[ask] * 6)
        # a burst of two seconds, and what has come back meanwhile
        self.assertGreaterEqual(sum(answers), 10)
        self.assertLess(sum(answers), 20)
