"""Points: what a document costs, and what happens when they are used up."""

import pytest
from graphql import build_schema, get_operation_ast, parse

from sandbox.shopify.config import Config
from sandbox.shopify.cost import CostCounter, page_weight
from sandbox.shopify.throttle import Bucket

from .helpers import SET

VARIANTS = "{ productVariants(first: 250) { nodes { inventoryItem { id } } } }"


def cost_of(body):
    return body["extensions"]["cost"]


def test_a_mutation_costs_ten_however_many_entries(client):
    variables = {"input": client.set_input(client.entry("A", 1)), "key": "k"}
    cost = cost_of(client.run(SET, variables))
    assert cost["requestedQueryCost"] == cost["actualQueryCost"] == 10


def test_a_page_of_250_costs_about_eleven_nodes(client):
    # A live shop asked 25 for this below one product: 1 + 2 + 11 x 2.
    assert page_weight(250) == 11
    assert cost_of(client.run(VARIANTS))["requestedQueryCost"] == 24


def test_what_was_not_returned_is_given_back(shop, client):
    cost = cost_of(client.run(VARIANTS))
    assert cost["actualQueryCost"] < cost["requestedQueryCost"]
    status = cost["throttleStatus"]
    assert status["currentlyAvailable"] >= 2000 - cost["actualQueryCost"] - 1


def test_an_empty_bucket_throttles_in_a_200_answer(shop, client):
    shop.bucket.drain()
    body = client.run(VARIANTS)
    assert body["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert "data" not in body
    assert cost_of(body)["actualQueryCost"] is None


def test_a_throttled_mutation_does_nothing(shop, client):
    shop.bucket.drain()
    variables = {"input": client.set_input(client.entry("A", 1)), "key": "k"}
    assert client.error(SET, variables)[0] == "THROTTLED"
    assert shop.level("A", "Main")["available"] == 10


def test_too_dear_a_document_never_runs(client):
    money = "{ shopMoney { amount } presentmentMoney { amount } }"
    line = f"originalUnitPriceSet {money} discountedTotalSet {money}"
    query = f"""{{ orders(first: 250) {{ nodes {{ lineItems(first: 250) {{ nodes {{
        {line} taxLines {{ priceSet {money} }} }} }} }} }} }}"""
    code, message = client.error(query)
    assert code == "MAX_COST_EXCEEDED"
    assert "1000" in message


@pytest.mark.parametrize(
    ("plan", "rate"),
    [("standard", 100), ("advanced", 200), ("plus", 1000), ("enterprise", 2000)],
)
def test_the_plan_sets_the_rate(plan, rate):
    now = [0.0]
    bucket = Bucket(Config(plan=plan), now=lambda: now[0])
    assert bucket.status()["restoreRate"] == rate
    assert bucket.take(rate * 20) and not bucket.take(1)
    now[0] = 2.0
    assert bucket.status()["currentlyAvailable"] == 2 * rate


def test_only_the_dearest_of_several_types_counts():
    schema = build_schema("""
        interface Node { id: ID! }
        type Leaf { id: ID! }
        type A implements Node { id: ID!, leaf: Leaf, other: Leaf }
        type B implements Node { id: ID!, leaf: Leaf }
        type Query { nodes(ids: [ID!]!): [Node]! }
    """)
    document = parse("""query Q($off: Boolean!) { nodes(ids: ["1"]) {
        ... on A { leaf { id } other { id } } ... on B { leaf { id } }
        ... on A @include(if: $off) { leaf { id } } } }""")
    counter = CostCounter(schema, {}, {"off": False})
    operation = get_operation_ast(document)
    assert counter.requested(operation, schema.query_type) == 3
