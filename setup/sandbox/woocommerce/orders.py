"""What becomes of an order: status, stock, edits, refunds, deletion.

The stock rules are those that were seen on a running shop, whatever one would expect.
"""

from decimal import Decimal

from . import stock
from .models import ZERO, Refund, RefundLine
from .store import StoreError

STATUSES = (
    "pending",
    "processing",
    "on-hold",
    "completed",
    "cancelled",
    "refunded",
    "failed",
    "checkout-draft",
)
REDUCING = ("processing", "on-hold", "completed")
RESTORING = ("pending", "cancelled")
PAID = ("processing", "completed")
ON_DELIVERY = "cod"
"""The gateway whose orders are processed first, and paid when they are completed."""


def touch(store, order, topic="order.updated"):
    """``date_modified`` moves, also where nothing else does."""
    order.modified = store.clock.tick()
    store.emit(topic, order.id)


def set_status(store, order, status):
    """Change the status with all that hangs on it; an equal one changes nothing."""
    if status not in STATUSES:
        raise StoreError(f"no status {status!r}")
    with store.transaction():
        if status == order.status:
            return
        order.status = status
        follow_status(store, order)
        touch(store, order)


def follow_status(store, order):
    """Stock, dates and reservations of a status that has just been taken."""
    now = store.clock.tick()
    if order.status in PAID and not order.paid:
        if order.gateway != ON_DELIVERY or order.status == "completed":
            order.paid = now
    if order.status == "completed":
        order.completed = now
    if order.status in REDUCING:
        stock.release(store, order)
        reduce(store, order)
    elif order.status in RESTORING:
        if order.status == "cancelled":
            stock.release(store, order)
        restore(store, order)
    # failed and refunded by status: stock stays where it was
    if order.status == "refunded" and order.refunded < order.total:
        amount = order.total - order.refunded
        order.refunds.append(Refund(store.next_id(), amount, "Order refunded", now))


def reduce(store, order):
    """Once for each line; what is done is in ``_reduced_stock``."""
    for line in order.lines:
        product = line.product
        if line.reduced is None and product and product.holder:
            stock.adjust(store, product, -line.quantity, f"order {order.id}")
            line.reduced = line.quantity
    order.stock_reduced = True


def restore(store, order):
    if not order.stock_reduced:
        return
    for line in order.lines:
        if line.reduced is not None:
            if line.product:
                stock.adjust(store, line.product, line.reduced, f"order {order.id}")
            line.reduced = None
    order.stock_reduced = False


def edit_line(store, order, line, quantity):
    """Another quantity; the stock of a reduced order follows."""
    with store.transaction():
        old = line.quantity
        line.quantity = quantity
        if not quantity:
            order.lines.remove(line)
        elif old:
            for name in ("subtotal", "total"):
                share = getattr(line, name) / old * quantity
                setattr(line, name, share.quantize(Decimal("0.01")))
            line.taxes = [
                (
                    rate,
                    (before / old * quantity).quantize(Decimal("0.01")),
                    (after / old * quantity).quantize(Decimal("0.01")),
                )
                for rate, before, after in line.taxes
            ]
        if line.reduced is not None and line.product:
            units = line.reduced - quantity
            stock.adjust(store, line.product, units, f"edit of {order.id}")
            line.reduced = quantity
        touch(store, order)


def refund(
    store, order, lines=(), amount=None, reason="", restock=True, by_gateway=False
):
    """Pay back.

    :param lines: (line, quantity, refund total or None, refund tax or None)
    :raise StoreError: over-refund, or a gateway that cannot
    """
    with store.transaction():
        entries = [_refund_line(store, *entry) for entry in lines]
        worth = sum((each.total + each.tax for each in entries), ZERO)
        amount = worth if amount is None else amount
        if not ZERO <= amount <= order.total - order.refunded:
            raise StoreError("Invalid refund amount.")
        if by_gateway and order.gateway not in store.config.refunding_gateways:
            raise StoreError(
                "The payment gateway for this order does not support automatic refunds."
            )
        record = Refund(
            store.next_id(), amount, reason, store.clock.tick(), entries, by_gateway
        )
        order.refunds.append(record)
        if restock:
            _restock(store, order, entries)
        if order.refunded >= order.total:
            order.status = "refunded"
        touch(store, order)
        return record


def _refund_line(store, line, quantity, total, tax):
    # a charge has no units: what is paid back of it is always told
    whole = getattr(line, "quantity", 0)
    share = Decimal(quantity) / whole if whole else ZERO
    if total is None:
        total = (line.total * share).quantize(Decimal("0.01"))
    taxes = [
        (rate, ZERO, (after * share).quantize(Decimal("0.01")))
        for rate, _before, after in line.taxes
    ]
    if tax is not None and taxes:
        taxes = [(taxes[0][0], ZERO, tax)]
    return RefundLine(store.next_id(), line, quantity, total, taxes)


def _restock(store, order, entries):
    """Only what was taken off comes back, and ``_reduced_stock`` says the rest."""
    for entry in entries:
        line = entry.line
        if not entry.quantity or not line.reduced or not line.product:
            continue
        units = min(entry.quantity, line.reduced)
        stock.adjust(store, line.product, units, f"refund of {order.id}")
        line.reduced -= units


def delete_refund(store, order, record):
    """Stock that came back with it stays."""
    with store.transaction():
        order.refunds.remove(record)
        touch(store, order)


def trash(store, order, force=False):
    """Delete. It does not restore: cancel first."""
    with store.transaction():
        if force:
            store.orders.pop(order.id, None)
        else:
            order.trashed_from, order.status = order.status, "trash"
            order.modified = store.clock.tick()
        stock.release(store, order)
        if not (force and store.config.hpos):
            store.emit("order.deleted", order.id)


def untrash(store, order):
    """Back to the status that it had. Stock is not looked at."""
    with store.transaction():
        if order.status != "trash":
            raise StoreError(f"order {order.id} is not in the trash")
        order.status = order.trashed_from
        touch(store, order, "order.restored")
