# SPDX-License-Identifier: AGPL-3.0-or-later
import json
from contextlib import suppress
from datetime import datetime, timedelta, timezone

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged

from odoo.addons.channel_inventory_base.exceptions import (
    RejectedError,
    ThrottledError,
    UnavailableError,
)
from odoo.addons.channel_inventory_base.schemas import EventPage, LineResult, PushResult
from odoo.addons.channel_inventory_base.tests.common import ChannelCase


@tagged("post_install", "-at_install")
class TestEdgeCases(ChannelCase):
    """Found by reading the code with hostile eyes; each was wrong once."""

    def shown(self, node_ref="node-1"):
        return self.fake.levels["item-1", node_ref]

    def sold(self, quantity=1, **values):
        """An order that has come in and was imported."""
        name = self.fake.sell(quantity, **values)
        self.poll()
        self.intake()
        return name

    def line(self, name, **values):
        return [dict(self.fake.orders[name]["lines"][0], **values)]

    # -------------------------------------------------------------- orders
    def test_units_added_after_import_are_sold(self):
        self.go_live(10)
        name = self.sold(2)
        self.fake.levels["item-1", "node-1"] -= 3
        taken = [{"node_ref": "node-1", "quantity": 5}]
        self.fake.change(
            name,
            total="50",
            lines=self.line(name, quantity=5, open_quantity=5, deductions=taken),
        )
        self.poll()
        self.intake()
        self.plan()
        self.publish()
        self.assertEqual(self.position.available, 5)
        self.assertEqual(self.shown(), 5)
        sale_order = self.order(name).sale_order_id
        self.assertEqual(sale_order.order_line.product_uom_qty, 5)
        self.assertEqual(sale_order.amount_total, 50)

    def test_hold_moves_to_where_the_sale_was_taken(self):
        other = self.make_warehouse(self.env, "CH2")
        self.env["channel.node"].create(
            {
                "channel_id": self.channel.id,
                "name": "Node 2",
                "external_id": "node-2",
                "warehouse_ids": [(6, 0, other.ids)],
            }
        )
        self.fake.levels["item-1", "node-2"] = 10
        name = self.fake.sell(3, node_ref="node-2")
        full = self.fake.orders[name]
        self.fake.orders[name] = dict(
            full, complete=False, lines=self.line(name, deductions=None)
        )
        order = self.capture(name)
        self.fake.orders[name] = full
        self.fake.change(name)
        order = self.capture(name)
        active = order.line_ids.hold_ids.filtered(lambda hold: hold.state == "active")
        self.assertEqual(active.warehouse_id, other)
        self.intake()
        self.assertEqual(order.sale_order_id.order_line.warehouse_id, other)

    def test_order_at_a_node_without_a_warehouse_is_held(self):
        self.env["channel.node"].create(
            {"channel_id": self.channel.id, "name": "Node 2", "external_id": "node-2"}
        )
        self.fake.levels["item-1", "node-2"] = 10
        self.capture(self.fake.sell(3, node_ref="node-2"))
        self.assertEqual(self.position.held, 3)

    def test_line_whose_variant_was_deleted_stays_held(self):
        self.go_live(10)
        name = self.fake.sell(3, payment="pending")
        self.capture(name)
        line = self.line(name, listing_ref="", quantity=2, open_quantity=2)
        self.fake.change(name, lines=line)
        self.capture(name)
        self.assertEqual(self.position.held, 2)

    def test_fetching_an_unchanged_order_again_changes_nothing(self):
        self.go_live(10)
        name = self.sold()
        self.order(name).action_fetch()
        self.intake()
        self.assertTrue(self.order(name).complete)
        self.assertFalse(self.channel._unprocessed_events())

    def test_order_that_is_not_shown_yet_is_not_given_up(self):
        self.go_live(10)
        name = self.fake.sell(1)
        full = self.fake.orders[name]
        self.fake.orders[name] = dict(full, complete=False)
        order = self.capture(name)
        del self.fake.orders[name]
        self.intake()
        self.assertEqual(self.position.held, 1)
        self.fake.orders[name] = full
        self.fake.change(name)
        self.poll()
        self.intake()
        self.assertEqual(order.state, "imported")

    def test_order_that_is_opened_again_is_sold(self):
        self.go_live(10)
        cancelled = self.sold(1, state="cancelled")
        closed = self.sold(1, line={"open_quantity": 0})
        self.fake.change(cancelled, state="open")
        self.fake.change(closed, lines=self.line(closed, open_quantity=1))
        self.poll()
        self.intake()
        for name in (cancelled, closed):
            self.assertEqual(self.order(name).state, "imported")

    def test_quotation_cancelled_in_odoo_gives_its_hold_back(self):
        self.go_live(10)
        order = self.order(self.sold(2, payment="pending"))
        order.sale_order_id.action_cancel()
        self.assertEqual(self.position.held, 0)
        self.env["channel.messenger"]._run(self.channel)
        self.assertEqual(self.fake.orders[order.external_id]["state"], "cancelled")

    def test_cancellation_that_cannot_be_told_waits_for_a_person(self):
        self.go_live(10)
        self.channel.send_cancels = False
        order = self.order(self.sold(2, payment="pending"))
        order.sale_order_id.action_cancel()
        self.assertEqual(self.position.held, 0)
        self.assertEqual(order.state, "blocked")

    def test_event_that_the_database_refuses_stops_no_other(self):
        """An index takes 2,700 bytes; this name has more, and does not compress."""
        self.go_live(10)
        name = "".join(chr(0x4E00 + number * 7919 % 20000) for number in range(4000))
        self.fake.sell(1, name=name)
        good = self.fake.sell(1)
        self.poll()
        with self.assertLogs("odoo.addons.channel_inventory_base", "ERROR"):
            self.intake()
        self.assertEqual(self.order(good).state, "imported")
        self.assertEqual(self.channel.dead_letter_count, 1)

    def test_unreadable_order_does_not_keep_levels_unknown(self):
        self.plan()
        self.fake.levels["item-1", "node-1"] = 7
        name = self.fake.sell(1)
        full = self.fake.orders[name]
        self.fake.orders[name] = dict(full, complete=False)
        self.capture(name)
        self.fake.orders[name] = dict(full, odd=1, version=self.fake.tick().isoformat())
        for _round in range(3):
            self.env.cr.execute("UPDATE channel_order SET fetch_after = NULL")
            self.env.invalidate_all()
            self.intake()
            self.observe()
            self.poll()
        self.assertEqual(self.level.remote_state, "known")
        self.assertEqual(self.channel.dead_letter_count, 1)

    def test_broken_pull_goes_on_where_it_was(self):
        self.fake.levels["item-1", "node-1"] = 10
        events = [self.fake.event(self.fake.sell(1)) for _order in range(3)]
        asked = []

        def fetch(channel, since, cursor):
            asked.append(since)
            if cursor == "2":
                raise ThrottledError("slow")
            page = int(cursor or 0)
            return EventPage((events[page],), str(page + 1))

        self.fake._fetch_orders = fetch
        for _pull in range(2):
            with suppress(ThrottledError):
                self.poll()
        self.assertGreater(asked[-1], asked[0] + timedelta(days=30))

    # -------------------------------------------------------------- levels
    def test_look_is_believed_only_after_a_pull_that_began_when_the_lag_was_over(self):
        self.channel.order_lag = 30
        self.plan()
        self.fake.levels["item-1", "node-1"] = 10
        self.fake.orders.pop(self.fake.sell(1))
        self.observe()
        self.poll()
        moment = datetime.now(timezone.utc) - timedelta(seconds=33)
        with self.channel._shared_state("poll") as state:
            state["completed_from"] = moment.isoformat()
        self.later(35)
        self.observe()
        self.assertEqual(self.level.remote_state, "unknown")

    def test_node_that_lost_its_warehouses_is_left_alone(self):
        self.go_live(10)
        self.publish()
        self.node.warehouse_ids = False
        self.sold(4)
        self.plan()
        self.publish()
        self.assertEqual(self.shown(), 6)
        self.env["channel.publisher"]._requeue_missing()
        self.assertFalse(self.env["channel.level.pending"].search([]))
        self.assertFalse(self.env["channel.level.difference"].search([]))

    def test_category_moved_under_one_with_a_rule_is_noticed(self):
        top, sub = self.env["product.category"].create([{"name": "T"}, {"name": "S"}])
        self.product.categ_id = sub
        self.rule("fixed", 4, categ_id=top.id)
        self.plan()
        self.assertEqual(self.level.target, 10)
        sub.parent_id = top
        self.plan()
        self.assertEqual(self.level.target, 6)

    def test_sold_unit_of_next_to_nothing_is_refused(self):
        gold = self.make_product(
            self.env, 9, uom_id=self.env.ref("uom.product_uom_ton").id
        )
        gram = self.env.ref("uom.product_uom_gram")
        with self.assertRaises(ValidationError):
            self.make_listing(
                self.env, self.channel, gold, 9, uom_id=gram.id, pack_qty=0.4
            )

    # -------------------------------------------------------- publications
    def test_old_number_is_not_sent_after_a_wait(self):
        self.go_live(0)
        self.fake.faults = [("send", ThrottledError("slow", retry_after=60))]
        with suppress(ThrottledError):
            self.publish()
        self.add_stock(self.env, self.product, self.warehouse, -10)
        self.plan()
        self.publish()
        sent = [json.loads(payload)[0][3] for _key, payload in self.fake.requests]
        self.assertNotIn(10, sent)

    def test_refused_publication_is_one_dead_letter_however_often_we_sweep(self):
        self.go_live(0)
        for _sweep in range(3):
            self.fake.faults = [("send", RejectedError("no"))]
            self.publish()
            self.env["channel.publisher"]._requeue_missing()
        self.assertEqual(self.channel.dead_letter_count, 1)

    def test_channel_that_says_retry_is_not_asked_in_a_loop(self):
        self.go_live(0)
        asked = []

        def push(channel, payload, key):
            asked.append(key)
            return PushResult(
                tuple(LineResult(row[0], "retry") for row in json.loads(payload))
            )

        self.fake._push_levels = push
        self.publish()
        self.assertEqual(len(asked), 1)
        self.assertTrue(self.env["channel.level.pending"].search([]))

    def test_retry_of_a_refused_number_sends_it_again(self):
        self.go_live(0)
        self.fake.rejected["item-1"] = "bad"
        self.publish()
        self.fake.rejected.clear()
        self.env["channel.exception"].search(
            [("channel_id", "=", self.channel.id), ("category", "=", "level")]
        ).action_retry()
        self.publish()
        self.assertEqual(self.shown(), 10)

    # -------------------------------------------------------------- health
    def age(self, table):
        self.env.cr.execute(f"UPDATE {table} SET since = now() - interval '5 hours'")

    def test_publication_that_cannot_be_sent_shows_in_health(self):
        self.go_live(0)
        self.fake.faults = [("send", UnavailableError("down"))]
        with suppress(UnavailableError):
            self.publish()
        for table in ("channel_publication_line", "channel_level_pending"):
            self.env.cr.execute(
                f"UPDATE {table} SET since = now() - interval '5 hours'"
            )
        self.channel.invalidate_recordset()
        self.assertEqual(self.channel.health, "bad")

    def test_planner_that_does_not_run_shows_in_health(self):
        self.go_live(10)
        self.poll()
        self.publish()
        self.assertEqual(self.channel.health, "ok")
        self.add_stock(self.env, self.product, self.warehouse, -10)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE channel_change SET since = now() - interval '1 day'"
        )
        self.channel.invalidate_recordset()
        self.assertEqual(self.channel.health, "bad")

    def test_operator_cannot_pause_another_companys_channel(self):
        company = self.env["res.company"].create({"name": "Other"})
        user = new_test_user(
            self.env,
            "other_operator",
            groups="channel_inventory_base.group_channel_operator",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        with self.assertRaises(AccessError):
            self.channel.with_user(user).action_pause()
        self.assertEqual(self.channel.state, "live")
