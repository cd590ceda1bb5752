# SPDX-License-Identifier: AGPL-3.0-or-later
"""An order as REST gives it, to OrderData. Exact, or refused.

What the shop has taken off its figure is in ``_reduced_stock`` of each line, net of
what refunds have brought back, and nowhere else: a status does not tell, because an
order may have been reduced, restored and reduced again.
"""

import html
import re
from datetime import timezone

from odoo.addons.channel_inventory_base.lib.amounts import ZERO, rounded
from odoo.addons.channel_inventory_base.lib.errors import Malformed
from odoo.addons.channel_inventory_base.lib.reader import JsonValue

from ..const import NODE, REDUCED, REFUNDED_ITEM
from . import amounts, fractions, marks
from .states import name_of_state

DRAFT = "checkout-draft"
TRASH = "trash"
DETAILS = "refund_details"
"""Where we keep the refunds that were fetched for an order: it names them only."""
RATES = "rate_details"
"""Where we keep the tax rates that were fetched for an order that does not tell them:
shops lose ``tax_lines`` when several customers check out at once."""
GOODS, CHARGES = ("line_items",), ("shipping_lines", "fee_lines")
KINDS = GOODS + CHARGES

OPEN, CANCELLED = "open", "cancelled"
AWAITED = "processing"
"""The status in which a shop waits for its goods to be shipped."""


def is_visible(raw):
    """Whether it is an order at all: a cart at the checkout and the trash are not."""
    return raw.get("status") not in (DRAFT, TRASH)


def order(raw, now=None):
    """:param raw: a body of the API, completed by ``DETAILS`` where it has refunds
    :param now: for a body that carries an id and nothing else: a deleted order
    :raise Malformed: it is not what the API documents
    """
    place = JsonValue(raw)
    number = place["id"].ref()
    if not number:
        raise Malformed("no number", path="id")
    if set(place.value) <= {"id"} and now:
        return _stub(number, now)
    raw, refs = fractions.count_whole(raw, DETAILS)
    values = {"external_id": number, **_Reader(JsonValue(raw)).values()}
    fractions.tell(values, refs)
    return values


def _stub(number, now):
    """All we hear of a deleted order: look for yourself."""
    return {
        "external_id": number,
        "name": f"#{number}",
        "version": now.astimezone(timezone.utc).isoformat(),
        "complete": False,
        "lines": [],
    }


def was_completed(raw):
    """Whether its goods have left by the shop's word. The date stays with an order that
    was completed by mistake and is back among those to be shipped.

    :param raw: a body of the API, maybe of anything
    """
    return bool(raw.get("date_completed_gmt")) and raw.get("status") != AWAITED


def missing_rates(raw):
    """Ids of tax rates that lines were charged by and the order does not tell.

    :param raw: a body of the API, maybe of anything
    """
    told = {tax.get("rate_id") for tax in raw.get("tax_lines") or ()}
    used = {
        tax.get("id")
        for kind in KINDS
        for line in raw.get(kind) or ()
        for tax in line.get("taxes") or ()
        if tax.get("total") not in (None, "")
    }
    return sorted(each for each in used - told if isinstance(each, int) and each > 0)


