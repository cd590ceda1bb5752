# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.addons.channel_edi.tests.common_edi import BIGMART
from odoo.addons.channel_edi.tests.partners import connect, start_partners

from .common_warehouse import WarehouseCase

SEED = {
    "bigmart": {
        "settings": {"lead_days": 0},
        "items": [{"sku": "SKU-1", "price": "2.50", "upc": "614141000012"}],
    },
    "dock9": {
        "settings": {"works": False, "report_at": None, "carton_pieces": 3}
        | {"transit_hours": 1},
        "articles": [{"sku": "SKU-1", "quantity": 10, "upc": "614141000012"}],
    },
}


class TestFlowRetail(WarehouseCase):
    """A retailer's order that a warehouse of others ships: the truck drives from one to
    the other, and what is on it is what the retailer was told."""

    def setUp(self):
        super().setUp()
        self.sandbox = start_partners(SEED, ["bigmart", "dock9"])
        self.addCleanup(self.sandbox.stop)
        self.shop = self.sandbox.partners["bigmart"]
        self.house = self.sandbox.partners["dock9"]
        connect(self.mailbox, self.agreement, self.sandbox, self.house.config)
        self.agreement.document_ids = [(0, 0, {"direction": "out", "kind": "940"})]
        self.warehouse.write({"channel_authority": "reported", "edi_carrier": "UPSN"})
        self.retailer = self._make_retailer()
        self.env.flush_all()

    def _make_retailer(self):
        retailer = self.make_channel(
            self.env,
            "RET",
            channel_type="edi",
            edi_role="retailer",
            confirm_policy="always",
            charges_no_tax=True,
            send_acceptances=True,
            send_shipments=True,
        )
        retailer.node_ids.warehouse_ids = self.warehouse
        self.make_listing(
            self.env,
            retailer,
            self.product,
            external_id="SKU-1|EA",
            stock_ref="SKU-1|EA",
        )
        mailbox = self.env["channel.edi.mailbox"].create(
            {"name": "Orders", "channel_id": retailer.id, "kind": "manual"}
        )
        agreement = self.agreement.copy(
            {
                **BIGMART,
                "channel_id": retailer.id,
                "mailbox_id": mailbox.id,
                "sscc_prefix": "10614141",
                "carrier_code": "UPSN",
                "document_ids": [
                    (0, 0, {"direction": "out", "kind": kind})
                    for kind in ("855", "856")
                ],
            }
        )
        connect(mailbox, agreement, self.sandbox, self.shop.config)
        return retailer

    def talk(self):
        for _each in range(2):
            for channel in (self.retailer, self.channel):
                self.env.flush_all()
                self.env["channel.edi.receiver"]._run(channel)
                self.env["channel.edi.worker"]._run(channel)
                self.env["channel.intake"]._run(channel)
                self.env["channel.messenger"]._run(channel)
                self.env["channel.edi.sender"]._run(channel)
                self.env.invalidate_all()
            self.sandbox.step()

    def charges(self):
        return [
            (each.rule, each.reason)
            for partner in (self.shop, self.house)
            for each in partner.ledger.entries
        ]

    def test_truck_holds_what_the_retailer_was_told(self):
        order = self.shop.buy({"SKU-1": 7})
        self.talk()
        [number] = self.house.truth()["orders"]
        self.house.ship(number, {"SKU-1": 4}, final=False)
        self.talk()
        self.sandbox.step(2 * 3600)
        self.talk()
        [line] = order.lines
        self.assertEqual((line.noticed, line.received), (4, 4))
        self.house.ship(number)
        self.talk()
        self.sandbox.step(2 * 3600)
        self.talk()
        self.assertEqual((line.noticed, line.received), (7, 7))
        self.assertEqual(len(self.shop.trucks), 2)
        self.assertEqual(self.charges(), [])
        self.assertEqual(self.on_hand(), 3)
        self.assertFalse(self.exceptions("edi_warehouse"))

    def test_cartons_that_are_not_told_are_charged_and_told_here(self):
        """What a warehouse leaves out nobody can make up."""
        self.shop.buy({"SKU-1": 4})
        self.talk()
        [number] = self.house.truth()["orders"]
        self.house.rules.next("advice_no_exceptions")
        self.house.ship(number)
        self.talk()
        self.sandbox.step(2 * 3600)
        self.talk()
        self.assertTrue(self.exceptions("edi_warehouse"))
        self.assertEqual(
            {rule for rule, _words in self.charges()},
            {"carton_missing", "sscc_unknown"},
        )
