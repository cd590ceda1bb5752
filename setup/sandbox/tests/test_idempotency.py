"""One key is one change."""

import threading

from .helpers import SET, eventually, parallel

MISSING = """mutation M($input: InventorySetQuantitiesInput!) {
  inventorySetQuantities(input: $input) { userErrors { code } } }"""


def test_the_directive_is_required_at_run_time(client):
    variables = {"input": client.set_input(client.entry("A", 1))}
    for version in ("2026-04", "2026-07", "2026-10"):
        code, message = client.error(MISSING, variables, version)
        assert code == "BAD_REQUEST"
        assert "@idempotent" in message


def test_an_empty_key_is_refused(client):
    variables = {"input": client.set_input(client.entry("A", 1)), "key": "  "}
    assert client.error(SET, variables)[0] == "BAD_REQUEST"


def test_a_repeated_request_changes_once_and_answers_the_same(shop, client):
    first = client.set(client.entry("A", 7, 10), key="k")
    shop.checkout({"A": 2})
    assert client.set(client.entry("A", 7, 10), key="k") == first
    assert shop.level("A", "Main")["available"] == 5


def test_other_arguments_under_the_same_key_are_a_mismatch(client):
    client.set(client.entry("A", 7, 10), key="k")
    codes = client.set_codes(client.entry("A", 8, 10), key="k")
    assert codes == [("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", None)]


def test_a_stored_failure_stays_one(shop, client):
    entry = client.entry("A", 7, 9)
    assert client.set_codes(entry, key="k")[0][0] == "CHANGE_FROM_QUANTITY_STALE"
    shop.edit_stock("A", "Main", quantity=9)
    assert client.set_codes(entry, key="k")[0][0] == "CHANGE_FROM_QUANTITY_STALE"
    assert client.set_codes(entry, key="new") == []


def test_a_failed_key_may_hide_its_failure(shop, client):
    shop.config.idempotency_failure = "previous_attempt_failed"
    entry = client.entry("A", 7, 9)
    client.set(entry, key="k")
    codes = client.set_codes(entry, key="k")
    assert codes == [("IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", None)]


def test_a_top_level_error_does_not_use_up_the_key(client):
    entry = client.entry("A", 7, 10)
    broken = {**entry, "locationId": "12"}
    client.run(SET, {"input": client.set_input(broken), "key": "k"})
    assert client.set_codes(entry, key="k") == []


def test_the_same_key_meanwhile_is_concurrent(shop, client):
    shop.faults.add(kind="slow_commit", next=1, seconds=0.4)
    entry = client.entry("A", 7, 10)
    slow = threading.Thread(target=client.set, args=(entry,), kwargs={"key": "k"})
    slow.start()
    eventually(lambda: "k" in shop.idempotency.attempts)
    codes = client.set_codes(entry, key="k")
    assert codes == [("IDEMPOTENCY_CONCURRENT_REQUEST", None)]
    # A slow commit holds nobody else up.
    assert client.set_codes(client.entry("C", 1, 5)) == []
    slow.join()
    assert client.set_codes(entry, key="k") == []


def test_a_key_is_forgotten_after_its_time(shop, client):
    client.set(client.entry("A", 7, 10), key="k")
    shop.store.clock.move(shop.config.idempotency_retention + 1)
    assert client.set_codes(client.entry("A", 7, 10), key="k")[0][0] == (
        "CHANGE_FROM_QUANTITY_STALE"
    )


def test_of_many_with_one_base_only_one_wins(shop, client):
    results = parallel(12, lambda n: client.set_codes(client.entry("A", n + 20, 10)))
    assert sum(codes == [] for codes in results) == 1
