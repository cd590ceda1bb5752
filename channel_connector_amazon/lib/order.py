# SPDX-License-Identifier: AGPL-3.0-or-later
"""An order of the Orders API 2026-01-01, as OrderData. Exact, or refused.

Amazon takes the units of an order off its number when it is placed, before it is paid:
``PENDING``. They come back when it is cancelled, but for want of inventory. Refunds and
returns are in no order: Finances has them.

Only ids, times, channel and items are promised; each block may be missing: by the role
of the application, by the state, or by accident. What is needed to sell and is missing
makes an order that is not complete: held, and asked for again.
"""

from odoo.addons.channel_inventory_base.lib.amounts import ZERO
from odoo.addons.channel_inventory_base.lib.errors import Malformed
from odoo.addons.channel_inventory_base.lib.reader import JsonValue

from ..const import MERCHANT
from . import people, states
from .charges import charges, tips
from .marketplaces import MARKETPLACES
from .money import currency_of, money
from .proceeds import ITEM, SHIPPING, Proceeds
from .taxes import tax_rows
from .units import Units

FACILITATOR = "MARKETPLACE_FACILITATOR"
ORIGINS = ("REPLACEMENT_ORIGINAL_ID", "EXCHANGE_ORIGINAL_ID")
CASH = ("CASHONDELIVERY", "COD")


def order(raw):
    """
    :param raw: an order as ``getOrder`` and ``searchOrders`` give it
    :raise Malformed: it is not of Amazon's model
    """
    return _Reader(JsonValue(raw)).values()


def paid(raw):
    """What a seller may give back of each item.

    Tax that Amazon has collected is Amazon's to give back, and where prices are with
    tax it is in them.

    :return: {item: (price, tax, shipping, tax of shipping)}, in the order's currency
    """
    reader = _Reader(JsonValue(raw))
    return {ref(item.place["orderItemId"]): item.paid() for item in reader.items}


def ref(place):
    """:raise Malformed: it names nothing"""
    if not place.text():
        raise Malformed("is empty", path=place.path)
    return place.text()


def is_sold_here(raw):
    """Whether an order was placed with Amazon: what Amazon ships for other shops has
    its own order there."""
    channel = raw.get("salesChannel") if isinstance(raw, dict) else None
    name = channel.get("channelName") if isinstance(channel, dict) else None
    return name != "NON_AMAZON"


