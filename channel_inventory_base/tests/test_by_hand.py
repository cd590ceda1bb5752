# SPDX-License-Identifier: AGPL-3.0-or-later
import base64
import csv
import io
from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import ChannelCase

TITLES = "Id,Name,Created at,Lineitem sku,Lineitem quantity"


class ByHandCase(ChannelCase):
    """A channel that showed 10 of 10 when its API went down."""

    def setUp(self):
        super().setUp()
        self.channel.order_lag = 0
        self.go_live(shown=10)
        self.plan()
        self.publish()
        self.poll()

    def export(self):
        return self.env["channel.hand.upload"].browse(
            self.channel.action_export_quantities()["res_id"]
        )

    def rows_of(self, upload):
        """:return: {(SKU, location id): quantity}, as it stands in the file"""
        text = base64.b64decode(upload.data).decode()
        return {
            (row["SKU"], row["Location Id"]): int(row["Quantity"])
            for row in csv.DictReader(io.StringIO(text))
        }

    def upload(self, upload=None):
        """A person uploads a file: the channel shows what it says."""
        upload = upload or self.export()
        for (_sku, node), quantity in self.rows_of(upload).items():
            self.fake.levels["item-1", node] = quantity
        upload.action_uploaded()
        self.env.flush_all()
        return upload

    def bring(self, *rows, titles=TITLES, name="orders.csv"):
        text = "\n".join((titles, *rows)).encode()
        wizard = self.env["channel.order.upload"].create(
            {
                "channel_id": self.channel.id,
                "data": base64.b64encode(text),
                "name": name,
            }
        )
        wizard.action_import()
        # captured, and not fetched: nobody answers
        self.env.flush_all()
        self.env["channel.intake"]._run(self.channel)
        self.env.invalidate_all()
        return wizard

    def exported(self, name):
        """The rows of an order, as the channel exports it."""
        order = self.fake.orders[name]
        return [
            f"{name},{name},{order['placed_at']},{line['sku']},{line['quantity']}"
            for line in order["lines"]
        ]

    def come_back(self):
        """The API answers again: orders are pulled, numbers are read twice and sent."""
        self.poll()
        self.intake()
        for _look in range(3):
            self.observe()
            self.later(5)
            self.poll()
        self.plan()
        self.publish()

    def exceptions(self, category):
        domain = [("channel_id", "=", self.channel.id), ("category", "=", category)]
        return self.env["channel.exception"].search(domain)

    def orders(self):
        return self.env["channel.order"].search([("channel_id", "=", self.channel.id)])


@tagged("post_install", "-at_install")
class TestOutageByHand(ByHandCase):
    """The API is down for a day; files go out and in; nothing is lost or doubled."""

    def test_a_day_by_hand(self):
        # the shop sells on, and nobody hears of it
        first = self.fake.sell(2)
        self.bring(*self.exported(first))
        self.assertEqual(self.position.available, 8)
        self.add_stock(self.env, self.product, self.warehouse, 5)
        self.plan()
        upload = self.upload()
        self.assertEqual(self.rows_of(upload), {("SKU-1", "node-1"): 13})
        self.assertEqual(self.channel.by_hand_count, 1)
        self.assertTrue(self.level.is_by_hand)
        self.assertEqual(self.level.hand_quantity, 13)
        second = self.fake.sell(3)
        self.come_back()
        self.assertEqual(self.orders().mapped("external_id"), [second, first])
        self.assertEqual(set(self.orders().mapped("complete")), {True})
        self.assertEqual(self.level.target, 10)
        self.assertEqual(self.fake.levels["item-1", "node-1"], 10)
        self.assertEqual(self.channel.by_hand_count, 0)
        self.assertFalse(self.level.is_by_hand)
        self.assertFalse(self.exceptions("drift"), "it was told by hand")

    def test_nothing_is_sent_before_what_was_told_by_hand_is_read(self):
        self.add_stock(self.env, self.product, self.warehouse, 5)
        self.plan()
        self.upload()
        sent = len(self.fake.requests)
        self.publish()
        self.assertEqual(len(self.fake.requests), sent)

    def test_file_that_was_not_applied_is_published_when_it_is_back(self):
        self.add_stock(self.env, self.product, self.warehouse, 5)
        self.plan()
        self.export().action_uploaded()
        self.come_back()
        self.assertEqual(self.fake.levels["item-1", "node-1"], 15)
        self.assertEqual(self.channel.by_hand_count, 0)

    def test_what_somebody_typed_in_besides_is_drift(self):
        self.add_stock(self.env, self.product, self.warehouse, 5)
        self.plan()
        self.upload()
        self.fake.levels["item-1", "node-1"] = 40
        self.come_back()
        self.assertTrue(self.exceptions("drift"))

    def test_file_does_not_change_what_is_pending(self):
        self.add_stock(self.env, self.product, self.warehouse, 5)
        self.plan()
        pending = self.env["channel.level.pending"].search([])
        self.export().action_drop()
        self.assertEqual(self.env["channel.level.pending"].search([]), pending)
        self.publish()
        self.assertEqual(self.fake.levels["item-1", "node-1"], 15)


