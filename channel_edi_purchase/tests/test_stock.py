# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import fields

from .common_purchase import PurchaseCase


def inventory(number, *rows, day, time):
    """Segments of an 846. ``rows``: (qualifier and id, [(673, quantity, unit)])."""
    found = ["846", f"BIA*00*SI*{number}*{day}*{time}"]
    for ids, quantities in rows:
        found.append(f"LIN**{ids}")
        found += [f"QTY*{code}*{count}*{unit}" for code, count, unit in quantities]
    return [*found, f"CTT*{len(rows)}"]


def there(code, count, unit="EA", qualifier="33"):
    return (f"VN*{code}", [(qualifier, count, unit)])


class TestStock(PurchaseCase):
    """What a supplier says to have (846) may be promised, as long as it says so."""

    def count(self, *arguments, **more):
        now = fields.Datetime.now() - timedelta(hours=more.pop("hours", 1))
        more.setdefault("day", f"{now:%Y%m%d}")
        more.setdefault("time", f"{now:%H%M}")
        [document] = self.tell(inventory(*arguments, **more), functional="IB")
        return document

    def stock(self):
        self.env.invalidate_all()
        rows = self.env["channel.supplier.stock"].search(
            [("partner_id", "=", self.vendor.id)]
        )
        return {row.product_id.default_code: row.quantity for row in rows}

    def test_stock_is_taken_by_the_suppliers_codes(self):
        document = self.count("B1", there("V-1", 40), there("V-2", 7))
        self.assertDone(document)
        self.assertEqual(document.res_model, "channel.stock.report")
        self.assertEqual(self.stock(), {"SKU-1": 40, "SKU-2": 7})
        row = self.env["channel.supplier.stock"].search([("quantity", "=", 40)])
        self.assertEqual(row.lead_days, 3)

    def test_gtins_and_our_own_codes_are_known_too(self):
        self.product.seller_ids.product_code = False
        self.product.barcode = "614141000012"
        self.count(
            "B1",
            ("UK*00614141000012", [("33", 5, "EA")]),
            ("IN*SKU-2", [("33", 6, "EA")]),
        )
        self.assertEqual(self.stock(), {"SKU-1": 5, "SKU-2": 6})

    def test_dropped_item_is_gone_where_everything_is_told(self):
        self.agreement.stock_complete = "snapshot"
        self.count("B1", there("V-1", 40), there("V-2", 7), hours=3)
        self.count("B2", there("V-2", 6), hours=2)
        self.assertEqual(self.stock(), {"SKU-1": 0, "SKU-2": 6})
        # items that are not bought here do not keep it
        self.count("B3", there("V-1", 4), there("NOBODY", 9), hours=1)
        self.assertEqual(self.stock(), {"SKU-1": 4, "SKU-2": 0})

    def test_dropped_item_stays_where_changes_are_told(self):
        self.agreement.stock_complete = "changes"
        self.count("B1", there("V-1", 40), there("V-2", 7), hours=3)
        self.count("B2", there("V-2", 6), hours=2)
        self.assertEqual(self.stock(), {"SKU-1": 40, "SKU-2": 6})

    def test_older_report_changes_nothing(self):
        self.count("B2", there("V-1", 40), hours=1)
        self.count("B1", there("V-1", 90), hours=5)
        self.assertEqual(self.stock(), {"SKU-1": 40})

    def test_items_that_are_not_bought_are_named_and_no_problem(self):
        document = self.count("B1", there("V-1", 40), there("NOBODY", 9))
        self.assertDone(document)
        self.assertIn("1 items are not bought here: NOBODY", document.error)
        self.assertFalse(self.exceptions("stock_report"))

    def test_report_of_nothing_that_is_bought_is_held(self):
        """Codes that were never entered: nothing would be promised, in silence."""
        self.assertHeld(self.count("B1", there("X-1", 40)), "None of its 1 items")

    def test_unknown_unit_of_a_bought_item_holds_the_report(self):
        document = self.count("B1", there("V-1", 4, "CA"), there("V-2", 1))
        self.assertHeld(document, "1 CA")
        self.assertEqual(self.stock(), {})
        self.agreement.code_ids = [
            (0, 0, {"kind": "unit", "code": "CA", "meaning": "12"})
        ]
        document.action_retry()
        self.work()
        self.assertEqual(self.stock(), {"SKU-1": 48, "SKU-2": 1})

    def test_unknown_code_of_a_bought_item_holds_the_report(self):
        document = self.count("B1", there("V-1", 4, qualifier="ZQ"))
        self.assertHeld(document, "ZQ")
        document = self.count("B2", there("V-1", 4, qualifier="69"))
        self.assertHeld(document, "69")

    def test_what_others_have_ordered_is_not_promised(self):
        self.count(
            "B1",
            ("VN*V-1", [("17", 40, "EA"), ("27", 15, "EA")]),
            ("VN*V-2", [("33", -3, "EA")]),
        )
        self.assertEqual(self.stock(), {"SKU-1": 25, "SKU-2": 0})

    def test_code_of_two_products_holds_the_report(self):
        self.other.seller_ids.product_code = "V-1"
        self.assertHeld(self.count("B1", there("V-1", 4)), "2 products match V-1")

    def test_same_code_at_another_vendor_is_another_item(self):
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        self.add_seller(self.other, "V-1", 1, partner_id=stranger.id)
        self.count("B1", there("V-1", 4))
        self.assertEqual(self.stock(), {"SKU-1": 4})

    def test_same_again_changes_nothing(self):
        self.count("B1", there("V-1", 40), time="0001")
        again = self.count("B1", there("V-1", 40), time="0001")
        self.assertEqual(again.state, "ignored")

    def test_old_report_is_promised_no_more(self):
        self.vendor.channel_fresh_days = 1
        self.count("B1", there("V-1", 40), hours=30)
        row = self.env["channel.supplier.stock"].search(
            [("partner_id", "=", self.vendor.id)]
        )
        self.assertTrue(row.is_stale)
        self.count("B2", there("V-1", 30), hours=1)
        row.invalidate_recordset()
        self.assertEqual((row.is_stale, row.quantity), (False, 30))

    def test_without_a_vendor_it_is_held(self):
        self.agreement.partner_id = False
        self.assertHeld(self.count("B1", there("V-1", 40)), "names no contact")

    def test_channels_are_promised_no_more_than_stock_and_what_comes(self):
        """A backorder rule with the supplier's stock: on hand + inbound + 846."""
        shop = self.make_channel(self.env, "SHP", name="Shop")
        shop.node_ids.warehouse_ids = self.warehouse
        listing = self.make_listing(self.env, shop, self.product, 9)
        self.rule("backorder", 1000, horizon_days=20, supplier_stock=True)
        self.ordered((self.product, 10, 2.5))
        self.count("B1", there("V-1", 25))
        self.plan()
        level = listing.level_ids
        self.assertEqual(level.target, 10 + 10 + 25)
        # the supplier has less, and brings less: both are promised no more
        self.agreement.stock_complete = "snapshot"
        self.count("B2", there("V-2", 1), hours=0)
        self.plan()
        self.assertEqual(level.target, 10 + 10)
