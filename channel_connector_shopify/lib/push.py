# SPDX-License-Identifier: AGPL-3.0-or-later
"""Publishing levels: one frozen payload, however often it is sent, has one outcome.

Shopify carries out all entries of a call or none. Where one is bad, it usually says
which; then the others are handed back to be sent again. Live shops also report stale
entries with ``field: null``: then the batch is halved until the bad ones are found.
The halves are requests of their own and need keys of their own, which are derived from
the batch's key and the range: a replay after a crash repeats exactly the same
requests, and what was carried out before is answered from Shopify's memory.
"""

import json
import re
import uuid

from odoo.addons.channel_inventory_base.lib.errors import BurntKey, Busy, Refused

DOCUMENT = "SetQuantities"
REASON = "correction"
REFERENCE = "gid://odoo-channel-inventory/Publication/"
"""Shows in the shop's own inventory history, with the trace of the publication."""

STALE = {"CHANGE_FROM_QUANTITY_STALE", "COMPARE_QUANTITY_STALE"}
PREVIOUS_FAILED = "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"
NOT_STOCKED = "ITEM_NOT_STOCKED_AT_LOCATION"
# Wrong for the whole request: halving it would not help.
REQUEST_CODES = {"INVALID_NAME", "INVALID_REASON", "INVALID_REFERENCE_DOCUMENT"}

_ITEM = re.compile(r"gid://shopify/InventoryItem/\d+")
_LOCATION = re.compile(r"gid://shopify/Location/\d+")


def freeze(entries, reference):
    """The payload of a batch as text; equal entries give equal text.

    An entry whose ids are none is left out here: Shopify would refuse the whole
    request because of it.

    :param entries: objects like LevelEntry
    """
    good = [entry for entry in entries if _is_sendable(entry)]
    payload = {
        "document": DOCUMENT,
        "input": {
            "name": "available",
            "reason": REASON,
            "referenceDocumentUri": REFERENCE + reference,
            "quantities": [
                {
                    "inventoryItemId": entry.stock_ref,
                    "locationId": entry.node_ref,
                    "quantity": entry.quantity,
                    "changeFromQuantity": entry.base,
                }
                for entry in good
            ],
        },
        "line_ids": [entry.line_id for entry in good],
        "unsendable": [entry.line_id for entry in entries if not _is_sendable(entry)],
    }
    return json.dumps(payload, sort_keys=True, separators=(",", ":"))


def _is_sendable(entry):
    item, location = entry.stock_ref or "", entry.node_ref or ""
    return bool(_ITEM.fullmatch(item) and _LOCATION.fullmatch(location))


def derive_key(key, *parts):
    """A key that follows from another, always the same.

    >>> derive_key("k", 0, 2) == derive_key("k", 0, 2) != derive_key("k", 2, 4)
    True
    """
    return str(uuid.uuid5(uuid.NAMESPACE_OID, ":".join(map(str, (key, *parts)))))


