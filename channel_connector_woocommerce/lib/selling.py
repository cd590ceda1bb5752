# SPDX-License-Identifier: AGPL-3.0-or-later
"""Products that are not to be ordered when their number is 0. No odoo in here."""

from ..const import API
from ..mapper import split_ref

NOT_THERE = "NOT_THERE"


def stop(client, refs):
    """
    :param client: a ``client.Client``
    :param refs: how levels name the products (``mapper.stock_ref``)
    :return: {ref: words of a refusal, a code of ours where it is not there, "" done}
    """
    found, by_parent = {}, {}
    for ref in refs:
        parts = split_ref(ref)
        if parts is None:
            found[ref] = NOT_THERE
        else:
            by_parent.setdefault(parts[0], {})[parts[1]] = ref
    for parent, numbers in by_parent.items():
        found.update(_stop_batch(client, parent, numbers))
    return found


def _stop_batch(client, parent, numbers):
    """:param numbers: {number of a product or variation: ref}"""
    route = f"{API}/products/{parent}/variations" if parent else f"{API}/products"
    body = {"update": [{"id": number, "backorders": "no"} for number in numbers]}
    answer = client.change("POST", f"{route}/batch", body)
    found = dict.fromkeys(numbers.values(), NOT_THERE)
    for item in answer.get("update") or []:
        ref = numbers.get(item.get("id"))
        if ref is not None:
            error = item.get("error") or {}
            found[ref] = error.get("message") or error.get("code") or ""
    return found
