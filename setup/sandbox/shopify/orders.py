"""What happens to an order after checkout: payment, cancellation, refund, edit."""

from . import routing, totals
from .checkout import SoldOut, as_discount, new_line, price_bag, reprice
from .money import Bag, places, share, total
from .order_models import Refund, RefundLine, Transaction
from .payloads import order_payload, refund_payload
from .store import StoreError


def touch(store, order, *topics):
    """Note a change of the order and announce it."""
    order.updated_at = store.clock.tick()
    for topic in (*topics, "orders/updated"):
        store.emit(topic, order_payload, order)


def pay(store, order):
    """Capture what was authorized, or settle what was pending."""
    with store.transaction():
        if order.cancelled_at:
            raise StoreError(f"{order.name} is cancelled")
        pending = [
            entry
            for entry in order.transactions
            if entry.status == "PENDING" and entry.kind != "REFUND"
        ]
        for entry in pending:
            entry.status = "SUCCESS"
        capturable = totals.capturable(order)
        if capturable:
            _transact(store, order, "CAPTURE", capturable)
        elif not pending and totals.outstanding(order).shop > 0:
            _transact(store, order, "SALE", totals.outstanding(order))
        touch(store, order, "orders/paid")


def _transact(store, order, kind, amount, gateway=None, parent=None, status="SUCCESS"):
    entry = Transaction(
        store.next_id(),
        kind,
        status,
        amount,
        gateway or order.gateway,
        store.clock.tick(),
        parent,
    )
    order.transactions.append(entry)
    return entry


def cancel(store, order, reason="OTHER", restock=True, refund=True, staff_note=None):
    """Cancel what has not been shipped.

    With ``restock`` the goods are available again; without it they leave committed
    and on hand, as goods that the shop gave up.
    """
    with store.transaction():
        check_cancellable(order)
        order.cancelled_at = store.clock.tick()
        order.cancel_reason = reason
        order.staff_note = staff_note
        for entry in order.fulfillment_orders:
            if entry.status in ("OPEN", "IN_PROGRESS", "ON_HOLD", "SCHEDULED"):
                entry.status = "CANCELLED"
        restock_type = "CANCEL" if restock else "NO_RESTOCK"
        entries = [
            {"line": line, "quantity": line.current_quantity, "type": restock_type}
            for line in order.lines
            if line.current_quantity
        ]
        record = _refund_lines(store, order, entries)
        _void(store, order)
        owed = totals.received(order) - totals.refunded(order)
        if refund and owed:
            record.transactions.append(_transact(store, order, "REFUND", owed))
        order.refunds.append(record)
        store.emit("refunds/create", refund_payload, record)
        touch(store, order, "orders/cancelled")


def check_cancellable(order):
    if order.cancelled_at:
        raise StoreError("Cannot cancel an order that has already been canceled")
    if any(entry.status == "SUCCESS" for entry in order.fulfillments):
        raise StoreError("Cannot cancel an order with fulfillments")


def _void(store, order):
    left = totals.capturable(order)
    if left:
        _transact(store, order, "VOID", left)
    for entry in order.transactions:
        if entry.status == "PENDING" and entry.kind != "REFUND":
            entry.status = "FAILURE"


def refund(
    store,
    order,
    entries,
    shipping=None,
    amount=None,
    note="",
    parents=(),
    pending=False,
):
    """Take units off an order and give money back.

    :param entries: dicts ``line``, ``quantity``, ``type`` (CANCEL, RETURN or
        NO_RESTOCK) and, for the first two, ``location``
    :param shipping: shop amount of shipping to refund, or True for what is left
    :param amount: a Bag to give back; None for what the lines and shipping cost
    :param pending: its gateway takes days, see ``settle_refund``
    """
    with store.transaction():
        _check_refund(order, entries)
        _check_shipping(order, shipping)
        record = _refund_lines(store, order, entries)
        _refund_shipping(order, record, shipping)
        if amount is None:
            amount = _suggested(store, order, record)
        if amount:
            parent = next(iter(parents), None)
            record.transactions.append(
                _transact(
                    store,
                    order,
                    "REFUND",
                    amount,
                    parent=parent,
                    status="PENDING" if pending else "SUCCESS",
                )
            )
        record.note = note or ""
        order.refunds.append(record)
        store.emit("refunds/create", refund_payload, record)
        touch(store, order)
        return record


