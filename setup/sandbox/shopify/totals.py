"""What an order adds up to, as sold and as it stands after removals and refunds."""

from .money import Bag, places, share, total


def _share(order, bag, part, whole):
    return Bag(
        share(bag.shop, part, whole, places(order.currency)),
        share(bag.presentment, part, whole, places(order.presentment_currency)),
    )


def line_value(order, line, units):
    """The discounted price of so many units of a line."""
    return _share(order, line.discounted_total, units, line.quantity)


def line_tax(order, line, units):
    return total(
        _share(order, amount, units, line.quantity)
        for _title, _rate, amount in line.taxes
    )


def line_discount(order, line, units):
    return _share(order, line.discount, units, line.quantity)


def own_discount(line, with_codes=True):
    """What discounts of this very line take off; those of the order do not count."""
    terms = line.order.terms["discounts"]
    return total(
        amount
        for index, amount in line.allocations
        if terms[index]["target"] == "line"
        and (with_codes or not terms[index].get("code"))
    )


def subtotal(order):
    return total(line.discounted_total for line in order.lines)


def discounts(order):
    sources = (*order.lines, *order.shipping_lines)
    return total(source.discount for source in sources)


def shipping(order):
    return total(line.discounted for line in order.shipping_lines)


def tax(order):
    sources = (*order.lines, *order.shipping_lines)
    return total(source.tax for source in sources)


def grand_total(order):
    """Goods, shipping and tip; taxes come on top unless prices include them."""
    amount = subtotal(order) + shipping(order) + order.tip
    return amount if order.taxes_included else amount + tax(order)


def current_subtotal(order):
    return total(line_value(order, line, line.current_quantity) for line in order.lines)


def current_discounts(order):
    lines = total(
        line_discount(order, line, line.current_quantity) for line in order.lines
    )
    return lines + total(line.discount for line in order.shipping_lines)


def current_shipping(order):
    return shipping(order) - total(line.refunded for line in order.shipping_lines)


def current_tax(order):
    lines = total(line_tax(order, line, line.current_quantity) for line in order.lines)
    return lines + total(line.tax - line.refunded_tax for line in order.shipping_lines)


def current_total(order):
    amount = current_subtotal(order) + current_shipping(order) + order.tip
    return amount if order.taxes_included else amount + current_tax(order)


def tax_lines(order, current=False):
    """Triples (title, rate, amount), one for each tax of the order."""
    sums = {}
    for line in order.lines:
        units = line.current_quantity if current else line.quantity
        for title, rate, amount in line.taxes:
            _add(sums, title, rate, _share(order, amount, units, line.quantity))
    for line in order.shipping_lines:
        for title, rate, amount in line.taxes:
            _add(sums, title, rate, amount)
    return [(title, rate, amount) for (title, rate), amount in sums.items()]


def _add(sums, title, rate, amount):
    sums[title, rate] = sums.get((title, rate), Bag()) + amount


def _transacted(order, kinds, statuses=("SUCCESS",)):
    return total(
        entry.amount
        for entry in order.transactions
        if entry.kind in kinds and entry.status in statuses
    )


def gateways(order):
    """Names of those who are paid through: a gift card beside the others."""
    names = [entry.gateway for entry in order.transactions if entry.kind != "REFUND"]
    return list(dict.fromkeys(names)) or [order.gateway]


def received(order):
    return _transacted(order, ("SALE", "CAPTURE"))


def authorized(order):
    return _transacted(order, ("AUTHORIZATION",))


def refunded(order):
    return _transacted(order, ("REFUND",))


def outstanding(order):
    return current_total(order) - (received(order) - refunded(order))


def capturable(order):
    voided = any(entry.kind == "VOID" for entry in order.transactions)
    return Bag() if voided else authorized(order) - _transacted(order, ("CAPTURE",))


def financial_status(order):
    """The displayFinancialStatus that follows from the transactions."""
    paid, given_back = received(order).shop, refunded(order).shop
    if given_back:
        return "REFUNDED" if given_back >= paid else "PARTIALLY_REFUNDED"
    if any(entry.kind == "VOID" for entry in order.transactions):
        return "VOIDED"
    if paid >= min(grand_total(order).shop, current_total(order).shop):
        if paid or not order.cancelled_at:
            return "PAID"
    if paid:
        return "PARTIALLY_PAID"
    if authorized(order):
        return "AUTHORIZED"
    return "VOIDED" if order.cancelled_at else "PENDING"


def fulfillment_status(order):
    """The displayFulfillmentStatus of what is still wanted."""
    wanted = [line for line in order.lines if line.current_quantity or line.fulfilled]
    done = sum(line.fulfilled for line in wanted)
    if done and not any(line.unfulfilled for line in wanted):
        return "FULFILLED"
    if done:
        return "PARTIALLY_FULFILLED"
    if any(entry.status == "ON_HOLD" for entry in order.fulfillment_orders):
        return "ON_HOLD"
    return "UNFULFILLED"
