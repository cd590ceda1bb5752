"""What Amazon pays out: a settlement for each currency, as a flat file V2.

Written as in the country of its marketplace: decimal comma and dates with points in
most of Europe. Amazon makes it by itself; nobody can ask for it. One file is listed for
each of the seller's marketplaces of its currency.
"""

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

from . import const
from .models import ZERO
from .reports import Report

COLUMNS = (
    *("settlement-id", "settlement-start-date", "settlement-end-date"),
    *("deposit-date", "total-amount", "currency", "transaction-type", "order-id"),
    *("merchant-order-id", "adjustment-id", "shipment-id", "marketplace-name"),
    *("amount-type", "amount-description", "amount", "fulfillment-id", "posted-date"),
    *("posted-date-time", "order-item-code", "merchant-order-item-id"),
    *("merchant-adjustment-item-id", "sku", "quantity-purchased", "promotion-id"),
)
FEE = Decimal("0.15")
POINTS = ("USD", "GBP", "CAD", "AUD", "JPY", "SGD", "MXN")
REFUNDED = {
    "item-price": ("ItemPrice", "Principal"),
    "item-tax": ("ItemPrice", "Tax"),
    "shipping-price": ("ItemPrice", "Shipping"),
    "shipping-tax": ("ItemPrice", "ShippingTax"),
    "gift-wrap-price": ("ItemPrice", "GiftWrap"),
    "gift-wrap-tax": ("ItemPrice", "GiftWrapTax"),
}


def settle(shop, extra=()):
    """Pay out what has shipped and was refunded since the last time.

    :param extra: rows of (transaction type, amount type, description, amount) that are
        of no order, in the currency of the first marketplace
    :return: {currency: (settlement id, total)}
    """
    store, done = shop.store, {}
    with store.transaction():
        for currency in _currencies(store):
            rows = list(_rows(store, currency))
            if extra and not done:
                rows += [_row(*each) for each in extra]
            if not rows:
                continue
            ref = str(13_000_000_000 + store.number())
            total = sum((row["amount"] for row in rows), ZERO)
            body = _write(store, ref, currency, total, rows)
            for place in _places(store, currency):
                _list(shop, place, body)
            done[currency] = ref, total
    return done


def _currencies(store):
    found = {const.MARKETPLACES[each].currency for each in store.config.marketplaces}
    return sorted(found)


def _places(store, currency):
    return [
        each
        for each in store.config.marketplaces
        if const.MARKETPLACES[each].currency == currency
    ]


def _rows(store, currency):
    for order in store.orders.values():
        if order.currency != currency:
            continue
        for item in order.items:
            # what Amazon tells as sold is settled when it has left, once
            if item.shipped and item.id not in store.settled:
                store.settled.add(item.id)
                yield from _sale(order, item)
        for number, refund in enumerate(order.refunds, 1):
            key = f"{order.id}-refund-{number}"
            if key not in store.settled:
                store.settled.add(key)
                yield from _refund(order, refund, key)


def _sale(order, item):
    facts = {
        "order-id": order.id,
        "marketplace-name": const.MARKETPLACES[order.marketplace].name,
        "order-item-code": item.id,
        "sku": item.sku,
        "quantity-purchased": str(item.quantity),
        "fulfillment-id": "MFN" if order.merchant else "AFN",
    }
    fee = -(item.price * FEE).quantize(Decimal("0.01"), ROUND_HALF_UP)
    for kind, words, amount in (
        ("ItemPrice", "Principal", item.price),
        ("ItemPrice", "Shipping", item.shipping),
        ("ItemPrice", "GiftWrap", item.gift_wrap),
        ("ItemPrice", "CODItemCharge", item.cod_fee),
        ("ItemPrice", "Tax", item.tax),
        ("Promotion", "Principal", -item.discount),
        ("ItemWithheldTax", "MarketplaceFacilitatorTax-Principal", -item.tax),
        ("ItemFees", "Commission", fee),
    ):
        if amount:
            yield _row("Order", kind, words, amount, **facts)


def _refund(order, refund, key):
    facts = {"order-id": order.id, "adjustment-id": key, "sku": refund.item.sku}
    for part, amount in refund.parts.items():
        if amount:
            yield _row("Refund", *REFUNDED[part], -amount, **facts)


def _row(transaction, kind, words, amount, **facts):
    return {
        "transaction-type": transaction,
        "amount-type": kind,
        "amount-description": words,
        "amount": Decimal(str(amount)),
        **facts,
    }


# ------------------------------------------------------------------ write
def _write(store, ref, currency, total, rows):
    now = store.clock.now()
    local = currency not in POINTS
    style = "%d.%m.%Y %H:%M:%S UTC" if local else "%Y-%m-%d %H:%M:%S UTC"
    head = {
        "settlement-id": ref,
        "settlement-start-date": (now - timedelta(days=14)).strftime(style),
        "settlement-end-date": now.strftime(style),
        "deposit-date": (now + timedelta(days=2)).strftime(style),
        "total-amount": _money(total, local),
        "currency": currency,
    }
    lines = ["\t".join(COLUMNS), _line(head)]
    for row in rows:
        values = dict(
            row,
            **{
                "settlement-id": ref,
                "amount": _money(row["amount"], local),
                "posted-date": now.strftime("%d.%m.%Y" if local else "%Y-%m-%d"),
                "posted-date-time": now.strftime(style),
            },
        )
        lines.append(_line(values))
    return ("\n".join(lines) + "\n").encode("utf-8")


def _line(values):
    return "\t".join(values.get(column, "") for column in COLUMNS)


def _money(amount, local):
    """
    >>> _money(Decimal("1234.5"), True), _money(Decimal("-1234.5"), False)
    ('1.234,50', '-1234.50')
    """
    if not local:
        return f"{amount:.2f}"
    return f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))


def _list(shop, place, body):
    store = shop.store
    report = Report(
        str(60000019000 + store.number()),
        const.SETTLEMENT_REPORT,
        [place],
        store.clock.tick(),
        status="DONE",
    )
    report.started = report.ended = store.clock.now()
    report.document = shop.documents.create("text/plain; charset=utf-8", body).id
    store.reports[report.id] = report
