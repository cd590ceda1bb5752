# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .common_position import PositionCase


@tagged("post_install", "-at_install")
class TestExternalStock(PositionCase):
    """The warehouse's stock is counted by somebody else. Odoo's quants say 10."""

    def setUp(self):
        super().setUp()
        self.warehouse.write(
            {
                "channel_authority": "external",
                "channel_fresh_minutes": 60,
                "channel_stale_percent": 20,
                "channel_silent_minutes": 600,
            }
        )
        self.rows = self.env["channel.external.stock"]
        self.customers = self.place("customers")
        self.stock = self.warehouse.lot_stock_id

    def ago(self, **span):
        return fields.Datetime.now() - timedelta(**span)

    def report(self, on_hand, minutes=0, **values):
        rows = [{"product": "SKU-1", "on_hand": on_hand, **values}]
        return self.rows._report(self.warehouse, rows, self.ago(minutes=minutes), "3PL")

    def row(self):
        self.rows.invalidate_model()
        return self.rows.search([("warehouse_id", "=", self.warehouse.id)])

    def at(self, move, minutes):
        """The move was done so long ago."""
        moment = self.ago(minutes=minutes)
        move.date = moment
        move.move_line_ids.date = moment

    # ------------------------------------------------------------ position
    def test_the_authoritys_word_counts_and_odoos_quants_do_not(self):
        self.check(on_hand=0, available=0)
        self.report(50, damaged=4)
        self.check(on_hand=50, damaged=4, available=50, confidence=100)
        self.assertEqual(self.position.as_of, self.row().as_of)
        self.plan()
        self.assertEqual(self.level.target, 50)

    def test_shipment_after_the_report_is_not_sold_again(self):
        self.report(50, minutes=30)
        move = self.move(self.stock, self.customers, 3)
        self.check(on_hand=50, allocated=3, available=47)
        self.move_done(move)
        self.check(on_hand=47, allocated=0, available=47)
        # the next report was made before it, the one after that knows it
        self.at(move, 10)
        self.report(50, minutes=20)
        self.check(on_hand=47)
        self.report(47, minutes=5)
        self.check(on_hand=47)

    def test_receipt_after_the_report_counts_and_an_adjustment_does_not(self):
        self.report(50, minutes=30)
        receipt = self.move(self.place("suppliers"), self.stock, 5)
        self.check(on_hand=50, in_transit=5)
        self.move_done(receipt)
        self.check(on_hand=55, in_transit=0)
        quant = self.product.stock_quant_ids.filtered(
            lambda quant: quant.location_id == self.stock
        )
        quant.with_context(inventory_mode=True).inventory_quantity = 55
        quant.action_apply_inventory()
        self.check(on_hand=55)

    def test_moves_inside_of_the_warehouse_are_the_authoritys_business(self):
        shelf = self.env["stock.location"].create(
            {"name": "Shelf", "location_id": self.stock.id}
        )
        self.report(50, minutes=30)
        self.move_done(self.move(self.stock, shelf, 4))
        self.check(on_hand=50)

    def test_holds_count_as_everywhere(self):
        self.report(50)
        self.env["channel.hold"].create(
            {
                "company_id": self.env.company.id,
                "product_id": self.product.id,
                "warehouse_id": self.warehouse.id,
                "stock_quantity": 4,
            }
        )
        self.check(on_hand=50, held=4, available=46)

    # ----------------------------------------------------------------- age
    def test_silence_lowers_what_may_be_promised_and_ends_it(self):
        self.report(50)
        self.check(doubted=0, available=50)
        for minutes, confidence, available in ((61, 80, 40), (601, 0, 0)):
            self.row().as_of = self.ago(minutes=minutes)
            self.check(confidence=confidence, available=available)
            self.plan()
            self.assertEqual(self.level.target, available)

    def test_threshold_that_passes_replans_exactly_what_it_touches(self):
        other = self.make_product(self.env, 2)
        listing = self.make_listing(self.env, self.channel, other, 2)
        self.report(50, minutes=59)
        self.rows._report(
            self.warehouse, [{"product": "SKU-2", "on_hand": 50}], self.ago(minutes=5)
        )
        self.plan()
        # two minutes go by, and nobody writes anything
        self.env.cr.execute(
            "UPDATE channel_external_stock SET as_of = as_of - interval '2 minutes'"
        )
        self.plan()
        self.assertEqual(self.level.target, 50)
        self.rows._age_reports()
        changes = self.env["channel.change"].search([])
        self.assertEqual(changes.product_id, self.product)
        self.plan()
        self.assertEqual(self.level.target, 40)
        self.assertEqual(listing.level_ids.target, 50)
        self.rows._age_reports()
        self.assertFalse(self.env["channel.change"].search([]))

    def test_nothing_on_its_way_is_promised_where_the_authority_is_silent(self):
        self.report(2, minutes=601)
        self.move(self.place("suppliers"), self.stock, 5)
        self.check(in_transit=5, dedicated=5, backorderable=0)
        self.rule("backorder", 50)
        self.plan()
        self.assertEqual(self.level.target, 0)
        self.report(2)
        self.check(backorderable=5)
        self.plan()
        self.assertEqual(self.level.target, 7)

    def test_change_of_policy_is_applied_at_once(self):
        self.report(50, minutes=61)
        self.check(confidence=80)
        self.warehouse.channel_fresh_minutes = 120
        self.check(confidence=100)
        self.warehouse.write({"channel_fresh_minutes": 10, "channel_stale_percent": 50})
        self.check(confidence=50, available=25)

    def test_explanation_tells_what_is_doubted(self):
        self.report(50, minutes=61)
        self.plan()
        inputs = self.env["channel.planner"]._explain(self.level)[self.level.id]
        self.assertEqual((inputs["doubted"], inputs["available"]), (10, 40))
        [place] = inputs["warehouses"]
        self.assertEqual((place["on_hand"], place["doubted"]), (50, 10))
        self.assertEqual(self.level.target, 40)

    def test_authority_handed_back_to_odoo_is_noticed(self):
        self.report(50)
        self.plan()
        self.assertEqual(self.level.target, 50)
        with Form(self.warehouse) as form:
            form.channel_authority = "odoo"
        self.plan()
        self.assertEqual(self.level.target, 10)
        self.check(on_hand=10, confidence=100)

    # -------------------------------------------------------------- report
    def test_older_report_never_overwrites_a_newer_one(self):
        self.report(50, minutes=10)
        late = self.report(70, minutes=20)
        self.assertEqual((late.accepted_count, late.outdated_count), (0, 1))
        self.check(on_hand=50)
        self.report(60, minutes=5)
        self.check(on_hand=60)

    def test_rows_that_cannot_be_taken_stop_no_other(self):
        rows = [
            {"product": "NOBODY", "on_hand": 5},
            {"product": "SKU-1", "on_hand": 50},
            {"product": "SKU-1", "on_hand": "-"},
            {"product_id": 2**40, "on_hand": 1},
        ]
        report = self.rows._report(self.warehouse, rows, self.ago(minutes=0), "3PL")
        self.check(on_hand=50)
        self.assertEqual((report.accepted_count, report.problem_count), (1, 3))
        for words in (
            "1: NOBODY: no product",
            "3: SKU-1: the quantity is not a number",
        ):
            self.assertIn(words, report.problems)
        exception = self.env["channel.exception"].search(
            [("category", "=", "stock_report"), ("channel_id", "=", self.channel.id)]
        )
        self.assertEqual(exception.state, "open")
        self.assertEqual(exception.res_id, report.id)
        self.report(50)
        self.assertEqual(exception.state, "resolved")

    def test_code_of_several_products_is_nobodys(self):
        self.make_product(self.env, 2, barcode="SAME", default_code="TWIN")
        self.make_product(self.env, 3, default_code="TWIN")
        report = self.rows._report(
            self.warehouse,
            [{"product": "TWIN", "on_hand": 5}, {"product": "SAME", "on_hand": 3}],
            self.ago(minutes=0),
        )
        self.assertIn("several products", report.problems)
        self.assertEqual(self.row().on_hand, 3)

    def test_rows_of_one_product_are_added_up(self):
        rows = [{"product": "SKU-1", "on_hand": 5, "place": place} for place in "ABC"]
        self.rows._report(self.warehouse, rows, self.ago(minutes=0))
        self.check(on_hand=15)

    def test_complete_report_empties_what_it_does_not_name(self):
        self.report(50, minutes=10)
        now = self.ago(minutes=1)
        self.rows._report(
            self.warehouse, [{"product": "NOBODY", "on_hand": 1}], now, complete=True
        )
        # the row that cannot be read might have been ours
        self.check(on_hand=50)
        self.rows._report(self.warehouse, [], now, complete=True)
        self.check(on_hand=0)

    def test_report_that_is_none_says_why(self):
        for rows, as_of, words in (
            ([], None, "needs the time"),
            ([], "yesterday", "needs the time"),
            ([], fields.Datetime.now() + timedelta(hours=1), "in the future"),
            ("SKU-1;5", fields.Datetime.now(), "list of rows"),
        ):
            with self.subTest(words), self.assertRaisesRegex(UserError, words):
                self.rows._report(self.warehouse, rows, as_of)
        self.warehouse.channel_authority = "odoo"
        with self.assertRaisesRegex(UserError, "counted by Odoo"):
            self.report(50)

    def test_products_of_another_company_are_unknown(self):
        company = self.env["res.company"].create({"name": "Other"})
        self.make_product(self.env, 2, company_id=company.id)
        report = self.rows._report(
            self.warehouse, [{"product": "SKU-2", "on_hand": 5}], self.ago(minutes=0)
        )
        self.assertEqual(report.problem_count, 1)

    def test_interface_of_other_systems_needs_a_role(self):
        now = fields.Datetime.now().isoformat()
        rows = [{"product": "SKU-1", "on_hand": 5}, {"product": "X", "on_hand": 5}]
        operator = new_test_user(
            self.env,
            "ext_operator",
            groups="channel_inventory_base.group_channel_operator,stock.group_stock_user",
        )
        answer = self.rows.with_user(operator).report(self.warehouse.id, rows, now)
        self.assertEqual((answer["accepted"], answer["problem_count"]), (1, 1))
        self.check(on_hand=5)
        auditor = new_test_user(
            self.env,
            "ext_auditor",
            groups="channel_inventory_base.group_channel_auditor,stock.group_stock_user",
        )
        with self.assertRaises(AccessError):
            self.rows.with_user(auditor).report(self.warehouse.id, rows, now)

    def test_file_brings_the_newest_word_of_known_and_new_products(self):
        self.make_product(self.env, 2)
        self.report(50, minutes=10)
        names = ["warehouse_id", "product_id", "on_hand", "as_of"]
        place = self.warehouse.name
        now = fields.Datetime.to_string(self.ago(minutes=1))
        old = fields.Datetime.to_string(self.ago(minutes=30))
        rows = [[place, "SKU-1", "7", now], [place, "SKU-2", "8", now]]
        self.rows = self.rows.with_context(tz="UTC")
        result = self.rows.load(names, rows)
        self.assertFalse([m for m in result["messages"] if m["type"] == "error"])
        self.check(on_hand=7)
        self.assertEqual(self.row().filtered("confidence").mapped("on_hand"), [7, 8])
        self.rows.load(names, [[place, "SKU-1", "99", old]])
        self.check(on_hand=7)

    def test_nothing_is_counted_in_the_future(self):
        """Whoever says so: it would be believed for ever, and no report be newer."""

        def refused():
            return self.assertRaisesRegex(UserError, "in the future")

        partner = self.env["res.partner"].create({"name": "Vendor"})
        external = self.env["channel.external.stock"]
        vendors = self.env["channel.supplier.stock"]
        where = {"warehouse_id": self.warehouse.id, "on_hand": 9}
        whose = {"partner_id": partner.id, "quantity": 9}
        other = self.make_product(self.env, 17)
        row = external.create({"product_id": other.id, **where})
        offer = vendors.create({"product_id": other.id, **whose})
        late = fields.Datetime.now() + timedelta(minutes=20)
        soon = fields.Datetime.now() + timedelta(minutes=5)
        product = self.make_product(self.env, 18)
        for known, values in ((row, where), (offer, whose)):
            rows = known.browse()
            with self.subTest(known._name):
                with refused(), self.env.cr.savepoint():
                    rows.create({"product_id": product.id, "as_of": late, **values})
                with refused(), self.env.cr.savepoint():
                    known.as_of = late
                with refused(), self.env.cr.savepoint():
                    rows.with_context(default_as_of=late).create(
                        {"product_id": product.id, **values}
                    )
                known.as_of = soon

    def test_rows_written_by_sql_are_noticed(self):
        self.report(50)
        self.plan()
        self.env.cr.execute("UPDATE channel_external_stock SET on_hand = 3")
        self.env.invalidate_all()
        self.plan()
        self.assertEqual(self.level.target, 3)
        self.env.cr.execute("DELETE FROM channel_external_stock")
        self.env.invalidate_all()
        self.plan()
        self.assertEqual(self.level.target, 0)
