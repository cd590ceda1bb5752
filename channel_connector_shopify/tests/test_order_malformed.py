# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.addons.channel_inventory_base.lib.errors import Malformed

from .. import mapper
from . import orders
from .common import PureCase
from .orders import bag, line, refund, refund_line, shipping_line, taxes


class TestOrderMalformed(PureCase):
    def test_malformed_orders_are_refused_with_the_place(self):
        for change, place in (
            ({"updatedAt": None, "currencyCode": 5}, "currencyCode"),
            ({"currentTotalPriceSet": bag("ten")}, "currentTotalPriceSet"),
            ({"currentTotalPriceSet": bag("NaN")}, "currentTotalPriceSet"),
            ({"currentTotalPriceSet": {"shopMoney": None}}, "shopMoney"),
            ({"currentTotalTaxSet": bag("1.0", "USD")}, "currentTotalTaxSet"),
            ({"displayFinancialStatus": "GIVEN"}, "displayFinancialStatus"),
            (
                {"lineItems": orders.connection([line(quantity=True)])},
                r"lineItems\[0\]",
            ),
            ({"lineItems": orders.connection([line(currentQuantity=9)])}, "currentQ"),
            ({"lineItems": {"nodes": None}}, "lineItems.nodes"),
            ({"lineItems": orders.connection([5])}, r"lineItems\[0\]"),
            ({"refunds": [refund(refund_line(1, "BURN"))]}, "restockType"),
            ({"truncated": True}, "end"),
        ):
            node = orders.order(line(), total="20.0")
            with self.subTest(change=change), self.assertRaisesRegex(Malformed, place):
                mapper.order(orders.read({**node, **change}))

    def test_any_missing_field_is_malformed_and_no_crash(self):
        node = orders.order(
            line(1, 1, discounts=["1.0"], taxLines=taxes((0.1, "0.9"))),
            shipping=[shipping_line()],
            total="9.9",
            orders=[orders.fulfillment_order(1, (1, 1))],
            refunds=[refund(refund_line(1, "RETURN", 1))],
        )
        for broken in without_one(orders.read(node)):
            try:
                mapper.order(broken)
            except Malformed:
                continue


def without_one(value):
    """Copies of ``value``, each lacking one field or item somewhere."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in list(items):
        copy = value.copy()
        del copy[key]
        yield copy
        if isinstance(inner, dict | list):
            for changed in without_one(inner):
                copy = value.copy()
                copy[key] = changed
                yield copy
