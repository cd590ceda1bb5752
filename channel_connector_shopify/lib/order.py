# SPDX-License-Identifier: AGPL-3.0-or-later
"""An order as the Admin API gives it, to OrderData. Exact, or refused.

All amounts are in the shop's currency. What the customer paid after edits and refunds
is what counts, and Shopify tells it in two ways that are not the same:

- the order's ``current...`` totals are as of now;
- a line's ``discountAllocations`` and ``taxLines`` stay as they were ordered,
  "including refunded and removed quantities" (schema).

So a line's figures are brought to its current quantity (``lib.amounts``), and the
totals are passed on as Shopify gives them, never made to fit. Duties, fees and whatever
else is in the total but in no line leave a difference, and the base refuses the order
because of it. Tips are in no line either, and passed on as a charge of their own.
"""

from decimal import Decimal

from odoo.addons.channel_inventory_base.lib.errors import Malformed
from odoo.addons.channel_inventory_base.lib.reader import JsonValue
from odoo.addons.channel_inventory_base.schemas import GATEWAY_SEPARATOR

from . import amounts
from .completion import MARK, MOVING
from .deductions import deductions

RESTOCK = {"CANCEL": "cancel", "RETURN": "return", "LEGACY_RESTOCK": "return"}
PAYMENT = {
    "AUTHORIZED": "authorized",
    "PAID": "paid",
    "PARTIALLY_REFUNDED": "paid",
    "REFUNDED": "refunded",
    "VOIDED": "voided",
    # Not paid (yet, in full, or in time): the shop may still get its money.
    "EXPIRED": "pending",
    "PARTIALLY_PAID": "pending",
    "PENDING": "pending",
}

MOVEMENTS = {"SALE": "charge", "CAPTURE": "charge", "REFUND": "refund"}
"""Transactions that move money; the others promise it, or take the promise back."""

UNDER_WAY = ("AWAITING_RESPONSE", "PENDING", "UNKNOWN")
LOST = ("ERROR", "FAILURE")
"""How the transactions of a refund stand that are no success."""

RISK = {"CANCEL": "high", "INVESTIGATE": "medium", "ACCEPT": "low", "NONE": ""}
"""What Shopify recommends about an order, as the base calls the risk."""


def order(raw):
    """A complete order node (see ``lib.completion``) as OrderData.

    :raise Malformed: it is not of the schema, or was not read to its end
    """
    if isinstance(raw, dict) and raw.get(MARK):
        # older events have no reason
        why = raw[MARK] if isinstance(raw[MARK], str) else MOVING
        raise Malformed(f"the order could not be read to its end: {why}")
    place = JsonValue(raw)
    currency = place["currencyCode"].text()
    refunds = place["refunds"].items()
    return {
        "external_id": place["id"].text(),
        "name": place["name"].text(),
        "version": place["updatedAt"].text(),
        "placed_at": (place["processedAt"] or place["createdAt"]).text(),
        "complete": True,
        "state": "cancelled" if place["cancelledAt"] else "open",
        "payment": payment(place["displayFinancialStatus"]),
        "gateway": _gateway(place.get("paymentGatewayNames")),
        "test": place["test"].flag(),
        "currency": currency,
        "taxes_included": place["taxesIncluded"].flag(),
        "total": str(_total(place, currency)),
        "total_tax": str(amounts.money(place["currentTotalTaxSet"], currency)),
        "lines": [
            _line(line, place, refunds, currency) for line in place["lineItems"].nodes()
        ],
        "shipping_lines": [
            _shipping_line(line, refunds, currency)
            for line in place["shippingLines"].nodes()
        ]
        + _tips(place, currency)
        + _kept(place, currency),
        "customer": _customer(place),
        "billing": _address(place["billingAddress"]),
        "shipping": _address(place["shippingAddress"]),
        "note": place["note"].text(),
        "risk": _risk(place.get("risk")),
        "refunds": [_refund(refund, currency) for refund in refunds],
        "received": _received(place, currency),
        "transactions": _transactions(place, currency),
    }


def _transactions(place, currency):
    """What was captured and what went back; older events do not tell."""
    if not place.get("transactions"):
        return None
    return [
        {
            "external_id": each["id"].text().rpartition("/")[2],
            "kind": MOVEMENTS[each["kind"].text()],
            "amount": str(amounts.money(each["amountSet"], currency)),
            "gateway": each["gateway"].text(),
            "at": each["processedAt"].text() or None,
        }
        for each in place["transactions"].items()
        if each["status"].text() == "SUCCESS" and each["kind"].text() in MOVEMENTS
    ]


