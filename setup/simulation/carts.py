"""Carts that are not plain: two taxes, taxes on top, free goods, charges, discounts."""

OTHER_CURRENCY = "EUR"
TWO_TAXES = [{"title": "State", "rate": 0.06}, {"title": "City", "rate": 0.025}]
DELIVERY = {"title": "Standard", "price": "4.95"}


def buy(shop, lines, event, paid):
    """What a shopper has found, as he wants to have it. :return: id of the order
    :raise SOLD_OUT: somebody was quicker"""
    styles = STYLES.get(shop.shop.type, ())
    style = event.get("style")
    if not style or not styles:
        return shop.buy(lines, event["person"], paid)
    entries = [{"sku": sku, "quantity": units} for sku, units in lines.items()]
    cart = shop.cart(event["person"], paid)
    cart, entries = styles[int(style * len(styles))](cart, entries)
    return shop.box.checkout(entries, **cart).id


def _with(**values):
    return lambda cart, entries: ({**cart, **values}, entries)


def _free(cart, entries):
    return cart, [{**entry, "price": "0"} for entry in entries]


def _odd_prices(cart, entries):
    """Amounts of which no rate makes whole cents."""
    return (
        {**cart, "shipping": DELIVERY},
        [{**entry, "price": "3.33"} for entry in entries],
    )


def _with_engraving(cart, entries):
    line = {"title": "Engraving", "price": "7.00", "quantity": 1}
    return cart, [*entries, line]


def _abroad(currency, rate, **values):
    return _with(presentment={"currency": currency, "rate": rate}, **values)


STYLES = {
    "shopify": (
        _with(taxes=TWO_TAXES),
        _with(taxes=TWO_TAXES, taxes_included=False),
        _with(taxes_included=False, shipping=DELIVERY),
        _with(shipping=DELIVERY, discounts=[{"code": "TEN", "value": 10}]),
        _with(discounts=[{"type": "fixed_amount", "value": "3.33"}]),
        _with(tip="2.50"),
        _free,
        _odd_prices,
        _with_engraving,
        # customers pay in their own currency, and the shop counts in its
        _abroad("EUR", "0.9137", shipping=DELIVERY),
        _abroad("JPY", "149.7", tip="2.50", taxes=TWO_TAXES),
        _with(gift_card="3.00"),
        # nobody wants it, and its units are gone until somebody says so
        _with(test=True),
    ),
    "woocommerce": (
        _with(taxes=TWO_TAXES),
        _with(taxes=TWO_TAXES, prices_include_tax=False),
        _with(prices_include_tax=False, shipping=DELIVERY),
        _with(shipping=DELIVERY, coupons=[{"code": "TEN", "percent": 10}]),
        _with(fees=[{"title": "Wrapping", "price": "1.99"}]),
        _with(gift_cards=[{"code": "CARD", "amount": "2.00"}]),
        # an addon of the shop lets customers choose the currency of the order
        _with(currency=OTHER_CURRENCY, shipping=DELIVERY),
        _with(rounded_once=True, taxes=TWO_TAXES),
        _free,
        _odd_prices,
    ),
}