@tagged("post_install", "-at_install")
class TestExportByHand(ByHandCase):
    def test_second_file_has_what_has_changed_since(self):
        self.add_stock(self.env, self.product, self.warehouse, 5)
        self.plan()
        self.upload()
        with self.assertRaisesRegex(UserError, "nothing to tell"):
            self.export()
        self.add_stock(self.env, self.product, self.warehouse, 1)
        self.plan()
        self.assertEqual(self.rows_of(self.export()), {("SKU-1", "node-1"): 16})

    def test_file_that_is_uploaded_last_counts_whenever_it_was_exported(self):
        self.add_stock(self.env, self.product, self.warehouse, 5)
        self.plan()
        older = self.export()
        self.add_stock(self.env, self.product, self.warehouse, 1)
        self.plan()
        newer = self.upload(self.export())
        newer.line_ids.told_at -= timedelta(minutes=5)
        self.upload(older)
        self.assertEqual(self.level.hand_quantity, 15)
        self.assertEqual(self.rows_of(self.export()), {("SKU-1", "node-1"): 16})
        self.come_back()
        self.assertEqual(self.fake.levels["item-1", "node-1"], 16)
        self.assertFalse(self.exceptions("drift"), "it was told by hand")

    def test_file_that_was_not_used_tells_nothing(self):
        self.add_stock(self.env, self.product, self.warehouse, 5)
        self.plan()
        upload = self.export()
        upload.action_drop()
        self.assertEqual(self.channel.by_hand_count, 0)
        with self.assertRaisesRegex(UserError, "no longer open"):
            upload.action_uploaded()
        self.assertTrue(self.export())

    def test_uploading_twice_is_refused(self):
        self.add_stock(self.env, self.product, self.warehouse, 5)
        self.plan()
        upload = self.upload()
        with self.assertRaisesRegex(UserError, "no longer open"):
            upload.action_uploaded()

    def test_nothing_is_raised_while_a_change_waits_to_be_planned(self):
        self.add_stock(self.env, self.product, self.warehouse, 5)
        self.plan()
        self.add_stock(self.env, self.product, self.warehouse, -9)
        with self.assertRaisesRegex(UserError, "nothing to tell"):
            self.export()

    def test_reader_exports_nothing(self):
        reader = self.make_user(self.env, "user", "by_hand_reader")
        with self.assertRaises(AccessError):
            self.channel.with_user(reader).action_export_quantities()

    def test_operator_does_all_of_it(self):
        operator = self.make_user(self.env, "operator", "by_hand_operator")
        self.add_stock(self.env, self.product, self.warehouse, 5)
        self.plan()
        action = self.channel.with_user(operator).action_export_quantities()
        upload = self.env[action["res_model"]].browse(action["res_id"])
        upload.with_user(operator).action_uploaded()
        self.assertEqual(upload.user_id, operator)
        self.assertEqual(self.channel.with_user(operator).by_hand_count, 1)


@tagged("post_install", "-at_install")
class TestOrdersByHand(ByHandCase):
    def test_exported_order_is_held_and_kept_as_it_came(self):
        name = self.fake.sell(2)
        self.bring(*self.exported(name))
        order = self.order(name)
        self.assertFalse(order.complete)
        self.assertEqual(order.line_ids.listing_id, self.listing)
        self.assertEqual(sum(order.line_ids.hold_ids.mapped("stock_quantity")), 2)
        self.assertEqual(order.event_ids.source, "file")
        self.assertIn("Lineitem sku", order.event_ids.body)
        self.assertIn(name, order.event_ids.body)

    def test_same_order_by_api_is_one_order(self):
        name = self.fake.sell(2)
        self.bring(*self.exported(name))
        self.poll()
        self.intake()
        order = self.order(name)
        self.assertEqual(len(order), 1)
        self.assertTrue(order.complete)
        self.assertEqual(self.position.available, 8)

    def test_known_order_is_not_touched(self):
        name = self.fake.sell(2)
        self.capture(name)
        before = self.order(name).data
        self.bring(*self.exported(name))
        self.assertEqual(self.order(name).data, before)
        self.assertTrue(self.order(name).complete)

    def test_file_twice_is_one_order(self):
        name = self.fake.sell(2)
        self.bring(*self.exported(name))
        self.bring(*self.exported(name))
        self.assertEqual(len(self.orders()), 1)
        self.assertEqual(self.position.available, 8)

    def test_cancelled_order_holds_nothing(self):
        name = self.fake.sell(2)
        [row] = self.exported(name)
        placed = self.fake.orders[name]["placed_at"]
        self.bring(f"{row},{placed}", titles=f"{TITLES},Cancelled at")
        self.assertEqual(self.position.available, 10)

    def test_unknown_sku_is_an_order_all_the_same(self):
        self.bring("7,#7,2026-11-30 21:00:17 +0100,NOBODY,1")
        order = self.order("7")
        self.assertEqual(order.line_ids.sku, "NOBODY")
        self.assertFalse(order.line_ids.listing_id)

    def test_rows_that_cannot_be_read_are_an_exception(self):
        good = self.fake.sell(1)
        self.bring(*self.exported(good), "9,#9,yesterday,SKU-1,1")
        self.assertTrue(self.order(good))
        self.assertFalse(self.order("9"))
        self.assertIn("orders.csv", self.exceptions("malformed").message)

    def test_file_without_ids_is_refused(self):
        with self.assertRaisesRegex(UserError, "id of the order"):
            self.bring("#1,2026-11-30,A,1", titles="Name,Created at,SKU,Quantity")

    def test_channel_whose_orders_are_not_pulled_takes_no_file(self):
        self.fake.more = {"fetch": False}
        with self.assertRaisesRegex(UserError, "not imported from files"):
            self.bring("7,#7,2026-11-30,SKU-1,1")

    def test_order_waits_for_the_channel_and_not_the_other_way_round(self):
        name = self.fake.sell(2)
        self.bring(*self.exported(name))
        self.assertIn(self.order(name).state, ("captured", "announced"))
        self.assertEqual(self.position.available, 8)
