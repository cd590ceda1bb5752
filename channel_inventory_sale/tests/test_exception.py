# SPDX-License-Identifier: AGPL-3.0-or-later
from dataclasses import replace
from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from odoo.addons.channel_inventory_base.tests.common import ChannelCase


@tagged("post_install", "-at_install")
class TestException(ChannelCase):
    """What a person must decide: one record a cause, open until it is gone."""

    def setUp(self):
        super().setUp()
        self.go_live(10)
        self.channel.exception_user_id = self.env.user

    def take(self, name):
        self.capture(name)
        self.intake()
        self.plan()
        return self.order(name)

    def sell_unknown(self, number=2, units=1):
        """Of a listing that no product is matched to."""
        self.fake.levels[f"item-{number}", "node-1"] = 50
        return self.take(self.fake.sell(units, stock_ref=f"item-{number}"))

    def opened(self, category=None):
        domain = [("channel_id", "=", self.channel.id), ("state", "=", "open")]
        if category:
            domain.append(("category", "=", category))
        return self.env["channel.exception"].search(domain)

    def retry(self, exceptions):
        exceptions.action_retry()
        self.intake()

    # --------------------------------------------------------------- causes
    def test_one_unknown_sku_in_many_orders_is_one_exception(self):
        orders = self.order("")
        for _each in range(5):
            orders |= self.sell_unknown()
        found = self.opened("unknown_sku")
        self.assertEqual(len(found), 1)
        self.assertEqual(found.order_ids, orders)
        self.assertEqual(found._record(), orders.line_ids.listing_id)
        self.assertEqual(orders.mapped("exception_count"), [1] * 5)
        self.assertIn("SKU-2", orders[0].blocked_text)

    def test_two_unknown_skus_of_one_order_are_two_causes(self):
        both = self.sell_unknown(2)
        line = self.fake.orders[both.external_id]["lines"][0]
        other = dict(line, external_id="x", listing_ref="variant-3", sku="SKU-3")
        self.fake.change(both.external_id, lines=[line, other], total="20.00")
        self.take(both.external_id)
        only = self.sell_unknown(3)
        by_sku = {each.message: each.order_ids for each in self.opened("unknown_sku")}
        self.assertEqual(
            by_sku,
            {
                "No product is matched to: SKU-2.": both,
                "No product is matched to: SKU-3.": both | only,
            },
        )
        self.assertEqual(both.exception_count, 2)

    def test_orders_go_on_when_their_one_cause_is_cured(self):
        orders = self.sell_unknown() | self.sell_unknown() | self.sell_unknown()
        found = self.opened("unknown_sku")
        product = self.make_product(self.env, 2, 5, self.warehouse)
        orders.line_ids.listing_id.write({"product_id": product.id, "state": "mapped"})
        self.intake()
        self.assertEqual(orders.mapped("state"), ["imported"] * 3)
        self.assertEqual(found.state, "resolved")
        self.assertFalse(orders.mapped("blocked_text")[0])

    def test_cause_stays_open_for_the_orders_that_still_have_it(self):
        first, second = self.sell_unknown(), self.sell_unknown()
        self.fake.change(first.external_id, state="cancelled")
        self.take(first.external_id)
        found = self.opened("unknown_sku")
        self.assertEqual(found.order_ids, second)
        self.fake.change(second.external_id, state="cancelled")
        self.take(second.external_id)
        self.assertEqual(found.state, "resolved")

    def test_one_rate_without_a_tax_is_one_exception(self):
        taxed = {
            "line": {"taxes": [{"title": "VAT", "rate": "0.21", "amount": "2.10"}]},
            "total": "12.10",
            "total_tax": "2.10",
        }
        orders = self.order("")
        for _each in range(3):
            orders |= self.take(self.fake.sell(1, **dict(taxed)))
        found = self.opened("tax")
        self.assertEqual(found.order_ids, orders)
        tax = self.env["account.tax"].create(
            {
                "name": "VAT 21",
                "amount": 21,
                "type_tax_use": "sale",
                "price_include_override": "tax_excluded",
            }
        )
        self.channel.tax_map_ids.create(
            {"channel_id": self.channel.id, "rate": 21, "tax_id": tax.id}
        )
        self.intake()
        self.assertEqual(orders.mapped("state"), ["imported"] * 3)
        self.assertEqual(found.state, "resolved")

    def test_what_is_wrong_with_one_order_stays_its_own(self):
        first = self.take(self.fake.sell(1, total="1.00"))
        second = self.take(self.fake.sell(1, total="2.00"))
        found = self.opened("total_mismatch")
        self.assertEqual(len(found), 2)
        self.assertEqual(
            [each._get_orders() for each in found.sorted("id")], [first, second]
        )

    def test_connection_that_works_again_ends_no_exception_of_an_order(self):
        self.channel.shipping_product_id = False
        order = self.take(
            self.fake.sell(
                1,
                total="15.00",
                shipping_lines=[{"title": "Post", "price": "5"}],
            )
        )
        found = self.opened("configuration")
        self.assertEqual(found.order_ids, order)
        self.channel.action_test_connection()
        self.assertEqual(found.state, "open")

    # ---------------------------------------------------------------- retry
    def test_retry_without_a_cure_keeps_the_record_and_its_clock(self):
        shared = self.sell_unknown()
        own = self.take(self.fake.sell(1, total="1.00"))
        found = self.opened()
        self.assertEqual(len(found), 2)
        before = {each: (each.create_date, each.deadline) for each in found}
        for _again in range(3):
            self.retry(found)
        self.assertEqual(self.opened(), found)
        self.assertEqual((shared | own).mapped("state"), ["blocked"] * 2)
        self.assertEqual(
            {each: (each.create_date, each.deadline) for each in found}, before
        )
        self.assertEqual(set(found.mapped("count")), {4})

    def test_retry_is_seen_until_its_outcome_is_known(self):
        order = self.take(self.fake.sell(1, total="1.00"))
        found = self.opened()
        found.action_retry()
        self.assertTrue(found.retried_at)
        self.assertEqual(found.state, "open")
        self.intake()
        self.assertFalse(found.retried_at)
        self.fake.change(order.external_id, total="10.00")
        self.take(order.external_id)
        self.assertEqual(found.state, "resolved")

    def test_retried_event_keeps_its_exception_until_it_is_read(self):
        name = self.fake.sell(1)
        event = self.fake.event(name)
        body = event.body
        torn = replace(event, body="{")
        self.env["channel.inbox.event"]._store(self.channel, [torn], "webhook")
        self.intake()
        found = self.opened("malformed")
        self.retry(found)
        self.assertEqual(self.opened("malformed"), found)
        found._record().body = body
        self.retry(found)
        self.assertEqual(found.state, "resolved")

    def test_refused_publication_that_is_refused_again_is_the_same_exception(self):
        publisher = self.env["channel.publisher"]
        publication = self.publication()
        publisher._mark_dead(publication.id, "Variable 7 of 'x' is refused")
        self.env.invalidate_all()
        found = self.opened("publication")
        found.action_retry()
        self.assertEqual(publication.state, "void")
        other = self.publication()
        publisher._mark_dead(other.id, "Variable 9 of 'y' is refused")
        self.env.invalidate_all()
        self.assertEqual(self.opened("publication"), found)
        self.assertEqual(found._record(), other)
        found.action_retry()
        self.add_stock(self.env, self.product, self.warehouse, 5)
        self.plan()
        self.publish()
        self.assertEqual(found.state, "resolved")

    def publication(self):
        return self.env["channel.publication"].create(
            {
                "channel_id": self.channel.id,
                "state": "sending",
                "trace": fields.Datetime.now().isoformat(),
                "payload": "{}",
                "key": str(len(self.env["channel.publication"].search([]))),
            }
        )

    # -------------------------------------------------------------- resolve
    def test_order_that_stays_stopped_keeps_its_exception(self):
        order = self.take(self.fake.sell(1, total="1.00"))
        found = self.opened()
        with self.assertRaisesRegex(UserError, f"not sold yet: {order.name}"):
            found._close("resolved", "I say so")
        self.assertEqual(found.state, "open")

    def test_resolving_takes_a_reason(self):
        found = self.env["channel.exception"]._report(
            self.channel, "drift", key="d", message="7 where 9 was"
        )
        for reason in (False, "", "  "):
            with self.assertRaisesRegex(UserError, "what was done"):
                found._close("resolved", reason)
        wizard = Form.from_action(self.env, found.action_resolve())
        wizard.reason = "Counted the shelf"
        wizard.save().action_confirm()
        self.assertEqual(found.state, "resolved")
        self.assertEqual(found.resolution, "Counted the shelf")

    def test_order_that_was_entered_by_hand_holds_nothing_and_is_not_sold_again(self):
        order = self.take(self.fake.sell(3, total="1.00"))
        found = self.opened()
        self.assertEqual(self.position.held, 3)
        wizard = Form.from_action(self.env, found.action_resolve())
        self.assertIn(order.name, wizard.standing)
        wizard.reason = "S00123"
        wizard.by_hand = True
        wizard.save().action_confirm()
        self.assertEqual(found.state, "resolved")
        self.assertEqual(order.state, "closed")
        self.assertEqual(self.position.held, 0)
        # mended there, and changed: the order made by hand has it
        self.fake.change(order.external_id, total="30.00")
        self.take(order.external_id)
        self.assertEqual(order.state, "closed")
        self.assertFalse(order.sale_order_id)
        self.assertEqual(self.position.held, 0)

    def test_sold_order_is_stopped_no_more_when_a_person_has_dealt_with_it(self):
        order = self.take(self.fake.sell(2))
        self.env["stock.picking"].search(
            [("id", "in", order.sale_order_id.picking_ids.ids)]
        ).button_validate()
        self.fake.change(order.external_id, state="cancelled")
        self.take(order.external_id)
        self.assertEqual(order.state, "blocked")
        found = self.opened("cancelled_late")
        found._close("resolved", "The customer keeps and pays it")
        self.assertEqual(order.state, "imported")
        self.assertFalse(self.opened())

    def test_operator_and_user_do_what_they_may(self):
        self.take(self.fake.sell(1, total="1.00"))
        found = self.opened()
        user = self.make_user(self.env, "user")
        with self.assertRaises(AccessError):
            found.with_user(user).action_retry()
        close = self.env["channel.exception.close"].with_user(user)
        wizard = close.create(
            {
                "exception_ids": [(6, 0, found.ids)],
                "state": "resolved",
                "reason": "by hand",
                "by_hand": True,
            }
        )
        with self.assertRaises(AccessError):
            wizard.action_confirm()
        found.with_user(self.make_user(self.env, "operator")).action_retry()
        self.assertEqual(found.state, "open")

    # ------------------------------------------------------------- deadlines
    def test_deadline_is_told_in_hours_and_minutes(self):
        found = self.env["channel.exception"]._report(
            self.channel, "drift", key="d", message="7 where 9 was"
        )
        now = fields.Datetime.now()
        for left, words, late in (
            (timedelta(hours=3, minutes=40), "in 3 h 40 min", False),
            (timedelta(minutes=59), "in 59 min", False),
            (timedelta(days=2, hours=5), "in 2 d 5 h", False),
            (-timedelta(hours=1, minutes=5), "1 h 5 min late", True),
        ):
            with freeze_time(now):
                found.deadline = now + left
                found.invalidate_recordset(["due_text", "is_late"])
                self.assertEqual((found.due_text, found.is_late), (words, late))
        found._close("ignored", "Known")
        found.invalidate_recordset(["due_text"])
        self.assertFalse(found.due_text)


