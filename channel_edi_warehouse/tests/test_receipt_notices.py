# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.addons.channel_edi import schemas
from odoo.addons.channel_inventory_base import schemas as base_schemas

from .common_warehouse import WarehouseCase
from .test_receipts import receipt


class TestReceiptNotices(WarehouseCase):
    """A warehouse is told once what is on its way to it (943)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agreement.document_ids = [(0, 0, {"direction": "out", "kind": "943"})]
        cls.env.flush_all()

    def notices(self):
        return self.env["channel.edi.document"].search([("kind", "=", "943")])

    def told(self):
        """{SKU: units} of the only notice."""
        [document] = self.notices()
        notice = base_schemas.load(schemas.ReceiptNotice, document._values())
        return {
            each.value: line.quantity
            for line in notice.lines
            for each in line.ids
            if each.qualifier == "VN"
        }

    def test_a_receipt_is_told_once(self):
        picking = self.expected((self.product, 8), (self.other, 2))
        self.assertEqual(self.told(), {"SKU-1": 8, "SKU-2": 2})
        picking.action_assign()
        self.assertEqual(self.notices().business_key, picking.name)
        [interchange] = self.send()
        self.assertIn(f"W06*N*{picking.name}*".encode(), interchange._bytes())
        self.assertIn(b"W03*10", interchange._bytes())

    def test_changed_before_it_was_sent_it_is_written_anew(self):
        picking = self.expected((self.product, 8))
        picking.move_ids.product_uom_qty = 5
        self.assertEqual(self.told(), {"SKU-1": 5})
        self.assertFalse(self.exceptions("edi_warehouse"))

    def test_changed_after_it_was_sent_a_person_tells(self):
        picking = self.expected((self.product, 8))
        self.send().action_mark_sent()
        picking.move_ids.product_uom_qty = 5
        [told] = self.exceptions("edi_warehouse")
        self.assertIn("told that it comes", told.message)
        self.assertEqual(len(self.notices()), 1)

    def test_cancelled_before_and_after_it_was_sent(self):
        picking = self.expected((self.product, 8))
        picking.action_cancel()
        self.assertEqual(self.notices().state, "void")
        self.assertFalse(self.exceptions("edi_warehouse"))
        other = self.expected((self.product, 8))
        self.send().action_mark_sent()
        other.action_cancel()
        [told] = self.exceptions("edi_warehouse")
        self.assertIn(other.name, told.message)

    def test_the_rest_is_not_told_again(self):
        picking = self.expected((self.product, 8))
        self.send().action_mark_sent()
        document = self.tell(
            receipt(picking.name, (5, "EA", "SKU-1", "", {})), functional="RE"
        )
        self.assertEqual(document.state, "done", document.error)
        rest = self.env["stock.picking"].search([("backorder_id", "=", picking.id)])
        self.assertEqual(rest.move_ids.product_uom_qty, 3)
        self.assertEqual(len(self.notices()), 1)
        self.assertFalse(self.exceptions("edi_warehouse"))

    def test_from_another_place_of_ours(self):
        """Told when it is reserved there, and received by the number of the
        transfer."""
        ours = self.make_warehouse(self.env, "OUR")
        self.add_stock(self.env, self.product, ours, 6)
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": ours.int_type_id.id,
                "location_id": ours.lot_stock_id.id,
                "location_dest_id": self.warehouse.lot_stock_id.id,
                "move_ids": [
                    (
                        0,
                        0,
                        {
                            "product_id": self.product.id,
                            "product_uom_qty": 6,
                            "location_id": ours.lot_stock_id.id,
                            "location_dest_id": self.warehouse.lot_stock_id.id,
                        },
                    )
                ],
            }
        )
        picking.action_confirm()
        picking.action_assign()
        self.assertEqual(self.told(), {"SKU-1": 6})
        self.send().action_mark_sent()
        document = self.tell(
            receipt(picking.name, (6, "EA", "SKU-1", "", {})), functional="RE"
        )
        self.assertEqual(document.state, "done", document.error)
        self.assertEqual((picking.state, self.on_hand()), ("done", 16))

    def test_moves_inside_of_it_are_its_own_business(self):
        shelf = self.env["stock.location"].create(
            {"name": "Shelf", "location_id": self.warehouse.lot_stock_id.id}
        )
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": self.warehouse.int_type_id.id,
                "location_id": self.warehouse.lot_stock_id.id,
                "location_dest_id": shelf.id,
                "move_ids": [
                    (
                        0,
                        0,
                        {
                            "product_id": self.product.id,
                            "product_uom_qty": 1,
                            "location_id": self.warehouse.lot_stock_id.id,
                            "location_dest_id": shelf.id,
                        },
                    )
                ],
            }
        )
        picking.action_confirm()
        self.assertFalse(self.notices())

    def test_a_product_without_a_name_there(self):
        self.other.write({"default_code": False, "barcode": False})
        picking = self.expected((self.other, 2))
        [told] = self.exceptions("edi_warehouse")
        self.assertIn("neither an internal reference nor a GTIN", told.message)
        self.other.default_code = "SKU-2"
        picking.action_assign()
        self.assertEqual(self.told(), {"SKU-2": 2})
        self.assertEqual(told.state, "resolved")
