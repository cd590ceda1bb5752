"""A shopper buys: the one place where orders come from.

All in one transaction of the store: what is shown is checked, available moves to
committed at the assigned locations, and the order exists. A shopper can never buy
what is not shown, however many try at once.
"""

from decimal import Decimal

from . import routing, totals
from .money import Bag, places, rounded, spread
from .order_models import (
    Customer,
    LineItem,
    LineItemGroup,
    Order,
    ShippingLine,
    Transaction,
)
from .payloads import order_payload
from .pricing import Priced, price
from .store import StoreError

TRANSACTIONS = {
    "paid": ("SALE", "SUCCESS"),
    "authorized": ("AUTHORIZATION", "SUCCESS"),
    "pending": ("SALE", "PENDING"),
}


class SoldOut(StoreError):
    """The shopper wanted more than the shop shows."""

    def __init__(self, variant, wanted, shown):
        super().__init__(f"{variant.sku}: {wanted} wanted, {shown} shown")
        self.variant, self.wanted, self.shown = variant, wanted, shown


def checkout(store, cart):
    """Place the order of a cart (its form is in the README); return the order.

    :raise SoldOut: nothing has been changed then
    """
    with store.transaction():
        wanted = _wanted(store, cart)
        _check_shown(store, wanted)
        order = _new_order(store, cart)
        for variant, quantity, entry in wanted:
            order.lines += _lines(store, order, variant, quantity, entry)
        order.shipping_lines = _shipping_lines(store, order, cart)
        order.tip = price_bag(order, cart.get("tip", "0"))
        reprice(order)
        order.original_total = totals.grand_total(order)
        card = price_bag(order, cart.get("gift_card", "0"))
        _pay(store, order, cart.get("payment", "paid"), card)
        routing.route(store, order, cart.get("location"))
        store.orders[order.id] = order
        _announce(store, order)
        return order


def _wanted(store, cart):
    """Triples (variant or None for a custom line, quantity, entry)."""
    wanted = []
    for entry in cart.get("lines") or []:
        quantity = int(entry.get("quantity", 1))
        if quantity < 1:
            raise StoreError("a line needs a quantity of at least 1")
        custom = "sku" not in entry
        variant = None if custom else store.find_variant(entry["sku"])
        wanted.append((variant, quantity, entry))
    if not wanted:
        raise StoreError("the cart is empty")
    return wanted


def _check_shown(store, wanted):
    """Against what is shown for each variant, a bundle counted by its parts."""
    units = {}
    for variant, quantity, _entry in wanted:
        if variant is None:
            continue
        for part, each in variant.components or [(variant, 1)]:
            units[part] = units.get(part, 0) + quantity * each
    for variant, quantity in units.items():
        shown = store.shown(variant)
        if shown is not None and quantity > shown:
            raise SoldOut(variant, quantity, shown)


def _new_order(store, cart):
    config = store.config
    presentment = cart.get("presentment") or {}
    moment = store.clock.tick()
    store.order_number += 1
    order = Order(
        store.next_id(),
        store.order_number,
        config.currency,
        presentment.get("currency", config.currency),
        cart.get("taxes_included", config.taxes_included),
        moment,
        moment,
        shipping_address=cart.get("shipping_address"),
        billing_address=cart.get("billing_address") or cart.get("shipping_address"),
        note=cart.get("note"),
        risk=cart.get("risk", "NONE"),
        source_name=cart.get("source_name", "web"),
        tags=list(cart.get("tags", [])),
        attributes=dict(cart.get("attributes", {})),
        test=bool(cart.get("test", False)),
        gateway=cart.get("gateway", "bogus"),
    )
    order.status_url = _status_url(store, order)
    order.terms = {
        "rate": Decimal(str(presentment.get("rate", 1))),
        "discounts": [as_discount(entry) for entry in cart.get("discounts", [])],
        "taxes": list(cart.get("taxes", [])),
        "taxes_included": order.taxes_included,
    }
    order.customer = _customer(store, cart)
    order.email = cart.get("email") or (order.customer and order.customer.email)
    order.phone = cart.get("phone")
    return order


def _status_url(store, order):
    """The customer's page: under the shop's domain, with the shop's number."""
    token = f"{order.id:032x}"
    return (
        f"https://{store.config.shop}/{store.shop_id}/orders/{token}"
        f"/authenticate?key={token[::-1]}"
    )


def as_discount(entry):
    """Fill in what a discount leaves out."""
    entry = {"type": "percentage", "target": "order", **entry}
    entry.setdefault("kind", "code" if entry.get("code") else "manual")
    entry.setdefault("title", entry.get("code") or "Discount")
    return entry


