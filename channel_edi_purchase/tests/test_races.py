# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from odoo.addons.channel_edi import schemas
from odoo.addons.channel_edi.lib.fold import Piece, fold
from odoo.addons.channel_inventory_base import schemas as base_schemas
from odoo.addons.channel_inventory_base.db.transaction import retry_on_conflict
from odoo.addons.channel_inventory_base.tests.common_committed import CommittedCase

CLASSES = {"850": schemas.PurchaseOrder, "860": schemas.OrderChange}


@tagged("post_install", "-at_install")
class TestRaces(CommittedCase):
    """Buyers, senders and workers at once: what the supplier gets comes to what is
    ordered."""

    use_fake = False

    def setUp(self):
        super().setUp()
        with self.commit() as env:
            channel = self.channel(env)
            channel.write({"channel_type": "edi", "edi_role": "supplier"})
            warehouse = env["stock.warehouse"].browse(self.warehouse_id)
            vendor = env["res.partner"].create({"name": "Fabrik"})
            mailbox = env["channel.edi.mailbox"].create(
                {"name": "By hand", "channel_id": channel.id, "kind": "manual"}
            )
            kinds = [(0, 0, {"direction": "out", "kind": kind}) for kind in CLASSES]
            place = {"kind": "place", "code": "DC1", "meaning": warehouse.code}
            agreement = env["channel.edi.agreement"].create(
                {
                    "name": f"Fabrik {channel.id}",
                    "channel_id": channel.id,
                    "mailbox_id": mailbox.id,
                    "partner_id": vendor.id,
                    "their_id": f"FABRIK{channel.id}",
                    "our_id": "US",
                    "document_ids": kinds,
                    "code_ids": [(0, 0, place)],
                }
            )
            product = env["product.product"].browse(self.product_id)
            env["product.supplierinfo"].create(
                {
                    "partner_id": vendor.id,
                    "product_tmpl_id": product.product_tmpl_id.id,
                    "product_code": "V-1",
                }
            )
            line = {"product_id": product.id, "product_qty": 5, "price_unit": 2}
            order = env["purchase.order"].create(
                {
                    "partner_id": vendor.id,
                    "picking_type_id": warehouse.in_type_id.id,
                    "order_line": [(0, 0, line)],
                }
            )
            self.order_id, self.agreement_id = order.id, agreement.id

    def order(self, env):
        return env["purchase.order"].browse(self.order_id)

    def confirm(self):
        def work():
            with self.commit() as env:
                self.order(env).button_confirm()

        retry_on_conflict(work)

    def want(self, *quantities):
        def work(quantity):
            with self.commit() as env:
                self.order(env).order_line.product_qty = quantity

        for each in quantities:
            retry_on_conflict(lambda quantity=each: work(quantity))

    def send(self, times=1):
        for _each in range(times):
            with self.commit() as env:
                channel = self.channel(env)
            env["channel.edi.sender"]._run(channel)

    def test_answer_that_comes_when_it_is_late_is_not_overdue(self):
        def row(env):
            return env["channel.edi.purchase"]._find(self.order(env))

        self.confirm()
        with self.commit() as env:
            self.assertTrue(row(env))
            row(env).write({"answer": "awaited", "answer_due_at": "2020-01-01"})
        self.recover_while(
            ("channel.edi.purchase", "_watch_answers"),
            lambda env: row(env).write({"answer": "accepted"}),
        )
        with self.commit() as env:
            told = env["channel.exception"].search(
                [("key", "=", row(env)._key("overdue"))]
            )
            self.assertFalse(told)

    def documents(self, env):
        return env["channel.edi.document"].search(
            [("agreement_id", "=", self.agreement_id), ("direction", "=", "out")],
            order="id",
        )

    def assertToldWhole(self):
        """All that has gone or will go to the supplier comes to the order as it is."""
        self.send(2)
        with self.commit() as env:
            documents = self.documents(env).filtered(lambda e: e.state != "void")
            self.assertEqual(set(documents.mapped("state")), {"framed"})
            firsts = documents.filtered(lambda each: each.kind == "850")
            self.assertEqual(len(firsts), 1)
            pieces = [
                Piece(
                    base_schemas.load(CLASSES[each.kind], each._values()),
                    f"{each.id:09}",
                )
                for each in documents
            ]
            folded = fold(pieces)
            self.assertEqual(folded.problems, ())
            wanted = sum(self.order(env).order_line.mapped("product_qty"))
            got = sum(line.quantity for line in folded.order.lines)
            self.assertEqual(got, wanted)

    def test_order_that_two_confirm_at_once_is_told_once(self):
        self.in_threads(self.confirm, self.confirm)
        self.assertToldWhole()

    def test_changes_while_documents_are_sent(self):
        self.confirm()
        self.in_threads(lambda: self.want(6, 7, 8, 9), lambda: self.send(4))
        self.assertToldWhole()

    def test_two_buyers_and_a_sender(self):
        self.confirm()
        self.send()
        self.in_threads(
            lambda: self.want(6, 9), lambda: self.want(8, 7), lambda: self.send(3)
        )
        self.assertToldWhole()

    def test_cancelled_while_it_is_sent(self):
        self.confirm()

        def cancel():
            with self.commit() as env:
                self.order(env).button_cancel()

        self.in_threads(lambda: retry_on_conflict(cancel), self.send)
        self.send()
        with self.commit() as env:
            first, *changes = self.documents(env)
            if first.state == "void":
                self.assertFalse(changes)
                return
            [change] = changes
            value = base_schemas.load(schemas.OrderChange, change._values())
            self.assertEqual((first.state, value.purpose), ("framed", "cancel"))
