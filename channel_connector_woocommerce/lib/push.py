# SPDX-License-Identifier: AGPL-3.0-or-later
"""Publishing levels: by the companion plugin, or by batches of REST.

A payload says which of the two it was frozen for. REST answers 200 whatever happens to
single items, and ignores some in silence: so each item of an answer is looked at.
"""

import json
from contextlib import suppress

from odoo.addons.channel_inventory_base.lib.errors import (
    Malformed,
    NotFound,
    Unavailable,
)
from odoo.addons.channel_inventory_base.lib.events import compact

from ..const import COMPANION
from ..mapper import is_shared, route, split_ref

REST, PLUGIN = "rest", "companion"
ROUTE = f"{COMPANION}/stock"


def freeze(entries, protocol):
    """The payload of a batch as text; equal entries give equal text.

    :param entries: objects like LevelEntry
    """
    good, bad = [], []
    for entry in entries:
        found = split_ref(entry.stock_ref)
        if found is None:
            bad.append(entry.line_id)
            continue
        parent, number = found
        item = {
            "line": entry.line_id,
            "parent": parent,
            "id": number,
            # whole, or it would be bent without a word
            "quantity": int(entry.quantity),
            "base": int(entry.base),
        }
        if is_shared(entry.stock_ref):
            item["shared"] = True
        good.append(item)
    payload = {"protocol": protocol, "items": good, "unsendable": bad}
    return compact(payload)


class Push:
    """Sends one frozen payload and finds out what became of each line.

    :param client: a ``client.Client``
    """

    def __init__(self, payload, key, client):
        content = json.loads(payload)
        self.protocol = content["protocol"]
        self._items = content["items"]
        self._unsendable = content["unsendable"]
        self._key = key
        self._client = client
        self.answers = []

    def run(self):
        """:return: (line id, status, code) of each line"""
        results = self._refused()
        if self._items:
            plugin = self.protocol == PLUGIN
            results += self._run_plugin() if plugin else self._run_rest()
        return results

    def all(self, status, code):
        """One result for all lines that can be sent at all."""
        found = [(item["line"], status, code) for item in self._items]
        return self._refused() + found

    def _refused(self):
        return [(line_id, "rejected", "INVALID_ID") for line_id in self._unsendable]

    def _say(self, where, body, **params):
        answer = self._client.change("POST", where, body, **params)
        self.answers.append({"route": where, "answer": answer})
        return answer

    # -------------------------------------------------------------- plugin
    def _run_plugin(self):
        """Compared and changed in one step; what goes down goes down by its difference
        also where a sale that we have not seen has been quicker, as long as there is
        so much to take off: what is sold already cannot be given to another shop."""
        items = [_plugin_item(item) for item in self._items]
        answer = self._say(ROUTE, {"key": self._key, "items": items})
        found = answer.get("items") if isinstance(answer, dict) else None
        if not isinstance(found, list) or len(found) != len(items):
            raise Unavailable("an answer without results", code="ODD", uncertain=True)
        return [
            self._plugin_result(item, result)
            for item, result in zip(self._items, found, strict=True)
        ]

    def _plugin_result(self, item, result):
        status = {"ok": "acked", "stale": "stale"}.get(result.get("status"), "rejected")
        code = str(result.get("code") or "").upper() if status == "rejected" else ""
        if code == "VARIABLE" and item.get("shared"):
            # it does not know yet of stock that variations share
            code = "OLD_COMPANION"
        return item["line"], status, code

    # ---------------------------------------------------------------- rest
    def _run_rest(self):
        """Request by request; when one fails, what was done before stays told."""
        results = []
        groups = _grouped((item["parent"], item) for item in self._items)
        for parent, items in groups.items():
            try:
                results += self._batch(parent, items)
            except Unavailable:
                if not results:
                    raise
                # the others wait: lines without a result are sent again
                break
        return results

    def _batch(self, parent, items):
        body = {
            "update": [
                {"id": item["id"], "stock_quantity": item["quantity"]} for item in items
            ]
        }
        try:
            answer = self._say(f"{route(parent)}/batch", body, _fields="update")
        except NotFound:
            return [(item["line"], "rejected", "GONE") for item in items]
        found = answer.get("update") if isinstance(answer, dict) else None
        if not isinstance(found, list):
            raise Unavailable("a batch without results", code="ODD", uncertain=True)
        by_id = {each.get("id"): each for each in found if isinstance(each, dict)}
        return [
            (item["line"], *self._rest_result(item, by_id.get(item["id"])))
            for item in items
        ]

    def _rest_result(self, item, result):
        """:return: (status, code)"""
        if result is None:
            return "retry", "NO_RESULT"
        error = result.get("error")
        if error:
            return "rejected", _error_code(error)
        is_variable = result.get("type") == "variable"
        if is_variable != item.get("shared", False):
            return "rejected", "VARIABLE" if is_variable else "NOT_SHARED"
        if result.get("manage_stock") == "parent":
            return "rejected", "PARENT"
        if result.get("manage_stock") is not True:
            return "rejected", "UNMANAGED"
        if result.get("stock_quantity") is None:
            return "stale", "NO_VALUE"
        # another number: the shop has sold since, or a plugin has bent it. It has
        # landed all the same; what is shown is looked at after the orders are in
        return "acked", ""


