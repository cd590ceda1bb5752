"""Carts that are not plain: two taxes, taxes on top, free goods, charges, discounts."""

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
        _free,
        _odd_prices,
    ),
}
