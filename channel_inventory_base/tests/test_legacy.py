# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common_position import PositionCase

MANY = 20


@tagged("post_install", "-at_install")
class TestLegacy(PositionCase):
    """A legacy ERP counts the warehouse, and takes orders of its own beside Odoo's."""

    def setUp(self):
        super().setUp()
        self.warehouse.write(
            {
                "channel_authority": "external",
                "channel_fresh_minutes": 6000,
                "channel_silent_minutes": 60000,
            }
        )
        self.rows = self.env["channel.external.stock"]
        self.stock, self.customers = (
            self.warehouse.lot_stock_id,
            self.place("customers"),
        )

    def ago(self, minutes):
        return fields.Datetime.now() - timedelta(minutes=minutes)

    def report(self, minutes=0, complete=False, sequence="", **row):
        rows = [{"product": "SKU-1", **row}]
        return self.rows._report(
            self.warehouse, rows, self.ago(minutes), "ERP", complete, sequence=sequence
        )

    def order(self, quantity):
        """A delivery of the legacy ERP's warehouse, for an order of Odoo."""
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": self.warehouse.out_type_id.id,
                "location_id": self.stock.id,
                "location_dest_id": self.customers.id,
                "origin": "S00042",
                "move_ids": [
                    (
                        0,
                        0,
                        {
                            "product_id": self.product.id,
                            "product_uom_qty": quantity,
                            "location_id": self.stock.id,
                            "location_dest_id": self.customers.id,
                        },
                    )
                ],
            }
        )
        picking.action_confirm()
        return picking

    def know(self, reference, minutes):
        moment = fields.Datetime.to_string(self.ago(minutes))
        return self.rows.acknowledge(self.warehouse.id, [reference], moment)

    def ship(self, picking, minutes):
        for move in picking.move_ids:
            move.write({"quantity": move.product_uom_qty, "picked": True})
        picking._post_left(self.ago(minutes))

    # ------------------------------------------------------------ demand
    def test_demand_that_was_told_counts_once(self):
        """29 before and after the acknowledgement (magento/inventory#2269: each order
        was taken off twice where an ERP is the point of truth)."""
        self.report(60, on_hand=40, allocated=5)
        picking = self.order(6)
        self.check(on_hand=40, allocated=11, available=29)
        self.assertEqual(self.know("S00042", 40), {"known": 1, "unknown": []})
        # the last report was made before it was known
        self.check(allocated=11, available=29)
        self.report(30, on_hand=40, allocated=11)
        self.check(allocated=11, available=29)
        self.plan()
        self.assertEqual(self.level.target, 29)
        # it leaves, and the report of before has it still
        self.ship(picking, 20)
        self.check(on_hand=34, allocated=5, available=29)
        self.report(10, on_hand=34, allocated=5)
        self.check(on_hand=34, allocated=5, available=29)

    def test_acknowledgement_that_comes_late_is_noticed(self):
        self.order(6)
        self.report(30, on_hand=40, allocated=11)
        self.check(available=23)
        self.plan()
        self.know("S00042", 40)
        self.plan()
        self.assertEqual(self.level.target, 29)

    def test_part_of_a_known_delivery_is_known(self):
        picking = self.order(6)
        self.know(picking.name, 50)
        self.report(40, on_hand=40, allocated=11)
        picking.move_ids.write({"quantity": 4, "picked": True})
        picking.with_context(skip_backorder=True).button_validate()
        rest = picking.backorder_ids.move_ids
        self.assertTrue(rest.channel_known_at)
        self.check(on_hand=36, allocated=7, available=29)

    def test_a_delivery_that_grows_is_told_again(self):
        picking = self.order(6)
        self.know(picking.name, 50)
        self.report(40, on_hand=40, allocated=11)
        picking.move_ids.product_uom_qty = 8
        # never more than is there: 8 of ours, and all that is told
        self.check(allocated=19, available=21)
        self.know(picking.name, 20)
        self.report(10, on_hand=40, allocated=13)
        self.check(allocated=13, available=27)

    def test_a_cancelled_order_stays_until_the_other_system_knows(self):
        picking = self.order(6)
        self.know(picking.name, 50)
        self.report(40, on_hand=40, allocated=11)
        picking.action_cancel()
        self.check(available=29)
        self.report(5, on_hand=40, allocated=5)
        self.check(available=35)

    def test_goods_that_left_there_and_not_here_are_not_free_twice(self):
        """The legacy ERP has shipped ours; the delivery is validated later."""
        picking = self.order(6)
        self.know(picking.name, 50)
        self.report(40, on_hand=34, allocated=20)
        self.check(allocated=20, available=14)
        self.ship(picking, 45)
        self.check(on_hand=34, allocated=20, available=14)

    def test_a_report_without_the_column_ends_no_order(self):
        self.report(60, on_hand=40, allocated=5)
        report = self.report(30, on_hand=40)
        self.check(allocated=5, available=35)
        self.assertIn("allocated", report.problems)
        self.report(20, on_hand=40, allocated=0)
        self.check(allocated=0, available=40)

    def test_a_copied_delivery_is_not_known(self):
        picking = self.order(6)
        self.know(picking.name, 50)
        self.assertFalse(picking.copy().move_ids.channel_known_at)

    def test_what_nobody_sends_is_named(self):
        answer = self.rows.acknowledge(self.warehouse.id, ["S9"])
        self.assertEqual(answer, {"known": 0, "unknown": ["S9"]})
        with self.assertRaisesRegex(UserError, "list of deliveries"):
            self.rows.acknowledge(self.warehouse.id, "S9")
        with self.assertRaisesRegex(UserError, "in the future"):
            self.rows.acknowledge(
                self.warehouse.id, ["S9"], fields.Datetime.now() + timedelta(days=1)
            )

    def test_who_may_not_report_may_not_acknowledge(self):
        auditor = new_test_user(
            self.env,
            "legacy_auditor",
            groups="channel_inventory_base.group_channel_auditor,stock.group_stock_user",
        )
        with self.assertRaises(AccessError):
            self.rows.with_user(auditor).acknowledge(self.warehouse.id, ["S00042"])

    # ----------------------------------------------------------- in transit
    def test_what_is_on_its_way_counts_once(self):
        due = fields.Date.today() + timedelta(days=3)
        self.report(60, on_hand=10, in_transit=8, due=due.isoformat())
        self.check(in_transit=8, backorderable=8)
        receipt = self.move(self.place("suppliers"), self.stock, 5)
        self.check(in_transit=8, backorderable=8)
        self.move_done(receipt)
        self.check(on_hand=15, in_transit=3)

    def test_what_is_due_nobody_knows_when_is_not_promised(self):
        report = self.report(60, on_hand=10, in_transit=8, due="soon")
        self.assertIn("no known day", report.problems)
        self.check(in_transit=8, dedicated=8, backorderable=0)

    def test_dated_rule_promises_it_when_it_is_due(self):
        due = fields.Date.today() + timedelta(days=9)
        self.report(60, on_hand=10, in_transit=8, due=due)
        self.rule("backorder", 50, horizon_days=5)
        self.plan()
        self.assertEqual(self.level.target, 10)
        soon = fields.Date.today() + timedelta(days=2)
        self.report(30, on_hand=10, in_transit=8, due=soon)
        self.plan()
        self.assertEqual(self.level.target, 18)

    # --------------------------------------------------------------- guards
    def told(self, key):
        return self.env["channel.exception"].search(
            [("key", "=", f"{key}:{self.warehouse.id}"), ("state", "=", "open")]
        )

    def test_unknown_column_is_named_and_stops_no_row(self):
        report = self.report(60, on_hand=40, alocated=5)
        self.assertIn("0: alocated: this column is not known", report.problems)
        self.assertIn("allocated?", report.problems)
        self.check(on_hand=40)
        self.warehouse.channel_ignored_columns = "buyer, alocated"
        self.assertFalse(self.report(50, on_hand=40, alocated=5).problem_count)

    def test_unknown_column_does_not_keep_what_is_gone(self):
        other = self.make_product(self.env, 2)
        rows = [{"product": "SKU-1", "on_hand": 4}, {"product": "SKU-2", "on_hand": 4}]
        self.rows._report(self.warehouse, rows, self.ago(60))
        self.report(30, complete=True, on_hand=4, shelf="7")
        self.assertEqual(self.position_at(self.warehouse, other).on_hand, 0)

    def test_the_same_row_twice_counts_once(self):
        """akeneo/pim-community-dev#5571, Dolibarr/dolibarr#18804."""
        rows = [{"product": "SKU-1", "on_hand": 5}] * 2
        report = self.rows._report(self.warehouse, rows, self.ago(60))
        self.assertIn("the same as another row", report.problems)
        self.check(on_hand=5)

    def test_a_place_below_none_comes_off_the_others(self):
        """frappe/tally_migrator#47: +99 and -58 of two places were taken for 99."""
        rows = [
            {"product": "SKU-1", "on_hand": 99, "place": "A"},
            {"product": "SKU-1", "on_hand": -58, "place": "B"},
        ]
        self.assertFalse(self.rows._report(self.warehouse, rows, self.ago(60)).problems)
        self.check(on_hand=41)
        rows[0]["on_hand"] = 50
        report = self.rows._report(self.warehouse, rows, self.ago(50))
        self.assertIn("1: SKU-1: the quantity is negative (-8)", report.problems)
        self.check(on_hand=41)

    def test_rows_of_other_warehouses_are_not_added_up(self):
        """libracore/WooCommerceConnector#12, frappe/erpnext_shopify#107: one place had
        the stock of all, by an export of several warehouses."""
        rows = [
            {"product": "SKU-1", "on_hand": 4, "warehouse": self.warehouse.code},
            {"product": "SKU-1", "on_hand": 30, "warehouse": "EAST"},
        ]
        report = self.rows._report(self.warehouse, rows, self.ago(60))
        self.assertIn("2: SKU-1: this row is of another warehouse", report.problems)
        self.check(on_hand=4)

    def test_the_same_report_is_no_second_word(self):
        """What is not believed at first must not be believed because its delivery was
        repeated: it has said so once (kmbrimble/terriblebutler#44)."""
        self.fill()
        moment = self.ago(60)
        rows = self.of_all(0)
        first = self.rows._report(self.warehouse, rows, moment, "ERP")
        self.assertTrue(first.is_short)
        again = self.rows._report(self.warehouse, rows, moment, "ERP")
        self.assertEqual(again, first)
        self.assertEqual(again._get_answer()["repeats"], 1)
        self.assertEqual(self.counted(), [40] * MANY)
        self.rows._report(self.warehouse, rows, self.ago(50), "ERP")
        self.assertEqual(self.counted(), [0] * MANY)

    def test_number_that_was_used_before_is_named(self):
        self.report(60, on_hand=5, sequence="17")
        report = self.report(50, on_hand=6, sequence="17")
        self.assertIn("another report had this number", report.problems)
        self.check(on_hand=6)

    def fill(self):
        self.products = self.env["product.product"].create(
            [
                {"name": f"Kept {number}", "default_code": f"KEPT-{number}"}
                for number in range(MANY)
            ]
        )
        self.rows._report(self.warehouse, self.of_all(40), self.ago(600), "ERP")

    def of_all(self, quantity, count=MANY):
        return [
            {"product_id": product.id, "on_hand": quantity}
            for product in self.products[:count]
        ]

    def counted(self):
        self.rows.invalidate_model()
        known = self.rows.search([("product_id", "in", self.products.ids)])
        counts = {row.product_id: row.on_hand for row in known}
        return [counts[product] for product in self.products]

    def whole(self, rows, minutes):
        return self.rows._report(
            self.warehouse, rows, self.ago(minutes), "ERP", complete=True
        )

    def test_empty_complete_report_waits_for_a_person(self):
        self.fill()
        for minutes in (60, 50, 40):
            report = self.whole([], minutes)
            self.assertEqual(report.state, "waiting")
        self.assertEqual(self.counted(), [40] * MANY)
        exception = self.told("stock_waiting")
        self.assertEqual(len(exception), 1)
        self.assertEqual(exception.company_id, self.warehouse.company_id)
        self.assertEqual(exception.res_id, report.id)
        report.action_believe()
        self.assertEqual(self.counted(), [0] * MANY)
        self.assertEqual(report.state, "believed")
        self.assertFalse(self.told("stock_waiting"))
        with self.assertRaisesRegex(UserError, "decided on meanwhile"):
            report.action_believe()

    def test_half_of_the_units_is_as_half_of_the_products(self):
        self.fill()
        self.assertEqual(self.whole(self.of_all(19), 60).state, "waiting")
        self.assertEqual(self.counted(), [40] * MANY)
        self.assertEqual(self.whole(self.of_all(20), 50).state, "taken")
        self.assertEqual(self.counted(), [20] * MANY)
        self.assertFalse(self.told("stock_waiting"))
        self.warehouse.channel_least_percent = 0
        self.assertEqual(self.whole(self.of_all(1), 40).state, "taken")

    def test_report_that_waits_is_dropped_or_superseded(self):
        self.fill()
        first, second = (self.whole([], minutes) for minutes in (60, 50))
        self.assertEqual(first.state, "superseded")
        second.action_drop()
        self.assertEqual(second.state, "dropped")
        self.assertFalse(self.told("stock_waiting") or second.reading)
        third = self.whole([], 45)
        self.whole(self.of_all(40), 40)
        self.assertEqual(third.state, "superseded")
        self.assertFalse(self.told("stock_waiting"))

    def test_old_report_that_is_believed_overwrites_nothing_newer(self):
        self.fill()
        report = self.whole(self.of_all(7, count=2), 60)
        self.rows._report(self.warehouse, self.of_all(33, count=1), self.ago(30))
        report.action_believe()
        self.assertEqual(self.counted(), [33, 7, *[0] * (MANY - 2)])
