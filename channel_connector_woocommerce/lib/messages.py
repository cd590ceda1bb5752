# SPDX-License-Identifier: AGPL-3.0-or-later
"""Notifications to the shop about an order: shipped, cancelled, refunded.

WooCommerce knows no idempotency keys. Each message leaves its key in the shop: in a
mark of the order (``lib.marks``), or in a meta of the refund that it made. It is looked
for first, so a message may be carried out again; what is still under way while we ask
is waited for by ``settle_seconds``.
"""

from odoo.addons.channel_inventory_base.lib.amounts import ZERO, share, split
from odoo.addons.channel_inventory_base.lib.errors import NotFound, Refused
from odoo.addons.channel_inventory_base.lib.reader import JsonValue

from ..const import API
from . import marks

REFUND_MARK = "_channel_sync_key"
ENDED = ("cancelled", "refunded", "trash")


class RefundRefused(Refused):
    """The shop, or the gateway behind it, does not pay back."""


class Messages:
    """Carries out the messages of one order.

    :param client: a ``client.Client``
    :param key: of the message, the same in every attempt
    :param by_gateway: whether the gateway pays back; else a person does
    :param note: words for the customer about a parcel's tracking
    :return: values of MessageResult
    :raise Refused: with a code of ours where the order is not there, or has ended
    """

    def __init__(self, client, order_ref, key, by_gateway=True, note=""):
        self._client, self._key = client, key
        self._by_gateway, self._note = by_gateway, note
        self._route = f"{API}/orders/{order_ref}"
        self._refunds = f"{self._route}/refunds"

    def _read(self):
        try:
            raw = self._client.get(self._route)
        except NotFound as error:
            raise Refused("the order is gone", code="GONE") from error
        if raw.get("status") == "trash":
            raise Refused("the order is in the trash", code="TRASH")
        return raw

    def _change(self, **values):
        return self._client.change("PUT", self._route, values)

    # -------------------------------------------------------------- parcels
    def shipment(self, data):
        """A note to the customer with the tracking, a mark, and with the last parcel
        the status ``completed``: WooCommerce itself knows no parcels."""
        status = {"status": "completed"} if data.complete else {}
        return self._mark("shipment", data, marks.parcel(data), **status)

    def tracking(self, data):
        return self._mark("tracking", data, {"number": data.tracking.number})

    def _mark(self, kind, data, content, **status):
        raw = self._read()
        if not marks.is_marked(raw, kind, self._key):
            if kind == "shipment" and raw["status"] in ENDED:
                raise Refused(raw["status"], code="ENDED")
            self._write_to_customer(data.tracking)
            mark = marks.mark(kind, self._key, content)
            raw = self._change(meta_data=[mark], **status)
        return {"ref": parcel_ref(data), "answer": raw}

    def _write_to_customer(self, tracking):
        """As a note, which WooCommerce sends by e-mail: once."""
        route = f"{self._route}/notes"
        if tracking and not is_notified(self._client.get(route), tracking.number):
            note = {"note": self._note, "customer_note": True}
            self._client.change("POST", route, note)

    # --------------------------------------------------------------- cancel
    def cancel(self, data):
        """Cancelled first: that gives the stock back, and a refund by status does not.
        Then the money, where the gateway can."""
        raw = self._read()
        if raw["status"] == "completed":
            raise Refused("the order is shipped there", code="COMPLETED")
        if raw["status"] not in ENDED:
            raw = self._change(status="cancelled")
        result, amount = {"ref": data.order_ref, "answer": raw}, owed(raw, data)
        if amount:
            try:
                # it came back with the status: nothing is restocked
                self._refund({**self._terms(data), "amount": str(amount)})
            except Refused as error:
                result.update(code="UNPAID", message=str(error))
        return result

    # --------------------------------------------------------------- refund
    def refund(self, data):
        raw = self._read()
        if known := self._find_refund():
            return {"ref": known, "answer": raw}
        if unknown := unknown_lines(raw, data):
            raise Refused(", ".join(unknown), code="LINE")
        try:
            made = self._refund({**refund_body(raw, data), **self._terms(data)})
        except Refused as error:
            raise RefundRefused(str(error), code=error.code) from error
        return {"ref": str(made["id"]), "answer": made}

    def _terms(self, data):
        return {
            "reason": data.note,
            "api_refund": self._by_gateway,
            "api_restock": restocks(data),
            "meta_data": [{"key": REFUND_MARK, "value": self._key}],
        }

    def _refund(self, body):
        return self._client.change("POST", self._refunds, body)

    def _find_refund(self):
        return find_refund(self._client.page(self._refunds)[0], self._key)

    # ----------------------------------------------------------------- find
    def find(self, kind, data):
        """None where it was not carried out. What is half done is done again, which
        only does the rest."""
        raw = self._read()
        if kind == "refund":
            ref = self._find_refund()
        elif kind == "cancel":
            done = raw["status"] in ENDED and not owed(raw, data)
            ref = done and data.order_ref
        else:
            ref = marks.is_marked(raw, kind, self._key) and parcel_ref(data)
        return {"ref": ref, "answer": raw} if ref else None


