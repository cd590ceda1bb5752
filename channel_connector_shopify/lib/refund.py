# SPDX-License-Identifier: AGPL-3.0-or-later
"""Money back: exactly what was decided, from the payments that were made.

Shopify pays back what the given transactions say, each out of one payment. A refund of
several payments is taken from them in their order.

Odoo decides in the shop's currency, and what is sent is in the currency that the
customer paid in (``RefundInput.currency``: "must be the presentment currency", and
required where the two differ). Each payment tells both: what is paid back of it is the
same part of the one as of the other.
"""

from dataclasses import dataclass
from decimal import Decimal

from odoo.addons.channel_inventory_base.lib.amounts import ZERO, share
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


@dataclass
class Payment:
    """The refundable rest of a payment: in the shop's currency, and as it was paid."""

    ref: str
    gateway: str
    amount: Decimal
    paid: Decimal

    def take(self, amount, paid):
        self.amount -= amount
        self.paid -= paid


def payments_left(order, shop):
    """:param order: node with its transactions
    :param shop: the currency that Odoo has decided in
    :return: list of Payment, in the order of payment"""
    place = JsonValue(order, "order")
    _shop, customer = _currencies(place)
    good = [
        (
            each,
            amounts.money(each["amountSet"], shop),
            amounts.paid_money(each["amountSet"], customer),
        )
        for each in place["transactions"].items()
        if each["status"].text() == "SUCCESS"
    ]
    left = {
        each["id"].text(): Payment(
            each["id"].text(), each["gateway"].text(), amount, paid
        )
        for each, amount, paid in good
        if each["kind"].text() in ("SALE", "CAPTURE")
    }
    for each, amount, paid in good:
        if each["kind"].text() == "REFUND":
            _take_back(left, each, amount, paid, customer)
    return list(left.values())


def _take_back(left, refund, amount, paid, currency):
    """A refund that does not say which payment it is of is of the first."""
    parent = refund["parentTransaction"]
    refs = [parent["id"].text()] if parent else list(left)
    for ref in refs:
        if ref in left and amount > 0:
            part = min(amount, left[ref].amount)
            given = _share(paid, part, amount, currency)
            left[ref].take(part, given)
            amount, paid = amount - part, paid - given


def currency_input(order):
    """The currency of a refund, where it has to be told.

    >>> currency_input({"currencyCode": "USD", "presentmentCurrencyCode": "EUR"})
    {'currency': 'EUR'}
    >>> currency_input({"currencyCode": "USD", "presentmentCurrencyCode": "USD"})
    {}
    """
    shop, customer = _currencies(JsonValue(order, "order"))
    return {"currency": customer} if customer != shop else {}


def _currencies(place):
    return (
        place["currencyCode"].text(),
        place["presentmentCurrencyCode"].text(),
    )


def transactions(order, amount, payments):
    """OrderTransactionInput rows that come to ``amount``.

    :raise Refused: more is to be paid back than was paid
    """
    _shop, currency = _currencies(JsonValue(order, "order"))
    rows, left = [], amount
    for each in payments:
        part = min(left, each.amount)
        if part > 0:
            left -= part
            paid = _share(each.paid, part, each.amount, currency)
            rows.append(_transaction(order["id"], each.gateway, paid, each.ref))
    if left:
        paid = sum((each.amount for each in payments), ZERO)
        raise Refused(
            f"{amount} is to be paid back, and {paid} is left of what was paid",
            code="OVER_REFUND",
        )
    return rows


def _share(paid, part, amount, currency):
    """All of a payment is all of it to the last unit, whatever rounding says."""
    return paid if part == amount else share(paid, part, amount, currency)


def shipping(order, amount):
    """ShippingRefundInput of so much of the delivery charges, in the shop's currency"""
    place = JsonValue(order, "order")
    shop, customer = _currencies(place)
    bags = [
        each["currentDiscountedPriceSet"] for each in place["shippingLines"].nodes()
    ]
    whole = sum((amounts.money(each, shop) for each in bags), ZERO)
    paid = sum((amounts.paid_money(each, customer) for each in bags), ZERO)
    if whole and shop != customer:
        amount = _share(paid, amount, whole, customer)
    return {"amount": str(amount)}


def suggested(order):
    """Shopify's own proposal for the refund, as OrderTransactionInput rows."""
    place = JsonValue(order, "order")
    if not place["suggestedRefund"]:
        raise Malformed("nothing is suggested", path="suggestedRefund")
    _shop, customer = _currencies(place)
    rows = []
    for each in place["suggestedRefund"]["suggestedTransactions"].items():
        amount = amounts.paid_money(each["amountSet"], customer)
        if amount > 0:
            parent = each["parentTransaction"]
            ref = parent["id"].text() if parent else ""
            gateway = each["gateway"].text()
            rows.append(_transaction(order["id"], gateway, amount, ref))
    return rows


def _transaction(order_ref, gateway, amount, parent):
    row = {
        "orderId": order_ref,
        "gateway": gateway,
        "kind": "REFUND",
        "amount": str(amount),
    }
    return dict(row, parentId=parent) if parent else row
