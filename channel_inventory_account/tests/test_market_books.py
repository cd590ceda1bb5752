# SPDX-License-Identifier: AGPL-3.0-or-later
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from odoo.tests import tagged

from odoo.addons.channel_inventory_base import schemas
from odoo.addons.channel_inventory_sale.tests.test_fulfilled import FulfilledCase
from odoo.addons.channel_inventory_sale.tests.test_market import MarketCase

from .ledger_money import money_faults


class KeepsBooks:
    """A channel that invoices and takes payments by itself. Mixed into order cases."""

    invoice_policy = "shipped"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bank = cls.env["account.journal"].create(
            {"name": "Gateway", "code": "CHGW", "type": "bank"}
        )
        cls.channel.write(
            {
                "invoice_policy": cls.invoice_policy,
                "payment_policy": "paid",
                "payment_journal_id": cls.bank.id,
            }
        )

    def book(self, order):
        self.env.flush_all()
        taken = self.env["channel.bookkeeping"]._take(order.ids)
        orders = self.env["channel.order"].browse(taken)
        self.env["channel.bookkeeper"]._keep_books(orders)
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env["channel.bookkeeper"]._get_moves(order).sorted("id")

    def assertProven(self, order):
        self.assertFalse(self._exceptions(order))
        self.assertEqual(money_faults(self.env, self.channel), [])


@tagged("post_install", "-at_install")
class TestFulfilledBooks(KeepsBooks, FulfilledCase):
    """Orders that the channel ships are invoiced by policy as others are."""

    def test_shipped_units_are_invoiced_as_the_channel_ships_them(self):
        data = self.order_there(quantity=3, shipped=1)
        order = self._import(data)
        self.assertEqual(self.book(order).mapped("amount_total"), [11])
        self.follow(self.later(data, shipped=3))
        self.assertEqual(self.book(order).mapped("amount_total"), [11, 22])
        self.assertProven(order)

    def test_nothing_is_invoiced_before_it_is_shipped(self):
        order = self._import(self.order_there())
        self.assertFalse(self.book(order))

    def test_all_is_invoiced_on_confirmation_where_that_is_the_policy(self):
        self.channel.invoice_policy = "confirmed"
        order = self._import(self.order_there(quantity=3, shipped=1))
        moves = self.book(order)
        self.assertEqual(moves.mapped("amount_total"), [33])
        self.assertIn(moves.payment_state, ("paid", "in_payment"))
        self.assertProven(order)

    def test_units_that_are_paid_back_after_shipping_are_credited(self):
        data = self.order_there(quantity=2, shipped=2)
        order = self._import(data)
        self.book(order)
        [line] = data.lines
        back = schemas.OrderRefundData(
            "R1",
            Decimal("11.00"),
            (
                schemas.OrderRefundLineData(
                    "there-1", 1, Decimal("10.00"), Decimal("1.00")
                ),
            ),
        )
        self.follow(
            replace(
                data,
                version=data.version + timedelta(minutes=1),
                lines=(
                    replace(
                        line,
                        quantity=1,
                        taxes=(replace(line.taxes[0], amount=Decimal("1.00")),),
                    ),
                ),
                total=Decimal("11.00"),
                total_tax=Decimal("1.00"),
                refunds=(back,),
            )
        )
        moves = self.book(order)
        self.assertEqual(
            [(move.move_type, move.amount_total) for move in moves],
            [("out_invoice", 22), ("out_refund", 11)],
        )
        self.assertEqual(order.sale_order_id.order_line.qty_delivered, 2)
        self.assertProven(order)


@tagged("post_install", "-at_install")
class TestMarketBooks(KeepsBooks, MarketCase):
    invoice_policy = "confirmed"

    def test_journal_of_the_market_comes_before_that_of_the_channel(self):
        journals = self.env["account.journal"].create(
            [{"name": name, "code": name, "type": "sale"} for name in ("CHALL", "CHSE")]
        )
        self.channel.invoice_journal_id = journals[0]
        self.swedish.invoice_journal_id = journals[1]
        for market, currency, journal in (
            ("DE", "EUR", journals[0]),
            ("SE", "SEK", journals[1]),
        ):
            order = self._import(
                self._data(
                    self._line(self.lamp, 1, "10.00"),
                    total="10.00",
                    market=market,
                    currency=currency,
                )
            )
            move = self.book(order)
            self.assertEqual(move.journal_id, journal)
            self.assertEqual(move.currency_id.name, currency)

    def test_taxes_of_the_products_are_in_the_books_to_the_cent(self):
        order = self._import(
            self._gross(
                self._line(self.lamp, 3, "24.99"),
                self._line(self.mug, 2, "7.77", discount="1.11"),
                total="89.40",
            )
        )
        move = self.book(order)
        self.assertEqual((move.amount_total, move.amount_tax), (89.4, 12.91))
        self.assertProven(order)

    def test_what_goes_back_has_the_tax_in_it_that_was_charged(self):
        data = self._gross(
            self._line(self.lamp, 2, "24.99", ref="L", shipped_quantity=0),
            total="49.98",
        )
        order = self._import(data)
        self.book(order)
        picking = order.sale_order_id.picking_ids
        picking.move_ids.picked = True
        picking.button_validate()
        self.lamp.product_id.taxes_id = self.vat_7
        [line] = data.lines
        back = schemas.OrderRefundData(
            "R1",
            Decimal("24.99"),
            (schemas.OrderRefundLineData("L", 1, Decimal("24.99")),),
        )
        self._capture(
            replace(
                data,
                version=data.version + timedelta(minutes=1),
                lines=(replace(line, quantity=1, open_quantity=0, shipped_quantity=2),),
                total=Decimal("24.99"),
                refunds=(back,),
            )
        )
        self.assertEqual(order.state, "captured")
        order._follow()
        moves = self.book(order)
        self.assertEqual(
            [(move.amount_total, move.amount_tax) for move in moves],
            [(49.98, 7.98), (24.99, 3.99)],
        )
        self.assertProven(order)

    def test_collected_tax_is_in_no_document(self):
        order = self._import(
            self._data(
                self._line(self.lamp, 2, "10.00"),
                total="20.00",
                taxed_by="collected",
                collected_tax=Decimal("1.65"),
                market="DE",
                currency="EUR",
            )
        )
        move = self.book(order)
        self.assertEqual((move.amount_total, move.amount_tax), (20, 0))
        self.assertProven(order)
