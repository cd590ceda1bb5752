"""inventorySetQuantities: every refusal, and all or nothing."""

import pytest

from .helpers import SET


def path(*parts):
    return ["input", "quantities", *parts]


def test_set_changes_available_and_on_hand(shop, client):
    payload = client.set(client.entry("A", 7, 10))
    changes = payload["inventoryAdjustmentGroup"]["changes"]
    assert [(c["name"], c["delta"], c["quantityAfterChange"]) for c in changes] == [
        ("available", -3, 7),
        ("on_hand", -3, 7),
    ]
    assert shop.level("A", "Main")["on_hand"] == 7


def test_on_hand_is_set_by_way_of_available(shop, client):
    shop.checkout({"A": 4})
    client.set(client.entry("A", 20, 10), name="on_hand")
    level = shop.level("A", "Main")
    assert (level["available"], level["committed"], level["on_hand"]) == (16, 4, 20)


def test_stale_base_is_refused_with_its_field(shop, client):
    codes = client.set_codes(client.entry("C", 1, 5), client.entry("A", 7, 9))
    assert codes == [("CHANGE_FROM_QUANTITY_STALE", path("1", "changeFromQuantity"))]


def test_one_bad_entry_fails_the_whole_batch(shop, client):
    client.set(client.entry("C", 1, 5), client.entry("A", 7, 9))
    assert shop.level("C", "Main")["available"] == 5
    assert shop.level("A", "Main")["available"] == 10


def test_null_base_opts_out_of_the_comparison(shop, client):
    assert not client.set(client.entry("A", 2, None))["userErrors"]
    assert shop.level("A", "Main")["available"] == 2


def test_stale_error_without_field_by_switch(shop, client):
    shop.config.stale_field_null = True
    codes = client.set_codes(client.entry("A", 7, 9))
    assert codes == [("CHANGE_FROM_QUANTITY_STALE", None)]


def test_only_the_first_error_by_switch(shop, client):
    entries = client.entry("A", 7, 9), client.entry("C", -1)
    assert len(client.set_codes(*entries)) == 2
    shop.config.error_report = "first"
    assert len(client.set_codes(*entries)) == 1


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"quantity": -1}, "INVALID_QUANTITY_NEGATIVE", "quantity"),
        ({"quantity": 1_000_000_001}, "INVALID_QUANTITY_TOO_HIGH", "quantity"),
        (
            {"inventoryItemId": "gid://shopify/InventoryItem/1"},
            "INVALID_INVENTORY_ITEM",
            "inventoryItemId",
        ),
        (
            {"locationId": "gid://shopify/Location/1"},
            "INVALID_LOCATION",
            "locationId",
        ),
    ],
)
def test_bad_entry_is_named(client, change, code, field):
    entry = {**client.entry("A", 1), **change}
    assert client.set_codes(entry) == [(code, path("0", field))]


def test_bundle_parent_cannot_be_set(client):
    assert client.set_codes(client.entry("KIT", 3)) == [
        ("NON_MUTABLE_INVENTORY_ITEM", path("0", "inventoryItemId"))
    ]


def test_duplicate_pair_is_refused(client):
    codes = client.set_codes(client.entry("A", 1), client.entry("A", 2))
    assert codes == [("NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR", path("1"))]


def test_inactive_level_is_refused_until_2026_10(shop, client):
    entry = client.entry("A", 5, location="Second")
    for version in ("2026-04", "2026-07"):
        assert client.set_codes(entry, version=version) == [
            ("ITEM_NOT_STOCKED_AT_LOCATION", path("0", "locationId"))
        ]
    assert not client.set(entry, version="2026-10")["userErrors"]
    assert shop.level("A", "Second")["available"] == 5


def test_inactive_level_may_be_dropped_in_silence_since_2026_10(shop, client):
    """The documentation can be read both ways; the others of the batch are set."""
    shop.config.not_stocked = "drops"
    entries = client.entry("A", 5, location="Second"), client.entry("B", 4)
    answer = client.set(*entries, version="2026-10")
    assert not answer["userErrors"]
    assert shop.level("B", "Main")["available"] == 4
    assert not shop.level("A", "Second") or not shop.level("A", "Second")["active"]
    # before that it was an error
    assert client.set_codes(entries[0], version="2026-07") == [
        ("ITEM_NOT_STOCKED_AT_LOCATION", path("0", "locationId"))
    ]


@pytest.mark.parametrize(
    ("head", "code"),
    [
        ({"name": "committed"}, "INVALID_NAME"),
        ({"reason": "because"}, "INVALID_REASON"),
        ({"referenceDocumentUri": "not a uri"}, "INVALID_REFERENCE_DOCUMENT"),
        ({"referenceDocumentUri": "gid://odoo/12"}, "INVALID_REFERENCE_DOCUMENT"),
    ],
)
def test_bad_head_is_refused(client, head, code):
    assert client.set_codes(client.entry("A", 1), **head)[0][0] == code


def test_more_than_250_entries_run_nothing(client):
    variables = {"input": client.set_input(*[client.entry("A", 1)] * 251), "key": "k"}
    code, message = client.error(SET, variables)
    assert code == "MAX_INPUT_SIZE_EXCEEDED"
    assert "251" in message


def test_leaving_out_the_base_is_an_error_at_run_time(client):
    entry = client.entry("A", 1)
    del entry["changeFromQuantity"]
    code, message = client.error(SET, {"input": client.set_input(entry), "key": "k"})
    assert code == "INVALID_FIELD_ARGUMENTS"
    assert "changeFromQuantity" in message


def test_malformed_id_is_a_top_level_error(client):
    entry = {**client.entry("A", 1), "locationId": "12"}
    body = client.run(SET, {"input": client.set_input(entry), "key": "k"})
    assert "Invalid global id '12'" in body["errors"][0]["message"]


def test_setting_the_same_number_gives_no_group(client):
    payload = client.set(client.entry("A", 10, 10))
    assert payload == {"inventoryAdjustmentGroup": None, "userErrors": []}


def test_the_trace_shows_in_the_history(shop, client):
    client.set(client.entry("A", 7, 10), referenceDocumentUri="gid://odoo/Trace/42")
    entry = next(e for e in reversed(shop.store.history) if e["name"] == "available")
    assert entry["referenceDocumentUri"] == "gid://odoo/Trace/42"
    assert (entry["sku"], entry["delta"], entry["actor"]) == ("A", -3, "app")
