"""What becomes of an order: placement, payment, shipping, cancellation, refunds."""

import copy
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from . import const, stock
from .models import ZERO, Item, Order, Refund
from .store import SoldOut, StoreError

CENT = Decimal("0.01")
SALES_TAX = Decimal("0.0825")
MINUTE, HOUR, DAY = 60, 3600, 86400
PAYMENTS = ("auto", "paid", "pending", "failed", "preorder")
ADDRESS = {
    "name": "Anna de Vries",
    "addressLine1": "Example Street 1",
    "city": "Utrecht",
    "postalCode": "3511 AA",
    "countryCode": "NL",
    "phone": "+31612345678",
}


def money(value):
    return Decimal(str(value)).quantize(CENT, ROUND_HALF_UP)


# --- placement


def checkout(store, lines, marketplace=None, payment="auto", **cart):
    """A shopper buys: PENDING at once, and Amazon's number is lower at once.

    What Amazon ships itself becomes an order of its own.

    :param lines: {sku: units}, or a list of dicts: sku, quantity, price, shipping,
        gift_wrap, gift_message, discount, promotion
    :param payment: ``auto`` (decided in its time), ``paid``, ``failed``, or
        ``pending`` until somebody calls ``pay`` or ``cancel``; ``preorder``: the same
        and PENDING_AVAILABILITY
    :return: the first order
    :raise SoldOut: more is wanted than is shown
    """
    if isinstance(lines, dict):
        lines = [{"sku": sku, "quantity": lines[sku]} for sku in lines]
    if payment not in PAYMENTS:
        raise ValueError(f"no payment {payment!r}: {', '.join(PAYMENTS)}")
    marketplace = marketplace or store.config.marketplaces[0]
    if marketplace not in store.config.marketplaces:
        raise StoreError(f"the seller does not sell in {marketplace}")
    with store.transaction():
        parts = {}
        for line in lines:
            listing = store.find_listing(line["sku"])
            if marketplace not in listing.prices:
                raise StoreError(f"{listing.sku} is not listed in {marketplace}")
            # where both offer it, Amazon's own comes first
            merchant = not (listing.fba and listing.fba.fulfillable)
            parts.setdefault(merchant, []).append((listing, line))
        _check(parts)
        placed = [
            _place(store, marketplace, merchant, entries, cart)
            for merchant, entries in sorted(parts.items(), reverse=True)
        ]
        for order in placed:
            _decide(store, order, payment)
        return placed[0]


def _check(parts):
    for merchant, entries in parts.items():
        wanted = {}
        for listing, line in entries:
            units = wanted[listing] = wanted.get(listing, 0) + int(line["quantity"])
            shown = listing.buyable if merchant else listing.fba.fulfillable
            if units > shown:
                raise SoldOut(listing, units, shown)


def _place(store, marketplace, merchant, entries, cart):
    moment = store.clock.tick()
    place = const.MARKETPLACES[marketplace]
    order = Order(
        store.order_id(),
        marketplace,
        store.config.currency_of(marketplace),
        moment,
        moment,
        merchant,
        [_item(store, marketplace, *entry, cart) for entry in entries],
        address={**ADDRESS, "countryCode": place.country, **cart.get("address", {})},
        buyer={
            "buyerName": "Anna de Vries",
            "buyerEmail": "abc123@marketplace.amazon.example",
            **cart.get("buyer", {}),
        },
        tax_number=cart.get("tax_number", ""),
        replaces=getattr(cart.get("replaces"), "id", cart.get("replaces")) or "",
        programs=list(cart.get("programs", ())),
        service=cart.get("service", "STANDARD"),
    )
    if cart.get("business"):
        order.programs.append("AMAZON_BUSINESS")
        order.buyer.setdefault("buyerCompanyName", "Vries Bouw BV")
        order.buyer.setdefault("buyerPurchaseOrderNumber", "PO-4711")
        order.tax_number = order.tax_number or "NL123456789B01"
    for item in order.items:
        listing = store.listings[item.sku]
        stock.sell(store, listing, item.quantity, order.id, merchant)
    store.orders[order.id] = order
    touch(store, order, "Created", new=True)
    return order


def _item(store, marketplace, listing, line, cart):
    price = line.get("price", listing.prices[marketplace])
    item = Item(
        store.item_id(),
        listing.sku,
        listing.asin,
        listing.title,
        int(line["quantity"]),
        money(price or 0),
        *(money(line.get(name, 0)) for name in ("shipping", "gift_wrap")),
        gift_message=line.get("gift_message", ""),
        cod_fee=money(line.get("cod_fee", 0)),
        discount=money(line.get("discount", 0)),
        promotion=line.get("promotion", ""),
    )
    if cart.get("replaces"):
        item.unit_price = item.shipping = item.gift_wrap = item.discount = ZERO
    if const.MARKETPLACES[marketplace].tax == "facilitator":
        net = item.price + item.shipping + item.gift_wrap - item.discount
        item.tax = money(net * SALES_TAX)
    return item


def _decide(store, order, payment):
    config, rules = store.config, store.rules
    if payment == "paid":
        pay(store, order)
    elif payment == "failed":
        cancel(store, order, "AMAZON", "PaymentFailed")
    elif payment == "preorder":
        order.status = "PENDING_AVAILABILITY"
        touch(store, order, "Preordered")
    elif payment == "auto" and config.decide_payments:
        low, high = (minutes * MINUTE for minutes in config.payment_minutes)
        if rules.strikes("payment_takes_days"):
            low, high = (days * DAY for days in config.payment_days)
        fails = rules.strikes("payment_fails")
        delay = config.life(store.between(low, high))
        store.clock.after(delay, _decided, store, order, fails)