def _customer(store, cart):
    """The customer of this e-mail or phone, made when there is none yet."""
    values = dict(cart.get("customer") or {})
    if not values:
        return None
    for known in store.customers.values():
        if values.get("email") and known.email == values["email"]:
            return known
        if not values.get("email") and known.phone:
            if values.get("phone") == known.phone:
                return known
    moment = store.clock.tick()
    values.setdefault("address", cart.get("shipping_address"))
    customer = Customer(store.next_id(), moment, moment, **values)
    store.customers[customer.id] = customer
    return customer


def _lines(store, order, variant, quantity, entry):
    """The line items of one cart line; a bundle becomes one for each part."""
    unit = entry.get("price", variant.price if variant else "0")
    if variant is None or not variant.components:
        return [
            new_line(store, order, variant, quantity, price_bag(order, unit), entry)
        ]
    group = LineItemGroup(store.next_id(), variant, variant.product.title, quantity)
    weights = [part.price * units for part, units in variant.components]
    prices = spread(Decimal(str(unit)), weights, places(order.currency))
    lines = []
    for (part, units), amount in zip(variant.components, prices, strict=True):
        each = price_bag(order, amount / units)
        line = new_line(store, order, part, quantity * units, each, {})
        line.group = group
        lines.append(line)
    return lines


def new_line(store, order, variant, quantity, unit_price, entry):
    line = LineItem(
        store.next_id(),
        order,
        variant,
        entry.get("title") or variant.product.title,
        variant.sku if variant else entry.get("custom_sku"),
        quantity,
        unit_price,
        properties=dict(entry.get("properties", {})),
    )
    if variant:
        line.variant_title = None if variant.default_title else variant.title
        line.vendor = variant.product.vendor
        line.taxable = variant.taxable
        line.requires_shipping = variant.requires_shipping
    line.taxable = entry.get("taxable", line.taxable)
    return line


def price_bag(order, amount):
    """A price in both currencies, each rounded as its currency is."""
    amount = Decimal(str(amount))
    return Bag(
        rounded(amount, places(order.currency)),
        rounded(amount * order.terms["rate"], places(order.presentment_currency)),
    )


def _shipping_lines(store, order, cart):
    entries = cart.get("shipping") or []
    return [
        ShippingLine(
            store.next_id(),
            order,
            entry.get("title", "Standard"),
            entry.get("code", entry.get("title", "Standard")),
            price_bag(order, entry.get("price", "0")),
        )
        for entry in (entries if isinstance(entries, list) else [entries])
    ]


def reprice(order):
    """Price the lines anew by the order's own terms, in both currencies."""
    sources = [*order.lines, *order.shipping_lines]
    shop = _price(order, "shop", Decimal(1), order.currency)
    shown = _price(
        order, "presentment", order.terms["rate"], order.presentment_currency
    )
    for line, one, other in zip(sources, shop, shown, strict=True):
        line.allocations = _zip_allocations(one, other)
        line.taxes = [
            (title, rate, Bag(amount, paired[2]))
            for (title, rate, amount), paired in zip(
                one.taxes, other.taxes, strict=True
            )
        ]


def _price(order, side, rate, currency):
    lines = [
        Priced(getattr(line.unit_price, side), line.quantity, line.taxable)
        for line in order.lines
    ]
    shipping = [Priced(getattr(line.price, side)) for line in order.shipping_lines]
    price(lines, shipping, order.terms, rate, places(currency))
    return [*lines, *shipping]


def _zip_allocations(one, other):
    shop, shown = dict(one.allocations), dict(other.allocations)
    zero = Decimal(0)
    return [
        (index, Bag(shop.get(index, zero), shown.get(index, zero)))
        for index in sorted({*shop, *shown})
    ]


def _pay(store, order, payment, card):
    """:param card: what a gift card pays of it, at once; the rest is paid otherwise"""
    if payment not in TRANSACTIONS:
        raise StoreError(f"no payment {payment!r}: {', '.join(TRANSACTIONS)}")
    amount = totals.grand_total(order)
    card = card if card.shop < amount.shop else amount
    if card:
        _transact(store, order, "SALE", "SUCCESS", card, "gift_card")
    if rest := amount - card:
        _transact(store, order, *TRANSACTIONS[payment], rest, order.gateway)


def _transact(store, order, kind, status, amount, gateway):
    order.transactions.append(
        Transaction(store.next_id(), kind, status, amount, gateway, order.created_at)
    )


def _announce(store, order):
    store.emit("orders/create", order_payload, order)
    store.emit("orders/updated", order_payload, order)
    if totals.financial_status(order) == "PAID":
        store.emit("orders/paid", order_payload, order)
