# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import datetime

from odoo.tests import tagged
from odoo.tools import SQL

from ..models import channel_planner
from .common import ChannelCase


@tagged("post_install", "-at_install")
class TestOutbox(ChannelCase):
    """Stock that changes by whatever way leaves its products in the outbox."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.make_product(cls.env, 2, 5, cls.warehouse)
        cls.stock = cls.product.stock_quant_ids.filtered(
            lambda quant: quant.location_id.usage == "internal"
        )
        customers = cls.env.ref("stock.stock_location_customers")
        cls.move = cls.env["stock.move"].create(
            {
                "product_id": cls.product.id,
                "product_uom_qty": 2,
                "location_id": cls.stock.location_id.id,
                "location_dest_id": customers.id,
            }
        )
        cls.move._action_confirm()

    def named(self, query=None, *values, **terms):
        """Run the statement; take the products that are in the outbox since."""
        self.env.flush_all()
        if query:
            self.env.cr.execute("DELETE FROM channel_change")
            self.env.cr.execute(SQL(query, *values, **terms))
        self.env.cr.execute("DELETE FROM channel_change RETURNING product_id")
        return {row[0] for row in self.env.cr.fetchall()}

    def test_what_counts_of_a_quant_names_its_product(self):
        lot = self.env["stock.lot"].create({"product_id": self.product.id, "name": "L"})
        owner = self.env["res.partner"].create({"name": "Owner"})
        shelf = self.env["stock.location"].create(
            {"name": "Shelf", "location_id": self.stock.location_id.id}
        )
        for column, value in (
            ("quantity", 3),
            ("lot_id", lot.id),
            ("owner_id", owner.id),
            ("owner_id", None),
            ("location_id", shelf.id),
        ):
            with self.subTest(column=column):
                named = self.named(
                    "UPDATE stock_quant SET %s = %s WHERE id = %s",
                    SQL.identifier(column),
                    value,
                    self.stock.id,
                )
                self.assertEqual(named, {self.product.id})

    def test_a_quant_that_stays_as_it_was_names_nothing(self):
        named = self.named(
            "UPDATE stock_quant SET quantity = quantity * 1.00, reserved_quantity = 1,"
            " inventory_quantity = 4 WHERE id = %s",
            self.stock.id,
        )
        self.assertFalse(named)

    def test_one_statement_names_every_product_it_has_changed(self):
        named = self.named(
            "UPDATE stock_quant SET quantity = quantity + 1 WHERE product_id IN %s",
            (self.product.id, self.other.id),
        )
        self.assertEqual(named, {self.product.id, self.other.id})

    def test_rows_that_change_hands_name_both_products(self):
        for table, record in (("stock_quant", self.stock), ("stock_move", self.move)):
            with self.subTest(table=table):
                named = self.named(
                    "UPDATE %s SET product_id = %s WHERE id = %s",
                    SQL.identifier(table),
                    self.other.id,
                    record.id,
                )
                self.assertEqual(named, {self.product.id, self.other.id})

    def test_rows_that_come_and_go_name_their_product(self):
        columns = SQL(
            "product_id, company_id, location_id, quantity, reserved_quantity, in_date"
        )
        named = self.named(
            "INSERT INTO stock_quant (%(columns)s)"
            " SELECT %(columns)s FROM stock_quant WHERE id = %(quant)s",
            columns=columns,
            quant=self.stock.id,
        )
        self.assertEqual(named, {self.product.id})
        named = self.named("DELETE FROM stock_quant WHERE id = %s", self.stock.id)
        self.assertEqual(named, {self.product.id})
        named = self.named("DELETE FROM stock_move WHERE id = %s", self.move.id)
        self.assertEqual(named, {self.product.id})

    def test_what_counts_of_an_open_move_names_its_product(self):
        supplier = self.env.ref("stock.stock_location_suppliers").id
        for column, value in (
            ("product_qty", 7),
            ("location_id", supplier),
            ("location_dest_id", supplier),
            ("location_final_id", supplier),
            ("procure_method", "make_to_order"),
            ("restrict_partner_id", self.env.user.partner_id.id),
            ("date", "2040-01-01"),
            ("date_deadline", "2040-01-02"),
            ("state", "done"),
        ):
            with self.subTest(column=column):
                named = self.named(
                    "UPDATE stock_move SET %s = %s WHERE id = %s",
                    SQL.identifier(column),
                    value,
                    self.move.id,
                )
                self.assertEqual(named, {self.product.id})

    def test_a_move_that_reserves_names_nothing(self):
        self.assertEqual(self.move.state, "confirmed")
        self.named()
        self.move._action_assign()
        self.assertEqual(self.move.state, "assigned")
        self.assertFalse(self.named())

    def test_a_move_that_does_not_count_names_nothing(self):
        self.named("UPDATE stock_move SET state = 'done' WHERE id = %s", self.move.id)
        named = self.named(
            "UPDATE stock_move SET product_qty = 9, date = '2040-01-01' WHERE id = %s",
            self.move.id,
        )
        self.assertFalse(named)
        draft = self.move.copy()
        self.assertEqual(draft.state, "draft")
        self.assertFalse(self.named())

    def test_a_product_is_planned_once_however_often_it_is_named(self):
        self.patch(channel_planner, "BATCH", 3)
        self.named()
        for product, times in ((self.product, 7), (self.other, 1)):
            self.env.cr.execute(
                "INSERT INTO channel_change (product_id, since)"
                " SELECT %s, timestamp '2026-01-08' - make_interval(days => day)"
                " FROM generate_series(1, %s) AS day",
                [product.id, times],
            )
        planner = self.env["channel.planner"]
        [change] = planner._take_changes()
        product, _listing, since, _trace, count = change
        self.assertEqual((product, count), (self.product.id, 7))
        # what has waited longest counts
        self.assertEqual(since, datetime(2026, 1, 1))
        [change] = planner._take_changes()
        self.assertEqual(change[0], self.other.id)
        self.assertFalse(planner._take_changes())