class _Reader:
    def __init__(self, place):
        self.place = place
        self.currency = place["currency"].text()
        self.included = place["prices_include_tax"].flag()
        self.status = place["status"].text()
        self.refunds = place.all(DETAILS)
        self.known = not place.all("refunds") or bool(place.get(DETAILS))
        self.taken_goods = self._read_taken(GOODS)
        self.taken_charges = self._read_taken(CHARGES)
        self.rates = self._read_rates()
        self.total_tax = amounts.told_tax(
            self._lines_of(KINDS),
            place["total"].number(0),
            place["total_tax"].number(0),
            self.currency,
        )
        self.once = amounts.is_rounded_once(
            self._lines_of(KINDS), self.total_tax, self.currency
        )
        self.done = was_completed(place.value)
        self.left = marks.shipped(place.value)
        self.early = self._refunded_before_completion()
        self.state, self.payment = self._state_and_payment()

    def _lines_of(self, kinds):
        return [line for kind in kinds for line in self.place[kind].items()]

    def _read_taken(self, kinds):
        lines = self._lines_of(kinds)
        return amounts.taken_off(lines, self.refunds, kinds, self.currency)

    def _read_rates(self):
        """Rate id -> (label, percent): as the order tells them, else as the shop has
        them now, else as the amounts say."""
        rates = {
            tax["rate_id"].ref(): (
                tax["label"].text(),
                tax["rate_percent"].number(0),
            )
            for tax in self.place["tax_lines"].items()
        }
        for tax in self.place.all(RATES):
            found = (tax.get("name").text(), tax["rate"].number(0))
            rates.setdefault(tax["id"].ref(), found)
        guessed = amounts.guess_rates(self._lines_of(KINDS), rates, self.currency)
        for rate, percent in guessed.items():
            rates[rate] = ("", percent)
        if missing_rates(self.place.value) and not self.place.get(RATES):
            self.known = False
        return rates

    def values(self):
        place = self.place
        taken = self.taken_goods
        charges = [
            *self._charges("shipping_lines", "method_title", "method_id"),
            *self._charges("fee_lines", "name", "", kind="fee"),
            *self._kept(),
            *self._gift_cards(),
        ]
        return {
            "name": f"#{place['number'].text()}",
            "version": utc(place["date_modified_gmt"]),
            "placed_at": utc(place["date_created_gmt"]),
            "complete": self.known,
            "state": self.state,
            "payment": self.payment,
            "gateway": place.get("payment_method").text(),
            "currency": self.currency,
            "taxes_included": self.included,
            "total": str(self._total()),
            "total_tax": str(self._total_tax()),
            "lines": [
                self._line(line, taken.get(line["id"].ref(), []))
                for line in place["line_items"].items()
            ]
            + self._deleted_lines(),
            "shipping_lines": charges,
            "customer": self._customer(),
            "billing": address(place["billing"]),
            "shipping": address(place["shipping"]),
            "note": place.get("customer_note").text(),
            "refunds": self._refunds() if self.known else None,
        }

    def _state_and_payment(self):
        paid = bool(self.place.get("date_paid_gmt"))
        if self.status == "cancelled":
            return CANCELLED, "paid" if paid else "voided"
        if self.status == "refunded":
            # what never left the house is not going to; what did may come back
            return OPEN if self.done else CANCELLED, "refunded"
        if self.status == "failed":
            return OPEN, "voided"
        if self.status in ("pending", "on-hold"):
            return OPEN, "pending"
        if paid:
            return OPEN, "paid"
        # to be shipped before it is paid: cash on delivery. What is completed without
        # a payment, and what plugins add, waits for one
        return OPEN, "authorized" if self.status == AWAITED else "pending"

    def _total(self):
        """The total of the order's parts that were not refunded. Refunds for none of
        them, such as goodwill, do not change it."""
        total = self.place["total"].number(0)
        for taken in self._given_back():
            total += taken.total + taken.total_tax
        return total

    def _total_tax(self):
        taxes = (taken.total_tax for taken in self._given_back())
        return self.total_tax + sum(taxes, ZERO)

    def _given_back(self):
        """The refunded amounts of the parts that the order still has."""
        for kinds, taken in ((GOODS, self.taken_goods), (CHARGES, self.taken_charges)):
            for line in self._lines_of(kinds):
                yield from taken.get(line["id"].ref(), ())

    # --------------------------------------------------------------- lines
    def _figures(self, line, refunds):
        return amounts.Figures(
            line,
            refunds,
            included=self.included,
            currency=self.currency,
            rates=self.rates,
            once=self.once,
        )

    def _line(self, line, refunds):
        ordered = line["quantity"].whole()
        current = ordered + sum(each.quantity for each in refunds)
        if ordered < 0:
            raise Malformed(f"{ordered} ordered cannot be", path=line.path)
        figures = self._figures(line, refunds)
        price = figures.unit_price(ordered)
        shipped = self._shipped(line, ordered)
        reduced = amounts.reduced(line)
        open_units = max(0, current - (shipped or 0))
        if self.done or self.state == CANCELLED:
            open_units = 0
        taxes = figures.tax_rows()
        return {
            **_what(line),
            "external_id": line["id"].ref(),
            "quantity": current,
            "open_quantity": open_units,
            "shipped_quantity": shipped,
            "unit_price": str(price),
            "discount": str(price * current - figures.paid if current else ZERO),
            "taxes": taxes if current else _without_amounts(taxes),
            "deductions": (
                [{"node_ref": NODE, "quantity": reduced}] if reduced else []
            ),
            "properties": properties(line),
        }

    def _deleted_lines(self):
        """Lines that were refunded, then deleted: of what had left of them, the sale
        and its refund stay. An order does not list them, its refunds do."""
        there = {line["id"].ref() for line in self.place["line_items"].items()}
        gone = {}
        for refund in self.refunds:
            for entry in refund.all("line_items"):
                origin = amounts.meta(entry, REFUNDED_ITEM)
                if origin is not None and origin.ref() not in there:
                    units, _entry = gone.get(origin.ref(), (0, entry))
                    gone[origin.ref()] = (units - entry["quantity"].whole(), entry)
        return [
            self._deleted_line(number, units, entry)
            for number, (units, entry) in gone.items()
            if units > 0
        ]

    def _deleted_line(self, number, units, entry):
        early = sum(each.quantity for each in self.early.get(number, ()))
        shipped = max(0, units + early) if self.done else self.left.get(number)
        return {
            **_what(entry),
            "external_id": number,
            "quantity": 0,
            "open_quantity": 0,
            "shipped_quantity": shipped,
            "unit_price": "0",
            # what is paid back of it says by which rates it was taxed
            "taxes": _without_amounts(self._figures(entry, []).tax_rows()),
            "deductions": [],
        }

    def _refunded_before_completion(self):
        """Line id -> what was paid back of it before it had left the house."""
        completed = self.place.get("date_completed_gmt").text()
        early = {
            refund["id"].ref()
            for refund in self.refunds
            if refund["date_created_gmt"].text() < completed
        }
        return {
            ref: [each for each in taken if each.refund in early]
            for ref, taken in self.taken_goods.items()
        }

    def _shipped(self, line, ordered):
        """Units that have left: by our own marks, and of a completed order all that had
        not been refunded by then. None: nobody has told."""
        number = line["id"].ref()
        if not self.done:
            return self.left.get(number)
        early = sum(each.quantity for each in self.early.get(number, ()))
        return max(ordered + early, self.left.get(number, 0))

    def _charges(self, name, title, code, kind="shipping"):
        taken = self.taken_charges
        return [
            dict(
                self._charge(line, taken.get(line["id"].ref(), []), title, code),
                kind=kind,
            )
            for line in self.place[name].items()
        ]

    def _kept(self):
        """What the shop keeps of lines that have no units left: they were taken back
        for less than they cost, maybe for nothing, or one by one, where the cents that
        rounding has left over stay. A charge by the id of its line."""
        for line in self.place["line_items"].items():
            taken = self.taken_goods.get(line["id"].ref(), ())
            units = line["quantity"].whole() + sum(each.quantity for each in taken)
            figures = self._figures(line, taken)
            if taken and not units and (figures.paid or figures.tax):
                yield {
                    "external_id": line["id"].ref(),
                    "title": f"Kept: {line['name'].text()}",
                    "kind": "fee",
                    "price": str(max(figures.paid, ZERO)),
                    "discount": str(max(-figures.paid, ZERO)),
                    "taxes": figures.tax_rows(),
                }

    def _gift_cards(self):
        """The amount paid by gift cards: their plugin subtracts it from the order's
        total, and lists them in a field of its own."""
        for card in self.place.all("gift_cards"):
            amount = rounded(card["amount"].number(0), self.currency)
            if amount:
                yield {
                    "title": "Gift card",
                    "price": str(-amount),
                    "kind": "gift_card",
                }

    def _charge(self, line, refunds, title, code):
        """A delivery, or a fee; one that is taken off is a discount."""
        figures = self._figures(line, refunds)
        return {
            "external_id": line["id"].ref(),
            "title": line[title].text(),
            "code": line[code].text() if code else "",
            "price": str(max(figures.paid, ZERO)),
            "discount": str(max(-figures.paid, ZERO)),
            "taxes": figures.tax_rows(),
        }

    # ------------------------------------------------------------- refunds
    def _refunds(self):
        """With what came back to the shop's figure: the order tells how many units of
        a line did in all, and the oldest refunds are taken for those."""
        back = {}
        for line in self.place["line_items"].items():
            if amounts.meta(line, REDUCED):
                units = line["quantity"].whole() - amounts.reduced(line)
                back[line["id"].ref()] = max(0, units)
        ordered = sorted(self.refunds, key=lambda each: each["id"].whole())
        return [self._refund(each, back) for each in ordered]

    def _refund(self, refund, back):
        number = refund["id"].ref()
        return {
            "external_id": number,
            "amount": str(abs(refund["amount"].number(0))),
            "lines": [
                self._refund_line(taken, back)
                for taken in _taken_by(number, self.taken_goods)
            ],
            "charges": [
                {
                    "charge_ref": taken.origin,
                    "amount": str(self._given(taken)),
                    "tax": str(-taken.total_tax),
                }
                for taken in _taken_by(number, self.taken_charges)
                if not taken.is_empty
            ],
            "created_at": utc(refund["date_created_gmt"]),
            "note": refund.get("reason").text(),
        }

    def _given(self, taken):
        """Money that went back, with tax where prices include it."""
        return -(taken.total + (taken.total_tax if self.included else 0))

    def _refund_line(self, taken, back):
        units = -taken.quantity
        restocked = units and back.get(taken.origin, 0) >= units
        if restocked:
            back[taken.origin] -= units
        kind = "return" if self.done else "cancel"
        return {
            "line_ref": taken.origin,
            "quantity": units,
            "amount": str(self._given(taken)),
            "tax": str(-taken.total_tax),
            "restock": kind if restocked else "none",
            "node_ref": NODE if restocked else "",
            "excess": taken.excess,
        }

    # -------------------------------------------------------------- people
    def _customer(self):
        billing = self.place["billing"]
        return {
            "external_id": self.place["customer_id"].ref(),
            "name": name_of(billing) or name_of(self.place["shipping"]),
            **billing.texts(email="email", phone="phone"),
        }


