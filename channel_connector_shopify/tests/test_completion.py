# SPDX-License-Identifier: AGPL-3.0-or-later
import copy

from odoo.addons.channel_inventory_base.lib.errors import Refused

from .. import order_queries as queries
from ..lib.completion import MARK, Completion
from . import orders
from .common import PureCase
from .orders import connection, fulfillment_order, line, refund, refund_line

AGE = "2026-11-23T10:00:05Z"


class Shop:
    """Serves pages of one each of a big order, by document."""

    def __init__(self, order, refunds_in_page=queries.REFUNDS_IN_PAGE):
        self.order = order
        self.refunds_in_page = refunds_in_page
        self.asked = []
        self.changes = 0

    def first(self):
        return self._cut(copy.deepcopy(self.order))

    def _cut(self, order):
        for field in ("lineItems", "shippingLines", "fulfillmentOrders"):
            order[field] = self._page(order[field]["nodes"], 0)
        for entry in order["fulfillmentOrders"]["nodes"]:
            entry["lineItems"] = self._page(entry["lineItems"]["nodes"], 0)
        order["refunds"] = order["refunds"][: self.refunds_in_page]
        for entry in order["refunds"]:
            entry["refundLineItems"] = self._page(entry["refundLineItems"]["nodes"], 0)
        return order

    def _page(self, nodes, start):
        page = connection(nodes[start : start + 1], more=start + 1 < len(nodes))
        page["pageInfo"]["endCursor"] = str(start + 1)
        return page

    def execute(self, document, variables):
        self.asked.append(document.name)
        if document is queries.ORDER:
            return {"order": self.first()}
        order = copy.deepcopy(self.order)
        if self.changes:
            self.changes -= 1
            order["updatedAt"] = f"changed-{self.changes}"
        if document is queries.ORDER_REFUNDS:
            return {"order": order}
        return self._more(document, variables, order)

    def _more(self, document, variables, order):
        root, field = {
            "OrderLines": ("order", "lineItems"),
            "OrderShippingLines": ("order", "shippingLines"),
            "OrderFulfillmentOrders": ("order", "fulfillmentOrders"),
            "FulfillmentOrderLines": ("fulfillmentOrder", "lineItems"),
            "RefundLines": ("refund", "refundLineItems"),
            "RefundShippingLines": ("refund", "refundShippingLines"),
        }[document.name]
        places = [order, *order["fulfillmentOrders"]["nodes"], *order["refunds"]]
        owner = next(each for each in places if each["id"] == variables["id"])
        page = self._page(owner[field]["nodes"], int(variables["after"] or 0))
        if field == "fulfillmentOrders":
            for entry in page["nodes"]:
                entry["lineItems"] = self._page(entry["lineItems"]["nodes"], 0)
        age = {"updatedAt": order["updatedAt"]}
        return {root: {field: page, **(age if root == "order" else {"order": age})}}


def big_order():
    order = orders.order(
        *(line(number, 1) for number in range(1, 5)),
        total="40.0",
        orders=[
            fulfillment_order(1, (1, 1), (2, 1)),
            fulfillment_order(2, (3, 1), (4, 1)),
        ],
        refunds=[
            refund(
                *(refund_line(1, "RETURN", 1, number=n) for n in (1, 2)), number=number
            )
            for number in range(1, 6)
        ],
    )
    return order


class TestCompletion(PureCase):
    def counts(self, order):
        return (
            len(order["lineItems"]["nodes"]),
            [
                len(each["lineItems"]["nodes"])
                for each in order["fulfillmentOrders"]["nodes"]
            ],
            [len(each["refundLineItems"]["nodes"]) for each in order["refunds"]],
        )

    def test_ordinary_order_needs_nothing_more(self):
        shop = Shop(orders.order(line(1), total="20.0"))
        Completion(shop.execute).complete(shop.first(), 2)
        self.assertEqual(shop.asked, [])

    def test_everything_is_read_to_its_end(self):
        shop = Shop(big_order())
        order = Completion(shop.execute).complete(shop.first(), 2)
        self.assertEqual(self.counts(order), (4, [2, 2], [2] * 5))
        self.assertNotIn(MARK, order)
        ids = [each["id"] for each in order["lineItems"]["nodes"]]
        self.assertEqual(ids, [orders.gid("LineItem", n) for n in range(1, 5)])

    def test_exactly_full_page_of_refunds_is_looked_into(self):
        order = orders.order(
            line(1), total="20.0", refunds=[refund(), refund(number=2)]
        )
        shop = Shop(order)
        found = Completion(shop.execute).complete(shop.first(), 2)
        self.assertEqual(shop.asked, ["OrderRefunds"])
        self.assertEqual(len(found["refunds"]), 2)

    def test_order_that_changed_meanwhile_is_read_anew(self):
        shop = Shop(big_order(), queries.REFUNDS_IN_ORDER)
        shop.changes = 1
        order = Completion(shop.execute).complete(shop.first(), 4)
        self.assertIn("Order", shop.asked)
        self.assertEqual(self.counts(order), (4, [2, 2], [2] * 5))

    def test_order_that_never_holds_still_is_marked(self):
        shop = Shop(big_order(), queries.REFUNDS_IN_ORDER)
        shop.changes = 99
        self.assertTrue(Completion(shop.execute).complete(shop.first(), 4)[MARK])

    def test_broken_order_is_marked_and_kept(self):
        for broken in ({"id": "x", "updatedAt": AGE}, {**big_order(), "refunds": None}):
            shop = Shop(big_order())
            self.assertTrue(Completion(shop.execute).complete(broken, 2)[MARK])

    def test_what_the_shop_refuses_of_an_order_is_marked_with_its_words(self):
        def refuse(_document, _variables):
            raise Refused("too dear")

        order = Completion(refuse).complete(Shop(big_order()).first(), 2)
        self.assertIn("too dear", order[MARK])
        self.assertEqual(order["id"], big_order()["id"])

    def test_page_that_points_at_itself_is_not_read_for_ever(self):
        shop = Shop(big_order())
        shop._page = lambda nodes, start: {
            "nodes": nodes[:1],
            "pageInfo": {"hasNextPage": True, "endCursor": "1"},
        }
        order = Completion(shop.execute).complete(shop.first(), 2)
        self.assertIn("again and again", order[MARK])
        self.assertLess(len(shop.asked), 5)

    def test_absurd_number_of_refunds_is_marked(self):
        order = orders.order(
            line(1), total="20.0", refunds=[refund(number=n) for n in range(1, 251)]
        )
        shop = Shop(order)
        self.assertTrue(Completion(shop.execute).complete(shop.first(), 2)[MARK])

    def test_missing_order_is_none(self):
        self.assertIsNone(Completion(lambda *args: {"order": None}).fetch("gid"))