class _Reader:
    def __init__(self, place):
        self.place = place
        self.number = ref(place["orderId"])
        self.fulfillment = place.get("fulfillment")
        self.status, self.state = self._read_state()
        self.by_amazon = self._is_by_amazon()
        channel = place["salesChannel"]
        self.market = channel.get("marketplaceId").text()
        known = MARKETPLACES.get(self.market)
        self.currency = currency_of(place) or (known.currency if known else "")
        self.included = bool(known and known.taxes == "included")
        self.items = [_Item(each, self) for each in place.all("orderItems")]
        self.taxed_by = self._read_taxed_by()
        self.origin = self._read_origin()

    def _read_state(self):
        """:return: (Amazon's word in one spelling, ours); ("", open) where none is told

        :raise Malformed: a word that nobody knows
        """
        if not self.fulfillment:
            return "", states.OPEN
        status = self.fulfillment["fulfillmentStatus"]
        word = states.spelled(status.text())
        if word not in states.STATES:
            raise Malformed(f"{status.text()!r:.40} is unknown", path=status.path)
        return word, states.STATES[word]

    def _is_by_amazon(self):
        told = self.fulfillment and self.fulfillment.get("fulfilledBy").text()
        return told == "AMAZON"

    def _read_taxed_by(self):
        """Where the prices are with tax, an order has one way of it: Odoo's taxes would
        be wrong for the items of which Amazon has collected it, and none for others."""
        collected = {each.is_collected for each in self.items}
        if True not in collected:
            return "odoo" if self.included else "channel"
        if self.included and len(collected) > 1:
            raise Malformed(
                "Amazon has collected the tax of some of the items only",
                path="orderItems",
            )
        return "collected"

    def _read_origin(self):
        for each in self.place.all("associatedOrders"):
            if each.get("associationType").text() in ORIGINS:
                return each.get("orderId").text()
        return ""

    # --------------------------------------------------------------- values
    def values(self):
        place = self.place
        lines = [each.line() for each in self.items]
        extra = charges(self.items, self.currency, self._level())
        total, tipped = self._total()
        return {
            "external_id": self.number,
            "name": self.number,
            "version": place["lastUpdatedTime"].text(),
            "placed_at": place["createdTime"].text(),
            "complete": bool(self.items) and self._is_complete(),
            # without its items it says nothing about them, nor that there are none
            "whole": bool(self.items),
            "state": self.state,
            "payment": self._payment(),
            "gateway": self._gateway(),
            "currency": self.currency,
            "taxes_included": self.included,
            "total": str(total),
            "total_tax": str(self._total_tax([*lines, *extra])),
            "lines": lines,
            "shipping_lines": [*extra, *tipped],
            "customer": people.customer(place),
            "shipping": people.address(place),
            "note": people.instructions(place),
            "shipments": self._shipments(),
            "market": self.market,
            "taxed_by": self.taxed_by,
            "collected_tax": str(sum((each.collected for each in self.items), ZERO)),
            "fulfilled_by_channel": self.by_amazon,
            "ship_by": self._ship_by(),
            "customer_ref": people.purchase_order(place),
            "origin": self.origin,
        }

    def _is_complete(self):
        """Whether it can be sold as it is, once it is no longer pending."""
        if self.state != states.OPEN:
            return True
        if not self.status or self.status in states.NOT_TO_SELL:
            return False
        is_open = any(each.units.open for each in self.items)
        if is_open and not self.by_amazon and not people.address(self.place):
            return False
        # a replacement may have no money at all
        return bool(self.origin) or all(each.money.is_told for each in self.items)

    def _payment(self):
        """Amazon lets an order be shipped once its payment is sure; cash comes with the
        delivery."""
        if self.state == states.CANCELLED:
            return "voided"
        if self.state == states.PENDING or not self.status:
            return "pending"
        methods = map(states.spelled, self._methods())
        return "authorized" if any(each in CASH for each in methods) else "paid"

    def _methods(self):
        payment = self.place.get("payment")
        found = payment.all("paymentExecutions") if payment else []
        return [each.get("paymentMethod").text() for each in found]

    def _gateway(self):
        return " + ".join(sorted(filter(None, self._methods())))

    def _level(self):
        told = self.fulfillment and self.fulfillment.get("fulfillmentServiceLevel")
        return told.text() if told else ""

    def _ship_by(self):
        window = self.fulfillment and self.fulfillment.get("shipByWindow")
        return window.get("latestDateTime").text() or None if window else None

    # ---------------------------------------------------------------- money
    def _total(self):
        """The order's total without what Amazon has collected, and the tips in it.

        As told, not of the lines: where these do not add up to it, the base sees it.
        """
        whole = sum((each.money.sum for each in self.items), ZERO)
        within = sum((each.collected_within for each in self.items), ZERO)
        place = self.place.get("proceeds")
        if not place or not place.get("grandTotal"):
            return whole - within, []
        told = money(place["grandTotal"], self.currency)[0]
        tipped = tips(place, self.currency)
        amount = sum((JsonValue(each)["price"].number() for each in tipped), ZERO)
        # "the total amount that the seller receives": with the tax, or without already
        for goods, collected in ((whole, within), (whole - within, ZERO)):
            if told == goods:
                return told - collected, []
            if told == goods + amount:
                return told - collected, tipped
        return told - within, []

    def _total_tax(self, lines):
        if self.taxed_by == "odoo":
            return sum((each.money.tax for each in self.items), ZERO)
        rows = [tax for line in lines for tax in line["taxes"]]
        return sum((JsonValue(row)["amount"].number() for row in rows), ZERO)

    # -------------------------------------------------------------- parcels
    def _shipments(self):
        """Parcels; only those of merchants are told. None where the block is missing
        and something has left."""
        if "packages" not in self.place.value:
            return None if any(each.units.shipped for each in self.items) else []
        return [
            {
                "external_id": each["packageReferenceId"].text(),
                "lines": [
                    {
                        "line_ref": item["orderItemId"].text(),
                        "quantity": item["quantity"].whole(),
                    }
                    for item in each.all("packageItems")
                ],
                "tracking": _tracking(each),
            }
            for each in self.place.all("packages")
        ]