def _what(line):
    """What a line is of; none, where its product was deleted since."""
    variation = line.get("variation_id")
    return {
        "listing_ref": (variation and variation.ref()) or line["product_id"].ref(),
        "sku": line["sku"].text(),
        "title": line["name"].text(),
    }


def _without_amounts(taxes):
    """Rows that only say by which rates it is taxed."""
    return [dict(row, amount="0") for row in taxes]


def _taken_by(number, found):
    """The units and amounts of one refund."""
    return [each for taken in found.values() for each in taken if each.refund == number]


def utc(place):
    """GMT times come without a zone; null is none."""
    text = place.text()
    return f"{text}+00:00" if text else None


def name_of(place):
    names = place.texts(first="first_name", last="last_name")
    return " ".join(filter(None, names.values()))


def address(place):
    """None where nothing is filled in: a shop that sells to the counter."""
    if not any(str(value or "").strip() for value in place.value.values()):
        return None
    country, state = place.get("country").text(), place.get("state").text()
    return {
        "name": name_of(place),
        "state_name": name_of_state(country, state),
        **place.texts(
            company="company",
            street="address_1",
            street2="address_2",
            city="city",
            zip="postcode",
            state_code="state",
            country_code="country",
            phone="phone",
        ),
    }


def properties(line):
    """The customer's specifications, as the shop displays them. Keys that begin with an
    underscore are hidden, values that are not text belong to plugins."""
    found = []
    for entry in line.all("meta_data"):
        key, value = entry.get("key").value, entry.get("value").value
        if str(key or "").startswith("_") or not _is_text(value):
            continue
        label = entry.get("display_key").value or key
        shown = entry.get("display_value").value
        shown = shown if _is_text(shown) else value
        if label and (text := _describe(shown)):
            found.append({"label": _describe(label), "value": text})
    return found


def _is_text(value):
    return isinstance(value, str | int) and not isinstance(value, bool)


def _describe(value):
    """Without the markup that shops wrap values in.

    >>> _describe("<p>For <b>Ann</b> &amp; Bo</p>\\n")
    'For Ann & Bo'
    """
    return html.unescape(re.sub(r"<[^<>]*>", "", str(value))).strip()