class Push:
    """Sends one frozen payload and finds out what became of each line.

    :param send: ``send(input, key)`` gives the payload of inventorySetQuantities
    :param activate: ``activate(item, location, key)`` stocks an item at a location;
        gives Shopify's words where it refuses, "" otherwise
    """

    def __init__(self, payload, key, *, send, activate):
        content = json.loads(payload)
        self._input = content["input"]
        self._quantities = content["input"]["quantities"]
        self._line_ids = content["line_ids"]
        self._unsendable = content["unsendable"]
        self._key = key
        self._send = send
        self._activate = activate
        self.answers = []

    def run(self):
        """:return: (line id, status, code, message) of each line
        :raise Busy, BurntKey, Refused: nothing can be said of single lines
        """
        results = [
            (line_id, "rejected", "INVALID_ID", "") for line_id in self._unsendable
        ]
        # a stack of ranges instead of recursion; left to right, so that the same
        # requests go out in the same order every time
        todo = [(0, len(self._quantities))] if self._quantities else []
        while todo:
            start, stop = todo.pop()
            found = self._push(start, stop)
            if found is None:
                middle = (start + stop) // 2
                todo += [(middle, stop), (start, middle)]
            else:
                results += found
        return results

    def _range_key(self, start, stop):
        if (start, stop) == (0, len(self._quantities)):
            return self._key
        return derive_key(self._key, start, stop)

    def _push(self, start, stop):
        """Send a range. :return: its results, None when it has to be halved"""
        content = dict(self._input, quantities=self._quantities[start:stop])
        key = self._range_key(start, stop)
        answer = self._send(content, key)
        self.answers.append({"range": [start, stop], "key": key, "answer": answer})
        errors = answer["userErrors"]
        if not errors:
            dropped = self._dropped(answer, start, stop)
            return [
                self._verdict_of_dropped(index)
                if index in dropped
                else (self._line_ids[index], "acked", "", "")
                for index in range(start, stop)
            ]
        self._check_request(errors)
        bad = {}
        for error in errors:
            index = self._index(error, stop - start)
            if index is not None:
                bad.setdefault(start + index, error)
        return self._judge(start, stop, bad) if bad else None

    def _dropped(self, answer, start, stop):
        """Entries that were to change something and are not among the changes: since
        2026-10 what is not stocked at its location may be left out without an error."""
        if "inventoryAdjustmentGroup" not in answer:
            return set()
        group = answer["inventoryAdjustmentGroup"] or {}
        changed = {
            (_id(change.get("item")), _id(change.get("location")))
            for change in group.get("changes") or ()
        }
        return {
            index
            for index, entry in enumerate(self._quantities[start:stop], start)
            if entry["quantity"] != entry["changeFromQuantity"]
            and (entry["inventoryItemId"], entry["locationId"]) not in changed
        }

    def _verdict_of_dropped(self, index):
        refusal = self._stock(index)
        status = "rejected" if refusal else "retry"
        return self._line_ids[index], status, NOT_STOCKED, refusal

    def _check_request(self, errors):
        """Errors that are not of an entry.

        A key whose first request failed is burnt, and nothing was written under it.
        But the halves may have been written, before a crash: so a batch goes on to
        these, and only a single entry starts over.
        """
        for error in errors:
            code = error.get("code")
            words = error.get("message") or code
            if code == "IDEMPOTENCY_CONCURRENT_REQUEST":
                raise Busy(words, code=code)
            if code == "IDEMPOTENCY_KEY_PARAMETER_MISMATCH":
                raise BurntKey(words, code=code)
            if code == PREVIOUS_FAILED and len(self._quantities) == 1:
                raise BurntKey(words, code=code)
            if code in REQUEST_CODES:
                raise Refused(words, code=code)

    @staticmethod
    def _index(error, size):
        """The entry that ``field`` points at: input, quantities, <index>, ..."""
        path = error.get("field") or []
        for name, index in zip(path, path[1:], strict=False):
            if name == "quantities" and str(index).isdecimal() and int(index) < size:
                return int(index)
        return 0 if size == 1 else None

    def _judge(self, start, stop, bad):
        """Results of a range of which some entries are known to be bad."""
        return [
            (self._line_ids[index], *self._verdict(index, bad[index]))
            if index in bad
            else (self._line_ids[index], "retry", "", "")
            for index in range(start, stop)
        ]

    def _verdict(self, index, error):
        code, message = error.get("code") or "", error.get("message") or ""
        if code in STALE:
            return "stale", code, message
        if code == PREVIOUS_FAILED:
            return "retry", code, message
        if code == NOT_STOCKED:
            refusal = self._stock(index)
            return ("rejected", code, refusal) if refusal else ("retry", code, message)
        return "rejected", code, message

    def _stock(self, index):
        entry = self._quantities[index]
        item, location = entry["inventoryItemId"], entry["locationId"]
        key = derive_key(self._key, "activate", item, location)
        return self._activate(item, location, key)


def _id(node):
    return node.get("id") if isinstance(node, dict) else None
