# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import date, datetime, time, timedelta

from odoo.addons.channel_edi.tests.partners import start_partners

from .common_purchase import PurchaseCase

SEED = {
    # it answers and despatches when it is told to
    "settings": {"works": False, "report_at": None},
    "goods": [
        {"sku": "V-1", "title": "Seife, grün", "stock": 100, "price": "2.50"},
        {"sku": "V-2", "title": "Bürste", "stock": 50, "price": "4.00"},
    ],
}
GLN = "4399902421386"


class FabrikCase(PurchaseCase):
    """A strict supplier on its SFTP server, with a reader of its own."""

    settings = {}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        seed = dict(SEED, settings=dict(SEED["settings"], **cls.settings))
        cls.sandbox = start_partners({"fabrik": seed}, ["fabrik"])
        cls.addClassCleanup(cls.sandbox.stop)
        cls.house = cls.sandbox.partners["fabrik"]
        config = cls.house.config
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
        cls.agreement.document_ids.unlink()
        cls.agreement.write(
            {
                "standard": config.standard,
                "their_qualifier": config.identity[0],
                "their_id": config.identity[1],
                "our_qualifier": config.us[0],
                "our_id": config.us[1],
                "tz": config.zone,
                "stock_complete": "snapshot",
                **cls.terms(config),
            }
        )
        cls.agreement.code_ids.filtered(lambda e: e.kind == "place").code = GLN
        cls.env.flush_all()

    @classmethod
    def terms(cls, config):
        return {
            "group_version": "D:96A:UN:EAN008",
            "document_ids": [
                (0, 0, {"direction": "out", "kind": kind})
                for kind in ("ORDERS", "ORDCHG")
            ],
        }

    def setUp(self):
        super().setUp()
        self.sandbox.reset()
        self.sandbox.calm()
        # its numbers begin anew
        self.agreement.reuses_numbers = True
        self.wanted = datetime.combine(date.today() + timedelta(days=6), time(12))

    def talk(self, rounds=2):
        """Files go both ways, and everybody does what is to be done."""
        for _each in range(rounds):
            self.env.flush_all()
            self.env["channel.edi.receiver"]._run(self.channel)
            self.env["channel.edi.worker"]._run(self.channel)
            self.env["channel.edi.sender"]._run(self.channel)
            self.env.invalidate_all()
            self.sandbox.step()

    def order(self, *wanted):
        """A purchase order that Fabrik has."""
        order = self.buy(*wanted, confirm=False)
        order.order_line.date_planned = self.wanted
        order.button_confirm()
        self.talk()
        self.assertEqual(self.refused(), [])
        self.assertIn(order.name, self.house.orders)
        return order

    def refused(self):
        return [(each.rule, each.reason) for each in self.house.ledger.entries]

    def day(self, number):
        return self.wanted.date() + timedelta(days=number)

    def promised(self, order):
        """{line: [(pieces, day)]} as it is here."""
        found = {}
        for line in order.order_line.sorted(lambda e: (e.date_planned, e.id)):
            if line.product_qty:
                found.setdefault(line.edi_number, []).append(
                    (int(line.product_qty), str(line.date_planned.date()))
                )
        return found

    def truth(self, order):
        lines = self.house.truth()["orders"][order.name]["lines"]
        return {
            number: [tuple(each) for each in line["promises"]]
            for number, line in lines.items()
            if line["promises"] and not line["instead"]
        }

    def assertAgreed(self, order):
        """Nothing is held here, nothing was refused there, all is acknowledged, and
        what is expected here is what is promised there."""
        held = self.env["channel.edi.document"].search(
            [
                ("channel_id", "=", self.channel.id),
                ("state", "in", ("held", "parked", "refused", "dead")),
            ]
        )
        self.assertEqual(held.mapped("error"), [])
        self.assertEqual(self.refused(), [])
        self.assertEqual(self.promised(order), self.truth(order))
        acks = self.told("ORDERS", "ORDCHG", "850", "860").filtered(
            lambda each: each.state == "sent"
        )
        self.assertEqual(set(acks.mapped("ack_state")), {"accepted"})


