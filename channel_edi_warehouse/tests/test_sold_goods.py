# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.addons.channel_edi.tests.common_edi import BIGMART, change, po, x12

from .common_warehouse import WarehouseCase, advice


class TestSoldGoods(WarehouseCase):
    """A retailer's order that the warehouse ships: what has left is known to both, also
    where the retailer has cancelled it in the meantime."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.retailer = cls.make_channel(
            cls.env,
            "RET",
            channel_type="edi",
            edi_role="retailer",
            confirm_policy="always",
            charges_no_tax=True,
        )
        cls.retailer.node_ids.warehouse_ids = cls.warehouse
        cls.make_listing(
            cls.env,
            cls.retailer,
            cls.product,
            external_id="SKU-1|EA",
            stock_ref="SKU-1|EA",
        )
        cls.orders_box = cls.env["channel.edi.mailbox"].create(
            {"name": "Orders", "channel_id": cls.retailer.id, "kind": "manual"}
        )
        cls.agreement.copy(
            {
                **BIGMART,
                "their_id": "RETAILER",
                "channel_id": cls.retailer.id,
                "mailbox_id": cls.orders_box.id,
            }
        )
        cls.agreement.document_ids = [(0, 0, {"direction": "out", "kind": "940"})]
        cls.warehouse.edi_carrier = "UPSN"
        cls.env.flush_all()

    def ordered(self, *documents):
        type(self).control += 1
        data = x12(*documents, number=self.control, sender="RETAILER")
        self.env["channel.edi.file"]._store(
            self.orders_box, f"po-{self.control}.edi", "by hand", data
        )
        self.env.flush_all()
        self.env["channel.edi.worker"]._run(self.retailer)
        self.env["channel.intake"]._run(self.retailer)
        self.env.invalidate_all()
        return self.env["channel.order"].search(
            [("channel_id", "=", self.retailer.id), ("name", "=", "4711")]
        )

    def test_shipped_short_leaves_the_rest_to_be_decided(self):
        order = self.ordered(po("4711", (4, "EA", "5.00", "SKU-1")))
        picking = order.sale_order_id.picking_ids
        told = self.env["channel.edi.document"].search([("kind", "=", "940")])
        self.assertEqual(told.business_key, picking.name)
        self.assertEqual(told._values()["po_number"], "4711")
        self.tell(advice(picking.name, ("CP", 4, 3, "EA", "SKU-1")))
        self.assertEqual((self.on_hand(), self.waiting()), (7, 0))
        self.assertEqual(order.sale_order_id.order_line.qty_delivered, 3)

    def test_left_although_the_retailer_has_cancelled(self):
        order = self.ordered(po("4711", (4, "EA", "5.00", "SKU-1")))
        picking = order.sale_order_id.picking_ids
        self.send()
        self.ordered(change("4711", 1, purpose="01"))
        document = self.tell(advice(picking.name, ("CC", 4, 4, "EA", "SKU-1")))
        self.assertEqual(document.state, "done", document.error)
        self.assertEqual((self.on_hand(), self.waiting()), (6, 0))
        late = self.env["channel.exception"].search(
            [
                ("channel_id", "=", self.retailer.id),
                ("category", "=", "cancelled_late"),
                ("state", "=", "open"),
            ]
        )
        self.assertEqual(len(late), 1)
        self.assertIn("4711 has left", late.message)
