"""Orders come from a shopper at the checkout, or by REST, which checks nothing."""

from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal

from . import orders, stock
from .models import ZERO, Charge, Line, Order
from .store import StoreError

CENT, DUST = Decimal("0.01"), Decimal("0.000001")
STATUS_OF = {
    "paid": "processing",
    "on-hold": "on-hold",
    "pending": "pending",
    "failed": "failed",
    "draft": "checkout-draft",
}


def checkout(store, cart):
    """Place the order of a cart (its form is in the README); return the order.

    One transaction from "left" to "taken": a shopper never buys what is not there.

    :raise SoldOut: nothing has been changed then
    """
    status = STATUS_OF[cart.get("payment", "paid")]
    with store.transaction():
        wanted = [
            (store.find_product(entry["sku"]), stock.units(entry), entry)
            for entry in cart.get("lines") or []
        ]
        if not wanted or any(quantity <= 0 for _product, quantity, _entry in wanted):
            raise StoreError("a cart needs lines with a quantity of more than 0")
        stock.check(store, [(product, quantity) for product, quantity, _e in wanted])
        order = place(store, cart, wanted, "pending")
        order.gateway = cart.get("gateway", "stripe" if status != "on-hold" else "bacs")
        # every checkout reserves; a payment that succeeds turns that into a reduction
        stock.reserve(store, order)
        if status != "pending":
            order.status = status
            orders.follow_status(store, order)
        store.emit("order.created", order.id)
        return order


def place(store, cart, wanted, status):
    """Make the order as it is told, with taxes, delivery and coupons."""
    config = store.config
    moment = store.clock.tick()
    order = Order(
        store.next_id(),
        status,
        cart.get("currency", config.currency),
        cart.get("prices_include_tax", config.prices_include_tax),
        moment,
        moment,
        billing=cart.get("billing") or {},
        delivery=cart.get("shipping_address") or cart.get("billing") or {},
        customer_note=cart.get("note", ""),
        customer_id=int(cart.get("customer_id", 0)),
        rounded_once=cart.get("rounded_once", config.round_at_subtotal),
        rates_lost=config.lose_tax_lines,
    )
    for number, tax in enumerate(cart.get("taxes", []), 1):
        order.rates[number] = (tax["title"], Decimal(str(tax["rate"])))
    for product, quantity, entry in wanted:
        order.lines.append(_line(store, order, product, quantity, entry))
    _take_coupons(order, cart.get("coupons", []))
    for entry in [cart["shipping"]] if cart.get("shipping") else []:
        order.shipping.append(_charge(store, order, entry))
    for entry in cart.get("fees", []):
        order.fees.append(_charge(store, order, entry))
    order.gift_cards = [
        (card["code"], Decimal(str(card["amount"])))
        for card in cart.get("gift_cards", [])
    ]
    store.orders[order.id] = order
    return order


def _line(store, order, product, quantity, entry):
    price = Decimal(str(entry.get("price", product.price)))
    net, taxes = split(order, price * quantity, entry.get("rates"))
    return Line(
        store.next_id(),
        product,
        product.title,
        product.sku,
        quantity,
        net,
        net,
        [(rate, tax, tax) for rate, tax in taxes],
        properties=list(entry.get("properties", {}).items()),
    )


def split(order, amount, only=None):
    """(before tax, [(rate id, tax)]): tax in or on top, rounded line by line, or as the
    order rounds once.

    :param only: the ids of the rates that count; None: all of the order
    """
    digits = DUST if order.rounded_once else CENT
    rates = {
        number: rate
        for number, (_label, rate) in order.rates.items()
        if only is None or number in only
    }
    if not order.prices_include_tax:
        taxes = [
            (number, (amount * rate).quantize(digits, ROUND_HALF_UP))
            for number, rate in rates.items()
        ]
        return amount.quantize(CENT), taxes
    whole = 1 + sum(rates.values(), ZERO)
    taxes = [
        (number, (amount * rate / whole).quantize(digits, ROUND_HALF_DOWN))
        for number, rate in rates.items()
    ]
    return amount - sum((tax for _number, tax in taxes), ZERO), taxes


def _take_coupons(order, coupons):
    """Percentages off every line: ``total`` goes down, ``subtotal`` stays."""
    for coupon in coupons:
        off = Decimal(str(coupon["percent"])) / 100
        saved = ZERO
        for line in order.lines:
            gross = line.total + (line.tax if order.prices_include_tax else ZERO)
            rates = [rate for rate, _before, _after in line.taxes]
            net, taxes = split(order, (gross * (1 - off)).quantize(CENT), rates)
            saved += line.total - net
            line.total = net
            before = {rate: tax for rate, tax, _after in line.taxes}
            line.taxes = [(rate, before[rate], tax) for rate, tax in taxes]
        order.coupons.append((coupon["code"], saved))


def _charge(store, order, entry):
    amount = Decimal(str(entry["price"]))
    if entry.get("by_goods"):
        net, taxes = _split_by_goods(order, amount)
    else:
        net, taxes = split(order, amount, entry.get("rates"))
    return Charge(
        store.next_id(),
        entry.get("title", "Flat rate"),
        net,
        [(rate, tax, tax) for rate, tax in taxes],
        entry.get("method", "flat_rate"),
    )


def reprice(store, order, prices=None, shipping=None, fees=None):
    """An admin types other amounts in and presses Recalculate.

    :param prices: ``{sku: price of a unit}``
    :param shipping: another price of the first delivery
    :param fees: fees as in a cart, in place of those that are there
    """
    for line in order.lines:
        if line.sku in (prices or {}):
            amount = Decimal(str(prices[line.sku])) * line.quantity
            rates = [rate for rate, _before, _after in line.taxes]
            net, taxes = split(order, amount, rates)
            line.subtotal = line.total = net
            line.taxes = [(rate, tax, tax) for rate, tax in taxes]
    if shipping is not None:
        charge = order.shipping[0]
        net, taxes = split(order, Decimal(str(shipping)))
        charge.total, charge.taxes = net, [(rate, tax, tax) for rate, tax in taxes]
    if fees is not None:
        order.fees = [_charge(store, order, entry) for entry in fees]


def _split_by_goods(order, amount):
    """A fee by the rates of the goods: each rate on its part, as carts do it."""
    worth = {}
    for line in order.lines:
        rates = tuple(rate for rate, _before, _after in line.taxes)
        worth[rates] = worth.get(rates, ZERO) + line.total
    whole, left = sum(worth.values(), ZERO), amount
    net, taxes = ZERO, {}
    for index, (rates, part) in enumerate(worth.items(), 1):
        share = left
        if index < len(worth):
            share = (amount * part / whole).quantize(CENT, ROUND_HALF_UP)
        left -= share
        part_net, rows = split(order, share, rates)
        net += part_net
        for rate, tax in rows:
            taxes[rate] = taxes.get(rate, ZERO) + tax
    return net, list(taxes.items())