class TestFlowFabrik(FabrikCase):
    """From the purchase order to the goods, with the faults of real suppliers."""

    def test_ordered_answered_despatched_received(self):
        order = self.order((self.product, 30, 2.5), (self.other, 5, 4))
        told = self.house.truth()["orders"][order.name]
        self.assertEqual(told["wanted"], str(self.day(0)))
        self.assertEqual(self.house.orders[order.name].ship_to, GLN)
        self.house.answer(order.name)
        self.talk()
        self.assertEqual(self.purchase(order).answer, "accepted")
        self.assertAgreed(order)
        self.house.despatch(order.name)
        self.talk()
        receipt = order.picking_ids
        self.assertEqual(receipt.edi_carrier, "DHL")
        cartons = next(iter(self.house.truth()["despatches"].values()))["cartons"]
        found = {}
        for line in receipt.move_line_ids:
            code = line.product_id.seller_ids.product_code
            found.setdefault(line.result_package_id.name, {})[code] = line.quantity
        self.assertEqual(found, cartons)
        self.take_in(receipt)
        self.assertEqual(order.order_line.mapped("qty_received"), [30, 5])
        self.assertFalse(self.exceptions("edi_purchase"))
        self.assertEqual(self.refused(), [])

    def test_later_and_split(self):
        order = self.order((self.product, 10, 2.5), (self.other, 5, 4))
        self.house.answer(
            order.name,
            {
                "V-1": [(6, self.day(0)), (4, self.day(7))],
                "V-2": [(5, self.day(3))],
            },
        )
        self.talk()
        self.assertAgreed(order)
        self.assertEqual(len(order.order_line), 3)
        self.assertFalse(self.told("ORDCHG"))
        self.house.despatch(order.name, {"V-1": 6})
        self.talk()
        self.assertEqual(
            sorted(order.picking_ids.mapped(lambda e: bool(e.edi_notice))),
            [False, True],
        )

    def test_substituted_and_refused(self):
        order = self.order((self.product, 10, 2.5), (self.other, 5, 4))
        self.house.answer(order.name, refuse=["V-2"], instead={"V-1": "V-2"})
        self.talk()
        words = self.differences()
        self.assertIn("0 of 10 will come", words)
        self.assertIn("10 × [SKU-2] Product 2 come instead", words)
        self.assertIn("0 of 5 will come", words)
        self.assertEqual(self.promised(order), {})
        order.order_line = [
            (
                0,
                0,
                {
                    "product_id": self.other.id,
                    "product_qty": 10,
                    "price_unit": 4,
                    "date_planned": self.wanted,
                },
            )
        ]
        self.assertFalse(self.told("ORDCHG"))
        self.house.despatch(order.name)
        self.talk()
        receipt = order.picking_ids.filtered("edi_notice")
        self.assertEqual(receipt.move_ids.product_id, self.other)
        self.take_in(receipt)
        self.assertEqual(sum(order.order_line.mapped("qty_received")), 10)

    def test_changed_and_cancelled(self):
        order = self.order((self.product, 10, 2.5), (self.other, 5, 4))
        self.house.answer(order.name)
        self.talk()
        order.write(
            {
                "order_line": [
                    (1, order.order_line[0].id, {"product_qty": 12}),
                    (1, order.order_line[1].id, {"product_qty": 0}),
                ]
            }
        )
        self.talk()
        lines = self.house.truth()["orders"][order.name]["lines"]
        self.assertEqual({k: v["ordered"] for k, v in lines.items()}, {"1": 12})
        self.house.answer(order.name)
        self.talk()
        self.assertAgreed(order)
        order.button_cancel()
        self.talk()
        state = self.house.truth()["orders"][order.name]["state"]
        self.assertEqual((state, self.refused()), ("cancelled", []))

    def test_faults_by_chance(self):
        """As the supplier works by itself: what it says is what is expected here."""
        self.house.config.works = True
        self.addCleanup(setattr, self.house.config, "works", False)
        for habit in ("answer_later", "answer_split"):
            with self.subTest(habit):
                self.house.rules.next(habit)
                order = self.order((self.product, 10, 2.5))
                self.sandbox.step(5 * 3600)
                self.talk()
                self.assertAgreed(order)
                self.assertFalse(self.exceptions("edi_purchase"))
        with self.subTest("notice_first"):
            before = sum(row[0] for row in self.inbound())
            self.house.rules.next("notice_first")
            order = self.order((self.product, 10, 2.5))
            self.talk()
            self.assertTrue(order.picking_ids.edi_notice)
            self.sandbox.step(5 * 3600)
            self.talk()
            # the answer is of goods that are under way: they come when that says
            self.assertEqual(self.purchase(order).answer, "accepted")
            self.assertLess(order.order_line.date_planned.date(), self.day(0))
            self.assertEqual(sum(row[0] for row in self.inbound()) - before, 10)
        with self.subTest("answer_never"):
            self.house.rules.next("answer_never")
            order = self.order((self.product, 10, 2.5))
            self.sandbox.step(5 * 3600)
            self.talk()
            self.purchase(order).answer_due_at = "2020-01-01"
            self.env["channel.edi.purchase"]._report_overdue()
            self.assertIn("has not answered", self.differences())

    def test_short_and_untold_despatches(self):
        order = self.order((self.product, 10, 2.5))
        self.house.answer(order.name)
        self.talk()
        self.house.despatch(order.name, {"V-1": 9})
        self.talk()
        # it comes tomorrow, and the tenth is due in six days
        self.assertFalse(self.exceptions("edi_purchase"))
        self.assertEqual([row[0] for row in self.inbound()], [1, 9])
        self.house.despatch(order.name, {"V-1": 1}, tell=False)
        self.talk()
        self.take_in(order.picking_ids)
        self.assertEqual(sum(order.order_line.mapped("qty_received")), 10)

    def test_odd_files_are_one_answer(self):
        """However a file is written, and however often it comes."""
        for habit in (
            "bom",
            "cp1252",
            "utf8",
            "no_una",
            "release_characters",
            "same_name",
            "again_same",
            "again_new_number",
        ):
            with self.subTest(habit):
                order = self.order((self.product, 10, 2.5))
                self.house.rules.next(habit)
                self.house.answer(order.name, {"V-1": [(10, self.day(2))]})
                for _round in range(2):
                    self.talk()
                    self.sandbox.step(700)
                self.assertAgreed(order)

    def test_acknowledgements_of_all_kinds(self):
        for habit, state in (("ack_received", "received"), ("ack_reject", "rejected")):
            with self.subTest(habit):
                self.house.rules.next(habit)
                order = self.buy((self.product, 10, 2.5), confirm=False)
                order.order_line.date_planned = self.wanted
                order.button_confirm()
                self.talk()
                [told] = self.told("ORDERS").filtered(
                    lambda each, name=order.name: each.business_key == name
                )
                self.assertEqual(told.ack_state, state)
        # refused: a person is told, and sends it anew
        self.assertTrue(self.exceptions("edi_ack", "edi_document"))
        told.action_resend()
        self.talk()
        self.assertIn(order.name, self.house.orders)

    def test_item_that_is_not_made_there(self):
        self.product.seller_ids.product_code = "V-9"
        order = self.buy((self.product, 10, 2.5), (self.other, 5, 4), confirm=False)
        order.order_line.date_planned = self.wanted
        order.button_confirm()
        self.talk()
        self.assertEqual([rule for rule, _words in self.refused()], ["order_item"])
        self.house.answer(order.name)
        self.talk()
        self.assertIn("0 of 10 will come", self.differences())
        self.assertEqual(self.inbound(), [])

    def test_stock_with_a_dropped_item(self):
        self.house.report()
        self.talk()
        rows = self.env["channel.supplier.stock"].search(
            [("partner_id", "=", self.vendor.id)]
        )
        there = {row.product_id.default_code: row.quantity for row in rows}
        self.assertEqual(there, {"SKU-1": 100, "SKU-2": 50})
        self.sandbox.step(3600)
        with self.house.with_faults("stock_drops_item"):
            self.house.report()
        # our clock is behind the sandbox's, which has been moved
        self.talk()
        rows.invalidate_recordset()
        self.assertEqual(sorted(rows.mapped("quantity")).count(0), 1)


