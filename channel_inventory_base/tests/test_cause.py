# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields
from odoo.tests import new_test_user, tagged

from .common import ChannelCase


@tagged("post_install", "-at_install")
class TestCause(ChannelCase):
    """A number names what changed the stock behind it, who did it, and when."""

    def setUp(self):
        super().setUp()
        self.go_live(10)
        self.worker = new_test_user(
            self.env, "worker", groups="stock.group_stock_manager", name="Mitchell"
        )
        self.west = self.warehouse
        self.west.name = "West"

    @property
    def sent(self):
        return self.env["channel.publication.line"].search(
            [("level_id", "=", self.level.id)], limit=1, order="id desc"
        )

    def tell(self):
        """:return: what level, published number and audit say, which is the same"""
        self.plan()
        self.publish()
        self.env.invalidate_all()
        words = self.level.cause_text
        self.assertEqual(self.sent.cause_text, words)
        [entry] = self.env["channel.audit"].search(
            [("trace", "=", self.level.trace), ("kind", "=", "stock")]
        )
        # the trail has the time in a column of its own
        done, _time = words.split(" at ")
        self.assertEqual(entry.message, f"{self.product.display_name}: {done}")
        self.assertEqual(entry.at, self.moved().date)
        self.assertEqual(entry.user_id, self.worker)
        self.assertEqual(self.env[entry.res_model].browse(entry.res_id), self.moved())
        return words

    def moved(self):
        return self.env["stock.move"].search(
            [("product_id", "=", self.product.id), ("state", "=", "done")],
            order="id desc",
            limit=1,
        )

    def moment(self):
        # in the time of who reads it
        seen = fields.Datetime.context_timestamp(self.level, self.moved().date)
        return seen.strftime("%H:%M:%S")

    def count(self, quantity):
        quants = self.env["stock.quant"].with_user(self.worker)
        quants.with_context(inventory_mode=True).create(
            {
                "product_id": self.product.id,
                "location_id": self.west.lot_stock_id.id,
                "inventory_quantity": quantity,
            }
        ).action_apply_inventory()

    def done(self, source, destination, quantity, kind):
        picking = (
            self.env["stock.picking"]
            .with_user(self.worker)
            .create(
                {
                    "picking_type_id": kind.id,
                    "location_id": source.id,
                    "location_dest_id": destination.id,
                    "move_ids": [
                        (
                            0,
                            0,
                            {
                                "product_id": self.product.id,
                                "product_uom_qty": quantity,
                                "location_id": source.id,
                                "location_dest_id": destination.id,
                            },
                        )
                    ],
                }
            )
        )
        picking.action_confirm()
        picking.move_ids.write({"quantity": quantity, "picked": True})
        picking._action_done()
        # as the request of the worker ends
        picking.env.flush_all()
        return picking

    def test_count_names_figure_place_person_and_time(self):
        for quantity in (41, 6):
            self.count(quantity)
            words = self.tell()
            self.assertIn(f"counted {quantity} in West by Mitchell at ", words)
            self.assertIn(self.moment(), words)
            self.assertEqual(self.level.target, quantity)

    def test_count_keeps_its_figure_when_more_happens_after_it(self):
        self.count(41)
        self.env.flush_all()
        counted = self.moved()
        supplier = self.env.ref("stock.stock_location_suppliers")
        self.done(supplier, self.west.lot_stock_id, 5, self.west.in_type_id)
        customers = self.env.ref("stock.stock_location_customers")
        self.done(self.west.lot_stock_id, customers, 3, self.west.out_type_id)
        self.assertIn("counted 41 in West", counted._get_cause_message())

    def test_receipt_names_its_document(self):
        supplier = self.env.ref("stock.stock_location_suppliers")
        picking = self.done(supplier, self.west.lot_stock_id, 5, self.west.in_type_id)
        words = self.tell()
        self.assertIn(f"5 came into West with {picking.name} by Mitchell", words)
        action = self.level.with_user(self.worker).sudo().action_open_cause()
        self.assertEqual((action["res_model"], action["res_id"]), _of(picking))

    def test_delivery_of_no_channel_names_its_document(self):
        customers = self.env.ref("stock.stock_location_customers")
        picking = self.done(self.west.lot_stock_id, customers, 4, self.west.out_type_id)
        self.assertIn(f"4 left West with {picking.name} by Mitchell", self.tell())

    def test_scrap_is_named_though_its_move_was_never_open(self):
        scrap = (
            self.env["stock.scrap"]
            .with_user(self.worker)
            .create(
                {
                    "product_id": self.product.id,
                    "scrap_qty": 2,
                    "location_id": self.west.lot_stock_id.id,
                }
            )
        )
        scrap.action_validate()
        self.assertIn("scrapped 2 in West by Mitchell", self.tell())
        action = self.sent.action_open_cause()
        self.assertEqual((action["res_model"], action["res_id"]), _of(scrap))

    def test_move_to_another_warehouse_is_named_at_both(self):
        other = self.make_warehouse(self.env, "CH7")
        self.done(self.west.lot_stock_id, other.lot_stock_id, 3, self.west.int_type_id)
        self.assertIn("3 moved from West to Channel CH7", self.tell())

    def test_order_is_named_as_the_cause_of_what_it_holds(self):
        self.fake.sell(2)
        order = self.capture("#1001")
        self.plan()
        self.assertEqual(self.level.cause_text, "order #1001 of Fake")
        action = self.level.action_open_cause()
        self.assertEqual((action["res_model"], action["res_id"]), _of(order))

    def test_time_and_cause_are_of_the_same_change(self):
        self.count(8)
        self.env.flush_all()
        first = self.moved()
        self.fake.sell(2)
        self.capture("#1001")
        self.plan()
        self.assertEqual(self.level.trace, f"move:{first.id}")

    def test_channel_user_without_rights_in_the_warehouse_is_told(self):
        self.count(7)
        self.plan()
        user = self.make_user(self.env, "user")
        self.assertIn("counted 7", self.level.with_user(user).cause_text)

    def test_what_changes_no_number_leaves_no_entry(self):
        before = self.env["channel.audit"].search_count([("kind", "=", "stock")])
        self.count(10)
        other = self.make_product(self.env, 9, 0)
        self.env["stock.quant"].with_context(inventory_mode=True).create(
            {
                "product_id": other.id,
                "location_id": self.west.lot_stock_id.id,
                "inventory_quantity": 4,
            }
        ).action_apply_inventory()
        self.plan()
        after = self.env["channel.audit"].search_count([("kind", "=", "stock")])
        self.assertEqual(before, after)


def _of(record):
    return record._name, record.id
