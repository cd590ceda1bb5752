# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from odoo.addons.channel_inventory_sale.tests.common_messages import Sold
from odoo.addons.channel_inventory_sale.tests.test_price import PriceCase

from .ledger_money import money_faults
from .test_market_books import KeepsBooks


@tagged("post_install", "-at_install")
class TestPriceBooks(KeepsBooks, Sold, PriceCase):
    """Orders whose prices are ours are invoiced at them."""

    def tearDown(self):
        self.assertEqual(money_faults(self.env, self.channel), [])
        super().tearDown()

    def test_order_without_prices_is_invoiced_at_those_it_was_sold_at(self):
        order = self._import(self._order(4, None))
        self.ship(self.env, order.sale_order_id)
        # whatever a lamp costs by now
        self.pricelist.item_ids.fixed_price = 20
        self.assertEqual(self.book(order).mapped("amount_total"), [50])
        order._prove_books()
        self.assertFalse(self._exceptions(order))

    def test_units_taken_off_are_taken_off_at_their_price(self):
        data = self._order(4, None)
        order = self._import(data)
        self.pricelist.item_ids.fixed_price = 20
        order = self._import(self._newer(data, {"1": 3}))
        self.ship(self.env, order.sale_order_id)
        self.assertEqual(self.book(order).mapped("amount_total"), [37.5])
        order._prove_books()
        self.assertFalse(self._exceptions(order))
