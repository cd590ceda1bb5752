"""What the shop is told of an order, and how it is found there again.

Each message leaves its key in the shop: in a mark of the order (``lib.marks``), or in a
meta of the refund that it made. So whether one was carried out can be looked up.
"""

from decimal import ROUND_HALF_UP, Decimal

from .amounts import step
from .reader import Place

REFUND_MARK = "_channel_sync_key"
ENDED = ("cancelled", "refunded", "trash")


def find_refund(refunds, key):
    """The id of the refund that was made for a message, "" when there is none."""
    for refund in refunds:
        for entry in refund.get("meta_data") or []:
            if entry.get("key") == REFUND_MARK and entry.get("value") == key:
                return str(refund["id"])
    return ""


def is_told(notes, number):
    """Whether the customer has been told this tracking number already."""
    return any(number in (note.get("note") or "") for note in notes)


def left_to_refund(raw):
    """What was paid and not given back."""
    place = Place(raw)
    money = [place["total"], *(each["total"] for each in place["refunds"].items())]
    return sum((each.number() for each in money), Decimal(0))


def refund_body(raw, data, key, by_gateway):
    """A refund of exactly ``data.amount``, with each part where it belongs.

    WooCommerce restocks all lines of a refund or none. So it is asked to only where all
    that are paid back come back; otherwise the number that is published next says it.

    :param data: RefundData
    """
    place = Place(raw)
    currency = place["currency"].text()
    lines = {line["id"].ref(): line for line in place["line_items"].items()}
    items = [
        dict(_part(lines[line.line_ref], line.amount, currency), quantity=line.quantity)
        for line in data.lines
        if line.line_ref in lines
    ]
    items += _shipping(place, data.shipping, currency)
    return {
        "amount": str(data.amount),
        "reason": data.note,
        "line_items": items,
        "api_refund": by_gateway,
        "api_restock": bool(data.lines)
        and all(line.restock != "none" for line in data.lines),
        "meta_data": [{"key": REFUND_MARK, "value": key}],
    }


def unknown_lines(raw, data):
    """Lines that the order in the shop does not have."""
    known = {str(line["id"]) for line in raw["line_items"]}
    return [line.line_ref for line in data.lines if line.line_ref not in known]


def _shipping(place, amount, currency):
    """A delivery charge given back, from the first one that has it."""
    parts = []
    for line in place["shipping_lines"].items():
        paid = line["total"].number() + line["total_tax"].number()
        share = min(amount, paid)
        if share > 0:
            parts.append(_part(line, share, currency))
            amount -= share
    return parts


def _part(line, amount, currency):
    """An amount with tax, as what WooCommerce wants: before tax, and each tax."""
    net, tax = line["total"].number(), line["total_tax"].number()
    unit = step(currency)
    back = amount
    if net + tax:
        back = (amount * net / (net + tax)).quantize(unit, ROUND_HALF_UP)
    taxes, left = [], amount - back
    rates = [each for each in line["taxes"].items() if each["total"].value]
    for number, each in enumerate(rates, 1):
        share = left
        if number < len(rates) and tax:
            share = (amount - back) * each["total"].number() / tax
            share = share.quantize(unit, ROUND_HALF_UP)
        left -= share
        taxes.append({"id": each["id"].whole(), "refund_total": str(share)})
    return {"id": line["id"].whole(), "refund_total": str(back), "refund_tax": taxes}