def settle_refund(store, record, status="SUCCESS"):
    """The gateway has paid back what was pending, or could not: FAILURE. Units that
    were taken off stay off."""
    with store.transaction():
        for entry in record.transactions:
            if entry.status == "PENDING":
                entry.status = status
        touch(store, record.order)


def _check_refund(order, entries):
    wanted = {}
    for entry in entries:
        line = entry["line"]
        wanted[line] = wanted.get(line, 0) + entry["quantity"]
    for line, quantity in wanted.items():
        if quantity > line.current_quantity:
            raise StoreError("Quantity cannot refund more items than were purchased")
    for entry in entries:
        if entry["type"] == "CANCEL" and entry["quantity"] > entry["line"].unfulfilled:
            raise StoreError("Quantity cannot cancel items that are fulfilled")


def _refund_lines(store, order, entries):
    record = Refund(store.next_id(), order, store.clock.tick())
    for entry in entries:
        record.lines.append(_refund_line(store, order, **entry))
    return record


def _refund_line(store, order, line, quantity, type, location=None):
    value = totals.line_value(order, line, line.current_quantity)
    tax = totals.line_tax(order, line, line.current_quantity)
    location = _take_back(store, order, line, quantity, type, location)
    line.removed += quantity
    line.refunded += quantity
    return RefundLine(
        store.next_id(),
        line,
        quantity,
        type,
        type != "NO_RESTOCK",
        location,
        value - totals.line_value(order, line, line.current_quantity),
        tax - totals.line_tax(order, line, line.current_quantity),
    )


def _take_back(store, order, line, quantity, restock_type, location):
    """Move the stock of refunded units; return where they went, if anywhere."""
    if restock_type == "RETURN":
        # Only what left the house can come back to it.
        shipped = min(quantity, line.fulfilled)
        routing.put_back(store, order, line, location, shipped)
        _release(store, order, line, quantity - shipped, True)
        return location
    unshipped = min(quantity, line.unfulfilled)
    place = _release(store, order, line, unshipped, restock_type == "CANCEL")
    return place if restock_type == "CANCEL" else None


def _release(store, order, line, quantity, restock):
    """Take units off the fulfillment orders; return the last location touched."""
    place = None
    for entry in reversed(order.fulfillment_orders):
        for part in entry.lines:
            units = min(quantity, part.remaining) if part.line is line else 0
            if not units:
                continue
            part.remaining -= units
            part.quantity -= units
            quantity -= units
            place = entry.location
            if restock:
                routing.commit(store, order, line, place, -units)
            else:
                routing.uncommit(store, order, line, place, units)
        _close_when_empty(store, entry)
    return place


def _close_when_empty(store, entry):
    if entry.status == "OPEN" and not any(part.remaining for part in entry.lines):
        entry.status = "CLOSED"
        entry.updated_at = store.clock.tick()


def _check_shipping(order, shipping):
    if not shipping or shipping is True:
        return
    line = next(iter(order.shipping_lines), None)
    if line is None or shipping.shop > (line.discounted - line.refunded).shop:
        raise StoreError("Refund shipping amount is more than is left")


def _refund_shipping(order, record, shipping):
    """``shipping`` is True for all that is left, or a Bag off the first line."""
    if not shipping:
        return
    for line in order.shipping_lines:
        left = line.discounted - line.refunded
        part = left if shipping is True else shipping
        tax = _tax_of_part(order, line.tax - line.refunded_tax, part, left)
        line.refunded += part
        line.refunded_tax += tax
        record.shipping.append((line, part, tax))
        if shipping is not True:
            return


def _tax_of_part(order, tax, part, left):
    """Of a charge that is paid back in part, its tax in the same proportion."""
    return Bag(
        share(tax.shop, part.shop, left.shop, places(order.currency)),
        share(
            tax.presentment,
            part.presentment,
            left.presentment,
            places(order.presentment_currency),
        ),
    )