@tagged("post_install", "-at_install")
class TestHealth(ChannelCase):
    """A channel is healthy when nothing waits, for us or for a person."""

    def setUp(self):
        super().setUp()
        self.go_live(7)
        self.publish()

    def health(self):
        self.env.flush_all()
        self.channel.invalidate_recordset()
        return self.channel.health, self.channel.health_text

    def state(self, key, **value):
        with self.channel._shared_state(key) as state:
            state.update(value)

    def ago(self, **values):
        # the clock of a transaction stands still
        moment = self.env.cr.now() - timedelta(**values)
        return f"{moment.isoformat()}+00:00"

    def test_channel_whose_orders_were_never_pulled_is_not_healthy(self):
        self.assertEqual(self.health(), ("late", "Orders were never pulled"))
        self.poll()
        self.assertEqual(self.health(), ("ok", "Healthy"))

    def test_channel_whose_orders_are_not_pulled_is_not_healthy(self):
        self.poll()
        self.channel.poll_minutes = 5
        self.state("poll", completed_from=self.ago(minutes=14))
        self.assertEqual(self.health()[0], "ok")
        self.state("poll", completed_from=self.ago(minutes=16))
        for state in ("live", "paused"):
            self.channel.state = state
            self.assertEqual(self.health(), ("bad", "Orders not pulled for 16 min"))
        self.channel._watch_health()
        found = self.env["channel.exception"].search(
            [("channel_id", "=", self.channel.id), ("key", "=", "poll")]
        )
        self.assertEqual(found.category, "health")
        self.poll()
        self.channel.invalidate_recordset()
        self.channel._watch_health()
        self.assertEqual(found.state, "resolved")

    def test_stopped_order_is_not_healthy_whatever_became_of_its_exception(self):
        self.poll()
        self.fake.levels["item-1", "node-1"] = 5
        name = self.fake.sell(1, total="1.00")
        self.capture(name)
        self.intake()
        self.plan()
        self.publish()
        found = self.env["channel.exception"].search(
            [("res_model", "=", "channel.order"), ("state", "=", "open")]
        )
        found._close("ignored", "Later")
        self.assertEqual(self.health(), ("late", "Orders blocked: 1"))

    def test_store_that_cannot_be_reached_is_named_with_its_reason(self):
        self.poll()
        self.add_stock(self.env, self.product, self.warehouse, 5)
        self.plan()
        outage = self.outage(minutes=4)
        health, words = self.health()
        self.assertEqual(health, "late")
        self.assertIn("No response for 4 min, 1 quantities pending", words)
        self.assertIn("connection refused", words)
        outage.since = self.env.cr.now() - timedelta(minutes=11)
        self.assertEqual(self.health()[0], "bad")
        outage.unlink()
        self.assertNotIn("answer", self.health()[1])

    def outage(self, **ago):
        now = self.env.cr.now()
        return self.env["channel.outage"].create(
            {
                "channel_id": self.channel.id,
                "job": "_job_publish",
                "silent": True,
                "failures": 3,
                "since": now - timedelta(**ago),
                "tried_at": now,
                "until": now,
                "message": "connection refused",
            }
        )

    def test_what_is_being_sent_waits_too(self):
        self.poll()
        self.add_stock(self.env, self.product, self.warehouse, 5)
        self.plan()
        self.assertEqual(self.health_count(), 1)
        publication = self.env["channel.publication"].search(
            [("channel_id", "=", self.channel.id)], limit=1
        )
        publication.state = "sending"
        # the same level: queued and on its way, it waits once
        self.assertEqual(self.health_count(), 1)
        self.env["channel.level.pending"].search([]).unlink()
        self.assertEqual(self.health_count(), 1)

    def health_count(self):
        self.health()
        return self.channel.pending_count

    # ---------------------------------------------------------------- set up
    def test_channel_goes_live_only_with_an_owner_of_its_exceptions(self):
        self.channel.state = "paused"
        with self.assertRaisesRegex(UserError, "Exception Owner"):
            self.channel.action_go_live()
        self.channel.exception_user_id = self.env.user
        self.channel.action_go_live()
        self.assertEqual(self.channel.state, "live")

    def test_guide_asks_for_owner_and_taxes_and_all_warehouses(self):
        channel = self.channel
        channel.state = "paused"
        other = self.env["channel.node"].create(
            {"channel_id": channel.id, "name": "Two", "external_id": "node-2"}
        )
        self.assertIn("Nodes tab", channel.next_step)
        other.publish = False
        self.assertIn("Exception Owner", channel.next_step)
        channel.exception_user_id = self.env.user
        self.assertIn("tax rate", channel.next_step)
        channel.charges_no_tax = True
        self.assertIn("Protection", channel.next_step)
        channel.preset = "protect"
        self.assertIn("Go Live", channel.next_step)
        done = {each["name"]: each["is_done"] for each in channel.setup_steps}
        self.assertEqual([each for each in done if not done[each]], ["Live"])

    def test_no_orders_come_in_before_a_warehouse_ships_them(self):
        self.channel.state = "draft"
        self.node.warehouse_ids = False
        with self.assertRaisesRegex(UserError, "a warehouse first"):
            self.channel.action_prepare()
