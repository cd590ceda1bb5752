# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.addons.channel_inventory_sale.tests.ledger_units import units_faults

from .common_edi import EdiCase
from .partners import connect, start_partners

SEED = {
    # its ship window is open
    "settings": {"lead_days": 0},
    "items": [
        {"sku": "SKU-1", "title": "Soap", "price": "2.50", "upc": "614141000012"},
    ],
}


class BigMartCase(EdiCase):
    """A strict retailer on its SFTP server, from the first stock document to the truck:
    it charges for whatever is not as it should be."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sandbox = start_partners({"bigmart": SEED}, ["bigmart"])
        cls.addClassCleanup(cls.sandbox.stop)
        cls.shop = cls.sandbox.partners["bigmart"]
        config = cls.shop.config
        connect(cls.mailbox, cls.agreement, cls.sandbox, config)
        cls.agreement.write(
            {
                "sscc_prefix": "10614141",
                "carrier_code": "UPSN",
                "code_ids": [(0, 0, {"kind": "unit", "code": "CA", "meaning": "12"})],
                "document_ids": [
                    (0, 0, {"direction": "out", "kind": kind})
                    for kind in ("855", "856", "846")
                ],
            }
        )
        cls.channel.write(
            {
                "confirm_policy": "always",
                "charges_no_tax": True,
                "send_acceptances": True,
                "send_shipments": True,
                "publish_minutes": 60,
            }
        )
        cls.env.flush_all()

    def tearDown(self):
        # whatever the two have said to each other: no unit is nowhere
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.assertEqual(units_faults(self.env, self.channel), [])
        super().tearDown()

    def talk(self):
        """Files go both ways, and everybody does what is to be done."""
        self.env.flush_all()
        self.env["channel.edi.receiver"]._run(self.channel)
        self.env["channel.edi.worker"]._run(self.channel)
        self.env["channel.intake"]._run(self.channel)
        self.env["channel.messenger"]._run(self.channel)
        self.env["channel.edi.sender"]._run(self.channel)
        self.env.invalidate_all()
        self.sandbox.step()

    def charges(self):
        return [(each.rule, each.reason) for each in self.shop.ledger.entries]

    def ordered(self):
        return self.env["channel.order"].search([("channel_id", "=", self.channel.id)])

    def setUp(self):
        super().setUp()
        self.sandbox.reset()
        self.sandbox.calm()
        self.plan()
        self.publish()
        self.talk()

    def buy(self, quantity, habit=None):
        """BigMart orders, maybe in an odd way, and we answer."""
        if habit:
            self.shop.rules.next(habit)
        bought = self.shop.buy({"SKU-1": quantity})
        for _round in range(3):
            self.talk()
            self.sandbox.step(700)
        return bought

    def ship(self, order, *quantities):
        """Validate the open delivery of a channel's order.

        :param quantities: of its moves; none: all of it
        :return: the delivery
        """
        pickings = order.sale_order_id.picking_ids
        picking = pickings.filtered(lambda each: each.state not in ("done", "cancel"))
        wanted = quantities or picking.move_ids.mapped("product_uom_qty")
        for move, quantity in zip(picking.move_ids, wanted, strict=True):
            move.quantity = quantity
            move.picked = True
        result = picking.button_validate()
        if isinstance(result, dict):
            wizard = self.env[result["res_model"]].with_context(**result["context"])
            wizard.create({}).process()
        return picking

    def held(self):
        """Pieces that its orders take of ours, however far they are."""
        position = self.env["channel.position"].search(
            [
                ("product_id", "=", self.product.id),
                ("warehouse_id", "=", self.warehouse.id),
            ]
        )
        return position.on_hand - position.available
