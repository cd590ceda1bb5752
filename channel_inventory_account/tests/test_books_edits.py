# SPDX-License-Identifier: AGPL-3.0-or-later
from decimal import Decimal

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.channel_inventory_base import schemas
from odoo.addons.channel_inventory_base.tools.inner import inner
from odoo.addons.channel_inventory_sale.tests.common_order import NOON, tax

from .ledger_money import money_faults
from .test_books import BooksCase


class MoneyCase(BooksCase):
    """Orders of any lines and charges, and what a channel makes of their money."""

    def goods(self, listing, quantity, price, taxes, ref="L", rate=10, **values):
        shipped = values.pop("shipped", 0)
        values.setdefault("open_quantity", max(0, quantity - shipped))
        rows = (tax(rate, taxes),) if rate else ()
        return self._line(
            listing, quantity, price, *rows, ref=ref, shipped_quantity=shipped, **values
        )

    def charge(self, ref, price, *taxes, title="Delivery", discount=0):
        return schemas.ShippingLineData(
            title=title,
            price=Decimal(price),
            discount=Decimal(discount),
            taxes=taxes,
            external_id=ref,
        )

    def back(self, amount, *lines, charges=(), ref="R1"):
        return schemas.OrderRefundData(
            ref, Decimal(amount), tuple(lines), charges=tuple(charges)
        )

    def back_line(self, quantity, amount, taxes, ref="L", **values):
        return schemas.OrderRefundLineData(
            ref, quantity, Decimal(amount), Decimal(taxes), **values
        )

    def back_charge(self, ref, amount, taxes="0"):
        return schemas.RefundChargeData(ref, Decimal(amount), Decimal(taxes))

    def say(self, *lines, **values):
        """The channel's next version, taken in and booked; nothing may be amiss."""
        self.speak(*lines, **values)
        self.assertSound()
        return self.order

    def speak(self, *lines, **values):
        type(self).number += 1
        values.setdefault("external_id", "7")
        received = values.pop("received", None)
        data = self._data(
            *lines,
            name="#7",
            version=NOON.replace(minute=self.number % 60, hour=self.number // 60 % 24),
            received=None if received is None else Decimal(received),
            **values,
        )
        self.order = self._capture(data)
        if self.order.state == "captured":
            self.order._follow()
        self.sale_order = self.order.sale_order_id
        self.env.flush_all()
        self.book()
        self.env["account.move"].invalidate_model()

    def assertSound(self):
        self.assertNotEqual(self.order.state, "blocked", self.words())
        self.assertFalse(self.words())
        self.assertEqual(money_faults(self.env, self.channel), [])

    def words(self):
        found = self.env["channel.exception"].search(
            [("channel_id", "=", self.channel.id), ("state", "=", "open")]
        )
        return [f"{each.category}: {each.message}" for each in found]

    def taxes(self):
        return [
            (move.move_type == "out_refund" and -1 or 1) * move.amount_tax
            for move in self.moves
        ]


@tagged("post_install", "-at_install")
class TestEditsOfMoney(MoneyCase):
    """Prices, discounts and charges change and units do not."""

    def test_price_lowered_on_an_invoiced_order_is_credited_with_its_tax(self):
        self.say(self.goods(self.lamp, 2, "100", "20"), total="220", total_tax="20")
        self.say(self.goods(self.lamp, 2, "80", "16"), total="176", total_tax="16")
        self.assertEqual(self.sale_order.amount_total, 176)
        self.assertEqual(self.totals("out_refund"), [44])
        self.assertEqual(self.taxes(), [20, -4])
        self.assertEqual(self.sale_order.invoice_status, "invoiced")

    def test_price_raised_on_an_invoiced_order_is_invoiced(self):
        self.say(self.goods(self.lamp, 3, "3.33", "1.00"), total="10.99", total_tax="1")
        self.say(
            self.goods(self.lamp, 3, "3.77", "1.13"), total="12.44", total_tax="1.13"
        )
        self.assertEqual(self.totals(), [10.99, 1.45])
        self.assertEqual(self.taxes(), [1, 0.13])

    def test_edit_there_and_back_comes_to_nothing(self):
        first = self.goods(self.lamp, 3, "3.33", "1.00")
        self.say(first, total="10.99", total_tax="1.00")
        self.say(
            self.goods(self.lamp, 3, "3.33", "0.70", discount="3.00"),
            total="7.69",
            total_tax="0.70",
        )
        self.say(first, total="10.99", total_tax="1.00")
        booked = sum(self.totals()) - sum(self.totals("out_refund"))
        self.assertAlmostEqual(booked, 10.99)
        self.assertEqual(round(sum(self.taxes()), 2), 1)

    def test_discount_delivery_and_fee_follow_alone(self):
        goods = self.goods(self.lamp, 2, "100", "20")
        self.say(
            goods,
            shipping_lines=(self.charge("S1", "10", tax(10, "1")),),
            total="231",
            total_tax="21",
        )
        self.say(
            self.goods(self.lamp, 2, "100", "19", discount="10"),
            shipping_lines=(
                self.charge("S1", "7", tax(10, "0.70")),
                self.charge("F1", "4", tax(25, "1.00"), title="Gift wrap"),
            ),
            total="221.70",
            total_tax="20.70",
        )
        self.assertEqual(self.sale_order.amount_total, 221.70)
        self.assertEqual(self.sale_order.amount_tax, 20.70)

    def test_amounts_moved_between_lines_of_one_total_follow(self):
        lamp, mug = self.goods(self.lamp, 1, "10", "1"), "M"
        self.say(lamp, self.goods(self.mug, 1, "20", "2", mug), total=33, total_tax=3)
        self.say(
            self.goods(self.lamp, 1, "14", "1.40"),
            self.goods(self.mug, 1, "16", "1.60", mug),
            total=33,
            total_tax=3,
        )
        prices = self.sale_order.order_line.mapped("price_subtotal")
        self.assertEqual(sorted(prices), [14, 16])

    def test_money_that_goes_back_for_an_edit_pays_its_credit_note(self):
        """The channel lowers the price and pays back what is too much, as money."""
        self.say(
            self.goods(self.lamp, 2, "100", "20"),
            total="220",
            total_tax="20",
            received="220",
        )
        now = self.goods(self.lamp, 2, "80", "16")
        values = dict(total="176", total_tax="16", received="220")
        self.say(now, **values)
        self.assertEqual(self.payments(), [220])
        for _time in range(2):
            self.say(now, refunds=(self.back("44"),), **values)
            self.assertEqual(self.payments(), [220, -44])
        self.assertEqual(self.totals("out_refund"), [44])
        self.assertSettled()

    def test_goodwill_beside_an_edit_is_told_apart_by_what_was_received(self):
        values = dict(total_tax="20", received="220")
        self.say(self.goods(self.lamp, 2, "100", "20"), total="220", **values)
        values["total_tax"] = "16"
        self.say(
            self.goods(self.lamp, 2, "80", "16"),
            total="176",
            refunds=(self.back("50"),),
            **values,
        )
        self.assertEqual(sorted(self.totals("out_refund")), [6, 44])
        self.assertEqual(sorted(self.payments()), [-44, -6, 220])
        self.assertSettled()

    def test_edit_that_the_customer_still_owes_is_not_paid(self):
        self.say(
            self.goods(self.lamp, 2, "100", "20"),
            total="220",
            total_tax="20",
            received="220",
        )
        self.say(
            self.goods(self.lamp, 2, "110", "22"),
            total="242",
            total_tax="22",
            received="220",
        )
        self.assertEqual(self.payments(), [220])
        self.say(
            self.goods(self.lamp, 2, "110", "22"),
            total="242",
            total_tax="22",
            received="242",
        )
        self.assertEqual(self.payments(), [220, 22])

    def test_edit_of_an_order_that_is_not_paid_leaves_one_debt(self):
        self.channel.confirm_policy = "always"
        values = {"payment": "pending"}
        self.say(
            self.goods(self.lamp, 2, "100", "20"), total=220, total_tax=20, **values
        )
        self.say(
            self.goods(self.lamp, 2, "80", "16"), total=176, total_tax=16, **values
        )
        self.assertEqual(self.payments(), [])
        self.say(self.goods(self.lamp, 2, "80", "16"), total=176, total_tax=16)
        self.assertEqual(self.payments(), [176])
        self.assertSettled()

    def test_price_that_a_person_has_changed_here_stays(self):
        data = dict(total="10.99", total_tax="1.00")
        self.channel.invoice_policy = "none"
        self.say(self.goods(self.lamp, 3, "3.33", "1.00"), **data)
        self.sale_order.order_line.price_unit = 5
        self.speak(self.goods(self.lamp, 3, "3.33", "1.00"), note="Thanks", **data)
        self.assertEqual(self.sale_order.order_line.price_unit, 5)

    def test_edit_after_an_invoice_of_a_person_is_told_once(self):
        """Where people invoice, they correct; they are told by how much."""
        self.channel.write({"invoice_policy": "none", "payment_policy": "none"})
        self.speak(self.goods(self.lamp, 2, "100", "20"), total=220, total_tax=20)
        self.sale_order._create_invoices().action_post()
        now = self.goods(self.lamp, 2, "80", "16")
        self.speak(now, total=176, total_tax=16)
        self.assertEqual(self.sale_order.amount_total, 176)
        [words] = self.words()
        self.assertIn("176.00", words)
        found = self._exceptions(self.order)
        self.assertIn("44.00", found.suggestion)
        found._close("resolved", "A credit note was written")
        self.speak(now, total=176, total_tax=16, note="a word")
        self.env["channel.order.ledger"]._prove_unbooked(self.order)
        self.assertFalse(self.words())

    def test_edit_while_the_invoice_is_a_draft_makes_it_anew(self):
        self.channel.post_invoices = False
        self.say(self.goods(self.lamp, 2, "100", "20"), total=220, total_tax=20)
        self.say(self.goods(self.lamp, 2, "80", "16"), total=176, total_tax=16)
        self.assertEqual(self.totals(), [176])
        self.assertFalse(self.totals("out_refund"))

    def test_tax_inside_follows_too(self):
        self.say(
            self.goods(self.lamp, 2, "110", "20"),
            total="220",
            total_tax="20",
            taxes_included=True,
        )
        self.say(
            self.goods(self.lamp, 2, "99", "18"),
            total="198",
            total_tax="18",
            taxes_included=True,
        )
        self.assertEqual(self.totals("out_refund"), [22])
        self.assertEqual(self.taxes(), [20, -2])

    def test_currencies_without_and_with_three_digits(self):
        for name, price, taxes, total in (
            ("JPY", ("1000", "801"), ("300", "240"), ("3300", "2643")),
            ("KWD", ("1.111", "0.777"), ("0.333", "0.233"), ("3.666", "2.564")),
        ):
            currency = self.env.ref(f"base.{name}")
            currency.active = True
            self.channel.currency_id = currency
            for index in (0, 1):
                self.say(
                    self.goods(self.lamp, 3, price[index], taxes[index], ref=name),
                    external_id=name,
                    currency=name,
                    total=total[index],
                    total_tax=taxes[index],
                )
            booked = sum(self.totals()) - sum(self.totals("out_refund"))
            self.assertAlmostEqual(booked, float(total[1]), 4)


@tagged("post_install", "-at_install")
class TestEditsBeforeInvoices(MoneyCase):
    invoice_policy = "shipped"

    def test_price_lowered_before_anything_is_invoiced_is_on_the_invoice(self):
        self.say(self.goods(self.lamp, 2, "100", "20"), total=220, total_tax=20)
        self.say(self.goods(self.lamp, 2, "80", "16"), total=176, total_tax=16)
        self.ship(self.env, self.sale_order)
        self.book()
        self.assertEqual(self.totals(), [176])
        self.assertSound()

    def test_price_lowered_between_two_deliveries_is_made_up_for(self):
        self.say(self.goods(self.lamp, 3, "3.33", "1.00"), total="10.99", total_tax=1)
        self.ship(self.env, self.sale_order, 1)
        self.book()
        now = self.goods(self.lamp, 3, "2.00", "0.60", shipped=1)
        self.say(now, total="6.60", total_tax="0.60")
        self.ship(self.env, self.sale_order)
        self.book()
        booked = sum(self.totals()) - sum(self.totals("out_refund"))
        self.assertAlmostEqual(booked, 6.60)
        self.assertSound()
        self.assertSettled()

    def test_money_back_for_a_line_that_is_not_invoiced_lowers_its_price(self):
        self.say(self.goods(self.lamp, 1, "100", "10"), total=110, total_tax=10)
        back = self.back("55", self.back_line(0, "50", "5"))
        now = self.goods(self.lamp, 1, "100", "5", discount="50")
        self.say(now, total=55, total_tax=5, refunds=(back,))
        self.assertFalse(self.moves)
        self.assertEqual(self.sale_order.amount_total, 55)
        self.ship(self.env, self.sale_order)
        self.book()
        self.assertEqual((self.totals(), self.payments()), ([55], [55]))
        self.assertSound()

    def test_order_that_is_paid_back_piece_by_piece_before_it_ships_is_nothing(self):
        self.say(self.goods(self.lamp, 1, "100", "10"), total=110, total_tax=10)
        first = self.back("55", self.back_line(0, "50", "5"))
        now = self.goods(self.lamp, 1, "100", "5", discount="50")
        self.say(now, total=55, total_tax=5, refunds=(first,))
        last = self.back("55", self.back_line(1, "50", "5"), ref="R2")
        gone = self.goods(self.lamp, 0, "100", "0")
        self.say(gone, total=0, total_tax=0, payment="refunded", refunds=(first, last))
        self.assertFalse(self.moves)
        self.assertFalse(self.payments())


@tagged("post_install", "-at_install")
class TestRefundsOfMoney(MoneyCase):
    def test_money_back_for_a_line_is_credited_with_its_tax(self):
        self.say(self.goods(self.lamp, 1, "100", "10"), total=110, total_tax=10)
        back = self.back("55", self.back_line(0, "50", "5"))
        now = self.goods(self.lamp, 1, "100", "5", discount="50")
        for _time in range(2):
            self.say(now, total=55, total_tax=5, refunds=(back,))
        note = self.order.refund_ids.move_id
        self.assertEqual((note.amount_total, note.amount_tax), (55, 5))
        self.assertEqual(self.payments(), [110, -55])
        self.assertSettled()

    def test_money_back_for_a_line_and_its_units_later(self):
        self.say(self.goods(self.lamp, 2, "100", "20"), total=220, total_tax=20)
        first = self.back("22", self.back_line(0, "20", "2"))
        now = self.goods(self.lamp, 2, "100", "18", discount="20")
        self.say(now, total=198, total_tax=18, refunds=(first,))
        rest = self.back("198", self.back_line(2, "180", "18"), ref="R2")
        self.say(
            self.goods(self.lamp, 0, "100", "0"),
            total=0,
            total_tax=0,
            payment="refunded",
            refunds=(first, rest),
        )
        self.assertEqual(self.totals("out_refund"), [22, 198])
        self.assertEqual(self.payments(), [220, -22, -198])

    def test_second_delivery_charge_is_credited_at_its_own_tax(self):
        charges = (
            self.charge("S1", "10", tax(10, "1")),
            self.charge("S2", "8", tax(25, "2")),
        )
        lamp = self.goods(self.lamp, 1, "100", "10")
        self.say(lamp, shipping_lines=charges, total=131, total_tax=13)
        back = self.back("10", charges=[self.back_charge("S2", "8", "2")])
        now = (charges[0], self.charge("S2", "0", tax(25, "0")))
        self.say(lamp, shipping_lines=now, total=121, total_tax=11, refunds=(back,))
        note = self.order.refund_ids.move_id
        self.assertEqual((note.amount_total, note.amount_tax), (10, 2))
        self.assertEqual(note.invoice_line_ids.tax_ids, self.tax_25)
        self.assertEqual(self.sale_order.amount_total, 131)

    def test_fee_kept_of_units_that_had_not_left_is_invoiced(self):
        self.channel.invoice_policy = "shipped"
        self.say(self.goods(self.lamp, 1, "100", "0", rate=0), total=100, total_tax=0)
        back = self.back("80", self.back_line(1, "100", "0"))
        gone = self.goods(self.lamp, 0, "100", "0", rate=0)
        self.say(gone, total=0, total_tax=0, refunds=(back,))
        self.assertEqual((self.totals(), self.payments()), ([20], [20]))
        self.assertSettled()

    def test_fee_kept_of_units_that_were_invoiced_is_a_smaller_credit(self):
        self.say(self.goods(self.lamp, 1, "100", "0", rate=0), total=100, total_tax=0)
        back = self.back("80", self.back_line(1, "100", "0"))
        gone = self.goods(self.lamp, 0, "100", "0", rate=0)
        self.say(gone, total=0, total_tax=0, refunds=(back,))
        self.assertEqual(self.totals("out_refund"), [80])
        self.assertEqual(self.payments(), [100, -80])

    def test_whole_order_paid_back_in_one_sum_bears_its_tax(self):
        """An amount is typed in, no lines: of nothing that is kept there is no tax."""
        goods = self.goods(self.lamp, 2, "100", "20")
        delivery = self.charge("S", "8", tax(25, "2"))
        values = dict(total=230, total_tax=22, shipping_lines=(delivery,))
        self.say(goods, **values)
        self.say(goods, payment="refunded", refunds=(self.back("230"),), **values)
        self.assertEqual(self.taxes(), [22, -22])
        self.assertEqual(self.payments(), [230, -230])

    def test_cancelled_order_is_paid_back_with_its_delivery(self):
        """The refund names the goods; the delivery went back with them."""
        delivery = self.charge("S", "8", tax(25, "2"))
        self.say(
            self.goods(self.lamp, 2, "100", "20"),
            total=230,
            total_tax=22,
            shipping_lines=(delivery,),
            received=230,
        )
        back = self.back("230", self.back_line(2, "200", "20"))
        self.say(
            self.goods(self.lamp, 0, "100", "0"),
            total=10,
            total_tax=2,
            shipping_lines=(delivery,),
            received=230,
            state="cancelled",
            payment="refunded",
            refunds=(back,),
        )
        self.assertEqual(self.taxes(), [22, -22])
        self.assertEqual(self.payments(), [230, -230])

    def test_goodwill_before_we_knew_the_order_is_credited(self):
        lamp = self.goods(self.lamp, 1, "100", "10")
        self.say(lamp, total=110, total_tax=10, refunds=(self.back("7"),))
        self.assertEqual(self.totals("out_refund"), [7])
        self.assertEqual(self.payments(), [110, -7])

    def test_exchange_is_credited_and_invoiced_in_full(self):
        """500.00 comes back, something for 365.00 goes out, the rest is paid back."""
        self.say(
            self.goods(self.lamp, 1, "500", "50"),
            total=550,
            total_tax=50,
            received="550",
        )
        self.ship(self.env, self.sale_order)
        back = self.back("148.50", self.back_line(1, "500", "50", restock="return"))
        for _time in range(2):
            self.say(
                self.goods(self.lamp, 0, "500", "0", shipped=1, open_quantity=0),
                self.goods(self.mug, 1, "365", "36.50", ref="M"),
                total="401.50",
                total_tax="36.50",
                received="550",
                refunds=(back,),
            )
            self.assertEqual(self.totals("out_refund"), [550])
            self.assertEqual(self.totals(), [550, 401.50])
            self.assertEqual(self.payments(), [550, -148.50])
        self.assertSettled()
        moves = self.sale_order.order_line.move_ids
        mugs = moves.filtered(lambda m: m.product_id == self.mug.product_id)
        self.assertEqual(mugs.mapped("quantity"), [1])
        self.assertFalse(self.order.hold_ids.filtered(lambda h: h.state == "active"))

    def test_even_exchange_moves_no_money(self):
        self.say(
            self.goods(self.lamp, 1, "40", "4"), total=44, total_tax=4, received=44
        )
        self.ship(self.env, self.sale_order)
        back = self.back("0", self.back_line(1, "40", "4", restock="return"))
        self.say(
            self.goods(self.lamp, 0, "40", "0", shipped=1, open_quantity=0),
            self.goods(self.mug, 2, "20", "4", ref="M"),
            total=44,
            total_tax=4,
            received=44,
            refunds=(back,),
        )
        self.assertEqual((self.totals(), self.totals("out_refund")), ([44, 44], [44]))
        self.assertEqual(self.payments(), [44])
        self.assertSettled()

    def test_exchange_for_something_dearer_is_paid_by_what_came_in(self):
        """100.00 comes back for 250.00: the customer pays 150.00, nothing goes back."""
        values = dict(taxes_included=True)
        self.say(
            self.goods(self.lamp, 1, "110", "10"),
            total=110,
            total_tax=10,
            received=110,
            **values,
        )
        self.ship(self.env, self.sale_order)
        back = self.back("0", self.back_line(1, "110", "10", restock="return"))
        for received, paid in ((110, [110]), (275, [110, 165])):
            self.say(
                self.goods(self.lamp, 0, "110", "0", shipped=1, open_quantity=0),
                self.goods(self.mug, 1, "275", "25", ref="M"),
                total=275,
                total_tax=25,
                received=received,
                refunds=(back,),
                **values,
            )
            self.assertEqual(self.payments(), paid)
        self.assertEqual(self.totals(), [110, 275])
        self.assertEqual(self.totals("out_refund"), [110])
        self.assertSettled()

    def test_money_that_went_back_counts_and_not_what_lines_come_to(self):
        """The amount of a refund leads: 7.00 for a product of 5.00 and 1.00 of tax."""
        lamp = dict(rate=25)
        self.say(self.goods(self.lamp, 2, "4", "2", **lamp), total=10, total_tax=2)
        back = self.back("7", self.back_line(1, "4", "1"))
        self.say(
            self.goods(self.lamp, 1, "4", "1", **lamp),
            total=5,
            total_tax=1,
            refunds=(back,),
        )
        self.assertEqual(self.totals("out_refund"), [7])
        self.assertEqual(self.taxes(), [2, -1])
        self.assertEqual(self.payments(), [10, -7])

    def test_exchange_is_invoiced_when_it_ships(self):
        self.channel.invoice_policy = "shipped"
        self.say(
            self.goods(self.lamp, 2, "50", "10"), total=110, total_tax=10, received=110
        )
        self.ship(self.env, self.sale_order)
        self.book()
        back = self.back("11", self.back_line(1, "50", "5"))
        self.say(
            self.goods(self.lamp, 1, "50", "5", shipped=2, open_quantity=0),
            self.goods(self.mug, 1, "40", "4", ref="M"),
            total=99,
            total_tax=9,
            received=110,
            refunds=(back,),
        )
        self.assertEqual(self.totals("out_refund"), [55])
        self.assertEqual(self.payments(), [110, -11])
        self.ship(self.env, self.sale_order)
        self.book()
        self.assertEqual(self.totals(), [110, 44])
        self.assertEqual(self.payments(), [110, -11])
        self.assertSettled()
        self.assertSound()

    def test_more_units_back_than_bought_are_told_and_the_money_is_credited(self):
        self.say(self.goods(self.lamp, 2, "10", "2"), total=22, total_tax=2)
        back = self.back("22", self.back_line(2, "20", "2", excess=1))
        gone = self.goods(self.lamp, 0, "10", "0")
        self.speak(gone, total=0, total_tax=0, payment="refunded", refunds=(back,))
        [words] = self.words()
        self.assertIn("1 × LAMP too many", words)
        self.assertEqual(self.totals("out_refund"), [22])
        self.assertEqual(self.payments(), [22, -22])


@tagged("post_install", "-at_install")
class TestSilentEndings(MoneyCase):
    def test_voucher_off_prices_with_tax_leaves_what_was_paid(self):
        """75.00 off 85.00, tax inside: 10.00, by whatever order it is computed."""
        lamp = self.goods(self.lamp, 1, "85", "0.91", discount="75")
        self.say(lamp, total=10, total_tax="0.91", taxes_included=True)
        self.assertImported(self.order, 10, 0.91)
        self.assertEqual(self.payments(), [10])

    def test_order_of_a_charge_alone_is_sold(self):
        fee = self.charge("F", "50", tax(10, "5"), title="Repair")
        self.say(shipping_lines=(fee,), total=55, total_tax=5)
        self.assertImported(self.order, 55, 5)
        self.assertEqual((self.totals(), self.payments()), ([55], [55]))

    def test_delivery_that_is_left_of_an_order_is_sold(self):
        lines = [self.goods(self.lamp, 0, "100", "0")]
        delivery = self.charge("S", "8", tax(25, "2"))
        back = self.back("110", self.back_line(1, "100", "10"))
        self.say(
            *lines,
            shipping_lines=(delivery,),
            total=10,
            total_tax=2,
            refunds=(back,),
        )
        self.assertImported(self.order, 10, 2)

    def test_free_order_with_an_open_payment_is_confirmed(self):
        free = self.goods(self.lamp, 1, "10", "0", discount="10", rate=0)
        self.say(free, total=0, total_tax=0, payment="pending")
        self.assertEqual(self.sale_order.state, "sale")

    def test_paid_order_that_is_cancelled_unpaid_back_is_told_until_it_is(self):
        self.say(self.goods(self.lamp, 1, "100", "10"), total=110, total_tax=10)
        gone = self.goods(self.lamp, 1, "100", "10")
        values = dict(total=110, total_tax=10, state="cancelled")
        self.speak(gone, **values)
        [words] = self.words()
        self.assertIn("110.00", words)
        none = self.goods(self.lamp, 0, "100", "0")
        back = self.back("110", self.back_line(1, "100", "10"))
        values |= dict(total=0, total_tax=0, payment="refunded", refunds=(back,))
        self.say(none, **values)
        self.assertEqual(self.payments(), [110, -110])

    def test_fee_kept_of_an_order_that_was_never_sold_here_is_told(self):
        gone = self.goods(self.lamp, 0, "100", "0", rate=0)
        back = self.back("80", self.back_line(1, "100", "0"))
        self.speak(gone, total=0, total_tax=0, state="cancelled", refunds=(back,))
        self.assertFalse(self.sale_order)
        [words] = self.words()
        self.assertIn("keeps 20", words)

    def test_nothing_to_credit_needs_nothing_owed(self):
        """Whatever a refund is made of: what no document stands for is told."""
        self.say(self.goods(self.lamp, 1, "100", "10"), total=110, total_tax=10)
        self.sale_order.with_context(**inner(channel_follows=True))._action_cancel()
        self.order.notification_ids.state = "done"
        self.order.state = "imported"
        self.order._mark_books()
        self.book()
        self.assertTrue(self.words())


@tagged("post_install", "-at_install")
class TestPaymentTakenBack(MoneyCase):
    def setUp(self):
        super().setUp()
        self.lamps = self.goods(self.lamp, 1, "100", "10")
        self.say(self.lamps, total=110, total_tax=10)

    def test_order_that_is_not_paid_any_more_is_told_until_it_is(self):
        for payment in ("pending", "voided"):
            self.speak(self.lamps, total=110, total_tax=10, payment=payment)
            [words] = self.words()
            self.assertIn(f"was paid and is {payment}", words)
            self.assertIn(self.sale_order.picking_ids.name, words)
            self.say(self.lamps, total=110, total_tax=10)
        self.assertEqual(self.payments(), [110])

    def test_it_is_told_after_another_change_as_well(self):
        self.speak(self.lamps, total=110, total_tax=10, payment="pending")
        more = self.goods(self.lamp, 2, "100", "20")
        self.speak(more, total=220, total_tax=20, payment="pending")
        self.assertIn("unpaid", " ".join(self.words()))

    def test_its_delivery_is_stopped_where_the_channel_wants_it(self):
        self.channel.unpaid_policy = "stop"
        self.speak(self.lamps, total=110, total_tax=10, payment="pending")
        with self.assertRaisesRegex(UserError, "was reversed"), self.env.cr.savepoint():
            self.ship(self.env, self.sale_order)
        self.env.invalidate_all()
        self._exceptions(self.order).action_override()
        self.ship(self.env, self.sale_order)
        self.assertEqual(self.order.line_ids._shipped_here(), 1)

    def test_its_delivery_goes_on_where_the_channel_only_wants_to_know(self):
        self.speak(self.lamps, total=110, total_tax=10, payment="voided")
        self.ship(self.env, self.sale_order)
        self.assertEqual(self.order.line_ids._shipped_here(), 1)