def parcel_ref(data):
    """How a parcel is named: by its order and our number of it."""
    known = getattr(data, "shipment_ref", None)
    return f"{data.order_ref}/{data.parcel}" if known is None else known


def owed(raw, data):
    """What of a cancelled order's money is still to be paid back.

    :param data: CancelData
    """
    if not (data.refund and raw.get("date_paid_gmt")):
        return ZERO
    return max(left_to_refund(raw), ZERO)


def restocks(data):
    """WooCommerce restocks all lines of a refund or none. So it is asked to only where
    all that are paid back come back; otherwise the number that is published next says
    it."""
    lines = [getattr(line, "restock", "none") for line in data.lines]
    return bool(lines) and "none" not in lines


def find_refund(refunds, key):
    """The id of the refund that was made for a message, "" when there is none."""
    for refund in refunds:
        for entry in refund.get("meta_data") or []:
            if entry.get("key") == REFUND_MARK and entry.get("value") == key:
                return str(refund["id"])
    return ""


def is_notified(notes, number):
    """Whether the customer has been told this tracking number already."""
    return any(number in (note.get("note") or "") for note in notes)


def left_to_refund(raw):
    """The amount paid and not refunded."""
    place = JsonValue(raw)
    money = [place["total"], *(each["total"] for each in place["refunds"].items())]
    return sum((each.number(0) for each in money), ZERO)


def refund_body(raw, data):
    """A refund of exactly ``data.amount``, with each part where it belongs.

    :param data: RefundData
    """
    place = JsonValue(raw)
    currency = place["currency"].text()
    lines = {line["id"].ref(): line for line in place["line_items"].items()}
    items = [
        dict(_part(lines[line.line_ref], line.amount, currency), quantity=line.quantity)
        for line in data.lines
        if line.line_ref in lines
    ]
    items += _shipping(place, data.shipping, currency)
    return {"amount": str(data.amount), "line_items": items}


def unknown_lines(raw, data):
    """Lines that the order in the shop does not have."""
    known = {str(line["id"]) for line in raw["line_items"]}
    return [line.line_ref for line in data.lines if line.line_ref not in known]


def _shipping(place, amount, currency):
    """A delivery charge given back, from the first one that has it."""
    parts = []
    for line in place["shipping_lines"].items():
        paid = line["total"].number(0) + line["total_tax"].number(0)
        part = min(amount, paid)
        if part > 0:
            parts.append(_part(line, part, currency))
            amount -= part
    return parts


def _part(line, amount, currency):
    """An amount with tax, as what WooCommerce wants: before tax, and each tax."""
    net, tax = line["total"].number(0), line["total_tax"].number(0)
    back = share(amount, net, net + tax, currency) if net + tax else amount
    rates = [each for each in line["taxes"].items() if each["total"]]
    parts = split(amount - back, [each["total"].number() for each in rates], currency)
    return {
        "id": line["id"].whole(),
        "refund_total": str(back),
        "refund_tax": [
            {"id": each["id"].whole(), "refund_total": str(part)}
            for each, part in zip(rates, parts, strict=False)
        ],
    }