def _decided(store, order, fails):
    if order.id not in store.orders or not order.pending:
        return
    if fails:
        cancel(store, order, "AMAZON", "PaymentFailed")
    else:
        pay(store, order)


def touch(store, order, reason, new=False, wish=False):
    """The order has changed: told now, and in the search some minutes later."""
    order.updated = store.clock.tick()
    store.words.order(order, reason, new, wish)
    delay = store.config.blind_seconds
    if store.rules.strikes("late_index"):
        delay += store.between(MINUTE, 5 * MINUTE)
    store.clock.after(delay, _index, store, copy.deepcopy(order))


def _index(store, version):
    known = store.index.get(version.id)
    if version.id not in store.orders:
        store.index.pop(version.id, None)
    elif known is None or known.updated <= version.updated:
        store.index[version.id] = version


# --- what shoppers and Amazon do


def pay(store, order):
    with store.transaction():
        if not order.pending:
            raise StoreError(f"{order.id} is {order.status}")
        order.status = "UNSHIPPED"
        touch(store, order, "PaymentVerified")
        if not order.merchant:
            hours = store.between(*store.config.amazon_ships_hours)
            delay = store.config.life(hours * HOUR)
            store.clock.after(delay, ship_by_amazon, store, order)


def cancel(store, order, by="BUYER", reason="BuyerCanceled", restock=True):
    """All that has not shipped. What is pending or unshipped ends CANCELLED."""
    with store.transaction():
        if not order.live or order.status == "SHIPPED":
            raise StoreError(f"{order.id} is {order.status}")
        for item in order.items:
            _drop(store, order, item, item.open, restock)
            item.cancelled_by, item.cancel_reason = by, reason
        if not any(item.shipped for item in order.items):
            order.status = "CANCELLED"
        else:
            order.status = "SHIPPED"
        touch(store, order, reason)


def _drop(store, order, item, units, restock):
    item.cancelled += units
    if restock:
        order.restocked += units
        stock.give_back(store, item.sku, units, order.id, order.merchant)
    else:
        store.sold[item.sku] = store.sold.get(item.sku, 0) - units


def edit(store, order, lines):
    """Another quantity while it is pending: ``{sku: units}``, 0 takes the item out."""
    with store.transaction():
        if not order.pending:
            raise StoreError(f"{order.id} is {order.status}")
        for item in list(order.items):
            units = int(lines.get(item.sku, item.quantity))
            more = units - item.quantity
            if more > 0:
                listing = store.find_listing(item.sku)
                stock.sell(store, listing, more, order.id, order.merchant)
            else:
                stock.give_back(store, item.sku, -more, order.id, order.merchant)
            item.quantity = units
            if not units:
                order.items.remove(item)
        touch(store, order, "QuantityChanged")


def vanish(store, order):
    """A pending order that is nowhere any more: 404."""
    with store.transaction():
        if not order.pending:
            raise StoreError(f"{order.id} is {order.status}")
        for item in order.items:
            stock.give_back(store, item.sku, item.open, order.id, order.merchant)
        del store.orders[order.id]
        delay = store.config.blind_seconds
        store.clock.after(delay, store.index.pop, order.id, None)


def wish_cancel(store, order, reason="Created by mistake"):
    """The buyer wants it cancelled: a wish, the seller decides."""
    with store.transaction():
        for item in order.items:
            item.wish = reason
        touch(store, order, "BuyerRequestedCancel", wish=True)


def lose_by_amazon(store, order):
    """Amazon cannot ship what it has in its own warehouse."""
    with store.transaction():
        if order.merchant or order.status != "UNSHIPPED":
            raise StoreError(f"{order.id} is {order.status}")
        order.status = "UNFULFILLABLE"
        touch(store, order, "Unfulfillable")


def ship_by_amazon(store, order):
    with store.transaction():
        if order.status != "UNSHIPPED":
            return
        for item in order.items:
            stock.leave(store, item.sku, item.open)
            item.shipped += item.open
        order.status = "SHIPPED"
        touch(store, order, "Shipped")


# --- what the seller does


def ship(store, order, package, units):
    """:param units: {item: units}, checked already"""
    package.created = store.clock.tick()
    package.items = [(item.id, count) for item, count in units.items()]
    order.packages.append(package)
    for item, count in units.items():
        item.shipped += count
    left = sum(item.open for item in order.items)
    order.status = "PARTIALLY_SHIPPED" if left else "SHIPPED"
    touch(store, order, "Shipped")


def refund(store, order, item, reason, parts, cancelled=0):
    """Pay back: ``parts`` are {part: amount}, ``cancelled`` units that never ship."""
    with store.transaction():
        twin = any(
            each.item is item and (each.reason, each.parts) == (reason, parts)
            for each in order.refunds
        )
        if twin:
            store.violations.note("double_refund", order.id)
        record = Refund(item, reason, store.clock.tick(), parts, cancelled)
        order.refunds.append(record)
        if cancelled:
            _drop(store, order, item, cancelled, reason != const.NO_INVENTORY)
            if not any(each.open for each in order.items):
                order.status = "SHIPPED"
        # Amazon does not show refunds in the order: only a cancellation moves it
        if cancelled:
            touch(store, order, reason)
        return record


def refunded(order, item, part):
    return sum(
        (each.parts.get(part, ZERO) for each in order.refunds if each.item is item),
        ZERO,
    )


def read_time(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