class TestFlowFabrikLines(FabrikCase):
    """The same supplier, that tells a split as a LIN for each part."""

    settings = {"split_style": "lines"}

    def test_later_and_split(self):
        order = self.order((self.product, 10, 2.5), (self.other, 5, 4))
        self.house.answer(order.name, {"V-1": [(6, self.day(0)), (4, self.day(7))]})
        self.talk()
        self.assertAgreed(order)
        self.assertFalse(self.exceptions("edi_purchase"))


class TestFlowFabrikX12(FabrikCase):
    """The same supplier in X12."""

    settings = {"standard": "x12"}

    @classmethod
    def terms(cls, config):
        # its guide has no dates in lines
        cls.channel.edi_dates = "order"
        return {
            "their_group_id": config.group,
            "our_group_id": config.us_group,
            "group_version": config.version,
            "document_ids": [
                (0, 0, {"direction": "out", "kind": kind}) for kind in ("850", "860")
            ],
        }

    def test_from_the_order_to_the_goods(self):
        order = self.order((self.product, 10, 2.5), (self.other, 5, 4))
        self.house.answer(order.name, {"V-1": [(6, self.day(0)), (4, self.day(7))]})
        self.talk()
        self.assertAgreed(order)
        order.order_line.filtered(lambda e: e.product_id == self.other).product_qty = 7
        self.talk()
        self.assertEqual(self.refused(), [])
        lines = self.house.truth()["orders"][order.name]["lines"]
        self.assertEqual(lines["2"]["ordered"], 7)
        self.house.answer(order.name, {"V-1": [(6, self.day(0)), (4, self.day(7))]})
        self.talk()
        self.assertAgreed(order)
        self.house.despatch(order.name)
        self.talk()
        self.take_in(order.picking_ids)
        self.assertEqual(sum(order.order_line.mapped("qty_received")), 17)
