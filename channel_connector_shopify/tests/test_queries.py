# SPDX-License-Identifier: AGPL-3.0-or-later
import unittest

from .. import lifecycle_queries, order_queries, queries
from ..const import (
    API_VERSIONS,
    PAYOUT_SCOPES,
    SCOPES,
    TOPICS,
    WRITE_PRODUCTS,
    granted,
)
from ..lib import push, refund
from . import common
from .common import PureCase

CAP = 1000
REFUND_LINES = [
    {
        "lineItemId": "gid://shopify/LineItem/1",
        "quantity": 1,
        "restockType": kind,
        "locationId": "gid://shopify/Location/1",
    }
    for kind in refund.RESTOCK.values()
]
ITEM, PLACE = "gid://shopify/InventoryItem/1", "gid://shopify/Location/1"


class Entry:
    line_id, stock_ref, node_ref, quantity, base = 1, ITEM, PLACE, 5, 7


def _variables():
    """Variables as the adapter sends them, by document name."""
    order = {"id": "gid://shopify/Order/1", "after": "cursor"}
    content = common.json.loads(push.freeze([Entry()], "trace"))["input"]
    return {
        "Shop": {},
        "Locations": {"after": None},
        "VariantCount": {},
        "Variants": {"after": "cursor"},
        "BulkStart": {"query": queries.BULK_VARIANTS},
        "BulkStatus": {"id": "gid://shopify/BulkOperation/1"},
        "Levels": {"items": [ITEM] * 250, "location": PLACE},
        "LevelPage": {"location": PLACE, "after": None},
        "SetQuantities": {"input": content, "key": "key"},
        "Activate": {"item": ITEM, "location": PLACE, "key": "key"},
        "ProductsOf": {"variants": ["gid://shopify/ProductVariant/1"] * 50},
        "StopSelling": {
            "product": "gid://shopify/Product/1",
            "variants": [
                {"id": "gid://shopify/ProductVariant/1", "inventoryPolicy": "DENY"}
            ],
        },
        "Payouts": {"query": "issued_at:>='2026-01-01T00:00:00Z'", "after": None},
        "PayoutTransactions": {"query": "payments_transfer_id:1", "after": "cursor"},
        "Webhooks": {"after": None},
        "WebhookCreate": {
            "topic": TOPICS[0],
            "subscription": {"uri": "https://odoo.example.com/hook", "format": "JSON"},
        },
        "WebhookDelete": {"id": "gid://shopify/WebhookSubscription/1"},
        "Orders": {"query": "updated_at:>='2026-01-01T00:00:00Z'", "after": None},
        "OrderHeads": {"query": "updated_at:>='2026-01-01T00:00:00Z'", "after": None},
        "OrderRefs": {"query": "processed_at:<'2026-01-01T00:00:00Z'", "after": None},
        "OrderCount": {"query": "processed_at:<'2026-01-01T00:00:00Z'"},
        "OrdersById": {"ids": [order["id"]] * order_queries.ORDERS_IN_READ},
        "Order": {"id": order["id"]},
        "KnownOrders": {"ids": [order["id"]] * 100},
        "Scopes": {},
        "OrderRefunds": {"id": order["id"]},
        "OrderLines": order,
        "OrderShippingLines": order,
        "OrderFulfillmentOrders": order,
        "FulfillmentOrderLines": order,
        "ShippableOrders": order,
        "ShippableLines": order,
        "Fulfillments": {"id": order["id"]},
        "FulfillmentLines": order,
        "Fulfill": {
            "fulfillment": {
                "notifyCustomer": True,
                "trackingInfo": {"number": "1Z", "company": "UPS", "url": "https://u"},
                "lineItemsByFulfillmentOrder": [
                    {
                        "fulfillmentOrderId": "gid://shopify/FulfillmentOrder/1",
                        "fulfillmentOrderLineItems": [{"id": "gid://1", "quantity": 1}],
                    }
                ],
            }
        },
        "Track": {"id": "gid://1", "tracking": {"number": "1Z"}, "notify": False},
        "Tag": {"id": order["id"], "tags": ["odoo-accepted"]},
        "Cancel": {
            "id": order["id"],
            "reason": "OTHER",
            "note": None,
            "refund": True,
            "notify": False,
        },
        "CancelState": {"id": order["id"]},
        "CancelJob": {"id": "gid://shopify/Job/1"},
        "SuggestedRefund": {"id": order["id"], "lines": REFUND_LINES},
        "Payments": {"id": order["id"]},
        "Refund": {
            "input": {
                "orderId": order["id"],
                "note": "CN/1",
                "refundLineItems": REFUND_LINES,
                "shipping": {"amount": "4.95"},
                "transactions": [
                    {
                        "orderId": order["id"],
                        "parentId": "gid://1",
                        "gateway": "bogus",
                        "kind": "REFUND",
                        "amount": "12.10",
                    }
                ],
            },
            "key": "key",
        },
        "RefundNotes": {"id": order["id"]},
        "RefundLines": order,
        "RefundShippingLines": order,
    }


DOCUMENTS = {
    document.name: document
    for module in (queries, order_queries, lifecycle_queries)
    for document in vars(module).values()
    if isinstance(document, queries.Document)
}


