# SPDX-License-Identifier: AGPL-3.0-or-later
from dataclasses import replace
from decimal import Decimal

from odoo.tests import tagged

from odoo.addons.channel_inventory_base.schemas import CustomerData

from .common_order import OrderCase

BIGMART = CustomerData(external_id="BIGMART", name="BigMart")


class PriceCase(OrderCase):
    """The customer's pricelist has a lamp for 12.50, its list price is 999."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # without it Odoo knows one pricelist for all
        cls.env.ref("base.group_user").implied_ids += cls.env.ref(
            "product.group_product_pricelist"
        )
        cls.pricelist = cls.env["product.pricelist"].create(
            {
                "name": "BigMart",
                "currency_id": cls.company.currency_id.id,
                "item_ids": [
                    (
                        0,
                        0,
                        {
                            "applied_on": "0_product_variant",
                            "product_id": cls.lamp.product_id.id,
                            "compute_price": "fixed",
                            "fixed_price": 12.5,
                        },
                    )
                ],
            }
        )
        cls.customer = cls.env["res.partner"].create(
            {"name": "BigMart", "property_product_pricelist": cls.pricelist.id}
        )
        cls.env["channel.partner"]._bind(cls.channel, "BIGMART", cls.customer)

    def _order(self, quantity, price, **values):
        line = self._line(self.lamp, quantity, "0", ref="1")
        line = replace(line, unit_price=price and Decimal(price))
        values.setdefault("total", Decimal(price or 0) * quantity)
        return self._data(line, customer=BIGMART, **values)


@tagged("post_install", "-at_install")
class TestPrice(PriceCase):
    """Prices that a channel does not tell, and such that are not ours."""

    # ---------------------------------------------------------------- not told
    def test_price_not_told_is_that_of_the_customers_pricelist(self):
        order = self._import(self._order(4, None))
        self.assertImported(order, "50.00")
        self.assertEqual(order.total, 50)
        self.assertEqual(order.sale_order_id.order_line.price_unit, 12.5)
        self.assertEqual(order.sale_order_id.state, "sale")

    def test_pricelist_of_the_channel_goes_before_the_customers(self):
        self.channel.pricelist_id = self.pricelist.copy()
        self.channel.pricelist_id.item_ids.fixed_price = 11
        self.assertImported(self._import(self._order(4, None)), "44.00")

    def test_price_of_a_pack_is_that_of_its_units(self):
        self.lamp.pack_qty = 6
        self.assertImported(self._import(self._order(2, None)), "150.00")

    def test_lines_with_and_without_a_price_make_one_total(self):
        data = self._order(4, None)
        mugs = self._line(self.mug, 2, "3.00")
        # what the partner adds up without the open price means nothing
        data = replace(data, lines=(*data.lines, mugs), total=Decimal("6.00"))
        self.assertImported(self._import(data), "56.00")

    def test_confirmed_order_keeps_its_price_when_the_pricelist_changes(self):
        data = self._order(4, None)
        order = self._import(data)
        self.pricelist.item_ids.fixed_price = 20
        order = self._import(self._newer(data, {"1": 3}))
        self.assertImported(order, "37.50")

    def test_product_that_nobody_has_matched_is_not_sold_for_nothing(self):
        line = replace(self._line("V-NEW", 1, "0"), unit_price=None)
        order = self._import(self._data(line, customer=BIGMART, total="0"))
        self.assertRefused(order, "unknown_sku")

    # ------------------------------------------------------------------- other
    def test_shops_price_is_accepted_by_default(self):
        self.assertImported(self._import(self._order(4, "9.99")), "39.96")

    def test_other_price_waits_for_a_person_who_lets_it_through(self):
        self.channel.price_policy = "check"
        order = self._import(self._order(4, "9.99"))
        exception = self.assertRefused(order, "price")
        self.assertIn("9.99", exception.message)
        self.assertIn("12.5", exception.message)
        self.assertEqual(self._position().held, 4)
        self.assertTrue(exception.can_override)
        exception.action_override()
        order.env["channel.order.importer"]._import(order)
        self.assertImported(order, "39.96")
        self.assertEqual(exception.state, "resolved")

    def test_tolerance_is_a_part_of_our_price(self):
        self.channel.write({"price_policy": "check", "price_tolerance": 2})
        # two percent of 12.50 are 0.25
        self.assertImported(self._import(self._order(1, "12.25")), "12.25")
        self.assertImported(self._import(self._order(1, "12.75")), "12.75")
        self.assertRefused(self._import(self._order(1, "12.20")), "price")

    def test_same_price_goes_on(self):
        self.channel.price_policy = "check"
        self.assertImported(self._import(self._order(4, "12.50")), "50.00")
        self.assertImported(self._import(self._order(4, None)), "50.00")

    def test_price_with_its_discount_is_compared(self):
        self.channel.price_policy = "check"
        data = self._order(4, "15.00", total="50.00")
        [line] = data.lines
        data = replace(data, lines=(replace(line, discount=Decimal("10.00")),))
        self.assertImported(self._import(data), "50.00")

    def test_change_of_the_policy_tries_again(self):
        self.channel.price_policy = "check"
        order = self._import(self._order(4, "9.99"))
        self.channel.price_policy = "accept"
        self.assertEqual(order.state, "captured")

    def test_price_that_was_agreed_is_not_asked_for_again(self):
        self.channel.price_policy = "check"
        data = self._order(4, "12.50")
        order = self._import(data)
        self.pricelist.item_ids.fixed_price = 20
        order = self._import(self._newer(data, {"1": 3}, total=Decimal("37.50")))
        self.assertImported(order, "37.50")

    # ------------------------------------------------------------------- packs
    def test_other_pack_than_matched_waits_for_a_person(self):
        self.lamp.pack_qty = 12
        line = replace(self._line(self.lamp, 2, "10.00"), pack=Decimal(24))
        order = self._import(self._data(line, total="20.00"))
        exception = self.assertRefused(order, "pack")
        self.assertIn("24", exception.message)
        self.lamp.pack_qty = 24
        self.assertEqual(order.state, "captured")
        order.env["channel.order.importer"]._import(order)
        self.assertImported(order, "20.00")
        move = order.sale_order_id.order_line.move_ids
        self.assertEqual(move.product_qty, 48)

    def test_pack_that_is_right_here_is_let_through(self):
        self.lamp.pack_qty = 12
        line = replace(self._line(self.lamp, 2, "10.00"), pack=Decimal(24))
        order = self._import(self._data(line, total="20.00"))
        self._exceptions(order).action_override()
        order.env["channel.order.importer"]._import(order)
        self.assertImported(order, "20.00")
        self.assertEqual(order.sale_order_id.order_line.move_ids.product_qty, 24)
