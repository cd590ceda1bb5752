# SPDX-License-Identifier: AGPL-3.0-or-later
"""810: an invoice or a credit memo. Written only. No odoo in here."""

from dataclasses import replace

from .. import invoices
from ..writing import cents, number, text
from . import x12_lines as lines

TYPE_CODES = {True: "CR", False: "DI"}
"""640 (BIG07), by whether it is a credit memo."""
PURPOSE_CODES = {"original": "", "replace": "05", "cancel": "01"}
"""353 (BIG08); an original needs none."""
DISCOUNT, NO_DISCOUNT = "08", "05"
"""336 (ITD01): a discount for early payment is offered, or none is."""


def write(invoice, options):
    """Segments of an ``Invoice``.

    :raise Unwritable: it does not add up
    """
    invoices.check(invoice)
    values = ["BIG", lines.day(invoice.date, options), invoice.number]
    values += [lines.day(invoice.ordered, options), invoice.order_number]
    kind = TYPE_CODES[True] if invoice.credit else invoice.type_code
    purpose = PURPOSE_CODES.get(invoice.purpose, "")
    found = [[*values, invoice.release, "", kind, purpose]]
    for note in invoice.notes:
        found.append(["NTE", "INV", text(note, 80)])
    if invoice.currency:
        found.append(["CUR", "SE", invoice.currency])
    found += lines.refs(invoice.refs)
    for each in invoice.parties:
        found += lines.n1(each)
    found += _terms(invoice, options)
    found += lines.dtm(invoice.dates, options)
    for line in invoice.lines:
        found += _line(invoice, line)
    found.append(["TDS", cents(invoices.signed(invoice, invoice.total))])
    for tax in invoice.taxes:
        amount = number(invoices.signed(invoice, tax.amount))
        found.append(["TXI", tax.code, amount, number(tax.percent)])
    if invoice.carrier:
        carrier = invoice.carrier
        values = ["CAD", carrier.mode, "", "", carrier.code, text(carrier.name, 35)]
        found.append(values)
    found += _charges(invoice, invoice.charges)
    found.append(["CTT", str(len(invoice.lines))])
    return found


def _terms(invoice, options):
    """ITD: when it is to be paid, and what may be taken off before."""
    if invoice.due_days is None:
        return []
    early = invoice.discount_percent is not None
    values = ["ITD", DISCOUNT if early else NO_DISCOUNT, "3"]
    values += [number(invoice.discount_percent), ""]
    values += ["" if invoice.discount_days is None else str(invoice.discount_days)]
    values += [lines.day(invoice.due, options), str(invoice.due_days)]
    return [[*values, "", "", "", "", text(invoice.terms, 80)]]


def _line(invoice, line):
    name = line.number or str(line.position)
    quantity = number(invoices.signed(invoice, line.quantity))
    values = ["IT1", name, quantity, line.unit, *lines.price(line.price)]
    found = [[*values, *lines.pairs(line.ids)]]
    if line.text:
        found.append(["PID", "F", "", "", "", text(line.text, 80)])
    found += lines.refs(line.refs)
    return found + _charges(invoice, line.charges)


def _charges(invoice, charges):
    """SAC: an allowance of a credit note is one all the same; its sign is in A or C."""
    if invoice.credit and invoice.minus:
        charges = [
            replace(each, amount=None if each.amount is None else -each.amount)
            for each in charges
        ]
    return lines.sac(charges)
