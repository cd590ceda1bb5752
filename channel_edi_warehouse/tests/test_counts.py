# SPDX-License-Identifier: AGPL-3.0-or-later
from .common_warehouse import WarehouseCase, advice


def stock_report(*items, number="C1", day="20261130", time="1000", code="17"):
    """Segments of an 846. ``items``: (SKU, quantity, {other code: quantity})."""
    found = ["846", f"BIA*00*SI*{number}*{day}*{time}"]
    for sku, quantity, *more in items:
        found += [f"LIN**VN*{sku}", f"QTY*{code}*{quantity}*EA"]
        for each in more:
            found += [f"QTY*{other}*{units}*EA" for other, units in each.items()]
    return [*found, f"CTT*{len(items)}"]


class TestCounts(WarehouseCase):
    """What a warehouse says it has (846) is the stock where it counts, and is compared
    as of its own time where Odoo does."""

    def count(self, *items, **more):
        return self.tell(stock_report(*items, **more), functional="IB")

    def differing(self):
        return self.exceptions("edi_warehouse").filtered(
            lambda each: each.key == f"edi_count:{self.warehouse.id}"
        )

    def test_authority_counts(self):
        self.warehouse.channel_authority = "external"
        document = self.count(("SKU-1", 47, {"QH": 2}))
        self.assertEqual(document.state, "done", document.error)
        self.plan()
        self.assertEqual((self.position.on_hand, self.position.damaged), (47, 2))

    def test_older_count_of_the_authority_is_no_news(self):
        self.warehouse.channel_authority = "external"
        self.count(("SKU-1", 47))
        self.count(("SKU-1", 50), number="C0", time="0900")
        self.plan()
        self.assertEqual(self.position.on_hand, 47)

    def test_item_that_is_not_in_a_snapshot_is_gone(self):
        self.warehouse.channel_authority = "external"
        self.agreement.stock_complete = "snapshot"
        self.count(("SKU-1", 47), ("SKU-2", 3))
        self.count(("SKU-2", 3), number="C2", time="1100")
        self.plan()
        self.assertEqual(self.position.on_hand, 0)

    def test_unknown_code_is_held(self):
        self.warehouse.channel_authority = "external"
        self.assertHeld(self.count(("SKU-1", 47), code="QA"), "QA")

    def test_difference_once_is_no_exception(self):
        self.warehouse.channel_authority = "reported"
        self.assertEqual(self.count(("SKU-1", 9)).state, "done")
        self.assertFalse(self.differing())
        self.assertEqual(self.on_hand(), 10)

    def test_same_count_again_does_not_differ_twice(self):
        self.warehouse.channel_authority = "reported"
        self.count(("SKU-1", 9))
        self.assertEqual(self.count(("SKU-1", 9)).state, "ignored")
        self.assertFalse(self.differing())

    def test_difference_twice_is_told_and_ends(self):
        self.warehouse.channel_authority = "reported"
        self.count(("SKU-1", 9))
        self.count(("SKU-1", 9), number="C2", time="1100")
        exception = self.differing()
        self.assertIn("9/10", exception.message)
        # nothing is corrected by a comparison
        self.assertEqual(self.on_hand(), 10)
        self.count(("SKU-1", 10), number="C3", time="1200")
        self.assertEqual(exception.state, "resolved")

    def test_advice_that_comes_after_two_counts_explains_both(self):
        """Left at 8, counted at 10 and 11, told at 12."""
        self.warehouse.channel_authority = "reported"
        picking = self.delivery((self.product, 3))
        self.count(("SKU-1", 7))
        self.tell(advice(picking.name, ("CC", 3, 3, "EA", "SKU-1")))
        self.count(("SKU-1", 7), number="C2", time="1100")
        self.assertFalse(self.differing())

    def test_movement_that_a_person_decides_on_explains_it(self):
        self.warehouse.channel_authority = "reported"
        picking = self.delivery((self.product, 3))
        told = advice(picking.name, ("ZZ", 3, 3, "EA", "SKU-1"))
        self.assertHeld(self.tell(told), "ZZ")
        self.count(("SKU-1", 7))
        self.count(("SKU-1", 7), number="C2", time="1100")
        self.assertFalse(self.differing())

    def test_older_count_is_not_compared(self):
        self.warehouse.channel_authority = "reported"
        self.count(("SKU-1", 10))
        older = self.count(("SKU-1", 9), number="C0", time="0900")
        self.assertEqual(older.state, "ignored")
        self.assertFalse(self.differing())

    def test_available_alone_cannot_be_compared(self):
        self.warehouse.channel_authority = "reported"
        self.assertHeld(self.count(("SKU-1", 10), code="33"), "on_hand")
        self.agreement.code_ids = [
            (0, 0, {"kind": "state", "code": "33", "meaning": "on_hand"})
        ]
        document = self.count(("SKU-1", 10), code="33", number="C2")
        self.assertEqual(document.state, "done", document.error)
