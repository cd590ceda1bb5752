# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where money went missing: what a channel says of its orders against Odoo's books.

Plain arithmetic on the channel's own figures as they were stored, sharing nothing with
the code that keeps the books.
"""

from decimal import Decimal

from odoo.tools import float_compare

EXCUSES = ("channel.order", "channel.message", "channel.refund")
DONE = ("done", "void", "dead")


def money_faults(env, channel):
    """:return: list of words, one for each order whose money is neither in the books
    nor told. Orders that something is still under way for are left out."""
    env.flush_all()
    env.invalidate_all()
    orders = env["channel.order"].search([("channel_id", "=", channel.id)])
    told = _told(env, channel)
    return [
        f"{order.name} ({order.state}): {fault}"
        for order in orders
        if _is_at_rest(env, order)
        for fault in _faults(order)
        if not told & _records(order)
    ]


def _told(env, channel):
    found = env["channel.exception"].search(
        [("channel_id", "=", channel.id), ("state", "=", "open")]
    )
    # that goods are missing is nothing about money
    shared = found.filtered(lambda each: each.category != "oversold").order_ids
    return {(each.res_model, each.res_id) for each in found} | {
        ("channel.order", order.id) for order in shared
    }


def _records(order):
    return (
        {("channel.order", order.id)}
        | {("channel.message", each.id) for each in order.notification_ids}
        | {("channel.refund", each.id) for each in order.refund_ids}
    )


def _is_at_rest(env, order):
    waiting = env["channel.bookkeeping"].search_count([("order_id", "=", order.id)])
    speaking = order.notification_ids.filtered(lambda each: each.state not in DONE)
    return (
        order.complete
        and order.state in ("imported", "cancelled", "blocked", "gone", "closed")
        # shipped before the channel was connected, elsewhere or by hand: never ours
        and (order.state != "closed" or order.sale_order_id)
        and order.sale_order_id.state not in ("draft", "sent")
        and not waiting
        and not speaking
    )


def _faults(order):
    data = order.data
    books = _books(order)
    owed = _open_value(order)
    total, tax = _kept_by_channel(order, data)
    found = (books[0] + owed[0], books[1] + owed[1])
    digits = order._get_currency(order.currency_name).decimal_places
    if float_compare(float(total), found[0], precision_digits=digits):
        yield f"the channel keeps {total}, the books have {found[0]:.{digits}f}"
    elif tax is not None and float_compare(
        float(tax), found[1], precision_digits=digits
    ):
        yield f"the channel keeps {tax} of tax, the books have {found[1]:.{digits}f}"
    yield from _payment_faults(order, data, digits)


# ----------------------------------------------------------------- the channel
def _decimal(value):
    return Decimal(str(value or 0))


def _parts(data, refund):
    """(money of goods and charges of a refund with tax, their tax)"""
    rows = [*refund["lines"], *refund.get("charges", ())]
    amount = sum((_decimal(each["amount"]) for each in rows), Decimal(0))
    tax = sum((_decimal(each["tax"]) for each in rows), Decimal(0))
    amount += _decimal(refund["shipping"])
    tax += _decimal(refund["shipping_tax"])
    return amount if data["taxes_included"] else amount + tax, tax


def _kept_by_channel(order, data):
    """What the channel charged and did not pay back: (with tax, tax or None)"""
    if any(line["unit_price"] is None for line in data["lines"]):
        return _kept_by_us(order)
    refunds = data["refunds"] or []
    back = sum((_decimal(each["amount"]) for each in refunds), Decimal(0))
    received = data.get("received")
    rests = [
        _decimal(each["amount"]) - _parts(data, each)[0]
        for each in refunds
        if _decimal(each["amount"])
    ]
    if received is None:
        for_nothing = sum(rests, Decimal(0))
    else:
        least = sum((rest for rest in rests if rest < 0), Decimal(0))
        most = sum((rest for rest in rests if rest > 0), Decimal(0))
        left = _decimal(data["total"]) + back - _decimal(received)
        for_nothing = max(least, min(most, left))
    total, tax = _decimal(data["total"]) - for_nothing, _decimal(data["total_tax"])
    if data["state"] == "cancelled" or _is_deleted_unsold(order):
        if received is not None:
            total = _decimal(received) - back
        elif data["payment"] not in ("paid", "refunded"):
            total = Decimal(0)
        tax = None
    if data["taxed_by"] == "odoo":
        # the channel does not say what of it is tax
        tax = None
    if not total:
        tax = Decimal(0)
    if "ours" in order.refund_ids.mapped("state"):
        tax = None
    return total, tax


def _kept_by_us(order):
    """The channel tells no prices: what the sale order comes to is what it keeps."""
    sale = order.sale_order_id
    if sale.state != "sale":
        return Decimal(0), Decimal(0)
    return _decimal(sale.amount_total), _decimal(sale.amount_tax)


def _is_deleted_unsold(order):
    """Nobody can ask the channel any more what became of the money."""
    return order.state == "gone" and order.sale_order_id.state != "sale"


# ------------------------------------------------------------------- the books
def _moves(order):
    moves = order.sale_order_id.invoice_ids | order.refund_ids.move_id
    return moves.filtered(lambda move: move.state != "cancel")


def _sign(move):
    return -1 if move.move_type == "out_refund" else 1


def _books(order):
    moves = _moves(order)
    return (
        sum(_sign(move) * move.amount_total for move in moves),
        sum(_sign(move) * move.amount_tax for move in moves),
    )


def _open_value(order):
    """What of the sale order no invoice has, and what invoices have too much of it."""
    total, tax = 0.0, 0.0
    if order.sale_order_id.state != "sale":
        return total, tax
    for line in order.sale_order_id.order_line:
        lines = line.invoice_lines.filtered(lambda each: each.parent_state != "cancel")
        followed = lines.filtered(lambda each: _is_followed(order, each.move_id))
        more = line.product_uom_qty - _units(line, followed)
        if more < -1e-6:
            # what a person has credited may be what was taken off the order
            followed = lines
            more = min(0, line.product_uom_qty - _units(line, lines))
        if abs(more) > 1e-6:
            sums = [(_sign(each.move_id), each) for each in followed]
            total += line.price_total - sum(s * each.price_total for s, each in sums)
            tax += (line.price_total - line.price_subtotal) - sum(
                s * (each.price_total - each.price_subtotal) for s, each in sums
            )
    return total, tax


def _is_followed(order, move):
    """Whether the sale order says what this document does: not where what stays sold
    was credited by a person."""
    refund = order.refund_ids.filtered(lambda each: each.move_id == move)
    return (
        move.move_type == "out_invoice"
        or move.channel_made
        or bool(refund.filtered(lambda each: each.state != "ours"))
    )


def _units(line, invoice_lines):
    return sum(
        _sign(each.move_id)
        * each.product_uom_id._compute_quantity(
            each.quantity, line.product_uom_id, round=False
        )
        for each in invoice_lines
    )


# -------------------------------------------------------------------- payments
def _payment_faults(order, data, digits):
    """Nothing is registered that did not happen, nothing that did is left out of a
    posted document."""
    if order.channel_id.payment_policy != "paid":
        return
    moves = _moves(order).filtered(lambda move: move.state == "posted")
    payments = moves.matched_payment_ids | moves.reconciled_payment_ids
    payments = payments.filtered(lambda each: each.state in ("in_process", "paid"))
    came = sum(
        payments.filtered(lambda p: p.payment_type == "inbound").mapped("amount")
    )
    went = sum(
        payments.filtered(lambda p: p.payment_type == "outbound").mapped("amount")
    )
    back = sum(
        (
            _decimal(each["amount"]) - _decimal(each.get("pending"))
            for each in data["refunds"] or ()
        ),
        Decimal(0),
    )
    received = data.get("received")
    invoiced = sum(move.amount_total for move in moves if _sign(move) > 0)
    most = invoiced if received is None else min(invoiced, float(received))
    if float_compare(came, most, precision_digits=digits) > 0:
        yield f"{came} is registered as paid, {most} was paid and invoiced"
    if float_compare(went, float(back), precision_digits=digits) > 0:
        yield f"{went} is registered as paid back, {back} was paid back"
    if data["payment"] not in ("paid", "refunded"):
        return
    booked = sum(_sign(move) * move.amount_total for move in moves)
    # money that the customer owes or is owed since an edit is of no document
    fair = [booked, booked + _owed_for_edits(order, moves)]
    if received is not None:
        fair.append(float(_decimal(received) - back))
    if all(float_compare(came - went, each, precision_digits=digits) for each in fair):
        yield f"documents come to {booked}, payments to {came} - {went}"


def _owed_for_edits(order, moves):
    notes = moves.filtered(lambda move: _sign(move) < 0) - order.refund_ids.move_id
    return sum(notes.mapped("amount_residual"))
