"""Bulk queries: a job, and a file of JSON lines."""

import json

import pytest
import requests

from .helpers import Client, eventually

RUN = """mutation R($query: String!, $group: Boolean!) {
  bulkOperationRunQuery(query: $query, groupObjects: $group) {
    bulkOperation { id status url } userErrors { field message code } } }"""
READ = """query B($id: ID!) { bulkOperation(id: $id) { id status errorCode objectCount
  rootObjectCount fileSize url completedAt } }"""
LEVELS = """{ productVariants { edges { node { id sku inventoryItem { id
  inventoryLevels { edges { node { id quantities(names: ["available"]) {
  name quantity } location { id } } } } } } } } }"""


def run(client, query, group=False):
    return client.data(RUN, {"query": query, "group": group})["bulkOperationRunQuery"]


def finish(client, payload):
    id = payload["bulkOperation"]["id"]

    def done():
        found = client.data(READ, {"id": id})["bulkOperation"]
        return found["status"] in ("COMPLETED", "FAILED") and found

    return eventually(done)


def lines_of(operation):
    answer = requests.get(operation["url"], timeout=5)
    return [json.loads(line) for line in answer.text.splitlines()]


def test_variants_and_levels_as_lines(client):
    payload = run(client, LEVELS)
    assert payload["bulkOperation"]["status"] == "CREATED"
    assert payload["bulkOperation"]["url"] is None
    operation = finish(client, payload)
    lines = lines_of(operation)
    assert operation["objectCount"] == str(len(lines))
    parents = [line for line in lines if "__parentId" not in line]
    assert [line["sku"] for line in parents][:3] == ["A", "B", "C"]
    assert operation["rootObjectCount"] == str(len(parents)) == "6"
    children = [line for line in lines if "__parentId" in line]
    assert len(children) == 4
    assert {line["__parentId"] for line in children} <= {p["id"] for p in parents}
    # Parents first: nothing promises that a child follows its parent.
    assert lines == parents + children


def test_grouped_children_follow_their_parent(client):
    lines = lines_of(finish(client, run(client, LEVELS, group=True)))
    for line, following in zip(lines, lines[1:], strict=False):
        if "__parentId" in following and "__parentId" not in line:
            assert following["__parentId"] == line["id"]


def test_one_at_a_time(shop, client):
    shop.config.bulk_delay = 0.3
    run(client, LEVELS)
    error = run(client, LEVELS)["userErrors"][0]
    assert error["code"] == "OPERATION_IN_PROGRESS"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("{ shop { name } }", "at least one connection"),
        ("mutation { orderClose(input: {id: 1}) { order { id } } }", "bulk query"),
        ('{ nodes(ids: ["1"]) { id } }', "at least one connection"),
        ("{ productVariants { edges { node { nope } } } }", "nope"),
    ],
)
def test_bad_queries_are_refused(client, query, message):
    error = run(client, query)["userErrors"][0]
    assert message in error["message"]


def test_nothing_found_gives_no_file(client):
    query = '{ productVariants(query: "sku:none") { edges { node { id } } } }'
    operation = finish(client, run(client, query))
    assert (operation["objectCount"], operation["url"]) == ("0", None)


def test_a_missing_scope_fails_the_operation(shop):
    client = Client(shop, shop.tokens.issue(["read_products"]).text)
    operation = finish(client, run(client, "{ orders { edges { node { id } } } }"))
    assert (operation["status"], operation["errorCode"]) == ("FAILED", "ACCESS_DENIED")


def test_a_webhook_tells_when_it_is_done(client, receiver):
    client.subscribe("BULK_OPERATIONS_FINISH", receiver.url)
    payload = run(client, LEVELS)
    eventually(lambda: receiver.received)
    body = json.loads(receiver.received[0][1])
    assert body["admin_graphql_api_id"] == payload["bulkOperation"]["id"]
    assert body["status"] == "completed"
