"""Activation, adjustment, moves between states, and edits by hand."""

ACTIVATE = """
mutation A($item: ID!, $location: ID!, $available: Int, $key: String!) {
  inventoryActivate(inventoryItemId: $item, locationId: $location,
      available: $available) @idempotent(key: $key) {
    inventoryLevel { id isActive quantities(names: ["available"]) { quantity } }
    userErrors { field message }
  }
}
"""
ADJUST = """
mutation Adjust($input: InventoryAdjustQuantitiesInput!) {
  inventoryAdjustQuantities(input: $input) @idempotent(key: "adjust") {
    inventoryAdjustmentGroup { changes { name delta } }
    userErrors { code field }
  }
}
"""
MOVE = """
mutation Move($input: InventoryMoveQuantitiesInput!) {
  inventoryMoveQuantities(input: $input) @idempotent(key: "move") {
    userErrors { code field }
  }
}
"""


def activate(client, sku, location, available=None, key="a"):
    variables = {
        "item": client.item(sku),
        "location": client.location(location),
        "available": available,
        "key": key,
    }
    return client.data(ACTIVATE, variables)["inventoryActivate"]


def test_activate_then_set(shop, client):
    payload = activate(client, "A", "Second", 4)
    assert payload["inventoryLevel"]["quantities"] == [{"quantity": 4}]
    assert not client.set(client.entry("A", 9, 4, location="Second"))["userErrors"]


def test_activate_twice_may_not_set_again(client):
    activate(client, "A", "Second", 4, key="one")
    assert activate(client, "A", "Second", key="two")["userErrors"] == []
    assert activate(client, "A", "Second", 5, key="three")["userErrors"]


def test_adjust_compares_and_adds(shop, client):
    change = {
        "inventoryItemId": client.item("A"),
        "locationId": client.location("Main"),
        "delta": -2,
        "changeFromQuantity": 10,
    }
    head = {"name": "available", "reason": "shrinkage"}
    assert not client.data(ADJUST, {"input": {**head, "changes": [change]}})[
        "inventoryAdjustQuantities"
    ]["userErrors"]
    assert shop.level("A", "Main")["available"] == 8


def test_move_between_states_keeps_on_hand(shop, client):
    place = client.location("Main")
    ends = {
        "from": {"name": "available", "locationId": place, "changeFromQuantity": 10},
        "to": {"name": "damaged", "locationId": place, "changeFromQuantity": None},
    }
    change = {"inventoryItemId": client.item("A"), "quantity": 3, **ends}
    head = {"reason": "damaged", "referenceDocumentUri": "gid://odoo/Scrap/1"}
    payload = client.data(MOVE, {"input": {**head, "changes": [change]}})
    assert payload["inventoryMoveQuantities"]["userErrors"] == []
    level = shop.level("A", "Main")
    assert (level["available"], level["damaged"], level["on_hand"]) == (7, 3, 10)


def test_on_hand_is_the_sum_of_its_states(shop, client):
    query = """query Q($id: ID!, $place: ID!) { inventoryItem(id: $id) {
        inventoryLevel(locationId: $place) { quantities(names: ["available",
        "on_hand", "committed", "damaged", "incoming", "reserved", "safety_stock",
        "quality_control"]) { name quantity } } } }"""
    shop.checkout({"B": 5})
    ids = {"id": client.item("B"), "place": client.location("Second")}
    level = client.data(query, ids)["inventoryItem"]["inventoryLevel"]
    found = {q["name"]: q["quantity"] for q in level["quantities"]}
    assert found["damaged"] == 1
    assert found["on_hand"] == (
        found["available"] + found["committed"] + found["damaged"]
    )


def test_edit_by_hand_makes_the_next_base_stale(shop, client):
    shop.edit_stock("A", "Main", delta=-1)
    assert client.set_codes(client.entry("A", 5, 10))[0][0] == (
        "CHANGE_FROM_QUANTITY_STALE"
    )
    assert shop.store.history[-1]["actor"] == "store admin"
