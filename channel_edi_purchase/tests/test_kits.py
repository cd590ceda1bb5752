# SPDX-License-Identifier: AGPL-3.0-or-later
from .common_purchase import PurchaseCase
from .test_notices import notice, sscc


class TestKits(PurchaseCase):
    """A kit is ordered and told as one thing, and comes as its components: they are
    under way, counted and taken off together."""

    def setUp(self):
        super().setUp()
        if "mrp.bom" not in self.env:
            self.skipTest("needs Manufacturing")
        self.kit = self.make_product(self.env, 5)
        self.add_seller(self.kit, "V-5", 9)
        self.env["mrp.bom"].create(
            {
                "product_tmpl_id": self.kit.product_tmpl_id.id,
                "type": "phantom",
                "bom_line_ids": [
                    (0, 0, {"product_id": self.product.id, "product_qty": 1}),
                    (0, 0, {"product_id": self.other.id, "product_qty": 2}),
                ],
            }
        )
        self.order = self.ordered((self.kit, 10, 9))

    def leave(self, number, *packs, **more):
        [document] = self.tell(
            notice(number, self.order.name, *packs, **more), functional="SH"
        )
        self.assertDone(document)
        return self.env["stock.picking"].search([("edi_notice", "=", number)])

    def goods(self, picking):
        return sorted(
            (line.product_id.default_code, line.quantity, line.result_package_id.name)
            for line in picking.move_line_ids
        )

    def test_components_of_what_has_left_are_under_way(self):
        receipt = self.leave("S1", (sscc(1), [("V-5", 4)]))
        self.assertEqual(
            self.goods(receipt), [("SKU-1", 4, sscc(1)), ("SKU-2", 8, sscc(1))]
        )
        self.assertEqual(self.inbound(), [(4, 1), (6, 0)])
        self.assertIn("Missing: 6 × [SKU-5]", self.differences())
        self.take_in(receipt)
        self.assertEqual(self.order.order_line.mapped("qty_received"), [4])
        rest = self.leave("S2", (sscc(2), [("V-5", 2)]), (sscc(3), [("V-5", 4)]))
        self.assertEqual(
            self.goods(rest),
            [
                *[("SKU-1", 2, sscc(2)), ("SKU-1", 4, sscc(3))],
                *[("SKU-2", 4, sscc(2)), ("SKU-2", 8, sscc(3))],
            ],
        )
        self.assertFalse(self.exceptions("edi_purchase"), self.differences())
        self.take_in(rest)
        self.assertEqual(self.order.order_line.mapped("qty_received"), [10])
        self.assertEqual(self.inbound(), [])

    def test_more_than_is_open_is_told_in_kits(self):
        self.leave("S1", (sscc(1), [("V-5", 8)]))
        receipt = self.leave("S2", (sscc(2), [("V-5", 3)]))
        self.assertEqual(
            [
                (move.product_id.default_code, move.product_qty)
                for move in receipt.move_ids
            ],
            [("SKU-1", 2), ("SKU-2", 4)],
        )
        self.assertIn("3 × [SKU-5]", self.differences())
        self.assertIn(": 1 more than", self.differences())

    def test_fewer_are_wanted_than_were_ordered(self):
        """What is under way stays; the rest of each component is taken off."""
        self.leave("S1", (sscc(1), [("V-5", 4)]))
        self.order.order_line.product_qty = 7
        self.env.flush_all()
        open_moves = self.order.order_line.move_ids.filtered(
            lambda move: move.state not in ("done", "cancel")
        )
        found = {}
        for move in open_moves:
            code = move.product_id.default_code
            found[code] = found.get(code, 0) + move.product_qty
        self.assertEqual(found, {"SKU-1": 7, "SKU-2": 14})
        self.assertFalse(self.exceptions("edi_purchase"), self.differences())

    def test_undone(self):
        self.leave("S1", (sscc(1), [("V-5", 4)]))
        self.leave("S1", purpose="01")
        self.assertEqual(sum(n for n, _day in self.inbound(self.other)), 20)
        self.assertFalse(
            self.order.picking_ids.move_line_ids.result_package_id.exists()
        )

    def test_more_are_wanted_than_were_ordered(self):
        """Of each component as many as the kits need, beside what is under way."""
        self.leave("S1", (sscc(1), [("V-5", 4)]))
        self.order.order_line.product_qty = 12
        self.env.flush_all()
        self.assertEqual(sum(n for n, _day in self.inbound()), 12)
        self.assertEqual(sum(n for n, _day in self.inbound(self.other)), 24)
        receipt = self.leave("S2", (sscc(2), [("V-5", 8)]))
        self.assertEqual(
            self.goods(receipt), [("SKU-1", 8, sscc(2)), ("SKU-2", 16, sscc(2))]
        )
        self.assertFalse(self.exceptions("edi_purchase"), self.differences())

    def test_kit_of_kits(self):
        """Two seats, each of a back and two arms: four arms."""
        pair = self.make_product(self.env, 6)
        self.add_seller(pair, "V-6", 18)
        self.env["mrp.bom"].create(
            {
                "product_tmpl_id": pair.product_tmpl_id.id,
                "type": "phantom",
                "bom_line_ids": [(0, 0, {"product_id": self.kit.id, "product_qty": 2})],
            }
        )
        self.order = self.ordered((pair, 3, 18))
        receipt = self.leave("S1", (sscc(1), [("V-6", 1)]))
        self.assertEqual(
            self.goods(receipt), [("SKU-1", 2, sscc(1)), ("SKU-2", 4, sscc(1))]
        )
        self.take_in(receipt)
        self.assertEqual(self.order.order_line.qty_received, 1)
