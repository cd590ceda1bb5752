# SPDX-License-Identifier: AGPL-3.0-or-later
import json
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from odoo.tests import tagged

from odoo.addons.channel_inventory_base import exceptions
from odoo.addons.channel_inventory_base.tests.common_adapter import pulled

from .. import order_queries
from ..client import Client
from ..const import API_VERSIONS
from .shop import PLACES
from .shop_orders import SHIPPING, VAT, OrderCase

ADDRESS = {
    "first_name": "Ada",
    "last_name": "Shopper",
    "address1": "1 High St",
    "city": "Toronto",
    "zip": "M5V",
    "province_code": "ON",
    "country_code": "CA",
    "phone": "416 555 0100",
}


@tagged("post_install", "-at_install")
class TestShopOrders(OrderCase):
    """Orders, against a running store."""

    # -------------------------------------------------------------- totals
    def test_totals_are_exact(self):
        cases = [
            {},
            {"taxes": VAT},
            {"taxes": VAT, "shipping": SHIPPING},
            {"taxes": [*VAT, {"title": "City", "rate": 0.0125}], "shipping": SHIPPING},
        ]
        discounts = [
            [],
            [{"code": "TEN", "type": "percentage", "value": 10, "target": "order"}],
            [{"code": "X", "type": "fixed", "value": "3.33", "target": "order"}],
            [{"code": "F", "type": "percentage", "value": 100, "target": "shipping"}],
        ]
        for included in (False, True):
            self.shop.config.taxes_included = included
            for case in cases:
                for discount in discounts:
                    order = self.shop.checkout(
                        {"SKU-1": 1, "S-1": 1}, discounts=discount, **case
                    )
                    with self.subTest(case=case, discount=discount, included=included):
                        self.check_sum(self.fetch(order))
                    self.shop.cancel(order)

    def test_every_version_tells_the_same(self):
        order = self.shop.checkout(
            {"SKU-1": 2}, taxes=VAT, shipping=SHIPPING, shipping_address=ADDRESS
        )
        found = []
        for version in API_VERSIONS:
            self.channel.shopify_api_version = version
            found.append(self.fetch(order))
        self.assertEqual(found[0], found[1])
        self.assertEqual(found[1], found[2])
        self.assertEqual(found[0].shipping.state_code, "ON")
        self.assertEqual(found[0].shipping.phone, "416 555 0100")

    def test_advice_about_fraud_comes_with_the_order(self):
        found = [
            self.fetch(self.shop.checkout({"SKU-1": 1}, risk=advice)).risk
            for advice in ("NONE", "CANCEL", "INVESTIGATE")
        ]
        self.assertEqual(found, ["", "high", "medium"])

    def test_presentment_currency_changes_nothing(self):
        order = self.shop.checkout(
            {"SKU-1": 2}, taxes=VAT, presentment={"currency": "CAD", "rate": "1.37"}
        )
        data = self.fetch(order)
        self.assertEqual(data.currency, "USD")
        self.check_sum(data)

    def test_refunds_leave_exact_totals(self):
        for included in (False, True):
            self.shop.config.taxes_included = included
            order = self.shop.checkout(
                {"SKU-2": 7, "S-1": 1},
                taxes=VAT,
                shipping=SHIPPING,
                discounts=[
                    {"code": "T", "type": "fixed", "value": "3.33", "target": "order"}
                ],
            )
            self.shop.refund(order, {"SKU-2": 2}, restock="CANCEL")
            self.check_sum(self.fetch(order))
            self.shop.refund(
                order, {"SKU-2": 3, "S-1": 1}, restock="CANCEL", shipping=True
            )
            self.check_sum(self.fetch(order))

    def test_payment_states(self):
        for payment in ("paid", "pending", "authorized"):
            order = self.shop.checkout({"SKU-3": 1}, payment=payment)
            self.assertEqual(self.fetch(order).payment, payment)
        self.shop.pay(order)
        self.assertEqual(self.fetch(order).payment, "paid")
        self.shop.cancel(order)
        data = self.fetch(order)
        self.assertEqual((data.state, data.payment), ("cancelled", "refunded"))

    def test_custom_line_and_test_order(self):
        order = self.shop.checkout(
            [{"title": "Engraving", "price": "5", "quantity": 1}], test=True
        )
        data = self.fetch(order)
        self.assertTrue(data.test)
        self.assertEqual(data.lines[0].listing_ref, "")

    # ---------------------------------------------------------- deductions
    def test_sale_from_one_place(self):
        self.check_deductions(self.shop.checkout({"SKU-1": 3, "SKU-2": 1}))

    def test_sale_from_two_places(self):
        data = self.check_deductions(self.shop.checkout({"SKU-1": 11}))
        self.assertEqual(len(data.lines[0].deductions), 2)

    def test_shipped(self):
        order = self.shop.checkout({"SKU-2": 5})
        self.shop.fulfill(order, {"SKU-2": 2})
        data = self.check_deductions(order)
        self.assertEqual(data.lines[0].open_quantity, 3)
        self.shop.fulfill(order)
        self.assertEqual(self.check_deductions(order).lines[0].open_quantity, 0)

    def test_cancelled(self):
        for quantities in ({"SKU-2": 5}, {"SKU-1": 11, "SKU-3": 2}):
            order = self.shop.checkout(quantities)
            self.shop.cancel(order, restock=True)
            self.check_deductions(order)

    def test_cancelled_and_not_restocked(self):
        order = self.shop.checkout({"SKU-2": 5})
        self.shop.cancel(order, restock=False)
        self.check_deductions(order)

    def test_refunds_of_every_kind(self):
        order = self.shop.checkout({"SKU-3": 9})
        self.shop.refund(order, {"SKU-3": 2}, restock="CANCEL")
        self.check_deductions(order)
        self.shop.refund(order, {"SKU-3": 1}, restock="NO_RESTOCK")
        self.check_deductions(order)
        self.shop.fulfill(order, {"SKU-3": 5})
        self.check_deductions(order)
        self.shop.refund(order, {"SKU-3": 1}, restock="RETURN", location=PLACES[0])
        self.check_deductions(order)
        self.shop.refund(order, {"SKU-3": 2}, restock="RETURN", location=PLACES[1])
        data = self.check_deductions(order)
        self.assertIn(-2, [each.quantity for each in data.lines[0].deductions])
        self.assertEqual(data.lines[0].quantity, 3)

    def test_edited(self):
        order = self.shop.checkout({"SKU-3": 4})
        self.shop.edit_order(order, {"SKU-3": 6, "S-1": 1})
        self.check_sum(self.check_deductions(order))
        self.shop.edit_order(order, {"SKU-3": 2})
        self.check_sum(self.check_deductions(order))

    # -------------------------------------------------------------- polling
    def poll(self, since=None):
        events, cursor = [], ""
        while True:
            page = pulled(self.adapter_model, self.channel, since or self.since, cursor)
            events += page.events
            cursor = page.cursor
            if not cursor:
                return events

    def test_all_orders_oldest_change_first(self):
        placed = [self.shop.checkout({"SKU-3": 1}).gid for _shopper in range(9)]
        self.shop.pay(self.shop.checkout({"SKU-2": 1}, payment="pending"))
        events = self.poll()
        self.assertEqual([each.ref for each in events[:9]], placed)
        times = [each.occurred_at for each in events]
        self.assertEqual(times, sorted(times))
        self.assertEqual(len({each.key for each in events}), 10)

    def test_since_is_inclusive_and_in_the_channels_time(self):
        first = self.shop.checkout({"SKU-3": 1})
        self.shop.store.clock.move(60)
        second = self.shop.checkout({"SKU-3": 1})
        [event] = [each for each in self.poll() if each.ref == second.gid]
        refs = [each.ref for each in self.poll(event.occurred_at)]
        self.assertEqual(refs, [second.gid])
        self.assertNotIn(first.gid, refs)

    def test_same_version_is_the_same_event(self):
        order = self.shop.checkout({"SKU-3": 1})
        [first], [again] = self.poll(), self.poll()
        self.assertEqual((first.key, first.body), (again.key, again.body))
        self.assertEqual(
            first.key, self.adapter_model._fetch_order(self.channel, order.gid).key
        )
        self.shop.store.clock.move(5)
        self.shop.fulfill(order)
        self.assertNotEqual(first.key, self.poll()[0].key)

    def test_big_order_is_read_to_its_end(self):
        self.shop.seed(
            {
                "products": [
                    {
                        "sku": f"B-{i}",
                        "title": f"B {i}",
                        "price": "1",
                        "quantities": {PLACES[0]: 9},
                    }
                    for i in range(60)
                ]
            }
        )
        order = self.shop.checkout({f"B-{i}": 1 for i in range(60)}, taxes=VAT)
        [event] = self.poll()
        data = self.adapter_model._parse_order(self.channel, event.body)
        self.assertEqual(len(data.lines), 60)
        self.assertEqual({len(line.deductions) for line in data.lines}, {1})
        self.check_sum(data)
        self.assertEqual(data, self.fetch(order))

    def test_rates_survive_storage(self):
        order = self.shop.checkout(
            {"SKU-1": 1}, taxes=[{"title": "T", "rate": 0.08875}]
        )
        self.assertEqual(self.fetch(order).lines[0].taxes[0].rate, Decimal("0.08875"))

    def test_odd_order_in_a_page_keeps_back_no_other(self):
        """It comes as an event, which is a dead letter when it is read."""
        good, *_others = [self.shop.checkout({"SKU-3": 1}) for _order in range(4)]
        execute = Client.execute

        def answer(client, document, variables=None):
            data = execute(client, document, variables)
            if document is order_queries.ORDERS_BY_ID:
                data["nodes"][1:] = [{"id": 5}, {"updatedAt": "now"}, None]
            return data

        self.patch(Client, "execute", answer)
        since = datetime.now(timezone.utc) - timedelta(days=1)
        first, *odd = pulled(self.adapter_model, self.channel, since).events
        self.assertEqual(first.ref, good.gid)
        self.assertEqual(len({each.key for each in odd}), 2)
        for each in odd:
            with self.assertRaises(exceptions.MalformedDataError):
                self.adapter_model._parse_order(self.channel, each.body)

    def test_truncated_order_is_refused_when_it_is_read(self):
        self.shop.checkout({"SKU-1": 1})
        [event] = self.poll()
        body = json.dumps({**json.loads(event.body), "truncated": True})
        with self.assertRaises(exceptions.MalformedDataError):
            self.adapter_model._parse_order(self.channel, body)
