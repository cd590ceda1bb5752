# SPDX-License-Identifier: AGPL-3.0-or-later
"""The design's invariants in real concurrency: several connections, real commits."""

import random
import time
from unittest.mock import patch
from urllib.parse import urlsplit

import psycopg2

from odoo.tests import tagged
from odoo.tools import file_open, mute_logger

from odoo.addons.channel_inventory_account.tests.fuzz.door import Door
from odoo.addons.channel_inventory_base.db.transaction import (
    LOCK_PLAN,
    LOCK_PUBLISH,
    request_transaction,
    retry_on_conflict,
    try_lock,
)
from odoo.addons.channel_inventory_base.exceptions import AuthError, UncertainError
from odoo.addons.channel_inventory_base.tests.common import take_in
from odoo.addons.channel_inventory_base.tests.common_committed import CommittedCase


def losing_connection(method):
    """``method``, which finds that the server has ended its connection."""

    def lose(records, *arguments):
        pid = records.env.cr.connection.get_backend_pid()
        with records.env.registry.cursor() as other:
            other.execute("SELECT pg_terminate_backend(%s)", [pid])
        return method(records, *arguments)

    return lose


@tagged("post_install", "-at_install")
class TestInvariants(CommittedCase):
    # ------------------------------------------------ 1. no change missed
    def test_1_raw_sql_update_leaves_an_outbox_row(self):
        self.plan()
        with self.commit() as env:
            env.cr.execute(
                "UPDATE stock_quant SET quantity = 12 WHERE product_id = %s "
                "AND location_id = %s",
                (self.product_id, self.location_id),
            )
        self.plan()
        self.assertEqual(self.target(), 12)

    def test_1_raw_sql_delete_and_insert_leave_outbox_rows(self):
        self.plan()
        with self.commit() as env:
            env.cr.execute(
                "DELETE FROM stock_quant WHERE product_id = %s", (self.product_id,)
            )
        self.plan()
        self.assertEqual(self.target(), 0)

    def test_1_change_that_commits_while_the_planner_runs_is_planned(self):
        self.plan()
        with self.commit() as slow:
            slow["stock.quant"]._update_available_quantity(
                slow["product.product"].browse(self.product_id),
                slow["stock.location"].browse(self.location_id),
                5,
            )
            slow.flush_all()
            self.plan()
            self.assertEqual(self.target(), 50)
        self.plan()
        self.assertEqual(self.target(), 55)

    def test_1_planner_that_dies_leaves_the_change(self):
        self.plan()
        self.change_stock(1)
        with self.commit() as env:
            changes = env["channel.planner"]._take_changes()
            self.assertTrue(changes)
            # killed here: its transaction never commits
            env.cr.rollback()
        self.plan()
        self.assertEqual(self.target(), 51)

    def test_1_wakeup_comes_after_the_commit(self):
        """A twin that is already enqueued must not swallow it: it may run too early."""
        with self.commit() as env:
            env["queue.job"].search([]).unlink()
        with self.commit() as env:
            env["stock.quant"]._update_available_quantity(
                env["product.product"].browse(self.product_id),
                env["stock.location"].browse(self.location_id),
                1,
            )
            env.flush_all()
            with self.commit() as other:
                self.assertFalse(other["queue.job"].search_count([]))
        with self.commit() as env:
            job = env["queue.job"].search([])
            self.assertEqual(job.method_name, "_job_plan")
        self.change_stock(1)
        with self.commit() as env:
            self.assertEqual(len(env["queue.job"].search([])), 1)

    def test_1_only_one_planner_runs_at_a_time(self):
        with self.commit() as env, try_lock(env, LOCK_PLAN):
            self.assertFalse(self.plan())
        self.assertTrue(self.plan())

    def test_1_many_writers_and_planners_end_at_the_truth(self):
        self.plan()

        def sell_and_receive(seed):
            dice = random.Random(seed)
            for _round in range(10):
                quantity = dice.choice([-1, 2, 3])
                retry_on_conflict(lambda q=quantity: self.change_stock(q))

        def plan():
            for _round in range(15):
                self.plan()
                time.sleep(0.02)

        self.in_threads(
            *(lambda seed=seed: sell_and_receive(seed) for seed in range(3)), plan, plan
        )
        self.plan()
        with self.commit() as env:
            position = env["channel.position"].search(
                [("product_id", "=", self.product_id)]
            )
            self.assertEqual(self.target(), position.available)
            self.assertFalse(env["channel.change"].search_count([]))

    # ------------------------- 2. and 5. orders count once, from the start
    def test_5_captures_of_one_order_at_once_make_one_order(self):
        self.go_live(50)
        name = self.fake.sell(4)
        for number in range(6):
            self.store(self.fake.event(name, f"-{number}"))
        self.in_threads(*[self.intake] * 4)
        with self.commit() as env:
            order = env["channel.order"].search([("channel_id", "=", self.channel_id)])
            self.assertEqual(len(order), 1)
            self.assertEqual(len(order.sale_order_id), 1)
            self.assertEqual(
                env["sale.order"].search_count([("channel_order_id", "=", order.id)]), 1
            )
            self.assertEqual(self.level(env).expected_remote, 46)

    def test_2_flash_sale_on_one_sku_is_held_exactly(self):
        """Writers append: captures of one SKU neither wait for nor overwrite others."""
        self.go_live(50)
        for _shopper in range(24):
            self.store(self.fake.event(self.fake.sell(1)))
        self.in_threads(*[self.intake] * 4)
        self.plan()
        with self.commit() as env:
            level = self.level(env)
            self.assertEqual(level.target, 26)
            self.assertEqual(level.expected_remote, 26)
        # whoever has worked for his time leaves the rest to the job that he has woken
        for _rest in range(8):
            self.intake()
        with self.commit() as env:
            orders = env["channel.order"].search([("channel_id", "=", self.channel_id)])
            self.assertEqual(set(orders.mapped("state")), {"imported"})

    def test_2_fold_changes_no_sum_while_sales_come_in(self):
        self.go_live(50)

        def sell():
            for _shopper in range(10):
                self.store(self.fake.event(self.fake.sell(1)))
                self.intake()

        def fold():
            for _round in range(20):
                with self.commit() as env:
                    env["channel.deduction"]._fold(days=0)
                time.sleep(0.01)

        self.in_threads(sell, fold)
        with self.commit() as env:
            self.assertEqual(self.level(env).expected_remote, 40)

    def test_5_deliveries_of_one_event_at_once_are_all_taken_and_stored_once(self):
        event = self.fake_event()

        def receive():
            with self.commit() as env:
                # as a request does: what it has read is older than its twin's commit
                with request_transaction(env):
                    channel = self.channel(env)
                    channel.read(["name"])
                    time.sleep(0.05)
                    env["channel.inbox.event"]._receive(channel, event)

        self.in_threads(*[receive] * 6)
        with self.commit() as env:
            events = env["channel.inbox.event"]
            domain = [("channel_id", "=", self.channel_id)]
            self.assertEqual(events.search_count(domain), 1)

    def test_5_delivery_under_which_the_connection_is_lost_is_kept_or_asked_for(self):
        """Before it is stored, and when it is and only its job is not."""
        self.go_live(50)
        with self.commit() as env:
            path = urlsplit(self.channel(env)._webhook_url()).path
        door = Door(self.database, path)
        for model, method, status, stored in (
            ("channel.inbox.event", "_insert", 503, 0),
            ("channel.channel", "_wake_now", 200, 1),
        ):
            name = self.fake.sell(1)
            headers = {"X-Signature": "good", "X-Order": name, "X-Key": method}
            cls = self.registry[model]
            with (
                self.subTest(method),
                mute_logger(
                    "odoo.sql_db",
                    "odoo.addons.channel_inventory_base",
                    "odoo.addons.channel_inventory_sale",
                ),
                patch.object(cls, method, losing_connection(getattr(cls, method))),
            ):
                self.assertEqual(door.knock(headers, b"{}"), status)
                with self.commit() as env:
                    events = env["channel.inbox.event"]
                    found = events.search_count([("key", "=", method)])
                    self.assertEqual(found, stored)

    def test_2_job_with_an_old_snapshot_sees_orders_that_came_after_it_began(self):
        self.go_live(50)
        with self.commit() as old:
            self.channel(old).read(["name"])
            name = self.fake.sell(4)
            full = self.fake.orders[name]
            self.fake.orders[name] = dict(full, complete=False)
            self.store(self.fake.event(name))
            self.fake.orders[name] = full
            self.fake.change(name)
            take_in(old, self.channel(old))
        with self.commit() as env:
            order = env["channel.order"].search([("channel_id", "=", self.channel_id)])
            self.assertEqual((order.complete, order.state), (True, "imported"))

    def fake_event(self):
        self.go_live(50)
        return self.fake.event(self.fake.sell(1))

    # ------------------------------- 3. unseen sales are never overwritten
    def test_3_shop_and_warehouse_at_war_end_in_agreement_and_nothing_is_oversold(self):
        """Shoppers buy what is shown while everything else runs at the same time."""
        self.go_live(50)
        sold = []

        def shop(seed):
            dice = random.Random(seed)
            for _visit in range(12):
                quantity = dice.choice([1, 1, 2])
                try:
                    name = self.fake.sell(quantity)
                except LookupError:
                    continue
                sold.append(quantity)
                if dice.random() < 0.6:
                    self.store(self.fake.event(name))
                time.sleep(dice.random() / 50)

        def receive():
            for _round in range(6):
                retry_on_conflict(lambda: self.change_stock(1))
                time.sleep(0.03)

        def work():
            for _round in range(12):
                self.intake()
                self.plan()
                self.publish()
                time.sleep(0.01)

        self.in_threads(*(lambda s=s: shop(s) for s in range(3)), receive, work, work)
        for _round in range(4):
            for step in (self.poll, self.intake, self.observe, self.plan, self.publish):
                step()
        with self.commit() as env:
            level = self.level(env)
            self.assertEqual(level.target, 56 - sum(sold))
            self.assertEqual(self.fake.levels["item-1", "node-1"], level.target)
            self.assertTrue(level.in_sync)
            self.assertFalse(
                env["channel.exception"].search_count(
                    [("category", "=", "drift"), ("channel_id", "=", self.channel_id)]
                )
            )

    # --------------------------------- 4. at most once a key, known outcome
    def test_4_key_and_payload_are_committed_before_the_request_is_sent(self):
        self.go_live(3)
        seen = []
        push = self.fake._push_levels

        def look(channel, payload, key):
            with self.commit() as env:
                found = env["channel.publication"].search([("key", "=", key)])
                seen.append((found.state, found.payload == payload))
            return push(channel, payload, key)

        self.fake._push_levels = look
        self.publish()
        del self.fake._push_levels
        self.assertEqual(seen, [("sending", True)])

    def test_4_answer_that_was_lost_is_asked_for_with_the_same_key(self):
        self.go_live(3)
        self.fake.faults = [("answer", UncertainError("lost"))]
        with self.assertRaises(UncertainError):
            self.publish()
        self.change_stock(5)
        self.plan()
        self.publish()
        (first, _), (second, _), (third, _) = self.fake.requests
        self.assertEqual(first, second)
        self.assertNotEqual(second, third)
        self.assertEqual(self.fake.levels["item-1", "node-1"], 55)

    def test_4_only_one_publisher_a_channel(self):
        self.go_live(3)
        with self.commit() as env, try_lock(env, LOCK_PUBLISH, self.channel_id):
            self.assertFalse(self.publish())
        self.assertFalse(self.fake.requests)

    # --------------------------------------- 7. nothing dies silently
    def test_7_wrong_credentials_stop_the_channel_and_keep_its_changes(self):
        self.go_live(3)
        self.fake.faults = [("send", AuthError("token refused"))]
        with self.commit() as env:
            self.channel(env)._job_publish()
        with self.commit() as env:
            channel = self.channel(env)
            self.assertEqual(channel.connection_state, "auth_failed")
            self.assertEqual(channel.health, "bad")
            self.assertEqual(channel.health_text, "Authentication failed")
            # its jobs do nothing now
            requests = len(self.fake.requests)
            channel._job_publish()
            self.assertEqual(len(self.fake.requests), requests)
        with self.commit() as env:
            self.channel(env).action_test_connection()
        self.publish()
        self.assertEqual(self.fake.levels["item-1", "node-1"], 50)

    def test_7_lost_wakeup_is_healed(self):
        self.go_live(3)
        self.change_stock(1)
        with self.commit() as env:
            env["queue.job"].search([]).unlink()
        with self.commit() as env:
            env["channel.channel"]._cron_recover()
        with self.commit() as env:
            methods = set(env["queue.job"].search([]).mapped("method_name"))
        self.assertLessEqual({"_job_plan", "_job_publish", "_job_poll"}, methods)

    # -------------------------------------------- 8. audit trail
    def test_8_audit_trail_cannot_be_changed_by_sql(self):
        with self.commit() as env:
            env["channel.audit"]._log("channel", self.channel(env), "something")
        for statement in (
            "UPDATE channel_audit SET message = 'nothing'",
            "DELETE FROM channel_audit",
            "TRUNCATE channel_audit",
        ):
            with self.subTest(statement), self.commit() as env:
                with self.assertRaises(psycopg2.errors.InsufficientPrivilege):
                    env.cr.execute(statement)
                env.cr.rollback()

    def test_8_retention_is_the_only_way_out(self):
        with self.commit() as env:
            env.cr.execute(
                "INSERT INTO channel_audit (at, kind, message) VALUES "
                "(now() - interval '3 years', 'channel', 'old'), "
                "(now(), 'channel', 'young')"
            )
            env["ir.config_parameter"].set_param("channel_inventory.audit_days", "1")
            env["channel.audit"]._cron_retention()
            env.cr.execute(
                "SELECT message FROM channel_audit WHERE message IN ('old', 'young')"
            )
            self.assertEqual(env.cr.fetchall(), [("young",)])

    # -------------------------------------------- 9. copies are harmless
    def test_9_copy_under_another_name_is_silent(self):
        self.go_live(3)
        with self.commit() as env:
            self.channel(env).home_database = "production/other-uuid"
        with self.commit() as env:
            self.channel(env)._job_publish()
            self.channel(env)._job_poll()
        self.assertFalse(self.fake.requests)

    def test_9_neutralized_database_has_no_way_to_reach_a_channel(self):
        with self.commit() as env:
            self.channel(env)._set_secret("token", "canary-7")
            self.channel(env).base_url = "https://store.example.com"
        self.go_live(3)
        with self.commit() as env:
            with file_open("channel_inventory_base/data/neutralize.sql") as script:
                env.cr.execute(script.read())
            env.invalidate_all()
            channel = self.channel(env)
            self.assertFalse(channel._may_talk())
            self.assertFalse(channel._get_secret("token"))
            self.assertNotIn("store.example.com", channel.base_url)
            channel._job_publish()
        self.assertFalse(self.fake.requests)
