# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import datetime, timezone

from odoo import fields

from odoo.addons.channel_edi.tests.common_edi import EdiCase, x12

EARLIER = datetime(2026, 11, 30, 8, 0, tzinfo=timezone.utc)
"""When the trucks of the tests leave."""


def advice(number, *lines, mode="F", shipment="S1", total=None, time="0800", day=None):
    """Segments of a 945. ``lines``: (status, ordered, shipped, unit, SKU, ...)."""
    day = day or "20261130"
    found = ["945", f"W06*{mode}*{number}*{day}*{shipment}"]
    found += ["N9*2I*1Z999", f"G62*11*{day}*8*{time}", "W27*M*UPSN"]
    shipped = 0
    for index, (code, ordered, left, unit, sku, *more) in enumerate(lines, 1):
        shipped += left
        short = ordered - left
        row = f"W12*{code}*{ordered}*{left}*{short}*{unit}**VN*{sku}"
        found += [f"LX*{index}", "*".join([row, *more])]
    return [*found, f"W03*{shipped if total is None else total}*1*LB"]


class WarehouseCase(EdiCase):
    """A warehouse that Dock9 runs, with 10 of SKU-1 and 20 of SKU-2."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.channel.write({"name": "Dock9", "edi_role": "warehouse"})
        cls.warehouse.edi_channel_id = cls.channel
        cls.other = cls.make_product(cls.env, 2, 20, cls.warehouse)
        cls.env.flush_all()
        cls.control = 0

    def delivery(self, *wanted, ready=True):
        """:param wanted: (product, quantity)"""
        picking_type = self.warehouse.out_type_id
        customer = self.env.ref("stock.stock_location_customers")
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": picking_type.id,
                "partner_id": self.agreement.partner_id.id,
                "location_id": picking_type.default_location_src_id.id,
                "location_dest_id": customer.id,
                "move_ids": [
                    (
                        0,
                        0,
                        {
                            "product_id": product.id,
                            "product_uom_qty": quantity,
                            "location_id": picking_type.default_location_src_id.id,
                            "location_dest_id": customer.id,
                        },
                    )
                    for product, quantity in wanted
                ],
            }
        )
        picking.action_confirm()
        if ready:
            picking.action_assign()
        return picking

    def expected(self, *wanted):
        picking_type = self.warehouse.in_type_id
        supplier = self.env.ref("stock.stock_location_suppliers")
        moves = [
            (
                0,
                0,
                {
                    "product_id": product.id,
                    "product_uom_qty": quantity,
                    "location_id": supplier.id,
                    "location_dest_id": self.warehouse.lot_stock_id.id,
                },
            )
            for product, quantity in wanted
        ]
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": picking_type.id,
                "location_id": supplier.id,
                "location_dest_id": self.warehouse.lot_stock_id.id,
                "move_ids": moves,
            }
        )
        picking.action_confirm()
        return picking

    def tell(self, *documents, functional="SW"):
        """:return: documents that come of one interchange"""
        type(self).control += 1
        return self.receive(x12(*documents, number=self.control, functional=functional))

    def on_hand(self, product=None, location=None):
        self.env.flush_all()
        self.env.invalidate_all()
        quants = self.env["stock.quant"].search(
            [
                ("product_id", "=", (product or self.product).id),
                ("location_id", "child_of", self.warehouse.view_location_id.id),
                *([("location_id", "=", location.id)] if location else []),
            ]
        )
        return sum(quants.mapped("quantity"))

    def shipped(self, picking, product=None):
        """Units of all transfers of one order that are done."""
        moves = self.env["stock.move"].search(
            [
                ("product_id", "=", (product or self.product).id),
                ("location_dest_id.usage", "=", "customer"),
                ("location_id.usage", "=", "internal"),
                ("state", "=", "done"),
            ]
        )
        return sum(moves.mapped("quantity"))

    def waiting(self, product=None):
        """Units that are still to leave."""
        moves = self.env["stock.move"].search(
            [
                ("product_id", "=", (product or self.product).id),
                ("location_dest_id.usage", "=", "customer"),
                ("state", "not in", ("done", "cancel")),
            ]
        )
        return sum(moves.mapped("product_qty"))

    def assertHeld(self, document, words):
        self.assertEqual(document.state, "held", document.error)
        self.assertIn(words, document.error)
        self.assertTrue(
            self.exceptions("edi_document").filtered(
                lambda each: each.key == f"edi_document:{document.id}"
            )
        )

    @staticmethod
    def naive(moment):
        return fields.Datetime.to_datetime(moment.replace(tzinfo=None))
