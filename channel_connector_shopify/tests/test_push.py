# SPDX-License-Identifier: AGPL-3.0-or-later
import json
from dataclasses import dataclass

from odoo.addons.channel_inventory_base.lib.errors import (
    BurntKey,
    Busy,
    Refused,
    Unavailable,
)

from ..lib import push
from .common import PureCase

PLACE = "gid://shopify/Location/1"


@dataclass
class Entry:
    line_id: int
    stock_ref: str
    quantity: int = 5
    base: int = 7
    node_ref: str = PLACE


def entries(count):
    return [Entry(100 + i, f"gid://shopify/InventoryItem/{i}") for i in range(count)]


class Shop:
    """Carries out all entries of a call or none, and remembers its keys."""

    def __init__(self, bad=(), code="CHANGE_FROM_QUANTITY_STALE", field=False):
        self.bad = set(bad)
        self.code = code
        self.field = field
        self.previous_failed = False
        self.memory = {}
        self.written = {}
        self.calls = []
        self.activated = []
        self.die_after = None

    def send(self, content, key):
        if self.die_after is not None and len(self.calls) >= self.die_after:
            raise Unavailable("killed", uncertain=True)
        self.calls.append((key, json.dumps(content, sort_keys=True)))
        body = json.dumps(content)
        if key in self.memory:
            known, answer = self.memory[key]
            if known != body:
                return self.refusal("IDEMPOTENCY_KEY_PARAMETER_MISMATCH")
            if answer["userErrors"] and self.previous_failed:
                return self.refusal(push.PREVIOUS_FAILED)
            return answer
        answer = self.carry_out(content["quantities"])
        self.memory[key] = body, answer
        return answer

    def refusal(self, code, index=None, where="changeFromQuantity"):
        path = ["input", "quantities", str(index), where]
        field = None if index is None else path
        return {"userErrors": [{"code": code, "field": field, "message": "no"}]}

    def carry_out(self, quantities):
        errors = []
        for index, entry in enumerate(quantities):
            number = int(entry["inventoryItemId"].split("/")[-1])
            if number in self.bad:
                found = self.refusal(self.code, index if self.field else None)
                errors += found["userErrors"]
        if not errors:
            for entry in quantities:
                item = entry["inventoryItemId"]
                self.written[item] = self.written.get(item, 0) + 1
        return {"userErrors": errors}

    def activate(self, item, location, key):
        self.activated.append((item, location, key))
        return "" if "/1" in item else "not here"


class Dropping(Shop):
    """Leaves entries out without a word, as 2026-10 may."""

    def __init__(self, dropped):
        super().__init__()
        self.dropped = dropped

    def carry_out(self, quantities):
        changes = [
            {
                "item": {"id": entry["inventoryItemId"]},
                "location": {"id": entry["locationId"]},
            }
            for index, entry in enumerate(quantities)
            if index not in self.dropped
        ]
        group = {"id": "1", "changes": changes} if changes else None
        return {"userErrors": [], "inventoryAdjustmentGroup": group}