def _suggested(store, order, record):
    amount = total(line.subtotal for line in record.lines)
    amount += total(part for _line, part, _tax in record.shipping)
    if not order.taxes_included:
        amount += total(line.tax for line in record.lines)
        amount += total(tax for _line, _part, tax in record.shipping)
    left = totals.received(order) - totals.refunded(order)
    return amount if amount.shop <= left.shop else left


def suggest_refund(order, wanted):
    """What refunding units would give back: (subtotal, tax, amount), and from where.

    :param wanted: {line: units}
    :return: (subtotal, tax, amount, [(payment, part of the amount)])
    """
    subtotal, tax = Bag(), Bag()
    for line, units in wanted.items():
        if not 0 < units <= line.current_quantity:
            raise StoreError("Quantity cannot refund more items than were purchased")
        now, then = line.current_quantity, line.current_quantity - units
        subtotal += totals.line_value(order, line, now)
        subtotal -= totals.line_value(order, line, then)
        tax += totals.line_tax(order, line, now) - totals.line_tax(order, line, then)
    amount = subtotal if order.taxes_included else subtotal + tax
    left = totals.received(order) - totals.refunded(order)
    if amount.shop > left.shop:
        amount = left
    return subtotal, tax, amount, _payments(order, amount)


def _payments(order, amount):
    """Take an amount from the payments in their order."""
    parts = []
    for payment in order.transactions:
        if payment.kind not in ("SALE", "CAPTURE") or payment.status != "SUCCESS":
            continue
        back = total(
            entry.amount
            for entry in order.transactions
            if entry.kind == "REFUND" and entry.parent in (payment, None)
        )
        left = payment.amount - back
        part = amount if amount.shop <= left.shop else left
        if part.shop > 0:
            parts.append((payment, part))
            amount -= part
    return parts


def edit(store, order, changes):
    """Change the lines of an order: ``{sku, quantity}`` each, 0 removes the line.

    A SKU that is not on the order is added. More units are committed at once and
    must be shown; fewer are restocked.
    """
    with store.transaction():
        if order.cancelled_at:
            raise StoreError(f"{order.name} is cancelled")
        plan = [_plan_edit(store, order, change) for change in changes]
        for entry in plan:
            _edit_line(store, order, *entry)
        reprice(order)
        order.edited = True
        touch(store, order, "orders/edited")


def discount(store, order, sku, amount):
    """An order edit that takes an amount off a line and leaves its units."""
    with store.transaction():
        if order.cancelled_at:
            raise StoreError(f"{order.name} is cancelled")
        number = next((i for i, e in enumerate(order.lines) if e.sku == sku), None)
        if number is None or not order.lines[number].current_quantity:
            raise StoreError(f"{order.name} has no {sku}")
        order.terms["discounts"].append(
            as_discount(
                {
                    "target": "line",
                    "type": "fixed_amount",
                    "value": str(amount),
                    "lines": [number],
                }
            )
        )
        reprice(order)
        order.edited = True
        touch(store, order, "orders/edited")


def _plan_edit(store, order, change):
    """(variant, its line or None, units to add, change), checked."""
    variant = store.find_variant(change["sku"])
    line = next((line for line in order.lines if line.variant is variant), None)
    delta = int(change["quantity"]) - (line.current_quantity if line else 0)
    if line and line.current_quantity + delta < line.fulfilled:
        raise StoreError(f"{variant.sku}: {line.fulfilled} are already fulfilled")
    shown = store.shown(variant)
    if shown is not None and delta > shown:
        raise SoldOut(variant, delta, shown)
    return variant, line, delta, change


def _edit_line(store, order, variant, line, delta, change):
    if delta < 0:
        _release(store, order, line, -delta, True)
        line.removed -= delta
    elif delta:
        _add_units(store, order, variant, line, delta, change)


def _add_units(store, order, variant, line, units, change):
    if line is None:
        price = price_bag(order, change.get("price", variant.price))
        line = new_line(store, order, variant, units, price, change)
        order.lines.append(line)
    else:
        line.quantity += units
    routing.open_for(store, order, line, units)
