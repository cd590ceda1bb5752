# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL, mute_logger

from ..models import channel_cut_over_booker
from .common_coexistence import CoexistenceCase

LOGGER = "odoo.addons.channel_inventory_coexistence.models.channel_cut_over_booker"
MANAGER = "channel_inventory_base.group_channel_manager,stock.group_stock_user"


@tagged("post_install", "-at_install")
class TestCutOver(CoexistenceCase):
    """Another authority for a warehouse, as previewed, and back."""

    def previewed(self, cut_over):
        """:return: {listing: quantity} that would change, by the preview"""
        action = cut_over.action_preview()
        preview = self.env["channel.rule.preview"].browse(action["res_id"])
        self.assertEqual(preview.cut_over_id, cut_over)
        return {line.listing_id: line.new for line in preview.line_ids}

    def targets(self):
        self.plan()
        return {
            level.listing_id: level.target
            for level in self.env["channel.level"].search(
                [("channel_id", "=", self.channel.id)]
            )
        }

    # -------------------------------------------------------------- to odoo
    def test_count_becomes_quants_and_nothing_jumps(self):
        self.count_externally(on_hand=40)
        self.plan()
        cut_over = self.cut_over("odoo")
        self.assertEqual(self.previewed(cut_over), {})
        # a preview changes nothing
        self.assertEqual(self.warehouse.channel_authority, "external")
        self.assertEqual(self.quantity(), 10)
        cut_over.action_activate()
        self.assertEqual((cut_over.state, cut_over.step), ("active", "done"))
        self.assertEqual(self.warehouse.channel_authority, "odoo")
        self.assertEqual(self.quantity(), 40)
        self.check(on_hand=40, available=40, confidence=100)
        self.assertEqual(self.targets()[self.listing], 40)

    def test_movements_since_the_count_are_in_what_is_booked(self):
        self.count_externally(minutes=30, on_hand=40)
        self.move_done(
            self.move(self.warehouse.lot_stock_id, self.place("customers"), 3)
        )
        self.check(on_hand=37)
        self.cut_over("odoo").action_activate()
        self.check(on_hand=37)
        self.assertEqual(self.quantity(), 37)

    def test_open_deliveries_are_taken_off_once(self):
        """magento/inventory#2330: after the change each open order was taken off when
        it was shipped, too."""
        self.count_externally(minutes=30, on_hand=100)
        delivery = self.move(self.warehouse.lot_stock_id, self.place("customers"), 10)
        self.check(on_hand=100, allocated=10, available=90)
        self.cut_over("odoo").action_activate()
        self.check(on_hand=100, allocated=10, available=90)
        self.move_done(delivery)
        self.check(on_hand=90, allocated=0, available=90)
        self.assertEqual(self.quantity(), 90)

    def test_lots_are_booked_and_booked_back(self):
        """frappe/erpnext#50442: counts of products with several lots."""
        product = self.make_product(self.env, 2, tracking="lot")
        quants = self.env["stock.quant"]
        for name, units in (("L1", 4), ("L2", 6)):
            lot = self.env["stock.lot"].create({"name": name, "product_id": product.id})
            quants._update_available_quantity(
                product, self.warehouse.lot_stock_id, units, lot_id=lot
            )
        self.warehouse.channel_authority = "external"
        rows = [{"product": "SKU-2", "on_hand": 3}, {"product": "SKU-1", "on_hand": 10}]
        self.env["channel.external.stock"]._report(self.warehouse, rows, self.ago(5))
        cut_over = self.cut_over("odoo")
        cut_over.action_activate()
        self.assertEqual(self.quantity(product), 3)
        cut_over.action_retire()
        lots = {
            quant.lot_id.name: quant.quantity
            for quant in product.stock_quant_ids
            if quant.location_id.usage == "internal" and quant.quantity
        }
        self.assertEqual(lots, {"L1": 4, "L2": 6})

    def test_less_comes_off_all_places(self):
        shelf = self.env["stock.location"].create(
            {"name": "Shelf", "location_id": self.warehouse.lot_stock_id.id}
        )
        self.env["stock.quant"]._update_available_quantity(self.product, shelf, 5)
        self.count_externally(on_hand=2)
        cut_over = self.cut_over("odoo")
        cut_over.action_activate()
        self.assertEqual(self.quantity(), 2)
        self.assertEqual(sorted(cut_over.line_ids.mapped("units")), [-10, -3])

    def test_what_nobody_has_reported_is_not_sold_afterwards_either(self):
        other = self.make_product(self.env, 2)
        self.env["stock.quant"]._update_available_quantity(
            other, self.warehouse.lot_stock_id, 9
        )
        self.count_externally(on_hand=40)
        self.cut_over("odoo").action_activate()
        self.assertEqual(self.quantity(other), 0)

    def test_orders_of_the_other_system_stay_held(self):
        self.count_externally(on_hand=40, allocated=5)
        self.plan()
        self.assertEqual(self.level.target, 35)
        cut_over = self.cut_over("odoo")
        self.assertEqual(cut_over.foreign_units, 5)
        self.assertEqual(self.previewed(cut_over), {})
        cut_over.action_activate()
        self.check(on_hand=40, held=5, available=35)
        exception = self.told(f"cut_over_holds:{cut_over.id}")
        self.assertEqual(exception.company_id, self.warehouse.company_id)
        cut_over.hold_ids.action_release()
        self.env["channel.cut.over.booker"]._recover()
        self.assertEqual(exception.state, "resolved")

    def test_without_holding_them_the_preview_says_so(self):
        self.count_externally(on_hand=40, allocated=5)
        self.plan()
        cut_over = self.cut_over("odoo", hold_days=0)
        self.assertEqual(self.previewed(cut_over), {self.listing: 40})
        cut_over.action_activate()
        self.assertEqual(self.targets()[self.listing], 40)

    def test_reports_after_it_are_compared(self):
        self.count_externally(on_hand=40)
        self.cut_over("odoo").action_activate()
        self.report(1, on_hand=39)
        self.check(on_hand=40)
        self.assertEqual(self.quantity(), 40)

    # ---------------------------------------------------------- to external
    def test_without_a_recent_report_it_is_refused(self):
        self.warehouse.channel_compares = True
        cut_over = self.cut_over("external")
        with self.assertRaisesRegex(UserError, "last report"):
            cut_over.action_activate()
        self.report(90, on_hand=40)
        with self.assertRaisesRegex(UserError, "last report"):
            cut_over.action_preview()
        self.assertEqual(self.warehouse.channel_authority, "odoo")

    def test_preview_is_what_is_published(self):
        other = self.make_product(self.env, 2)
        listing = self.make_listing(self.env, self.channel, other, 2)
        self.env["stock.quant"]._update_available_quantity(
            other, self.warehouse.lot_stock_id, 9
        )
        self.warehouse.channel_compares = True
        self.plan()
        self.report(5, on_hand=4, allocated=1)
        cut_over = self.cut_over("external")
        expected = self.previewed(cut_over)
        self.assertEqual(expected, {self.listing: 3, listing: 0})
        self.assertEqual(self.targets()[self.listing], 10)
        cut_over.action_activate()
        self.assertEqual(self.warehouse.channel_authority, "external")
        self.assertEqual(self.targets(), expected)

    def test_report_that_waits_stops_it(self):
        self.count_externally(on_hand=40)
        self.env["channel.stock.report"].search([]).write({"state": "waiting"})
        with self.assertRaisesRegex(UserError, "waits for a decision"):
            self.cut_over("odoo").action_activate()

    # ------------------------------------------------------------ taken back
    def test_taken_back_quants_are_as_before_with_what_has_moved_since(self):
        """Plan, section 6, last."""
        self.count_externally(minutes=30, on_hand=40, allocated=5)
        cut_over = self.cut_over("odoo")
        cut_over.action_activate()
        self.move_done(
            self.move(self.warehouse.lot_stock_id, self.place("customers"), 3)
        )
        self.check(on_hand=37, held=5)
        cut_over.action_retire()
        self.assertEqual((cut_over.state, cut_over.step), ("retired", "returned"))
        self.assertEqual(self.warehouse.channel_authority, "external")
        self.assertEqual(self.quantity(), 7)
        self.check(on_hand=37, held=0, allocated=5)
        with self.assertRaises(UserError):
            cut_over.action_retire()

    def test_to_external_and_back_loses_nothing(self):
        self.warehouse.channel_compares = True
        self.report(5, on_hand=4)
        cut_over = self.cut_over("external")
        cut_over.action_activate()
        self.move_done(
            self.move(self.warehouse.lot_stock_id, self.place("customers"), 3)
        )
        self.check(on_hand=1)
        cut_over.action_retire()
        self.check(on_hand=7)

    def test_after_a_week_it_stays(self):
        self.count_externally(on_hand=40)
        cut_over = self.cut_over("odoo")
        cut_over.action_activate()
        cut_over.done_at = fields.Datetime.now() - timedelta(days=8)
        with self.assertRaisesRegex(UserError, "could be taken back until"):
            cut_over.action_retire()
        self.assertEqual(self.quantity(), 40)

    def test_another_change_since_is_taken_back_first(self):
        self.count_externally(on_hand=40)
        cut_over = self.cut_over("odoo")
        cut_over.action_activate()
        self.report(1, on_hand=41)
        self.warehouse.channel_authority = "external"
        with self.assertRaisesRegex(UserError, "another authority since"):
            cut_over.action_retire()

    # -------------------------------------------------------------- freeze
    def test_quantities_are_lowered_and_not_raised_meanwhile(self):
        self.count_externally(on_hand=40)
        self.plan()
        self.cut_over("odoo").action_activate()
        self.assertGreater(self.warehouse.channel_frozen_until, fields.Datetime.now())
        self.plan()
        conditions = self.env["channel.publisher"]._unplanned_conditions()
        waits = SQL(
            "SELECT level.id FROM channel_level level JOIN channel_listing listing "
            "ON listing.id = level.listing_id WHERE level.id = %s AND (%s)",
            self.level.id,
            SQL(" OR ").join(conditions),
        )
        for until, frozen in (("1 hour", True), ("-1 hour", False)):
            self.env.cr.execute(
                "UPDATE stock_warehouse SET channel_frozen_until = "
                "now() AT TIME ZONE 'UTC' + %s::interval WHERE id = %s",
                [until, self.warehouse.id],
            )
            self.assertEqual(bool(self.env.execute_query(waits)), frozen)

    # -------------------------------------------------------------- control
    def test_second_person_approves_and_takes_back(self):
        self.env.company.channel_change_approval = True
        self.count_externally(on_hand=40)
        first = new_test_user(self.env, "cut_first", groups=MANAGER)
        second = new_test_user(self.env, "cut_second", groups=MANAGER)
        cut_over = self.cut_over("odoo").with_user(first)
        with self.assertRaisesRegex(UserError, "second person"):
            cut_over.action_activate()
        cut_over.action_propose()
        with self.assertRaisesRegex(UserError, "yourself"):
            cut_over.action_approve()
        cut_over.with_user(second).action_approve()
        self.assertEqual(cut_over.step, "done")
        self.assertEqual(self.quantity(), 40)
        cut_over.action_retire()
        self.assertEqual(cut_over.state, "proposed")
        cut_over.with_user(second).action_approve()
        self.assertEqual(cut_over.step, "returned")
        self.assertEqual(self.quantity(), 10)
        audit = self.env["channel.audit"].search(
            [("res_model", "=", "channel.cut.over"), ("res_id", "=", cut_over.id)]
        )
        self.assertGreaterEqual(len(audit), 4)

    def test_terms_that_change_withdraw_the_proposal(self):
        self.env.company.channel_change_approval = True
        self.count_externally(on_hand=40)
        cut_over = self.cut_over("odoo")
        cut_over.action_propose()
        cut_over.freeze_minutes = 5
        self.assertEqual((cut_over.state, cut_over.proposal), ("draft", False))

    # ----------------------------------------------------------- many, deaths
    def make_many(self, count):
        products = self.env["product.product"].create(
            [
                {"name": f"Many {number}", "default_code": f"MANY-{number}"}
                | {"is_storable": True}
                for number in range(count)
            ]
        )
        self.warehouse.channel_authority = "external"
        rows = [{"product_id": product.id, "on_hand": 3} for product in products]
        self.env["channel.external.stock"]._report(self.warehouse, rows, self.ago(5))
        return products

    def test_many_are_booked_in_parts_and_the_authority_changes_last(self):
        products = self.make_many(5)
        with patch.object(channel_cut_over_booker, "AT_ONCE", 2):
            cut_over = self.cut_over("odoo")
            cut_over.action_activate()
            self.assertEqual(cut_over.step, "booking")
            booker = self.env["channel.cut.over.booker"]
            steps = []
            while cut_over.step == "booking":
                steps.append(self.warehouse.channel_authority)
                booker._work(cut_over)
            self.assertGreaterEqual(len(steps), 3)
            self.assertEqual(set(steps), {"external"})
            self.assertEqual(cut_over.step, "done")
            self.assertEqual(sum(map(self.quantity, products)), 15)
            cut_over.action_retire()
            self.assertEqual(self.warehouse.channel_authority, "external")
            while cut_over.step == "returning":
                booker._work(cut_over)
        self.assertEqual(sum(map(self.quantity, products)), 0)

    def test_count_that_comes_in_between_is_booked_too(self):
        self.make_many(5)
        with patch.object(channel_cut_over_booker, "AT_ONCE", 2):
            cut_over = self.cut_over("odoo")
            cut_over.action_activate()
            booker = self.env["channel.cut.over.booker"]
            booker._work(cut_over)
            self.report(1, on_hand=7)
            while cut_over.step == "booking":
                booker._work(cut_over)
        self.assertEqual(self.quantity(), 7)
        self.check(on_hand=7)

    def test_one_that_cannot_be_booked_changes_no_authority(self):
        products = self.make_many(3)
        bad = products[1]
        quants = type(self.env["stock.quant"])
        adjust = quants._adjust_by

        def broken(self, units, name):
            if bad in [quant.product_id for quant in units]:
                raise ValueError("locked by a count")
            return adjust(self, units, name)

        cut_over = self.cut_over("odoo")
        with patch.object(quants, "_adjust_by", broken), mute_logger(LOGGER):
            cut_over.action_activate()
        self.assertEqual(cut_over.step, "booking")
        self.assertIn("locked by a count", cut_over.failure)
        self.assertEqual(self.warehouse.channel_authority, "external")
        exception = self.told(f"cut_over:{cut_over.id}")
        self.assertIn(bad.display_name, exception.message)
        cut_over.action_continue()
        self.assertEqual(cut_over.step, "done")
        self.assertEqual(exception.state, "resolved")
        self.assertEqual([self.quantity(each) for each in products], [3, 3, 3])

    def test_what_is_booked_has_to_count(self):
        """Or the number would jump when the authority changes."""
        [product] = self.make_many(1)
        quants = type(self.env["stock.quant"])
        cut_over = self.cut_over("odoo")
        with patch.object(quants, "_adjust_by", lambda self, units, name: None):
            cut_over.action_activate()
        self.assertIn("cannot be sold", cut_over.failure)
        self.assertIn(product.display_name, cut_over.failure)
        self.assertEqual(self.warehouse.channel_authority, "external")
        self.assertFalse(cut_over.line_ids)

    def test_one_that_cannot_be_booked_can_be_given_up(self):
        products = self.make_many(3)
        cut_over = self.cut_over("odoo")
        quants = type(self.env["stock.quant"])
        with patch.object(channel_cut_over_booker, "AT_ONCE", 2):
            cut_over.action_activate()
            self.env["channel.cut.over.booker"]._work(cut_over)
            with patch.object(quants, "_adjust_by", side_effect=UserError("no")):
                self.env["channel.cut.over.booker"]._work(cut_over)
        self.assertTrue(cut_over.failure)
        cut_over.action_retire()
        self.assertEqual(cut_over.step, "returned")
        self.assertEqual(self.warehouse.channel_authority, "external")
        self.assertEqual(sum(map(self.quantity, products)), 0)
        self.assertFalse(self.told(f"cut_over:{cut_over.id}"))
