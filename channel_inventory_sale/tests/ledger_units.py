# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where units went missing: what a channel wants of its orders against Odoo's stock.

For each order line, in stock units: what is to be delivered in all, or was
(``wanted_quantity``), is held, in an open transfer, or gone to the customer. Plain sums
over moves and holds, sharing nothing with the code that holds, ships and tells.
"""

from collections import Counter

ENDED = ("cancelled", "gone", "closed")
AT_REST = ("announced", "imported", "blocked", "parked", *ENDED)
SILENT = ("done", "void", "dead")
NEARLY = 1e-4


def units_faults(env, channel):
    """:return: list of words, one for each line whose units are neither where they
    should be nor told. Orders that something is still under way for are left out."""
    env.flush_all()
    env.invalidate_all()
    told = env["channel.exception"].search(
        [("channel_id", "=", channel.id), ("state", "=", "open")]
    )
    orders = env["channel.order"].search([("channel_id", "=", channel.id)])
    return [
        f"{order.name} ({order.state}): {fault}"
        for order in orders
        if _is_at_rest(order)
        for fault in _faults(order)
        if not told.filtered(lambda each, o=order: _is_about(each, o))
    ]


def _is_about(exception, order):
    # that goods are missing excuses nothing: they are held or in a transfer
    return (exception.res_model, exception.res_id) in _records(order) or (
        order in exception.order_ids and exception.category != "oversold"
    )


def _records(order):
    """What an exception about the order may be on."""
    return (
        {("channel.order", order.id), ("sale.order", order.sale_order_id.id)}
        | {("channel.message", each.id) for each in order.notification_ids}
        | {("channel.refund", each.id) for each in order.refund_ids}
    )


def _is_at_rest(order):
    return (
        order.complete
        and order.state in AT_REST
        and all(message.state in SILENT for message in order.notification_ids)
    )


def _faults(order):
    if order.state in ENDED and not order.ending:
        yield "it has ended, and nobody says how"
    if order.state not in ENDED and order.ending and order.state != "blocked":
        yield f"it has ended ({order.ending}), and goes on"
    if order.state == "imported" and not order.sale_order_id:
        yield "imported as nothing"
    for line in order.line_ids:
        if order.state == "imported" and line.wanted_quantity and not line.product_id:
            yield f"{line.sku or line.title}: sold as nothing"
        if line.product_id.is_storable or line.product_id.type == "consu":
            if fault := _line_fault(order, line):
                yield f"{line.sku or line.title}: {fault}"


def _line_fault(order, line):
    held, open_units, gone = _held(line), _units(line, _is_open), _units(line, _is_gone)
    where = f"held {held:g}, in transfers {open_units:g}, gone {gone:g}"
    if order.fulfilled_by_channel:
        # the channel's own stock: none of ours
        return where if held + open_units + gone > NEARLY else ""
    if order.state in ENDED:
        # whatever its end is called: nothing is kept for it, nothing leaves any more
        return where if held > NEARLY or open_units > NEARLY else ""
    wanted = line.wanted_quantity * line.stock_factor
    # of a kit one piece may have left before the other: together they are whole
    moved = _units(line, lambda move: _is_open(move) or _is_gone(move))
    if abs(held + moved - wanted) > NEARLY:
        return f"{wanted:g} to deliver in all; {where}"
    return ""


def _held(line):
    active = line.hold_ids.filtered(lambda hold: hold.state == "active")
    return sum(active.mapped("stock_quantity"))


def _is_open(move):
    """The last leg of an open delivery, whatever steps come before it."""
    later = move.move_dest_ids.filtered(lambda each: each.state not in ENDS_OF_MOVES)
    return (
        move.state not in ENDS_OF_MOVES
        and move.location_id.usage != "customer"
        and not later
    )


ENDS_OF_MOVES = ("done", "cancel")


def _is_gone(move):
    return (
        move.state == "done"
        and move.location_dest_id.usage == "customer"
        and move.location_id.usage != "customer"
    )


def _units(line, wanted):
    """Stock units of the line's product in moves that ``wanted`` chooses."""
    total = 0.0
    for sold in line.sale_line_ids:
        moves = sold.move_ids.filtered(wanted)
        own = moves.filtered(lambda move, sold=sold: move.product_id == sold.product_id)
        total += sum(map(_quantity, own))
        total += _kits(sold.product_id, moves - own)
    return total


def _quantity(move):
    done = move.state == "done"
    return move.product_uom._compute_quantity(
        move.quantity if done else move.product_uom_qty,
        move.product_id.uom_id,
        round=False,
    )


def _kits(product, moves):
    """How many whole kits the components in ``moves`` make."""
    if not moves:
        return 0.0
    parts = moves.env["channel.kit.component"].search(
        [("product_id", "=", product.id), ("component_id", "!=", False)]
    )
    there = Counter()
    for move in moves:
        there[move.product_id] += _quantity(move)
    return min(
        (there[part.component_id] / part.quantity for part in parts if part.quantity),
        default=0.0,
    )