def _tracking(package):
    number = package.get("trackingNumber").text()
    if not number:
        return []
    return [{"number": number, "carrier": package.get("carrier").text()}]


class _Item:
    """One item: its units, its money, and how both become a line."""

    def __init__(self, place, owner):
        self.place, self.owner = place, owner
        self.units = Units(place, owner.status, owner.state)
        self.money = Proceeds(place, owner.currency)
        tax = place.get("tax")
        models = tax.all("taxCollections") if tax else []
        self.is_collected = FACILITATOR in [each.get("model").text() for each in models]

    @property
    def collected(self):
        """The tax that Amazon has collected for it."""
        return self.money.tax if self.is_collected else ZERO

    @property
    def collected_within(self):
        """What of it is in the item's total and not the seller's. Where prices are with
        tax and the total does not tell it beside them, it must be within them: then the
        lines do not add up, and a person looks."""
        beside = self.money.is_tax_beside
        return self.collected if beside or self.owner.included else ZERO

    def gross(self, part):
        """The price still to be paid for a part, with tax where prices are with tax."""
        beside = self.money.is_tax_beside and not self.is_collected
        return part.paid + (part.tax if self.owner.included and beside else ZERO)

    def paid(self):
        """(price, tax beside it, shipping, tax beside it)"""
        money = self.money
        owes = money.is_tax_beside and not self.is_collected
        parts = (money.parts[ITEM], money.parts[SHIPPING])
        rows = [(part.paid, part.tax if owes else ZERO) for part in parts]
        return rows[0] + rows[1]

    def rows(self, part):
        """Taxes of a part that the channel tells, and the seller owes."""
        if self.owner.included or self.is_collected:
            return []
        return tax_rows(part, self.owner.currency)

    def line(self):
        units, product = self.units, self.place["product"]
        sku = product.get("sellerSku").text()
        part = self._part()
        price, discount = units.price_and_discount(
            self.gross(part), part.discount, self.owner.currency
        )
        return {
            "external_id": ref(self.place["orderItemId"]),
            "listing_ref": sku,
            "sku": sku,
            "title": product.get("title").text(),
            "quantity": units.current,
            "open_quantity": units.open,
            "shipped_quantity": units.shipped,
            "unit_price": str(price),
            "discount": str(discount),
            "taxes": self.rows(part),
            "deductions": self._deductions(),
            "properties": people.wishes(self.place),
        }

    def _part(self):
        """The item's own price. Where it is still that of all units while some were
        cancelled, it is that of those that are left: the total tells the difference."""
        part, units = self.money.parts[ITEM], self.units
        told = self.place["product"].get("price")
        if not units.is_cut or not told or not told.get("unitPrice"):
            return part
        each = money(told["unitPrice"], self.owner.currency)[0]
        if each and part.price == each * units.ordered:
            return part.scaled(units.current, units.ordered, self.owner.currency)
        return part

    def _deductions(self):
        taken = 0 if self.owner.by_amazon else self.units.deducted
        return [{"node_ref": MERCHANT, "quantity": taken}] if taken else []
