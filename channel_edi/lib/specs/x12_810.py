# SPDX-License-Identifier: AGPL-3.0-or-later
"""810: an invoice. Written only. No odoo in here."""

from ..writing import cents, number, text
from . import x12_lines as lines


def write(invoice, options):
    """Segments of an ``Invoice``."""
    values = ["BIG", lines.day(invoice.date, options), invoice.number]
    values += [lines.day(invoice.ordered, options), invoice.order_number]
    found = [[*values, invoice.release, "", invoice.type_code]]
    if invoice.currency:
        found.append(["CUR", "SE", invoice.currency])
    found += lines.refs(invoice.refs)
    for note in invoice.notes:
        found.append(["NTE", "INV", text(note, 80)])
    for each in invoice.parties:
        found += lines.n1(each)
    if invoice.due_days is not None:
        days = str(invoice.due_days)
        found.append(["ITD", "05", "3", "", "", "", "", days])
    found += lines.dtm(invoice.dates, options)
    for line in invoice.lines:
        name = line.number or str(line.position)
        price = lines.price(line.price)
        values = ["IT1", name, number(line.quantity), line.unit, *price]
        found.append([*values, *lines.pairs(line.ids)])
        if line.text:
            found.append(["PID", "F", "", "", "", text(line.text, 80)])
        found += lines.refs(line.refs)
        found += lines.sac(line.charges)
    found.append(["TDS", cents(invoice.total)])
    for tax in invoice.taxes:
        found.append(["TXI", tax.code, number(tax.amount), number(tax.percent)])
    if invoice.carrier:
        carrier = invoice.carrier
        values = ["CAD", carrier.mode, "", "", carrier.code, text(carrier.name, 35)]
        found.append(values)
    found += lines.sac(invoice.charges)
    found.append(["CTT", str(len(invoice.lines))])
    return found
