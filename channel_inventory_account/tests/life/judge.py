# SPDX-License-Identifier: AGPL-3.0-or-later
from collections import Counter
from decimal import Decimal

from odoo.addons.channel_inventory_sale.tests.ledger_units import units_faults

from ..ledger_money import money_faults
from .shop import QUANTITY


class Judge:
    """Whether both sides agree, once nothing is left to do. Mixed into a case.

    Of an order that a person has been told of (an open exception) the two sides may say
    different things: that is what the exception is about. Everything else holds for it
    all the same: nothing twice, and money to the cent.
    """

    def check_agreement(self, refs):
        with self.commit() as env:
            for ref in refs:
                seen, found = self.life.look(ref), self.find_order(env, ref)
                self.assertEqual(len(found), 1, f"{seen.name} is one order")
                self.check_order(env, seen, found)
            self.check_stock(env)
            self.check_channel(env)
            self.assertEqual(money_faults(env, self.channel(env)), [])
            self.assertEqual(units_faults(env, self.channel(env)), [])

    def check_channel(self, env):
        """Whatever the network did, no person is asked to repair the connection."""
        told = env["channel.exception"].search(
            [("channel_id", "=", self.channel_id), ("state", "=", "open")]
        )
        ours = ("channel.order", "channel.message", "channel.refund")
        strange = told.filtered(
            lambda each: (
                each.res_model not in ours
                and not each.order_ids
                and each.category != "oversold"
            )
        )
        self.assertFalse(strange.mapped("message"))

    def excused(self, env, found):
        """Open exceptions about an order, its messages and its refunds."""
        records = {("channel.order", found.id)}
        records |= {("channel.message", each.id) for each in found.notification_ids}
        records |= {("channel.refund", each.id) for each in found.refund_ids}
        open_ones = env["channel.exception"].search(
            [("channel_id", "=", self.channel_id), ("state", "=", "open")]
        )
        return open_ones.filtered(
            lambda each: (
                (each.res_model, each.res_id) in records
                # that goods are missing excuses nothing
                or (found in each.order_ids and each.category != "oversold")
            )
        )

    def check_order(self, env, seen, found):
        excuse = self.excused(env, found)
        excuses = excuse.mapped("message")
        words = f"{seen} {found.state} {found.sale_order_id.state} {excuses}"
        sales = env["sale.order"].search([("channel_order_id", "=", found.id)])
        self.assertLessEqual(len(sales), 1, f"one sale order: {words}")
        self.check_nothing_twice(seen, found, words)
        self.check_refunds(seen, found, excuse, words)
        if excuse:
            return
        self.assertIn(found.state, ("imported", "cancelled", "closed"), words)
        if sales.state == "draft":
            self.check_waiting(seen, found, words)
            return
        self.assertFalse(_holds(found), words)
        if not sales:
            # cancelled, or shipped by somebody else before we knew it
            self.assertFalse(any(line.left for line in seen.lines), words)
            return
        self.assertNotEqual(found.state, "closed", words)
        self.check_shipped(seen, found, words)
        shipped = any(line._shipped_here() for line in found.line_ids)
        gone = sales.state == "cancel" and not shipped
        self.assertEqual(gone, seen.cancelled, words)
        if sales.state == "sale" and found.state == "imported":
            data = found.env["channel.refunder"]._restore(found, found._get_data())
            self.assertEqual(
                found.env["channel.order.checker"]._find_difference(found, sales, data),
                "",
                words,
            )

    def check_waiting(self, seen, found, words):
        """A quotation waits for its payment only, and all of it is held."""
        self.assertTrue(seen.owing, words)
        held = sum(_holds(found).mapped("quantity"))
        self.assertEqual(held, sum(line.left for line in seen.lines), words)

    # ---------------------------------------------------------------- twice
    def check_nothing_twice(self, seen, found, words):
        """Each parcel that we told is one there, each refund there is one here."""
        told = Counter(
            ref
            for message in found.notification_ids
            if message.state == "done" and message.kind == "shipment"
            for ref in message.ref.split(",")
        )
        made = Counter(each.ref for each in seen.parcels)
        for ref in self.shipped_by_shop.get(seen.ref, ()):
            told.setdefault(ref, 1)
        self.assertEqual(told, made, words)
        self.assertTrue(all(count == 1 for count in made.values()), words)
        refunds = Counter(found.refund_ids.mapped("external_id"))
        self.assertEqual(refunds, Counter(list(seen.refunds)), words)
        credited = found.refund_ids.filtered("move_id")
        self.assertEqual(len(credited.move_id), len(credited), "a credit note each")

    # -------------------------------------------------------------- shipped
    def check_shipped(self, seen, found, words):
        lines = {line.external_id: line for line in found.line_ids}
        for line in seen.lines:
            here = lines[line.ref]
            self.assertEqual(here._shipped_here(), line.shipped, words)
            if found.sale_order_id.state == "sale":
                left = here._sold_here() - here._shipped_here()
                self.assertEqual(left, line.left, words)

    # -------------------------------------------------------------- refunds
    def check_refunds(self, seen, found, excuse, words):
        """To the cent: what the shop paid back is what is credited, or need not be."""
        for ref, amount in seen.refunds.items():
            record = found.refund_ids.filtered(
                lambda each, r=ref: each.external_id == r
            )
            self.assertEqual(Decimal(f"{record.amount:.2f}"), amount, words)
            self.assertTrue(record.state != "todo" or excuse, words)
            if record.state in ("ours", "credited"):
                credit = Decimal(f"{record.move_id.amount_total:.2f}")
                self.assertEqual(record.move_id.state, "posted", words)
                self.assertLessEqual(credit, amount, words)
                if record._get_invoices() or record.state == "ours":
                    self.assertEqual(credit, amount, words)
        # and a credit note of ours was paid back once, or somebody knows
        for message in found.notification_ids.filtered(
            lambda each: each.kind == "refund"
        ):
            if message.state == "done":
                paid = seen.refunds.get(message.ref)
                self.assertEqual(paid, message._get_data().amount, words)
            else:
                self.assertTrue(message.state == "dead" and excuse, words)

    # ---------------------------------------------------------------- stock
    def check_stock(self, env):
        """The shelf is what people moved; numbers are what shelf and demand say."""
        for level in self.levels(env):
            sku = level.listing_id.sku
            position = env["channel.position"].search(
                [
                    ("product_id", "=", level.listing_id.product_id.id),
                    ("warehouse_id", "=", level.node_id.warehouse_ids.id),
                ]
            )
            self.assertEqual(position.on_hand, QUANTITY + self.counted[sku], sku)
            self.assertEqual(level.target, max(0, position.available), sku)
            self.assertEqual(self.life.shown(sku), level.target, sku)
            self.assertTrue(level.in_sync, sku)

    def levels(self, env):
        return env["channel.level"].search([("channel_id", "=", self.channel_id)])


def _holds(found):
    return found.hold_ids.filtered(lambda hold: hold.state == "active")
