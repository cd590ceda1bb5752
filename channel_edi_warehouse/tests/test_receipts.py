# SPDX-License-Identifier: AGPL-3.0-or-later
from .common_warehouse import EARLIER, WarehouseCase


def receipt(number, *lines, order="", total=None, receipt_number="R1"):
    """Segments of a 944. ``lines``: (received, unit, SKU, lot, {condition: units})."""
    found = ["944", f"W17*F*20261130*{receipt_number}*{number}"]
    came = 0
    for quantity, unit, sku, lot, conditions in lines:
        came += quantity
        found.append(f"W07*{quantity}*{unit}**VN*{sku}***{lot}".rstrip("*"))
        found += [f"W13*{units}*{unit}*{code}" for code, units in conditions.items()]
    return [*found, f"W14*{came if total is None else total}"]


class TestReceipts(WarehouseCase):
    """What a warehouse tells as received (944) is there from then on, sellable or not
    as it says."""

    def damaged(self):
        return self.env["stock.location"].create(
            {
                "name": "Damaged",
                "location_id": self.warehouse.view_location_id.id,
                "own_stock_state": "damaged",
            }
        )

    def come(self, *arguments, **more):
        return self.tell(receipt(*arguments, **more), functional="RE")

    def test_received_is_there_as_of_its_day(self):
        picking = self.expected((self.product, 8))
        document = self.come(picking.name, (8, "EA", "SKU-1", "", {}))
        self.assertEqual(document.state, "done", document.error)
        self.assertEqual((picking.state, self.on_hand()), ("done", 18))
        self.assertEqual(picking.date_done.date(), EARLIER.date())

    def test_damaged_part_is_not_sellable(self):
        place = self.damaged()
        picking = self.expected((self.product, 8))
        document = self.come(picking.name, (8, "EA", "SKU-1", "", {"01": 3}))
        self.assertEqual(document.state, "done", document.error)
        self.assertEqual(self.on_hand(location=place), 3)
        self.assertEqual(self.on_hand(location=self.warehouse.lot_stock_id), 15)
        self.plan()
        self.assertEqual((self.position.on_hand, self.position.damaged), (15, 3))

    def test_damaged_without_a_place_for_it_is_held(self):
        picking = self.expected((self.product, 8))
        document = self.come(picking.name, (8, "EA", "SKU-1", "", {"01": 3}))
        self.assertHeld(document, "damaged stock")
        self.assertEqual(self.on_hand(), 10)
        self.damaged()
        document.action_retry()
        self.work()
        self.assertEqual((document.state, self.on_hand()), ("done", 18))

    def test_short_stays_expected(self):
        picking = self.expected((self.product, 8))
        self.come(picking.name, (5, "EA", "SKU-1", "", {"02": 3}))
        rest = self.env["stock.picking"].search([("backorder_id", "=", picking.id)])
        self.assertEqual((self.on_hand(), rest.move_ids.product_qty), (15, 3))

    def test_several_receipts_come_to_what_was_expected(self):
        picking = self.expected((self.product, 8))
        self.come(picking.name, (5, "EA", "SKU-1", "", {}))
        self.come(picking.name, (3, "EA", "SKU-1", "", {}), receipt_number="R2")
        self.assertEqual(self.on_hand(), 18)
        rest = self.env["stock.picking"].search([("backorder_id", "=", picking.id)])
        self.assertEqual(rest.state, "done")

    def test_more_than_expected_is_posted_and_told(self):
        picking = self.expected((self.product, 8))
        self.come(picking.name, (9, "EA", "SKU-1", "", {"03": 1}))
        self.assertEqual(self.on_hand(), 19)
        self.assertIn("were expected", self.exceptions("edi_warehouse").message)

    def test_same_again_changes_nothing(self):
        picking = self.expected((self.product, 8))
        self.come(picking.name, (5, "EA", "SKU-1", "", {}))
        again = self.come(picking.name, (5, "EA", "SKU-1", "", {}))
        self.assertEqual((again.state, self.on_hand()), ("ignored", 15))

    def test_same_number_with_another_content_is_held(self):
        picking = self.expected((self.product, 8))
        self.come(picking.name, (5, "EA", "SKU-1", "", {}))
        again = self.come(picking.name, (3, "EA", "SKU-1", "", {}))
        self.assertHeld(again, "another content")
        self.assertEqual(self.on_hand(), 15)

    def test_total_that_does_not_add_up_is_held(self):
        picking = self.expected((self.product, 8))
        document = self.come(picking.name, (8, "EA", "SKU-1", "", {}), total=9)
        self.assertHeld(document, "9 units")
        self.assertEqual(self.on_hand(), 10)

    def test_unknown_item_posts_nothing_of_the_document(self):
        picking = self.expected((self.product, 8))
        document = self.come(
            picking.name, (8, "EA", "SKU-1", "", {}), (1, "EA", "NOBODY", "", {})
        )
        self.assertHeld(document, "NOBODY")
        self.assertEqual(self.on_hand(), 10)

    def test_lot_that_comes_for_the_first_time(self):
        product = self.make_product(self.env, 4, tracking="lot")
        picking = self.expected((product, 8))
        self.warehouse.in_type_id.use_create_lots = True
        document = self.come(picking.name, (8, "EA", "SKU-4", "L7", {}))
        self.assertEqual(document.state, "done", document.error)
        self.assertEqual(picking.move_line_ids.lot_id.name, "L7")
