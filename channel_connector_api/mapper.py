# SPDX-License-Identifier: AGPL-3.0-or-later
"""From requests to the base's canonical data. No odoo in here.

The body of an inbox event has the request as it was sent, letter by letter, beside what
the server knew of it: when it came in, and what it was about.
"""

import hashlib
import json
from decimal import Decimal

from odoo.addons.channel_inventory_base.lib import strict_json

PAID = ("paid", "refunded")
TAXED_BY = {"gross": "odoo", "net": "added", "taxed": "channel"}


class Unreadable(ValueError):
    """A body that is no event of this channel; ``path`` is the place."""

    def __init__(self, words, path=""):
        super().__init__(words)
        self.path = path


def read_json(text):
    """Data of a request: decimals exact, and no name twice in an object, which two
    readers might read in two ways.

    :raise ValueError: with words

    >>> read_json('{"a": 1.10}')
    {'a': Decimal('1.10')}
    >>> read_json('{"a": 1, "a": 2}')
    Traceback (most recent call last):
    ValueError: the name 'a' stands twice in one object
    """
    return strict_json.loads(text, parse_float=Decimal, object_pairs_hook=_once)


def _once(pairs):
    found = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"the name {name[:40]!r} stands twice in one object")
        found[name] = value
    return found


def digest(*values):
    """Of what a request asks for, however its JSON is written.

    >>> digest({"a": 1, "b": "x"}) == digest({"b": "x", "a": 1})
    True
    """
    text = json.dumps(values, sort_keys=True, default=str, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def told_order(text, received_at, first_node):
    """The body of the event of an order that was posted.

    :param text: the request, as it was sent
    :param first_node: the node of lines that name none
    """
    head = json.dumps({"received_at": received_at.isoformat(), "node": first_node})
    return f'{head[:-1]}, "order": {text}}}'


def order_facts(request):
    """What is kept of an order beside its digest: nothing of its customer."""
    return {
        "currency": request["currency"],
        "total": request["total"],
        "payment": (request.get("payment") or {}).get("status", "pending"),
        "lines": [
            {
                "id": line["id"],
                "sku": line["sku"],
                "quantity": int(line["quantity"]),
            }
            for line in request["lines"]
        ],
    }


def followed_order(text, canonical):
    """The body of the event of an order that something was told of later.

    :param text: the request, as it was sent
    :param canonical: schemas.OrderData as ``dump`` has it, with what was told
    """
    return f'{{"canonical": {canonical}, "request": {text or "{}"}}}'


def order_values(body):
    """What is in the body of an event, as values of OrderData.

    :raise Unreadable:
    """
    try:
        values = read_json(body or "")
    except (ValueError, UnicodeError) as error:
        raise Unreadable(str(error)) from error
    if not isinstance(values, dict):
        raise Unreadable("is no object")
    if isinstance(values.get("canonical"), dict):
        return values["canonical"]
    order = values.get("order")
    if not isinstance(order, dict):
        raise Unreadable("is missing", path="order")
    try:
        return _order_values(order, values["received_at"], values.get("node") or "")
    except (KeyError, TypeError, AttributeError) as error:
        raise Unreadable(f"{type(error).__name__}: {error}", path="order") from error


def hold_of(body):
    """The reference of the hold that an order redeems, "" without one."""
    try:
        found = read_json(body or "")["order"]["hold"]
    except (ValueError, KeyError, TypeError):
        return ""
    return found if isinstance(found, str) else ""


def _order_values(order, received_at, first_node):
    prices = order.get("prices", "gross")
    payment = order.get("payment") or {}
    lines = order["lines"]
    if not isinstance(lines, list):
        raise TypeError("lines are no list")
    charges = order.get("charges") or []
    taxes = [tax for each in (*lines, *charges) for tax in each.get("taxes") or ()]
    told = prices == "taxed"
    received = payment.get("received")
    if received is None and payment.get("status") in PAID:
        received = order["total"]
    return {
        "external_id": order["reference"],
        "name": order.get("name") or order["reference"],
        "version": received_at,
        "placed_at": order.get("placed_at") or received_at,
        "currency": order["currency"],
        "taxes_included": prices != "net",
        "taxed_by": TAXED_BY[prices],
        "total": order["total"],
        "total_tax": _sum(taxes) if told else "0",
        "lines": [_line_values(each, first_node, told) for each in lines],
        "shipping_lines": [_charge_values(each, told) for each in charges],
        "payment": payment.get("status", "pending"),
        "gateway": payment.get("gateway", ""),
        "received": received,
        "test": order.get("test", False),
        "customer": _customer_values(order.get("customer") or {}),
        "billing": order.get("billing"),
        "shipping": order.get("shipping") or order.get("billing"),
        "note": order.get("note", ""),
        "market": order.get("market", ""),
        "customer_ref": order.get("customer_ref", ""),
        "ship_from": order.get("ship_from"),
        "ship_by": order.get("ship_by"),
        # what there is of refunds and shipments is ours
        "refunds": None,
        "shipments": None,
    }


def _line_values(line, first_node, told):
    quantity = int(line["quantity"])
    node = line.get("node") or first_node
    return {
        "external_id": line["id"],
        "listing_ref": line["sku"],
        "sku": line["sku"],
        "title": line.get("title") or line["sku"],
        "quantity": quantity,
        "open_quantity": quantity,
        "unit_price": line["unit_price"],
        "discount": line.get("discount", "0"),
        "taxes": (line.get("taxes") or []) if told else [],
        # the other side takes nothing off the numbers: they are ours. It says where
        # the units are to come from
        "deductions": [{"node_ref": node, "quantity": 0}] if node else [],
    }


def _charge_values(charge, told):
    return {
        "external_id": charge.get("id", ""),
        "title": charge["title"],
        "kind": charge.get("kind", "shipping"),
        "price": charge["price"],
        "discount": charge.get("discount", "0"),
        "taxes": (charge.get("taxes") or []) if told else [],
    }


def _customer_values(customer):
    found = dict(customer)
    found["external_id"] = found.pop("id", "")
    return found


def _sum(taxes):
    return str(sum((Decimal(each["amount"]) for each in taxes), Decimal(0)))