def _received(place, currency):
    """All money that came in, whatever went back; older events do not tell."""
    received = place.get("totalReceivedSet")
    return str(amounts.money(received, currency)) if received else None


def _gateway(names):
    """How it is paid; of several (a gift card and a card) all, in one name."""
    return GATEWAY_SEPARATOR.join(sorted(name.text() for name in names.items()))


def payment(status):
    """One of the base's words; Shopify leaves the status open for free orders."""
    if not status:
        return "pending"
    if status.text() not in PAYMENT:
        raise Malformed(f"{status.text()!r:.40} is unknown", path=status.path)
    return PAYMENT[status.text()]


def _risk(summary):
    """Orders that were stored before it was asked for have none."""
    if not summary:
        return ""
    advice = summary["recommendation"]
    if advice.text() not in RISK:
        raise Malformed(f"{advice.text()!r:.40} is unknown", path=advice.path)
    return RISK[advice.text()]


# ------------------------------------------------------------------ lines
def _line(line, place, refunds, currency):
    quantity, current = _quantities(line)
    taken = [
        entry
        for refund in refunds
        for entry in refund["refundLineItems"].nodes()
        if entry["lineItem"]["id"].text() == line["id"].text()
    ]
    figures = amounts.Figures.of_line(line, currency)
    for entry in taken:
        figures.refund(entry)
    figures.keep(current, quantity)
    orders = place["fulfillmentOrders"].nodes()
    cancelled = bool(place["cancelledAt"])
    return {
        "external_id": line["id"].text(),
        "listing_ref": line["variant"]["id"].text() if line["variant"] else "",
        "quantity": current,
        "open_quantity": 0 if cancelled else _open_quantity(line, current),
        "sku": line["sku"].text(),
        "title": _title(line),
        "unit_price": str(figures.unit_price),
        "discount": str(figures.discount),
        "taxes": figures.tax_rows(),
        "deductions": deductions(line, quantity, current, orders, taken),
        "ships": line["requiresShipping"].flag() and not line["isGiftCard"].flag(),
        "shipped_quantity": _shipped_quantity(line, orders),
        "properties": _properties(line.get("customAttributes")),
    }


def _properties(attributes):
    """The customer's specifications. Keys that begin with an underscore are hidden by
    convention: apps keep their own data there."""
    return [
        {"label": entry["key"].text(), "value": entry["value"].text()}
        for entry in (attributes.items() if attributes else ())
        if not entry["key"].text().startswith("_") and entry["value"].text()
    ]


def _quantities(line):
    quantity, current = line["quantity"].whole(), line["currentQuantity"].whole()
    if not 0 <= current <= quantity:
        raise Malformed(
            f"{current} of {quantity} ordered cannot be",
            path=line["currentQuantity"].path,
        )
    return quantity, current


def _open_quantity(line, current):
    return max(0, min(line["unfulfilledQuantity"].whole(), current))


def _shipped_quantity(line, orders):
    """Units that left fulfillment orders by being shipped: the others are taken off
    their total as well."""
    return sum(
        entry["totalQuantity"].whole() - entry["remainingQuantity"].whole()
        for order in orders
        if order["status"].text() != "CANCELLED"
        for entry in order["lineItems"].nodes()
        if entry["lineItem"]["id"].text() == line["id"].text()
    )


def _title(line):
    words = (line["title"].text(), line["variantTitle"].text())
    return " / ".join(word for word in words if word)


def _shipping_line(line, refunds, currency):
    """The remainder of a delivery charge: refunds lower its price, not its discount."""
    original = amounts.money(line["originalPriceSet"], currency)
    discounted = amounts.money(line["discountedPriceSet"], currency)
    current = amounts.money(line["currentDiscountedPriceSet"], currency)
    figures = amounts.Figures(original, original - discounted, line, currency)
    for refund in refunds:
        for entry in refund["refundShippingLines"].nodes():
            if entry["shippingLine"]["id"].text() == line["id"].text():
                figures.refund_tax(entry["taxAmountSet"])
    return {
        "external_id": line["id"].text(),
        "title": line["title"].text(),
        "code": line["code"].text(),
        "price": str(original - (discounted - current)),
        "discount": str(figures.discount),
        "taxes": figures.tax_rows(),
    }


def _tips(place, currency):
    """Tips: in the total, and in no line."""
    # not asked for when older events were stored
    given = place.get("totalTipReceivedSet")
    amount = amounts.money(given, currency) if given else Decimal(0)
    tip = {"title": "Tip", "price": str(amount), "discount": "0", "taxes": []}
    return [dict(tip, kind="tip")] if amount else []


