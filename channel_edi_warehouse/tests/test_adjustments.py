# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from .common_warehouse import EARLIER, WarehouseCase


def adjustment(*lines, number="A1", time="0800"):
    """Segments of a 947. ``lines``: (reason, signed quantity, SKU)."""
    found = ["947", f"W15*20261130*{number}"]
    for reason, quantity, sku in lines:
        found.append(f"W19*{reason}*{quantity}*EA**VN*{sku}")
        found.append(f"G62*07*20261130*8*{time}")
    return found


class TestAdjustments(WarehouseCase):
    """What a warehouse corrects (947) changes how much there is, or whether it is
    sellable, and never what was shipped or received."""

    def correct(self, *lines, **more):
        return self.tell(adjustment(*lines, **more), functional="AW")

    def damaged(self):
        return self.env["stock.location"].create(
            {
                "name": "Damaged",
                "location_id": self.warehouse.view_location_id.id,
                "own_stock_state": "damaged",
            }
        )

    def test_less_and_more(self):
        document = self.correct(("06", -4, "SKU-1"), ("51", 3, "SKU-2"))
        self.assertEqual(document.state, "done", document.error)
        self.assertEqual((self.on_hand(), self.on_hand(self.other)), (6, 23))
        moves = self.env["stock.move"].search([("channel_told", "=", True)])
        self.assertEqual(
            moves.mapped("date"), [self.naive(EARLIER.replace(second=59))] * 2
        )

    def test_sign_decides_where_the_reason_is_open(self):
        self.correct(("AA", -4, "SKU-1"), ("AA", 3, "SKU-2"))
        self.assertEqual((self.on_hand(), self.on_hand(self.other)), (6, 23))

    def test_reason_and_sign_that_contradict_are_held(self):
        document = self.correct(("51", 3, "SKU-2"), ("06", 4, "SKU-1"))
        self.assertHeld(document, "contradict")
        self.assertEqual((self.on_hand(), self.on_hand(self.other)), (10, 20))

    def test_unknown_reason_is_held(self):
        self.assertHeld(self.correct(("Q9", -4, "SKU-1")), "Q9")
        self.assertEqual(self.on_hand(), 10)

    def test_correction_of_an_earlier_document_is_a_persons(self):
        for number, reason in enumerate(["53", "54"]):
            document = self.correct((reason, 1, "SKU-1"), number=f"A{number}")
            self.assertHeld(document, "earlier")
        self.assertEqual(self.on_hand(), 10)

    def test_hold_and_release(self):
        place = self.damaged()
        self.correct(("05", -4, "SKU-1"))
        self.assertEqual((self.on_hand(location=place), self.on_hand()), (4, 10))
        self.correct(("55", 3, "SKU-1"), number="A2")
        self.assertEqual((self.on_hand(location=place), self.on_hand()), (1, 10))
        self.plan()
        self.assertEqual((self.position.on_hand, self.position.damaged), (9, 1))

    def test_hold_without_a_place_for_it_is_held(self):
        self.assertHeld(self.correct(("05", -4, "SKU-1")), "damaged stock")

    def test_same_again_changes_nothing(self):
        self.correct(("06", -4, "SKU-1"))
        again = self.correct(("06", -4, "SKU-1"))
        self.assertEqual((again.state, self.on_hand()), ("ignored", 6))

    def test_same_number_with_another_content_is_held(self):
        self.correct(("06", -4, "SKU-1"))
        self.assertHeld(self.correct(("06", -5, "SKU-1")), "another content")
        self.assertEqual(self.on_hand(), 6)

    def test_correction_after_a_count_of_an_external_warehouse_counts(self):
        """50 counted, then 4 lost: 46, though Odoo does not count it."""
        self.warehouse.channel_authority = "external"
        self.env["channel.external.stock"]._report(
            self.warehouse,
            [{"product_id": self.product.id, "on_hand": 50}],
            EARLIER - timedelta(hours=1),
        )
        self.correct(("06", -4, "SKU-1"))
        self.plan()
        self.assertEqual(self.position.on_hand, 46)
