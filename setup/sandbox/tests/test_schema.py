"""Documents are checked against the published schema, fields against scopes."""

import pytest
from graphql import get_named_type, is_object_type

from sandbox.shopify import Config, schema
from sandbox.shopify.access import Access
from sandbox.shopify.resolver import (
    ABSENT,
    INTERFACES,
    RECORDS,
    VIEWS,
    implements,
    snake,
)

from .helpers import SET, Client

VERSIONS = ("2026-04", "2026-07", "2026-10")
# What a version does not have yet.
LATER = {("OrderCancelPayload", "jobResult"), ("OrderCancelJobResult", None)}


def test_all_three_versions_answer(client):
    for version in VERSIONS:
        answer = client.post("{ shop { name } }", version=version)
        assert answer.headers["X-Shopify-API-Version"] == version


def test_a_retired_version_falls_forward_and_a_future_one_is_404(client):
    answer = client.post("{ shop { name } }", version="2025-01")
    assert answer.headers["X-Shopify-API-Version"] == "2026-04"
    for version in ("2027-01", "unstable", "x"):
        assert client.post("{ shop { name } }", version=version).status_code == 404


def test_what_the_schema_does_not_have_is_refused(client):
    assert client.error("{ shop { nope } }")[0] == "undefinedField"
    # This field came with 2026-07.
    query = "{ orders(first: 1) { nodes { cartToken } } }"
    assert client.error(query, version="2026-04")[0] == "undefinedField"
    assert client.error(query)[0] == "NOT_IN_SANDBOX"


def test_arguments_removed_from_the_schema_are_refused(client):
    entry = {**client.entry("A", 1), "compareQuantity": 10}
    code, message = client.error(SET, {"input": client.set_input(entry), "key": "k"})
    assert code == "INVALID_VARIABLE"
    assert "compareQuantity" in message


@pytest.mark.parametrize(
    ("query", "what"),
    [
        (
            "{ orders(first: 1) { nodes { paymentTerms { id } } } }",
            "Order.paymentTerms",
        ),
        ("{ giftCards(first: 1) { nodes { id } } }", "QueryRoot.giftCards"),
        ("{ shop { shopAddress { city } } }", "ShopAddress.city"),
        ("mutation { orderClose(input: {id: 1}) { order { id } } }", "Mutation."),
    ],
)
def test_what_is_not_played_is_said_even_where_nothing_is_found(client, query, what):
    code, message = client.error(query)
    assert code == "NOT_IN_SANDBOX"
    assert what in message


def test_an_argument_that_is_not_played_is_said(client):
    query = '{ orders(first: 1, savedSearchId: "x") { nodes { id } } }'
    assert client.error(query)[0] == "NOT_IN_SANDBOX"


def test_a_missing_scope_denies_the_field(shop):
    client = Client(shop, shop.tokens.issue(["read_products"]).text)
    body = client.run("{ orders(first: 1) { nodes { id } } }")
    assert body["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"
    assert body["errors"][0]["path"] == ["orders"]
    assert body["data"] is None
    query = """{ productVariants(first: 9) { nodes { sku inventoryItem {
        inventoryLevels(first: 1) { nodes { id } } } } } }"""
    assert client.error(query)[0] == "ACCESS_DENIED"


def test_a_mutation_without_scope_changes_nothing(shop):
    client = Client(shop, shop.tokens.issue(["read_inventory"]).text)
    variables = {"input": client.set_input(client.entry("A", 1)), "key": "k"}
    assert client.error(SET, variables)[0] == "ACCESS_DENIED"
    assert shop.level("A", "Main")["available"] == 10


def test_writing_includes_reading(shop):
    client = Client(shop, shop.tokens.issue(["write_orders"]).text)
    assert client.data("{ orders(first: 1) { nodes { id } } }")


def test_node_needs_the_scope_of_what_it_finds(shop):
    order = shop.checkout({"A": 1})
    client = Client(shop, shop.tokens.issue(["read_products"]).text)
    code, _message = client.error(f'{{ node(id: "{order.gid}") {{ id }} }}')
    assert code == "ACCESS_DENIED"


def test_requests_that_are_none(client):
    url = f"{client.shop.url}/admin/api/2026-07/graphql.json"
    headers = {"X-Shopify-Access-Token": "shpat_sandbox"}
    assert client.session.post(url, data="x", headers=headers).status_code == 400
    assert client.session.post(url, json={}, headers=headers).status_code == 400
    assert client.session.get(url, headers=headers).status_code == 404
    assert "Syntax Error" in client.run("{ shop {")["errors"][0]["message"]
    two = "query A { shop { name } } query B { shop { name } }"
    assert "operation name" in client.run(two)["errors"][0]["message"]
    body = client.post(two, operationName="B").json()
    assert body["data"]["shop"]["name"]


def test_raw_graphql_bodies_work(client):
    answer = client.session.post(
        f"{client.shop.url}/admin/api/2026-07/graphql.json",
        data="{ shop { name } }",
        headers={
            "X-Shopify-Access-Token": "shpat_sandbox",
            "Content-Type": "application/graphql",
        },
    )
    assert answer.json()["data"]["shop"]["name"]


@pytest.mark.parametrize("version", VERSIONS)
def test_all_that_is_played_exists_in_the_published_schema(version):
    types = schema.load(Config().schemas, version).schema.type_map
    for name, fields in RECORDS.items():
        missing = fields - set(types[name].fields)
        assert {(name, field) for field in missing} <= LATER
    for name, view in VIEWS.items():
        if (name, None) in LATER and name not in types:
            continue
        published = {snake(field) for field in types[name].fields}
        own = {
            attribute
            for attribute in vars(view)
            if not attribute.startswith("_") and attribute != "gql_type"
        }
        assert own <= published, (name, own - published)


def test_every_object_that_a_played_field_returns_is_played_too():
    api = schema.load(Config().schemas, "2026-10")
    for kind in list(VIEWS) + list(RECORDS):
        for name, field in api.schema.type_map[kind].fields.items():
            target = get_named_type(field.type)
            if not implements(kind, name) or not is_object_type(target):
                continue
            base = target.name.removesuffix("Connection")
            assert base in {*VIEWS, *RECORDS, *INTERFACES, *ABSENT}, (
                f"{kind}.{name} returns {target.name}"
            )


def test_access_knows_types_and_fields():
    api = schema.load(Config().schemas, "2026-07")
    access = Access(api, ["read_inventory"])
    level = api.schema.type_map["InventoryItem"].fields["inventoryLevel"].type
    access.check("InventoryItem", "inventoryLevel", level)
    order = api.schema.query_type.fields["order"].type
    with pytest.raises(Exception, match="Access denied for order field"):
        access.check("QueryRoot", "order", order)
