# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.addons.channel_edi.tests.partners import connect, start_partners

from .common_warehouse import WarehouseCase

SEED = {
    # it ships when it is told to
    "settings": {"works": False, "report_at": None, "transit_hours": 1000},
    "articles": [
        {"sku": "SKU-1", "quantity": 10, "upc": "614141000012"},
        {"sku": "SKU-2", "quantity": 20, "upc": "614141000029"},
    ],
}


class TestFlowDock9(WarehouseCase):
    """A strict warehouse on its SFTP server: what is really there is what Odoo has,
    whatever happens there."""

    def setUp(self):
        super().setUp()
        # numbers are followed there, and given again after each test here
        self.sandbox = start_partners({"dock9": SEED}, ["dock9"])
        self.addCleanup(self.sandbox.stop)
        self.house = self.sandbox.partners["dock9"]
        config = self.house.config
        connect(self.mailbox, self.agreement, self.sandbox, config)
        self.agreement.write(
            {
                "document_ids": [(0, 0, {"direction": "out", "kind": "940"})],
            }
        )
        self.warehouse.write(
            {"channel_authority": "reported", "edi_carrier": config.carrier}
        )
        self.damaged = self.env["stock.location"].create(
            {
                "name": "Damaged",
                "location_id": self.warehouse.view_location_id.id,
                "own_stock_state": "damaged",
            }
        )
        self.env.flush_all()

    def talk(self):
        """Files go both ways, and everybody does what is to be done."""
        for _each in range(2):
            self.env.flush_all()
            self.env["channel.edi.receiver"]._run(self.channel)
            self.env["channel.edi.worker"]._run(self.channel)
            self.env["channel.edi.sender"]._run(self.channel)
            self.env.invalidate_all()
            self.sandbox.step()

    def assertAgreed(self):
        """Nothing is held here, nothing was refused there, and what is there is what
        Odoo has, good and other."""
        held = self.env["channel.edi.document"].search(
            [
                ("channel_id", "=", self.channel.id),
                ("state", "in", ("held", "parked", "refused", "dead")),
            ]
        )
        self.assertEqual(held.mapped("error"), [])
        self.assertEqual(list(self.house.ledger.entries), [])
        truth = self.house.truth()["stock"]
        for product in self.product + self.other:
            there = truth[product.default_code]
            bad = self.on_hand(product, self.damaged)
            self.assertEqual(there["hold"] + there["damaged"], bad)
            self.assertEqual(there["good"], self.on_hand(product) - bad)

    def test_told_shipped_short_and_shipped(self):
        picking = self.delivery((self.product, 4), (self.other, 2))
        self.talk()
        self.assertEqual(self.house.truth()["orders"][picking.name]["state"], "open")
        self.house.ship(picking.name, {"SKU-1": 3}, final=False)
        self.talk()
        self.assertEqual((picking.state, self.waiting()), ("done", 1))
        self.assertEqual(self.waiting(self.other), 2)
        self.assertAgreed()
        self.house.ship(picking.name)
        self.talk()
        self.assertEqual((self.waiting(), self.waiting(self.other)), (0, 0))
        self.assertEqual((self.on_hand(), self.on_hand(self.other)), (6, 18))
        self.assertAgreed()
        # what the warehouse takes for done, and what is acknowledged
        self.assertEqual(self.house.truth()["orders"][picking.name]["state"], "shipped")
        told = self.env["channel.edi.document"].search([("kind", "=", "940")])
        self.assertEqual(told.mapped("ack_state"), ["accepted"])

    def test_called_back(self):
        picking = self.delivery((self.product, 4))
        self.talk()
        picking.action_cancel()
        self.talk()
        order = self.house.truth()["orders"][picking.name]
        self.assertEqual(order["state"], "cancelled")
        self.assertAgreed()

    def test_shipped_although_cancelled_here(self):
        picking = self.delivery((self.product, 4))
        self.talk()
        self.house.ship(picking.name)
        picking.action_cancel()
        self.env["channel.edi.document"].search(
            [("kind", "=", "940"), ("state", "=", "ready")]
        ).state = "void"
        self.talk()
        self.assertEqual(self.waiting(), 0)
        self.assertAgreed()

    def test_announced_and_received_in_two_trucks(self):
        """What comes is told (943), and the rest of what came in part is not told
        again."""
        self.agreement.document_ids = [(0, 0, {"direction": "out", "kind": "943"})]
        expected = self.expected((self.product, 8), (self.other, 2))
        self.talk()
        self.assertEqual(
            dict(self.house.announced[expected.name]), {"SKU-1": 8, "SKU-2": 2}
        )
        self.house.arrive(expected.name, short={"SKU-1": 3})
        self.talk()
        self.assertEqual((self.on_hand(), self.on_hand(self.other)), (15, 22))
        self.house.receive({"SKU-1": 3}, expected.name)
        self.talk()
        self.assertEqual(self.on_hand(), 18)
        told = self.env["channel.edi.document"].search([("kind", "=", "943")])
        self.assertEqual(told.mapped("ack_state"), ["accepted"])
        self.assertAgreed()

    def test_goods_in_corrections_and_counts(self):
        supplier = self.env.ref("stock.stock_location_suppliers")
        places = {
            "location_id": supplier.id,
            "location_dest_id": self.warehouse.lot_stock_id.id,
        }
        move = {"product_id": self.product.id, "product_uom_qty": 8, **places}
        expected = self.env["stock.picking"].create(
            {
                "picking_type_id": self.warehouse.in_type_id.id,
                "move_ids": [(0, 0, move)],
                **places,
            }
        )
        expected.action_confirm()
        self.house.receive({"SKU-1": 8}, expected.name, {"SKU-1": 2})
        self.house.adjust("SKU-2", -3)
        self.house.move("SKU-2", 5, "hold")
        self.talk()
        self.assertEqual(expected.state, "done")
        self.assertEqual((self.on_hand(), self.on_hand(self.other)), (18, 17))
        self.assertAgreed()
        # what vanishes there is told when it is counted
        self.house.lose("SKU-2", 1)
        self.house.count("SKU-2")
        self.talk()
        self.assertEqual(self.on_hand(self.other), 16)
        self.assertAgreed()
        for _each in range(2):
            self.house.report()
            self.talk()
        self.assertAgreed()
        counts = self.env["channel.edi.document"].search([("kind", "=", "846")])
        self.assertEqual(counts.mapped("state"), ["done", "done"])
        self.assertFalse(self.exceptions("edi_warehouse"))
