"""810: is it the order's, is it for goods that were told, does it add up."""

from decimal import ROUND_HALF_UP, Decimal

from ..ledger import Entry
from .answers import ROUNDING, line_of
from .models import Bill

CENT = Decimal("0.01")
CREDIT = "CR"
REFUSED = "refused as its people say"


def take(shop, document, entry):
    """Goods are paid that a ship notice has told, at the order's price."""
    head = document.segments[0]
    number, po, credit = head.at(2), head.at(4), head.at(7) == CREDIT
    label = f"810 {number}"
    if shop.rules.strikes("invoice_refused"):
        _refuse(shop, document, entry, label)
        return
    order = shop.orders.get(po)
    if number in shop.bills and head.at(8) != "05":
        shop.charge("invoice_repeat", label, "it was invoiced before")
        return
    if order is None or not _is_owed(order):
        state = order.state if order else "unknown"
        shop.charge("invoice_order", label, f"order {po!r} is {state}")
        return
    if number in shop.bills:
        _withdraw(shop, shop.bills.pop(number))
    _check_head(shop, document.segments, label)
    if credit:
        _check_credited(shop, document.segments, label)
    rows = _take_lines(shop, order, document.segments, credit, label)
    total = _check_total(shop, document.segments, credit, label)
    shop.bills[number] = Bill(number, po, -total if credit else total, rows)


def owed(shop, po):
    """What all invoices of an order come to, less its credit memos."""
    return sum(
        (each.total for each in shop.bills.values() if each.po == po), Decimal(0)
    )


def _is_owed(order):
    """Whether goods of it may be invoiced: also of one that was cancelled later."""
    told = any(line.noticed for line in order.lines)
    return order.state in ("open", "closed") or told


def _refuse(shop, document, entry, label):
    problem = Entry(0, shop.clock.now(), "invoice_refused", label, REFUSED, Decimal(0))
    entry.notes.append(REFUSED)
    shop.send_advice(document, entry, [problem], "TR")


def _withdraw(shop, bill):
    for line, units in bill.rows:
        line.invoiced -= units


def _check_head(shop, segments, label):
    refs = {each.at(1): each.at(2) for each in segments if each.tag == "REF"}
    if refs.get("IA") != shop.config.vendor_number:
        shop.charge("invoice_vendor", label, f"REF*IA {refs.get('IA')!r}")
    currency = next((each.at(2) for each in segments if each.tag == "CUR"), "")
    if currency not in ("", shop.config.currency):
        shop.charge("invoice_currency", label, currency)
    count = sum(each.tag == "IT1" for each in segments)
    if segments[-1].at(1) != str(count):
        shop.charge("invoice_count", label, f"CTT01 {segments[-1].at(1)}, {count} IT1")


def _check_credited(shop, segments, label):
    named = [
        each.at(2) for each in segments if each.tag == "REF" and each.at(1) == "OI"
    ]
    if not named or named[0] not in shop.bills:
        shop.charge("credit_invoice", label, f"REF*OI {named}")


def _take_lines(shop, order, segments, credit, label):
    """:return: [(line, units)], negative where they are credited"""
    rows, told = [], set()
    for segment in segments:
        if segment.tag != "IT1":
            continue
        line = line_of(order, segment)
        if line is None or line in told:
            words = (
                f"line {segment.at(1)} {segment.pairs(6)} is not the order's, or twice"
            )
            shop.charge("invoice_line", label, words)
            continue
        told.add(line)
        units = _take_line(shop, order, line, segment, credit, label)
        if units:
            rows.append((line, units))
    return rows


def _take_line(shop, order, line, segment, credit, label):
    where = f"{order.po} line {line.number}"
    if segment.at(3) != line.unit:
        words = f"{where}: {segment.at(3)} instead of {line.unit}"
        shop.charge("invoice_unit", label, words)
    units, price = segment.number(2), segment.number(4)
    if credit and (units < 0) != shop.config.credit_minus:
        shop.charge("invoice_sign", label, f"{where}: {units}")
    if not credit and units <= 0 or units != int(units):
        shop.charge("invoice_quantity", label, f"{where}: {units}")
        return 0
    units = int(abs(units))
    if line.price is not None and price - line.price > ROUNDING:
        shop.charge("invoice_price", label, f"{where}: {price}, not {line.price}")
    if credit:
        if units > line.invoiced:
            words = f"{where}: {units} of {line.invoiced} invoiced"
            shop.charge("credit_quantity", label, words)
        units = -units
    elif not line.noticed:
        shop.charge("invoice_early", label, f"{where}: no 856 yet")
    elif line.invoiced + units > line.noticed:
        words = f"{where}: {line.invoiced + units}, the 856 told {line.noticed}"
        shop.charge("invoice_quantity", label, words)
    line.invoiced += units
    return units


def _check_total(shop, segments, credit, label):
    """:return: the total, without a sign"""
    sign = -1 if credit and shop.config.credit_minus else 1
    lines = charges = taxes = Decimal(0)
    for segment in segments:
        if segment.tag == "IT1":
            amount = segment.number(2) * segment.number(4)
            lines += amount.quantize(CENT, ROUND_HALF_UP)
        elif segment.tag == "SAC":
            charges += _charge(shop, segment, label)
        elif segment.tag == "TXI":
            taxes += segment.number(2)
    total = next(each.number(1) for each in segments if each.tag == "TDS") / 100
    if credit and (total < 0) != shop.config.credit_minus:
        shop.charge("invoice_sign", label, f"TDS01 {total}")
    if lines + charges + taxes != total:
        words = f"lines {lines}, SAC {charges}, TXI {taxes}, TDS {total}"
        shop.charge("invoice_total", label, words)
    _check_tax(shop, sign * (lines + charges), sign * taxes, label)
    return abs(total)


def _charge(shop, segment, label):
    amount = segment.number(5) / 100
    if segment.at(1) == "A":
        return -amount
    if segment.at(2) not in shop.config.paid_charges:
        shop.charge("invoice_charge", label, f"{segment.at(2)} {amount}")
    return amount


def _check_tax(shop, untaxed, taxes, label):
    percent = Decimal(str(shop.config.tax_percent or 0))
    expected = untaxed * percent / 100
    # each line may be rounded by itself
    if abs(taxes - expected) > CENT * 5 or (taxes and not percent):
        shop.charge(
            "invoice_tax", label, f"{taxes} on {untaxed}, {percent} % was agreed"
        )
