# SPDX-License-Identifier: AGPL-3.0-or-later
from decimal import Decimal

from odoo.tests import tagged

from .test_shop_money import RATES, MoneyCase


@tagged("post_install", "-at_install")
class TestShopRefunds(MoneyCase):
    """Refunds that leave something odd of a line. What the shop keeps is in the books,
    with the tax that it says, whether the order was known before them or not."""

    def each_way(self, buy, *refunds):
        """Yield once for refunds that were made before the order was known here, and
        once for those of an order that is sold, one by one."""
        for known in (False, True):
            for included in (False, True):
                self.shop.edit_stock("SKU-1", 50)
                self.shop.config.prices_include_tax = included
                with self.subTest(known=known, included=included):
                    self.place(*buy)
                    if known:
                        self.take_in()
                    for refund in refunds:
                        refund(included)
                        if known:
                            self.take_in()
                    self.take_in()
                    yield included

    def place(self, *lines, **cart):
        """An order that nobody has heard of yet."""
        rows = [
            {"sku": sku, "quantity": units, "price": price, "rates": rates}
            for sku, units, price, rates in lines
        ]
        self.sold = self.shop.checkout(lines=rows, **{"taxes": RATES, **cart})

    def units(self, units, sku="SKU-1", **values):
        return lambda _included: self.shop.refund(self.sold, {sku: units}, **values)

    def for_nothing(self, units):
        """Units are taken back, and no money goes back."""

        def refund(_included):
            from sandbox.woocommerce import orders

            record = self.shop._order(self.sold)
            entries = [(record.lines[0], units, Decimal(0), Decimal(0))]
            orders.refund(self.shop.store, record, entries, Decimal(0))

        return refund

    def money(self, **amounts):
        """Money alone: {SKU or title: [before tax, tax]}"""
        return lambda _included: self.shop.refund(
            self.sold, money={name.replace("_", "-"): m for name, m in amounts.items()}
        )

    def amount(self, amount):
        return lambda _included: self.shop.refund(self.sold, amount=amount)

    def all_the_rest(self, _included):
        self.shop.set_status(self.sold, "refunded")

    def assertKept(self):
        """Odoo has what the shop says that it keeps, with its tax, and nobody is asked
        anything."""
        self.assertSound()
        record = self.shop._order(self.sold)
        taxes = [line.tax for refund in record.refunds for line in refund.lines]
        moves = (
            self.env["channel.bookkeeper"]
            ._get_moves(self.order(str(self.sold.id)))
            .filtered(lambda move: move.state == "posted")
        )
        signs = [(1 if move.move_type == "out_invoice" else -1, move) for move in moves]
        total = sum(sign * move.amount_total for sign, move in signs)
        tax = sum(sign * move.amount_tax for sign, move in signs)
        kept = record.total - record.refunded
        self.assertAlmostEqual(total, float(kept), 2)
        self.assertAlmostEqual(tax, float(kept and record.total_tax - sum(taxes)), 2)

    def test_unit_that_is_taken_back_for_nothing(self):
        lines = [("SKU-1", 1, "30.00", [1])]
        for _included in self.each_way(lines, self.for_nothing(1)):
            self.assertKept()

    def test_one_of_two_units_is_taken_back_for_nothing(self):
        lines = [("SKU-1", 2, "30.00", [1]), ("SKU-2", 1, "4.00", [2])]
        for _included in self.each_way(lines, self.for_nothing(1)):
            self.assertKept()

    def test_units_that_are_refunded_one_by_one_with_two_rates(self):
        """What rounding has left over of a line stays with the shop."""
        lines = [("SKU-1", 3, "3.33", [1, 2])]
        for _included in self.each_way(lines, *[self.units(1)] * 3):
            self.assertKept()

    def test_nine_of_ten_units_are_refunded_one_by_one(self):
        """The tax of the tenth bears all that was rounded off the others."""
        lines = [("SKU-1", 10, "0.97", [1, 2])]
        for _included in self.each_way(lines, *[self.units(1)] * 9):
            self.assertKept()

    def test_all_of_ten_units_are_refunded_one_by_one(self):
        lines = [("SKU-1", 10, "0.97", [1, 2]), ("SKU-2", 1, "4.00", [2])]
        for _included in self.each_way(lines, *[self.units(1)] * 10):
            self.assertKept()

    def test_shipped_unit_is_taken_back_for_nothing(self):
        order = self.buy(("SKU-1", 1, "30.00", [1]))
        self.ship(self.env, order.sale_order_id)
        self.env.flush_all()
        self.env["channel.messenger"]._run(self.channel)
        self.env.invalidate_all()
        self.take_in()
        self.for_nothing(1)(False)
        self.take_in()
        self.assertKept()

    def test_amount_and_then_all_the_rest(self):
        """woocommerce/woocommerce#22636 and #10792: a refund of an amount takes no tax
        off. When all the rest goes back, no tax is left of anything."""
        lines = [("SKU-1", 2, "30.00", [1]), ("SKU-2", 1, "4.00", [2])]
        for _included in self.each_way(lines, self.amount("20"), self.all_the_rest):
            self.assertKept()

    def test_amount_and_then_all_the_rest_is_right_by_tax(self):
        order = self.buy(("SKU-1", 2, "30.00", [1]), ("SKU-2", 1, "4.00", [2]))
        self.shop.refund(self.sold, amount="20")
        self.take_in()
        self.shop.set_status(self.sold, "refunded")
        self.take_in()
        self.assertKept()
        by_tax = {}
        moves = self.env["channel.bookkeeper"]._get_moves(order)
        for line in moves.line_ids.filtered(
            lambda each: each.display_type == "product"
        ):
            key = ",".join(line.tax_ids.mapped("name"))
            by_tax[key] = round(by_tax.get(key, 0) + line.balance, 2)
        self.assertEqual(set(by_tax.values()), {0})

    def test_money_goes_back_and_its_tax_does_not(self):
        """vendurehq/vendure#989: of a delivery charge only the tax is left. And of
        goods a price is lowered, with the tax of the old one."""
        for amounts in ({"Post": ["5.00", "0"]}, {"SKU_1": ["10.00", "0"]}):
            for known in (False, True):
                with self.subTest(amounts=amounts, known=known):
                    self.place(
                        ("SKU-1", 2, "30.00", [1]),
                        shipping={"title": "Post", "price": "5", "rates": [1]},
                    )
                    if known:
                        self.take_in()
                    self.money(**amounts)(False)
                    self.take_in()
                    self.assertKept()

    def test_tax_goes_back_and_the_money_does_not(self):
        for known in (False, True):
            with self.subTest(known=known):
                self.place(("SKU-1", 2, "30.00", [1]))
                if known:
                    self.take_in()
                self.money(SKU_1=["0", "11.40"])(False)
                self.take_in()
                self.assertKept()

    def test_refund_that_is_a_cent_more_than_the_order(self):
        """woocommerce/woocommerce#64668, #26734: the lines of a refund come to more
        than the order, and the amount is what is left of it."""
        self.shop.config.prices_include_tax = True
        for known in (False, True):
            with self.subTest(known=known):
                self.place(
                    ("SKU-1", 10, "23.90", [1]),
                    taxes=[{"title": "VAT", "rate": 0.19}],
                    coupons=[{"code": "QUARTER", "percent": 25}],
                )
                if known:
                    self.take_in()
                self.shop.refund(self.sold, {"SKU-1": 10}, amount=str(self.sold.total))
                self.take_in()
                self.assertKept()

    def test_half_of_an_amount_goes_back_with_all_the_tax_left(self):
        """woocommerce/woocommerce#22636"""
        lines = [("SKU-1", 2, "30.00", [1])]
        for _included in self.each_way(lines, self.amount("30.00")):
            self.assertSound()
