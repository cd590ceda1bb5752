# SPDX-License-Identifier: AGPL-3.0-or-later
"""Money back: exactly what was decided, from the payments that were made.

Shopify pays back what the given transactions say, each out of one payment. A refund of
several payments is taken from them in their order.
"""

from odoo.addons.channel_inventory_base.lib.amounts import ZERO
from odoo.addons.channel_inventory_base.lib.errors import Malformed, Refused
from odoo.addons.channel_inventory_base.lib.reader import JsonValue
from odoo.addons.channel_inventory_base.schemas import RefundLineData

from . import amounts

RESTOCK = {"none": "NO_RESTOCK", "cancel": "CANCEL", "return": "RETURN"}


def mark(key):
    """The mark of a refund of ours in the shop: the beginning of its key.

    >>> mark("0123456789abcdef")
    'Odoo 0123456789ab'
    """
    return f"Odoo {key.replace('-', '')[:12]}"


def note_of(note, key):
    return f"{note} ({mark(key)})" if note else mark(key)


def find(refunds, key):
    """The id of the refund that carries our mark, "" when there is none."""
    for raw in refunds:
        place = JsonValue(raw, "refunds")
        if mark(key) in place["note"].text():
            return place["id"].text()
    return ""


def cancelled(lines):
    """Units that were not shipped, as RefundLineData.

    :param lines: UnitsData
    """
    return [
        RefundLineData(each.line_ref, each.quantity, ZERO, "cancel") for each in lines
    ]


def line_inputs(lines, location_of):
    """RefundLineItemInput rows.

    :param lines: objects like RefundLineData
    :param location_of: the location of a line that does not say where it came back to
    """
    rows = []
    for line in lines:
        row = {
            "lineItemId": line.line_ref,
            "quantity": line.quantity,
            "restockType": RESTOCK[line.restock],
        }
        if line.restock != "none":
            row["locationId"] = line.node_ref or location_of(line.line_ref)
        rows.append(row)
    return rows


def payments_left(transactions, currency):
    """The refundable rest of each payment.

    :return: list of (transaction id, gateway, amount), in the order of payment
    """
    left, places = {}, [JsonValue(raw, "transactions") for raw in transactions]
    good = [place for place in places if place["status"].text() == "SUCCESS"]
    for place in good:
        if place["kind"].text() in ("SALE", "CAPTURE"):
            amount = amounts.money(place["amountSet"], currency)
            left[place["id"].text()] = [place["gateway"].text(), amount]
    for place in good:
        if place["kind"].text() == "REFUND":
            _take_back(left, place, amounts.money(place["amountSet"], currency))
    return [(ref, gateway, amount) for ref, (gateway, amount) in left.items()]


def _take_back(left, refund, amount):
    """A refund that does not say which payment it is of is of the first."""
    parent = refund["parentTransaction"]
    refs = [parent["id"].text()] if parent else list(left)
    for ref in refs:
        if ref in left and amount > 0:
            part = min(amount, left[ref][1])
            left[ref][1] -= part
            amount -= part


def transactions(order_ref, amount, payments):
    """OrderTransactionInput rows that come to ``amount``.

    :raise Refused: more is to be paid back than was paid
    """
    rows, left = [], amount
    for ref, gateway, paid in payments:
        part = min(left, paid)
        if part > 0:
            left -= part
            rows.append(_transaction(order_ref, gateway, part, ref))
    if left:
        paid = sum((paid for _ref, _gateway, paid in payments), ZERO)
        raise Refused(
            f"{amount} is to be paid back, and {paid} is left of what was paid",
            code="OVER_REFUND",
        )
    return rows


def suggested(raw, order_ref):
    """Shopify's own proposal for the refund, as OrderTransactionInput rows."""
    if raw is None:
        raise Malformed("nothing is suggested", path="suggestedRefund")
    rows = []
    for place in JsonValue(raw, "suggestedRefund")["suggestedTransactions"].items():
        amount = place["amountSet"]["shopMoney"]["amount"].number()
        if amount > 0:
            parent = place["parentTransaction"]
            ref = parent["id"].text() if parent else ""
            gateway = place["gateway"].text()
            rows.append(_transaction(order_ref, gateway, amount, ref))
    return rows


def _transaction(order_ref, gateway, amount, parent):
    row = {
        "orderId": order_ref,
        "gateway": gateway,
        "kind": "REFUND",
        "amount": str(amount),
    }
    return dict(row, parentId=parent) if parent else row
