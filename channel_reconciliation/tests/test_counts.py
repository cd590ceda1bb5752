# SPDX-License-Identifier: AGPL-3.0-or-later
import doctest
from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.channel_inventory_base.tests.common_position import PositionCase

from ..tools import counts


@tagged("post_install", "-at_install")
class TestCounts(PositionCase):
    """Snapshots of other systems, compared as of their time. Numbers in names: the
    table of tests."""

    def setUp(self):
        super().setUp()
        self.warehouse.write(
            {
                "channel_authority": "external",
                "channel_fresh_minutes": 600,
                "channel_silent_minutes": 6000,
            }
        )
        self.customers = self.place("customers")
        self.stock = self.warehouse.lot_stock_id
        self.product.standard_price = 5
        self.now = fields.Datetime.now().replace(microsecond=0)

    # ------------------------------------------------------------ helpers
    def at(self, clock):
        """A time of today, as if it were half past ten."""
        hours, minutes = map(int, clock.split(":"))
        return self.now + timedelta(hours=hours - 10, minutes=minutes - 30)

    def count(self, quantity, clock, complete=False, **values):
        rows = [{"product": "SKU-1", "on_hand": quantity, **values}]
        return self.env["channel.external.stock"]._report(
            self.warehouse, rows, self.at(clock), "3PL", complete
        )

    def deliver(self, quantity):
        """A delivery that the warehouse was asked for. :return: the picking"""
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": self.warehouse.out_type_id.id,
                "location_id": self.stock.id,
                "location_dest_id": self.customers.id,
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

    def ship(self, picking, clock):
        """The warehouse tells when it has left."""
        for move in picking.move_ids:
            move.write({"quantity": move.product_uom_qty, "picked": True})
        picking._post_left(self.at(clock))

    def found(self):
        found = self.env["channel.reconcile.difference"].search(
            [("warehouse_id", "=", self.warehouse.id)]
        )
        return [(each.kind, each.stock_units, each.state) for each in found]

    def told(self):
        return self.env["channel.exception"].search(
            [("key", "=", f"count:{self.warehouse.id}"), ("state", "=", "open")]
        )

    def on_hand(self):
        quants = self.product.stock_quant_ids
        return sum(
            quants.filtered(lambda quant: quant.location_id == self.stock).mapped(
                "quantity"
            )
        )

    # -------------------------------------------------------------- table
    def test_17_goods_that_have_left_and_were_not_told_are_timing(self):
        picking = self.deliver(8)
        self.count(100, "09:00")
        self.assertFalse(self.found())
        self.count(92, "10:00")
        self.assertEqual(self.found(), [("stock_timing", -8, "watched")])
        [difference] = self.env["channel.reconcile.difference"].search([])
        self.assertIn(picking.name, difference.note)
        self.assertFalse(self.told())
        self.check(on_hand=92, allocated=8, available=84)
        # it left at ten to ten, as it tells at half past
        self.ship(picking, "09:50")
        self.check(on_hand=92, allocated=0, available=92)
        self.count(92, "10:20")
        self.assertEqual(self.found(), [("stock_timing", -8, "closed")])

    def test_18_what_is_lost_is_adjusted_with_a_reason(self):
        self.add_stock(self.env, self.product, self.warehouse, 90)
        self.count(100, "09:00")
        picking = self.deliver(8)
        self.ship(picking, "09:50")
        self.count(90, "10:00")
        self.assertEqual(self.found(), [("stock_lost", -2, "open")])
        [told] = self.told()
        self.assertIn("SKU-1 -2", told.message)
        [difference] = self.env["channel.reconcile.difference"].search([])
        self.assertIn("-8", difference.explanation)
        self.assertEqual(difference.value, 10)
        self.check(on_hand=90)
        before = self.on_hand()
        self.accept(difference)
        self.assertEqual(self.on_hand(), before - 2)
        self.check(on_hand=90)
        self.assertEqual(difference.state, "accepted")
        self.assertFalse(self.told())
        move = self.env["stock.move"].search(
            [("is_inventory", "=", True)], order="id desc", limit=1
        )
        self.assertIn("broken pallet", move.reference)
        self.assertIn(difference.trace, move.reference)

    def test_18b_validated_before_and_shipped_after_the_count(self):
        picking = self.deliver(8)
        self.ship(picking, "11:00")
        self.count(100, "10:00")
        self.check(on_hand=92, available=92)

    def accept(self, differences):
        action = differences.action_accept_count()
        self.env["channel.reconcile.adjust"].with_context(**action["context"]).create(
            {"reason": "broken pallet"}
        ).action_confirm()

    # ----------------------------------------------------------- approval
    def test_an_adjustment_above_the_limit_is_approved_by_another(self):
        self.warehouse.channel_adjust_value = 10
        self.add_stock(self.env, self.product, self.warehouse, 90)
        self.count(100, "09:00")
        self.count(98, "10:00")
        [difference] = self.env["channel.reconcile.difference"].search([])
        before = self.on_hand()
        operator = self.make_user(self.env, "operator")
        self.accept(difference.with_user(operator))
        self.assertEqual((difference.state, self.on_hand()), ("decided", before))
        manager = self.make_user(self.env, "manager")
        difference.with_user(manager).action_approve()
        self.assertEqual((difference.state, self.on_hand()), ("accepted", before - 2))

    def test_a_rejected_adjustment_is_open_again(self):
        self.warehouse.channel_adjust_value = 1
        self.add_stock(self.env, self.product, self.warehouse, 90)
        self.count(100, "09:00")
        self.count(98, "10:00")
        [difference] = self.env["channel.reconcile.difference"].search([])
        self.accept(difference)
        self.assertEqual(difference.state, "decided")
        difference.with_user(self.make_user(self.env, "manager")).action_reject()
        self.assertEqual((difference.state, difference.decision), ("open", False))

    def test_what_is_not_there_cannot_be_taken_off(self):
        self.count(100, "09:00")
        self.count(60, "10:00")
        [difference] = self.env["channel.reconcile.difference"].search([])
        with self.assertRaisesRegex(UserError, "count it under"):
            self.accept(difference)

    def test_a_count_request_adjusts_nothing(self):
        self.count(100, "09:00")
        self.count(98, "10:00")
        [difference] = self.env["channel.reconcile.difference"].search([])
        before = self.on_hand()
        difference.action_count_shelf()
        self.assertEqual((difference.state, self.on_hand()), ("open", before))
        quants = self.product.stock_quant_ids.filtered("location_id.warehouse_id")
        self.assertIn(
            fields.Date.context_today(quants), quants.mapped("inventory_date")
        )

    # ------------------------------------------------------------ classes
    def test_damaged_found_unit_and_absent(self):
        self.count(100, "09:00")
        self.count(96, "09:10", damaged=4)
        self.assertEqual(self.found()[0][:2], ("stock_damaged", -4))
        self.count(99, "09:20", damaged=4)
        self.assertEqual(self.found()[0], ("stock_found", 3, "open"))
        self.listing.write({"pack_qty": 11})
        self.env.flush_all()
        self.count(9, "09:30", damaged=4)
        self.assertEqual(self.found()[0], ("stock_unit", -90, "open"))
        [unit] = self.env["channel.reconcile.difference"].search(
            [("kind", "=", "stock_unit")]
        )
        with self.assertRaisesRegex(UserError, "no count"):
            unit.action_accept_count()
        self.assertEqual(len(self.told()), 1)

    def test_an_empty_complete_report_empties_nothing_by_itself(self):
        products = [self.make_product(self.env, number) for number in range(50, 60)]
        rows = [{"product": each.default_code, "on_hand": 5} for each in products]
        external = self.env["channel.external.stock"]
        external._report(self.warehouse, rows, self.at("09:00"), "3PL", True)
        known = external.search([("warehouse_id", "=", self.warehouse.id)])
        for clock in ("09:10", "09:20"):
            empty = external._report(self.warehouse, [], self.at(clock), "3PL", True)
            self.assertEqual(empty.state, "waiting")
            self.assertIn("lacks most of what was there", empty.problems)
            self.assertEqual(sum(known.mapped("on_hand")), 50)
            self.assertFalse(self.found())
        empty.action_believe()
        known.invalidate_recordset()
        self.assertEqual(sum(known.mapped("on_hand")), 0)
        self.assertEqual({kind for kind, *_rest in self.found()}, {"stock_absent"})

    # ---------------------------------------------------- public reports
    def test_stock_that_is_negative_here_is_brought_to_the_count(self):
        """odoomrp/odoomrp-wip#1015: no inventory of a product that is below zero."""
        self.warehouse.write({"channel_authority": "odoo", "channel_compares": True})
        quants = self.product.stock_quant_ids.filtered("location_id.warehouse_id")
        quants.quantity = -3
        self.count(5, "10:00")
        [difference] = self.env["channel.reconcile.difference"].search([])
        self.assertEqual((difference.kind, difference.stock_units), ("stock_found", 8))
        self.accept(difference)
        self.assertEqual(self.on_hand(), 5)

    def test_what_is_not_kept_in_stock_is_not_compared(self):
        """Starktail/woocommerce_fusion#44: a service in the file of a warehouse, which
        has no stock to differ from."""
        self.warehouse.write({"channel_authority": "odoo", "channel_compares": True})
        self.env["product.product"].create(
            {"name": "Gift wrap", "default_code": "WRAP", "type": "service"}
        )
        report = self.env["channel.external.stock"]._report(
            self.warehouse,
            [
                {"product": "WRAP", "on_hand": 99},
                {"product": "SKU-1", "on_hand": self.stock_at("10:00")},
            ],
            self.at("10:00"),
            "3PL",
        )
        self.assertFalse(report.problem_count)
        self.assertFalse(self.found())

    # ------------------------------------------------------------- shadow
    def test_a_legacy_system_is_compared_and_changes_nothing(self):
        self.warehouse.channel_authority = "odoo"
        external = self.env["channel.external.stock"]
        rows = [{"product": "SKU-1", "on_hand": 7}]
        with self.assertRaises(UserError):
            external._report(self.warehouse, rows, self.at("10:00"), "ERP")
        self.warehouse.channel_compares = True
        before = self.on_hand()
        report = external._report(self.warehouse, rows, self.at("10:00"), "ERP")
        self.assertEqual(report.accepted_count, 1)
        self.assertEqual(self.on_hand(), before)
        [(kind, units, state)] = self.found()
        self.assertEqual((units, state), (7 - self.stock_at("10:00"), "open"))
        self.assertIn(kind, ("stock_lost", "stock_found"))
        run = self.env["channel.reconcile.run"].search([], limit=1)
        self.assertEqual((run.kind, run.source, run.state), ("counts", "ERP", "done"))

    def test_a_late_report_does_not_show_again_what_was_booked(self):
        """What two counts have shown is booked once, whenever a person agrees."""
        self.warehouse.write({"channel_authority": "odoo", "channel_compares": True})
        before = self.stock_at("08:00")
        self.count(before - 3, "08:00")
        [difference] = self.env["channel.reconcile.difference"].search([])
        self.accept(difference)
        self.assertEqual(self.stock_at("11:00"), before - 3)
        # made before that was booked, and told after it
        self.count(before - 3, "09:00")
        self.assertEqual(self.found(), [("stock_lost", -3, "accepted")])
        self.count(before - 5, "09:30")
        self.assertIn(("stock_lost", -2, "open"), self.found())

    def stock_at(self, clock):
        stock = self.env["channel.stock.snapshot"]._get_at(
            self.warehouse, self.at(clock)
        )
        return stock[self.product.id]


@tagged("post_install", "-at_install")
class TestCountsDoc(PositionCase):
    def test_doctests(self):
        self.assertEqual(doctest.testmod(counts).failed, 0)