class TestPush(PureCase):
    def run_push(self, shop, count, key="key-1"):
        work = push.Push(
            push.freeze(entries(count), "trace"),
            key,
            send=shop.send,
            activate=shop.activate,
        )
        results = work.run()
        self.assertEqual(
            sorted(result[0] for result in results), [100 + i for i in range(count)]
        )
        return {line_id - 100: status for line_id, status, _code, _words in results}

    # -------------------------------------------------------------- freeze
    def test_equal_entries_freeze_to_equal_bytes(self):
        self.assertEqual(push.freeze(entries(3), "t"), push.freeze(entries(3), "t"))

    def test_frozen_payload_says_everything(self):
        payload = json.loads(push.freeze(entries(1), "abc"))
        self.assertEqual(payload["line_ids"], [100])
        self.assertEqual(payload["input"]["name"], "available")
        self.assertEqual(payload["input"]["reason"], "correction")
        self.assertTrue(payload["input"]["referenceDocumentUri"].endswith("/abc"))
        self.assertEqual(
            payload["input"]["quantities"],
            [
                {
                    "inventoryItemId": "gid://shopify/InventoryItem/0",
                    "locationId": PLACE,
                    "quantity": 5,
                    "changeFromQuantity": 7,
                }
            ],
        )

    def test_base_is_always_passed_even_if_zero(self):
        payload = json.loads(push.freeze([Entry(1, entries(1)[0].stock_ref, 3, 0)], ""))
        self.assertEqual(payload["input"]["quantities"][0]["changeFromQuantity"], 0)

    def test_entry_without_an_id_does_not_spoil_the_batch(self):
        odd = [Entry(1, ""), Entry(2, "gid://shopify/Product/5"), *entries(1)]
        shop = Shop()
        work = push.Push(
            push.freeze(odd, "t"), "k", send=shop.send, activate=shop.activate
        )
        found = {result[0]: result[1] for result in work.run()}
        self.assertEqual(found, {1: "rejected", 2: "rejected", 100: "acked"})

    def test_nothing_sendable_sends_nothing(self):
        shop = Shop()
        work = push.Push(
            push.freeze([Entry(1, "")], "t"), "k", send=shop.send, activate=None
        )
        self.assertEqual(work.run()[0][:2], (1, "rejected"))
        self.assertEqual(shop.calls, [])

    # -------------------------------------------------------------- verdicts
    def test_good_batch_is_one_request_under_its_own_key(self):
        shop = Shop()
        self.assertEqual(set(self.run_push(shop, 250).values()), {"acked"})
        self.assertEqual([call[0] for call in shop.calls], ["key-1"])

    def test_named_entry_is_stale_and_the_others_come_again(self):
        shop = Shop(bad=[2], field=True)
        found = self.run_push(shop, 4)
        self.assertEqual(found, {0: "retry", 1: "retry", 2: "stale", 3: "retry"})
        self.assertEqual(shop.written, {})

    def test_codes_and_verdicts(self):
        for code, status in (
            ("CHANGE_FROM_QUANTITY_STALE", "stale"),
            ("COMPARE_QUANTITY_STALE", "stale"),
            ("INVALID_INVENTORY_ITEM", "rejected"),
            ("INVALID_LOCATION", "rejected"),
            ("NON_MUTABLE_INVENTORY_ITEM", "rejected"),
            ("INVALID_QUANTITY_TOO_HIGH", "rejected"),
            ("NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR", "rejected"),
            ("SOMETHING_NEW", "rejected"),
            (None, "rejected"),
        ):
            for field in (True, False):
                shop = Shop(bad=[0], code=code, field=field)
                self.assertEqual(self.run_push(shop, 1), {0: status})

    def test_item_that_is_not_stocked_there_is_stocked_and_comes_again(self):
        shop = Shop(bad=[1, 2], code=push.NOT_STOCKED, field=True)
        found = self.run_push(shop, 3)
        self.assertEqual(found, {0: "retry", 1: "retry", 2: "rejected"})
        self.assertEqual(len(shop.activated), 2)
        again = Shop(bad=[1, 2], code=push.NOT_STOCKED, field=True)
        self.run_push(again, 3)
        self.assertEqual(shop.activated, again.activated)

    def test_entry_that_is_dropped_in_silence_is_not_taken_for_written(self):
        """Where it can be stocked it comes again, where not a person is told."""
        for dropped in ([1], [2], [0, 1, 2]):
            shop = Dropping(dropped)
            wanted = dict.fromkeys(range(3), "acked")
            # the shop stocks item 1 and no other
            wanted |= {each: "retry" if each == 1 else "rejected" for each in dropped}
            self.assertEqual(self.run_push(shop, 3), wanted)
            self.assertEqual(len(shop.activated), len(dropped))

    def test_errors_of_the_whole_request(self):
        for code, kind in (
            ("IDEMPOTENCY_CONCURRENT_REQUEST", Busy),
            ("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", BurntKey),
            ("INVALID_REASON", Refused),
            ("INVALID_NAME", Refused),
            ("INVALID_REFERENCE_DOCUMENT", Refused),
        ):
            with self.subTest(code=code), self.assertRaises(kind):
                self.run_push(Shop(bad=[0], code=code), 4)

    def test_single_entry_with_a_burnt_key_starts_over(self):
        with self.assertRaises(BurntKey):
            self.run_push(Shop(bad=[0], code=push.PREVIOUS_FAILED), 1)

    def test_odd_paths_are_no_index(self):
        for field in (["input"], ["quantities", "x"], ["input", "quantities", "9"], []):
            error = {"field": field}
            self.assertIsNone(push.Push._index(error, 2))

    # -------------------------------------------------------------- halving
    def test_unnamed_stale_entries_are_found_by_halving(self):
        for bad in ([0], [249], [3, 4], [17, 100, 201]):
            shop = Shop(bad=bad)
            found = self.run_push(shop, 250)
            stale = [index for index, status in found.items() if status == "stale"]
            self.assertEqual(sorted(stale), bad)
            self.assertEqual(len(shop.written), 250 - len(bad))
            self.assertEqual(set(shop.written.values()), {1})
            self.assertLess(len(shop.calls), 2 + 17 * len(bad))

    def test_all_stale_is_bounded(self):
        shop = Shop(bad=range(16))
        self.assertEqual(set(self.run_push(shop, 16).values()), {"stale"})
        self.assertEqual(len(shop.calls), 31)

    def test_halves_have_keys_of_their_own_that_never_change(self):
        first, second = Shop(bad=[3]), Shop(bad=[3])
        self.run_push(first, 8)
        self.run_push(second, 8)
        self.assertEqual(first.calls, second.calls)
        keys = [call[0] for call in first.calls]
        self.assertEqual(len(keys), len(set(keys)))
        other = Shop(bad=[3])
        self.run_push(other, 8, key="key-2")
        self.assertFalse(set(keys) & {call[0] for call in other.calls})

    def test_killed_while_halving_and_repeated_has_one_outcome(self):
        """At whatever request the worker dies, the replay ends as if it had not."""
        for previous_failed in (False, True):
            for die_after in range(1, 9):
                shop = Shop(bad=[3])
                shop.die_after = die_after
                with self.assertRaises(Unavailable):
                    self.run_push(shop, 16)
                shop.die_after = None
                shop.previous_failed = previous_failed
                found = self.run_push(shop, 16)
                self.assertEqual(len(shop.written), 15)
                self.assertEqual(set(shop.written.values()), {1})
                bad = {"stale", "retry"} if previous_failed else {"stale"}
                self.assertIn(found.pop(3), bad)
                self.assertEqual(set(found.values()), {"acked"})