def _total(place, currency):
    total = amounts.money(place["currentTotalPriceSet"], currency)
    return total + _kept_amount(place, currency)


def _kept(place, currency):
    """What is kept of an order that nothing is left of, without any tax: it is in no
    line and in no total."""
    amount = _kept_amount(place, currency)
    kept = {"title": "Kept", "price": str(amount), "discount": "0", "taxes": []}
    return [dict(kept, kind="fee")] if amount else []


def _kept_amount(place, currency):
    """The money that came in and was not given back, of an order whose goods and
    charges were all refunded. Of a cancelled one it is still to go back, and what could
    not be paid back is the customer's."""
    total = amounts.money(place["currentTotalPriceSet"], currency)
    refunds = place["refunds"].items()
    if (
        total
        or place["cancelledAt"]
        or not refunds
        or not place.get("totalReceivedSet")
    ):
        return Decimal(0)
    back = Decimal(0)
    for each in refunds:
        amount, _pending, failed = _back(each, currency)
        back += amount + failed
    came = amounts.money(place["totalReceivedSet"], currency)
    return came - back if back and came > back else Decimal(0)


# ---------------------------------------------------------------- refunds
def _refund(refund, currency):
    """A refund as Shopify made it, whoever asked for it."""
    shipping = refund["refundShippingLines"].nodes()
    amount, pending, failed = _back(refund, currency)
    return {
        "external_id": refund["id"].text(),
        "created_at": refund["createdAt"].text() or None,
        "note": refund["note"].text(),
        "amount": str(amount),
        "pending": str(pending),
        "failed": str(failed),
        "charges": [
            {
                "charge_ref": entry["shippingLine"]["id"].text(),
                "amount": str(amounts.money(entry["subtotalAmountSet"], currency)),
                "tax": str(amounts.money(entry["taxAmountSet"], currency)),
            }
            for entry in shipping
        ],
        "lines": [
            _refund_line(entry, currency) for entry in refund["refundLineItems"].nodes()
        ],
    }


def _back(refund, currency):
    """:return: (the money of a refund, what of it is under way, what has failed)

    Its total has what was paid back already: while a gateway takes its time, nothing.
    """
    done = amounts.money(refund["totalRefundedSet"], currency)
    # not asked for when older events were stored
    rows = refund.get("transactions")
    found = [
        (each["status"].text(), amounts.money(each["amountSet"], currency))
        for each in (rows.nodes() if rows else ())
    ]
    pending = sum((each for word, each in found if word in UNDER_WAY), Decimal(0))
    failed = sum((each for word, each in found if word in LOST), Decimal(0))
    return done + pending, pending, failed


def _refund_line(entry, currency):
    kind = entry["restockType"].text() if entry["restocked"].flag() else "NO_RESTOCK"
    return {
        "line_ref": entry["lineItem"]["id"].text(),
        "quantity": entry["quantity"].whole(),
        "amount": str(amounts.money(entry["subtotalSet"], currency)),
        "tax": str(amounts.money(entry["totalTaxSet"], currency)),
        "restock": RESTOCK.get(kind, "none"),
        "node_ref": entry["location"]["id"].text() if entry["location"] else "",
    }


# ----------------------------------------------------------------- people
def _customer(place):
    customer = place["customer"]
    email, phone = place["email"].text(), place["phone"].text()
    if not customer:
        return {"name": _name_of(place), "email": email, "phone": phone}
    known_email, known_phone = (
        customer["defaultEmailAddress"],
        customer["defaultPhoneNumber"],
    )
    if known_email and not email:
        email = known_email["emailAddress"].text()
    if known_phone and not phone:
        phone = known_phone["phoneNumber"].text()
    return {
        "external_id": customer["id"].text(),
        "name": customer["displayName"].text(),
        "email": email,
        "phone": phone,
    }


def _name_of(place):
    """A guest has the name of an address."""
    for field in ("billingAddress", "shippingAddress"):
        if place[field] and place[field]["name"].text():
            return place[field]["name"].text()
    return ""


def _address(address):
    """Phone and state as given: the base knows how to read them."""
    if not address:
        return None
    return {
        "name": address["name"].text(),
        "company": address["company"].text(),
        "street": address["address1"].text(),
        "street2": address["address2"].text(),
        "city": address["city"].text(),
        "zip": address["zip"].text(),
        "state_code": address["provinceCode"].text(),
        # not asked for when older events were stored
        "state_name": address.get("province").text(),
        "country_code": address["countryCodeV2"].text(),
        "phone": address["phone"].text(),
    }
