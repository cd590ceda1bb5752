"""The version before keys and ``changeFromQuantity`` were required, for old apps."""

import pytest

from sandbox.shopify import schema, start
from sandbox.shopify.config import DEFAULT_SCOPES, Config

from .conftest import SEED
from .helpers import Client

OLD = "2026-01"
SET = """
mutation Set($input: InventorySetQuantitiesInput!) {
  inventorySetQuantities(input: $input) { userErrors { field code message } }
}
"""


@pytest.fixture
def old():
    if OLD not in schema.versions(Config().schemas, OLD):
        pytest.skip(f"setup/install has put no admin_{OLD}.json.gz there")
    scopes = (*DEFAULT_SCOPES, "read_returns", "read_draft_orders")
    with start(SEED, oldest_version=OLD, scopes=scopes) as shop:
        yield Client(shop, version=OLD)


def put(client, quantity, **more):
    """The codes of the refusals of a number for A, of which 10 are there."""
    entry = client.entry("A", quantity)
    del entry["changeFromQuantity"]
    head = {"ignoreCompareQuantity": True} if more.pop("ignore", False) else {}
    values = {"input": client.set_input({**entry, **more}, **head)}
    payload = client.data(SET, values)["inventorySetQuantities"]
    return [(error["code"], error["field"][-1]) for error in payload["userErrors"]]


def test_it_answers_where_it_is_not_retired(old):
    answer = old.post("{ shop { name } }")
    assert answer.headers["X-Shopify-API-Version"] == OLD


def test_a_request_without_a_key_is_carried_out(old):
    assert put(old, 7, compareQuantity=10) == []
    assert old.shop.level("A", "Main")["available"] == 7


@pytest.mark.parametrize(
    ("more", "refusals"),
    [
        ({"compareQuantity": 9}, [("COMPARE_QUANTITY_STALE", "compareQuantity")]),
        (
            {"changeFromQuantity": 9},
            [("CHANGE_FROM_QUANTITY_STALE", "changeFromQuantity")],
        ),
        ({}, [("COMPARE_QUANTITY_REQUIRED", "compareQuantity")]),
        ({"ignore": True}, []),
        ({"changeFromQuantity": 10}, []),
    ],
)
def test_one_of_two_arguments_compares_or_none_shall(old, more, refusals):
    assert put(old, 7, **more) == refusals
    assert old.shop.level("A", "Main")["available"] == (10 if refusals else 7)


def test_the_newer_versions_of_the_same_store_are_as_strict_as_ever(old):
    entry = old.entry("A", 7, 10)
    body = old.run(SET, {"input": old.set_input(entry)}, version=schema.STRICT)
    assert "@idempotent" in body["errors"][0]["message"]
    assert old.shop.level("A", "Main")["available"] == 10


def test_what_a_store_has_none_of_is_an_empty_list(old):
    order = old.shop.checkout({"A": 1})
    query = """{
      draftOrders(first: 1) { nodes { id status } }
      collections(first: 1) { nodes { id title } }
      order(id: "%s") {
        returns(first: 1) { nodes { id } }
        risk { assessments { riskLevel } }
      }
    }"""
    data = old.data(query % order.gid)
    assert data["draftOrders"] == data["collections"] == {"nodes": []}
    assert data["order"] == {"returns": {"nodes": []}, "risk": {"assessments": []}}


def test_an_older_version_names_only_the_actions_that_it_knows(old):
    order = old.shop.checkout({"A": 1})
    query = """{ order(id: "%s") { fulfillmentOrders(first: 1) {
        nodes { supportedActions { action } } } } }"""

    def actions(version):
        data = old.data(query % order.gid, version=version)
        [entry] = data["order"]["fulfillmentOrders"]["nodes"]
        return {each["action"] for each in entry["supportedActions"]}

    assert actions("2026-07") - actions(OLD) == {"REPORT_PROGRESS"}
