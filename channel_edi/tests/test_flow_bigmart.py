# SPDX-License-Identifier: AGPL-3.0-or-later
from .common_edi import EdiCase
from .partners import start_partners

SEED = {
    # its ship window is open
    "settings": {"lead_days": 0},
    "items": [
        {"sku": "SKU-1", "title": "Soap", "price": "2.50", "upc": "614141000012"},
    ],
}


class TestFlowBigMart(EdiCase):
    """A strict retailer on its SFTP server, from the first stock document to the truck:
    it charges for whatever is not as it should be."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sandbox = start_partners({"bigmart": SEED}, ["bigmart"])
        cls.addClassCleanup(cls.sandbox.stop)
        cls.shop = cls.sandbox.partners["bigmart"]
        config = cls.shop.config
        cls.mailbox.write(
            {
                "kind": "sftp",
                "host": "127.0.0.1",
                "port": cls.sandbox.sftp.port,
                "username": config.user,
                "host_key": cls.sandbox.sftp.host_key,
                "incoming": "/out",
                "outgoing": "/in",
                "after_reading": "delete",
                "ready_when": "named",
            }
        )
        cls.mailbox.password = config.password
        cls.agreement.write(
            {
                "their_qualifier": config.identity[0],
                "their_id": config.identity[1],
                "our_qualifier": config.us[0],
                "our_id": config.us[1],
                "their_group_id": config.group,
                "our_group_id": config.us_group,
                "group_version": config.version,
                "tz": config.zone,
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

    def held(self):
        """Pieces that its orders take of ours, however far they are."""
        position = self.env["channel.position"].search(
            [
                ("product_id", "=", self.product.id),
                ("warehouse_id", "=", self.warehouse.id),
            ]
        )
        return position.on_hand - position.available

    def test_odd_files_are_one_order(self):
        """However a file is written, and however often it comes: held once, answered,
        and nothing charged."""
        for habit in (
            "bom",
            "two_interchanges",
            "same_name",
            "again_same",
            "again_new_number",
            "lf_terminators",
            "isa_short",
            "wrong_count",
            "change_first",
        ):
            with self.subTest(habit):
                before = self.held()
                bought = [self.buy(1, habit)]
                if habit == "two_interchanges":
                    # the one that waits for a second in its file
                    bought.append(self.buy(1))
                wanted = sum(line.ordered for each in bought for line in each.lines)
                self.assertEqual(self.held() - before, wanted, habit)
                self.assertEqual(self.charges(), [])

    def test_changed_under_its_number_is_held_for_a_person(self):
        before = self.held()
        self.buy(1, "again_changed")
        self.assertEqual(self.held() - before, 1)
        held = self.env["channel.edi.document"].search([("state", "=", "held")])
        self.assertEqual(held.kind, "850")

    def test_half_a_file(self):
        """Kept and told; what is whole in it is no order."""
        self.buy(1, "half_file")
        self.assertTrue(self.exceptions("edi_file", "edi_document"))
        self.buy(2)
        self.assertEqual(self.ordered().mapped("line_ids.quantity"), [2])

    def test_test_order_holds_nothing(self):
        before = self.held()
        self.buy(1, "usage_test")
        self.assertEqual(self.held(), before)

    def test_acknowledgements_of_all_kinds(self):
        for habit, state in (
            ("ack_errors", "errors"),
            ("ack_bare", "accepted"),
            ("ack_twice", "accepted"),
            ("ack_reject", "rejected"),
        ):
            with self.subTest(habit):
                bought = self.shop.buy({"SKU-1": 1})
                self.shop.rules.next(habit)
                for _round in range(3):
                    self.talk()
                answer = self.env["channel.edi.document"].search(
                    [("kind", "=", "855"), ("business_key", "=", bought.po)]
                )
                self.assertEqual(answer.ack_state, state)

    def test_cancelled_there(self):
        before = self.held()
        bought = self.buy(3)
        self.assertEqual(self.held() - before, 3)
        self.shop.cancel(bought.po)
        self.talk()
        self.talk()
        self.assertEqual(self.held(), before)
        self.assertEqual(self.charges(), [])

    def test_from_the_first_number_to_the_truck(self):
        self.assertEqual(self.charges(), [])
        self.assertEqual(self.shop.offered()["SKU-1"], 10)
        bought = self.shop.buy({"SKU-1": 4})
        self.talk()
        order = self.ordered()
        self.assertEqual(
            order.state,
            "imported",
            self.env["channel.exception"].search([]).mapped("message"),
        )
        self.talk()
        self.assertTrue(bought.answered)
        picking = order.sale_order_id.picking_ids
        for move in picking.move_ids:
            move.quantity = move.product_uom_qty
            move.picked = True
        picking.button_validate()
        self.talk()
        notice = self.env["channel.edi.document"].search([("kind", "=", "856")])
        self.assertEqual(notice.state, "sent", notice.error)
        self.talk()
        self.assertEqual(notice.ack_state, "accepted")
        self.assertEqual(self.charges(), [])