def _plugin_item(item):
    values = {
        "id": item["id"],
        "quantity": item["quantity"],
        "compare": item["base"],
        "allow_less": True,
    }
    # what variations share is written where it is asked for as such only
    return dict(values, shared=True) if item.get("shared") else values


def moments(answers):
    """(number, time of the last change) of each product that batches have answered.

    >>> answer = {"update": [{"id": 7, "date_modified_gmt": "2026-11-24T10:00:00"}]}
    >>> list(moments([{"route": "r", "answer": answer}]))
    [('7', '2026-11-24T10:00:00')]
    """
    for each in answers:
        found = each["answer"].get("update") if isinstance(each["answer"], dict) else ()
        for item in found if isinstance(found, list) else ():
            moment = item.get("date_modified_gmt") if isinstance(item, dict) else None
            if isinstance(moment, str) and "error" not in item:
                yield str(item.get("id")), moment


def _error_code(error):
    """
    >>> _error_code({"code": "woocommerce_rest_product_invalid_id"})
    'GONE'
    """
    code = str(error.get("code") or "") if isinstance(error, dict) else ""
    if code.endswith("_invalid_id"):
        return "GONE"
    if code == "woocommerce_rest_invalid_product_id":
        return "VARIATION"
    return code or "REFUSED"


def read_by_plugin(client, known):
    """What the companion shows.

    :param known: {stock ref: (parent or 0, number)}
    :return: {stock ref: figure, None where it has none}
    :raise Malformed: it is no such answer
    """
    if not known:
        return {}
    wanted = {"ids": _join(number for _parent, number in known.values())}
    if shared := {known[ref][1] for ref in known if is_shared(ref)}:
        wanted["shared"] = _join(shared)
    answer = client.get(ROUTE, **wanted)
    if not isinstance(answer, dict) or not isinstance(answer.get("items"), list):
        raise Malformed("is missing", path="items")
    figures = {
        each.get("id"): each.get("quantity") if each.get("status") == "ok" else None
        for each in answer["items"]
    }
    return {ref: figures.get(number) for ref, (_parent, number) in known.items()}


def read_by_rest(client, known):
    """One request for all products, and one for the variations of each parent.

    :return: (parent or 0, raw products) of each; a parent that is gone has none
    """
    for parent, numbers in _grouped(known.values()).items():
        with suppress(NotFound):
            items, _count, _pages = client.page(
                route(parent),
                include=_join(numbers),
                status="any",
                _fields="id,manage_stock,stock_quantity,type,date_modified_gmt",
            )
            yield parent, items


def _grouped(pairs):
    """
    >>> _grouped([(0, 1), (5, 6), (0, 2)])
    {0: [1, 2], 5: [6]}
    """
    groups = {}
    for parent, each in pairs:
        groups.setdefault(parent, []).append(each)
    return groups


def _join(numbers):
    return ",".join(map(str, numbers))