@unittest.skipUnless(common.SCHEMAS, "CHANNEL_SHOPIFY_SCHEMAS names no folder")
class TestQueries(PureCase):
    """Every document and its variables, against every version one can choose."""

    def each(self):
        for version in API_VERSIONS:
            schema, scopes = common.load_schema(version)
            for name, document in DOCUMENTS.items():
                with self.subTest(version=version, document=name):
                    yield schema, scopes, document

    def test_documents_are_valid_and_named(self):
        from graphql import parse, validate

        for schema, _scopes, document in self.each():
            tree = parse(document.text)
            self.assertEqual(validate(schema, tree), [])
            [operation] = tree.definitions
            self.assertEqual(operation.name.value, document.name)
            acts = operation.operation.value == "mutation"
            self.assertEqual(acts, document.mutation)

    def test_bulk_query_is_valid(self):
        from graphql import parse, validate

        for version in API_VERSIONS:
            schema, _scopes = common.load_schema(version)
            for query in (queries.BULK_VARIANTS, queries.BULK_LEVELS):
                self.assertEqual(validate(schema, parse(query)), [])

    def test_as_many_refunds_are_asked_for_as_are_counted_on(self):
        """A plain list has no next page: a full one is read on."""
        for document, count in (
            (order_queries.ORDERS, order_queries.REFUNDS_IN_PAGE),
            (order_queries.ORDERS_BY_ID, order_queries.REFUNDS_IN_PAGE),
            (order_queries.ORDER, order_queries.REFUNDS_IN_ORDER),
            (order_queries.ORDER_REFUNDS, order_queries.MAX_REFUNDS),
        ):
            self.assertIn(f"refunds(first: {count})", document.text)

    def test_nothing_deprecated_is_used(self):
        from graphql import NoDeprecatedCustomRule, parse, validate

        for schema, _scopes, document in self.each():
            rules = [NoDeprecatedCustomRule]
            self.assertEqual(validate(schema, parse(document.text), rules), [])

    def test_variables_fit(self):
        from graphql import parse
        from graphql.execution.values import get_variable_values

        variables = _variables()
        self.assertEqual(set(variables), set(DOCUMENTS))
        for schema, _scopes, document in self.each():
            [operation] = parse(document.text).definitions
            definitions = operation.variable_definitions or ()
            self.assertLessEqual(
                set(variables[document.name]),
                {each.variable.name.value for each in definitions},
            )
            values = get_variable_values(schema, definitions, variables[document.name])
            self.assertNotIsInstance(values, list, values)

    def test_mutations_with_a_key_carry_it_in_the_directive(self):
        for document in DOCUMENTS.values():
            self.assertEqual(
                document.idempotent, "@idempotent(key: $key)" in document.text
            )

    def test_scopes_are_enough(self):
        """Each field and type needs one of its scopes, and we ask for one of them."""
        for schema, scopes, document in self.each():
            ours = granted((*SCOPES, WRITE_PRODUCTS))
            if document.name.startswith("Payout"):
                ours |= set(PAYOUT_SCOPES)
            for place in places_of(schema, document.text):
                needed = scopes.get(place)
                self.assertTrue(not needed or needed & ours, (place, needed))

    def test_fulfillment_orders_of_every_kind_of_location_are_shown(self):
        """Shopify hides a kind without an error: its stock would seem untouched."""
        for kind in ("merchant_managed", "assigned", "third_party"):
            self.assertIn(f"read_{kind}_fulfillment_orders", SCOPES)

    def test_topics_exist(self):
        for version in API_VERSIONS:
            schema, _scopes = common.load_schema(version)
            topics = schema.type_map["WebhookSubscriptionTopic"].values
            self.assertLessEqual(set(TOPICS), set(topics))

    def test_refusals_that_we_know_exist(self):
        known = {*push.STALE, *push.REQUEST_CODES, push.PREVIOUS_FAILED}
        for version in API_VERSIONS:
            schema, _scopes = common.load_schema(version)
            codes = schema.type_map["InventorySetQuantitiesUserErrorCode"].values
            self.assertLessEqual(known, set(codes))
            # gone from 2026-10 on: stock can then be set anywhere
            self.assertEqual(push.NOT_STOCKED in codes, version < "2026-10")

    def test_cost_is_under_the_cap_even_if_pages_count_in_full(self):
        for schema, _scopes, document in self.each():
            variables = _variables()[document.name]
            self.assertLess(full_cost(schema, document.text, variables), CAP)


def places_of(schema, text):
    """Every (type, field) that a document reads, and every (type, None)."""
    from graphql import (
        TypeInfo,
        TypeInfoVisitor,
        Visitor,
        get_named_type,
        parse,
        visit,
    )

    info, places = TypeInfo(schema), []

    class Collect(Visitor):
        def enter_field(self, node, *_args):
            places.append((info.get_parent_type().name, node.name.value))
            places.append((get_named_type(info.get_type()).name, None))

    visit(parse(text), TypeInfoVisitor(info, Collect()))
    return places


def full_cost(schema, text, variables):
    """Points if every node of every page counted: the dearest that the published
    principle allows (object 1, connection 2 and its nodes, mutation 10)."""
    from graphql import get_named_type, is_composite_type, parse, value_from_ast_untyped

    def of(selections, parent):
        return sum(of_node(node, parent) for node in selections.selections)

    def of_node(node, parent):
        if node.kind == "inline_fragment":
            name = node.type_condition.name.value
            return of(node.selection_set, schema.type_map[name])
        definition = getattr(parent, "fields", {})[node.name.value]
        target = get_named_type(definition.type)
        if not is_composite_type(target):
            return 0
        values = {
            argument.name.value: value_from_ast_untyped(argument.value, variables)
            for argument in node.arguments
        }
        size = values.get("first") or len(values.get("ids") or ()) or 1
        inner = of(node.selection_set, target)
        if target.name.endswith("Connection"):
            return 2 + size * inner
        if parent.name.endswith("Connection"):
            return inner + (node.name.value == "nodes")
        return size * (1 + inner)

    [operation] = parse(text).definitions
    root = schema.get_root_type(operation.operation)
    extra = 10 if operation.operation.value == "mutation" else 0
    return extra + of(operation.selection_set, root)
