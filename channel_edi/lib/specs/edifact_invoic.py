# SPDX-License-Identifier: AGPL-3.0-or-later
"""INVOIC: an invoice or a credit note. Written only. No odoo in here."""

from .. import invoices
from ..writing import Number, number, text
from . import edifact_lines as lines
from . import edifact_parts as parts

NAMES = {True: "381", False: "380"}
"""1001 (BGM 01), by whether it is a credit note."""
FUNCTIONS = {"original": "9", "replace": "5", "cancel": "1"}
"""1225 (BGM 03)."""
INVOICED, LINE_AMOUNT, CHARGE = "47", "203", "8"
TOTALS = {"total": "77", "lines": "79", "untaxed": "125", "taxes": "124"}
"""5025 (MOA): to pay, all lines, what is taxed, the taxes."""
CHARGES = "131"
ALLOWANCE_PERCENT = "12"


def write(invoice, options):
    """Segments of an ``Invoice``.

    :raise Unwritable: it does not add up
    """
    totals = invoices.check(invoice)
    name, function = NAMES[invoice.credit], FUNCTIONS.get(invoice.purpose, "9")
    found = lines.head((invoice.number,), name, function, options, invoice.date)
    found += _references(invoice, options)
    for each in invoice.parties:
        found += parts.nad(each)
    for tax in invoice.taxes:
        found.append(_tax(tax))
    if invoice.currency:
        found.append(["CUX", ("2", invoice.currency, "4")])
    found += _terms(invoice, options)
    found += _charges(invoice, invoice.charges)
    for line in invoice.lines:
        found += _line(invoice, line)
    found += [["UNS", "S"], ["CNT", ("2", str(len(invoice.lines)))]]
    return found + _totals(invoice, totals)


def _references(invoice, options):
    found = parts.dtms(invoice.dates, options)
    found += parts.ftx(invoice.notes)
    if invoice.order_number:
        found.append(["RFF", ("ON", invoice.order_number)])
        found += parts.dtm("171", invoice.ordered, options)
    if invoice.release:
        found.append(["RFF", ("RE", invoice.release)])
    return found + parts.rffs(invoice.refs)


def _terms(invoice, options):
    """PAT: 1 net, 22 with a discount for early payment."""
    found = []
    if invoice.due_days is not None:
        days = str(invoice.due_days)
        found.append(["PAT", "1", "", ("5", "3", "D", days)])
        found += parts.dtm("13", invoice.due, options)
    if invoice.discount_percent is not None:
        days = str(invoice.discount_days or 0)
        found.append(["PAT", "22", "", ("5", "3", "D", days)])
        percent = number(invoice.discount_percent)
        found.append(["PCD", (ALLOWANCE_PERCENT, percent)])
    return found


def _line(invoice, line):
    found = parts.lin(line.number or str(line.position), "", line.ids)
    found += parts.imd(line.text)
    quantity = invoices.signed(invoice, line.quantity)
    found.append(parts.qty(INVOICED, quantity, line.unit))
    amount = invoices.goods(line) + sum(each.amount or 0 for each in line.charges)
    found.append(_moa(invoice, LINE_AMOUNT, amount))
    found += parts.pri(line.price)
    found += parts.rffs(line.refs)
    return found + _charges(invoice, line.charges)


def _charges(invoice, charges):
    """ALC groups: A takes off, C puts on; their amounts have no sign."""
    found = []
    for each in charges:
        off = each.amount is not None and each.amount < 0
        service = (each.code, "", "", text(each.text, 35))
        found.append(["ALC", "A" if off else "C", "", "", "", service])
        if each.percent is not None:
            found.append(["PCD", ("1" if off else "2", number(each.percent))])
        if each.amount is not None:
            found.append(_moa(invoice, CHARGE, abs(each.amount)))
    return found


def _tax(tax):
    percent = number(tax.percent)
    group = "S" if tax.percent else "E"
    return ["TAX", "7", tax.code or "VAT", "", "", ("", "", "", percent), group]


def _totals(invoice, totals):
    found = [
        _moa(invoice, code, getattr(totals, name)) for name, code in TOTALS.items()
    ]
    if totals.charges:
        found.append(_moa(invoice, CHARGES, totals.charges))
    for tax in invoice.taxes:
        found += [_tax(tax), _moa(invoice, TOTALS["taxes"], tax.amount)]
        if tax.base is not None:
            found.append(_moa(invoice, TOTALS["untaxed"], tax.base))
    return found


def _moa(invoice, code, amount):
    """Two decimals, as sums of money are written."""
    value = invoices.signed(invoice, amount)
    return ["MOA", (code, Number(f"{value:.2f}"), invoice.currency)]
