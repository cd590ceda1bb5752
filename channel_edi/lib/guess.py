# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a sample of a partner is: a proposal for an agreement, which a person looks at.
No odoo in here."""

from collections import Counter
from dataclasses import dataclass

from ..schemas_envelope import Delimiters, Identity
from .errors import EdiError
from .files import interchanges
from .flat.dialect import (
    date_format_of,
    decimal_of,
    delimiter_of,
    has_titles,
    is_number,
)
from .flat.layout import Column, Layout
from .flat.rows import decoded
from .source import charset_of

SAMPLE = 200_000
"""Bytes of a table that are looked at."""


@dataclass(frozen=True)
class Guess:
    """What was found.

    :ivar standard: x12, edifact, table, or "" where nothing is known
    :ivar kinds: ((kind of document, how many), ..)
    :ivar layout: of a table: its columns, those with a path as far as titles tell it
    :ivar titles: of a table's columns, "" where it has none
    :ivar examples: of a table: what stands in the first rows, column by column
    :ivar faults: words of what is wrong with the sample itself
    """

    standard: str
    delimiters: Delimiters | None = None
    sender: Identity | None = None
    receiver: Identity | None = None
    group_sender: Identity | None = None
    group_receiver: Identity | None = None
    version: str = ""
    group_version: str = ""
    test: bool = False
    charset: str = ""
    kinds: tuple[tuple[str, int], ...] = ()
    layout: Layout | None = None
    titles: tuple[str, ...] = ()
    examples: tuple[tuple[str, ...], ...] = ()
    faults: tuple[str, ...] = ()


def guess(data):
    """The ``Guess`` of a sample; it never fails."""
    try:
        return _of_interchange(next(interchanges(data)), data)
    except EdiError:
        return _of_table(data)


def _of_interchange(interchange, data):
    head = interchange.head
    kinds, faults, groups = Counter(), [], []
    for each in interchanges(data):
        kinds.update(document.head.kind for document in each.documents)
        faults += [fault.message for fault in each.faults]
        groups += each.groups
        for document in each.documents:
            faults += [fault.message for fault in document.faults]
    group = next((each for each in groups if each.written), None)
    documents = [document for each in groups for document in each.documents]
    version = documents[0].head.version if documents else ""
    return Guess(
        standard=head.standard,
        delimiters=_delimiters(interchange),
        sender=head.sender,
        receiver=head.receiver,
        group_sender=group.head.sender if group else None,
        group_receiver=group.head.receiver if group else None,
        version=head.version,
        group_version=version,
        test=head.test,
        charset=head.charset,
        kinds=tuple(sorted(kinds.items())),
        faults=tuple(dict.fromkeys(faults)),
    )


def _delimiters(interchange):
    syntax = interchange.syntax
    if syntax is None:
        return None
    source, newline = interchange.source, ""
    behind = source.text.find(syntax.segment, interchange.start) + len(syntax.segment)
    for mark in ("\r\n", "\n", "\r"):
        if syntax.segment not in "\r\n" and source.text.startswith(mark, behind):
            newline = mark
            break
    return Delimiters(
        segment=syntax.segment,
        element=syntax.element,
        component=syntax.component,
        repetition=syntax.repetition,
        release=syntax.release,
        decimal=getattr(syntax, "decimal", "."),
        newline=newline,
    )


# ------------------------------------------------------------------- tables
TITLES = {
    "number": "po number|po|po #|order number|order no|order|purchase order|order id|"
    "bestellnummer|bestellung|auftragsnummer|auftrag|ordernumber",
    "po_number": "customer po|customer order",
    "currency": "currency|waehrung|währung",
    "note": "note|notes|comment|comments|bemerkung",
    "tracking": "tracking|tracking number|tracking no|sendungsnummer",
    "carrier.code": "carrier|scac|ship via|versandart",
    "as_of": "as of|date|timestamp|updated|last updated|stand|datum",
    "date.issued": "order date|po date|bestelldatum",
    "date.cancel_after": "cancel date|cancel after|cancel by",
    "date.ship_by": "ship by|ship date|must ship by|versanddatum",
    "date.deliver_by": "deliver by|delivery date|due date|need by|lieferdatum",
    "date.shipped": "shipped|date shipped|shipped date",
    "line.number": "line|line number|line no|pos|position",
    "line.quantity": "qty|quantity|ordered|order qty|qty ordered|menge|anzahl|units|"
    "shipped qty|qty shipped",
    "line.unit": "uom|unit|unit of measure|einheit|me",
    "line.price": "price|unit price|cost|unit cost|preis|einzelpreis",
    "line.text": "description|product|title|item description|name|item name|"
    "bezeichnung",
    "line.lot": "lot|batch|lot number|charge",
    "line.id.VN": "sku|item|item number|item no|vendor sku|vendor item|supplier sku|"
    "part number|artikelnummer|artikel|mpn",
    "line.id.BP": "buyer item|customer item|customer sku|retailer sku|buyer sku",
    "line.id.UP": "upc|upc code",
    "line.id.EN": "ean|barcode|ean13|ean-code",
    "line.id.UK": "gtin|gtin-14|gtin14",
    "line.date.available": "next available|available date|restock date|eta",
    "line.date.expires": "expiry|expiration|expiry date|best before|mhd",
    "quantity.available": "available|stock|qty available|available qty|inventory|"
    "quantity available|verfuegbar|verfügbar|bestand|atp",
    "quantity.on_hand": "on hand|qty on hand|onhand|physical",
    "quantity.allocated": "allocated|reserved|committed|reserviert",
    "quantity.hold": "hold|on hold|blocked|gesperrt",
    "quantity.damaged": "damaged|defekt",
    "quantity.in_transit": "in transit|inbound|unterwegs",
    "place.code": "warehouse|location|site|lager|lagerort",
    "pack.sscc": "sscc|carton|lpn",
    "party.ship_to.code": "ship to|ship to code|store|store number|location code",
    "party.ship_to.name": "ship to name|recipient|customer name|empfaenger|empfänger",
    "party.ship_to.street": "address|address1|address 1|ship to address|street|strasse",
    "party.ship_to.street2": "address2|address 2",
    "party.ship_to.city": "city|ship to city|ort|stadt",
    "party.ship_to.state": "state|ship to state|province",
    "party.ship_to.zip": "zip|postal code|zip code|postcode|plz|ship to zip",
    "party.ship_to.country": "country|ship to country|land",
    "party.ship_to.phone": "phone|telefon",
    "party.ship_to.email": "email|e-mail",
}
"""Titles that partners give, in small letters."""
_PATHS = {title: path for path, titles in TITLES.items() for title in titles.split("|")}


def _of_table(data):
    sample = data[:SAMPLE]
    if (
        not sample.strip()
        or b"\0" in sample
        and sample[:2] not in (b"\xff\xfe", b"\xfe\xff")
    ):
        return Guess("", faults=("there is nothing to read in it",))
    text = decoded(sample)
    if len(data) > SAMPLE:
        text = text[: text.rfind("\n") + 1] or text
    delimiter, rows = delimiter_of(text)
    charset = charset_of(data, "latin-1")
    if not delimiter:
        return _of_fixed(text, charset)
    titled = has_titles(rows)
    width = max(len(row) for row in rows)
    titles = tuple((rows[0] + [""] * width)[:width]) if titled else ("",) * width
    body = rows[1:] if titled else rows
    cells = [[row[n] for row in body if n < len(row)] for n in range(width)]
    columns = tuple(_columns(titles, cells))
    numbers = [each for values in cells for each in values if is_number(each)]
    return Guess(
        "table",
        charset=charset,
        titles=titles,
        examples=tuple(tuple(values[:3]) for values in cells),
        layout=Layout(
            document=_document({each.path for each in columns}),
            columns=columns,
            titles=titled,
            delimiter=delimiter,
            charset=charset if charset != "ascii" else "",
            decimal=decimal_of(numbers),
            thousands=_thousands(numbers),
            date_format=_date_format(columns, cells, titles),
        ),
    )


def _columns(titles, cells):
    """``Column`` of those whose title, or content, tells what they are."""
    taken = set()
    for index, title in enumerate(titles):
        name = " ".join(title.replace("_", " ").split()).casefold()
        path = _PATHS.get(name, "")
        if path and path not in taken:
            taken.add(path)
            yield Column(path, header=title, position=index + 1)


def _thousands(numbers):
    """The mark of thousands, where a number has both marks."""
    mark = decimal_of(numbers)
    other = "," if mark == "." else "."
    return other if any(other in each and mark in each for each in numbers) else ""


def _date_format(columns, cells, titles):
    for column in columns:
        if column.is_date and (form := date_format_of(cells[column.position - 1])):
            return form
    found = [form for values in cells if (form := date_format_of(values))]
    return found[0] if found and not any(titles) else "%Y-%m-%d"


def _document(paths):
    if any(path.startswith("quantity.") for path in paths):
        return "stock"
    if paths & {"pack.sscc", "tracking", "date.shipped"}:
        return "shipment"
    return "order"


def _of_fixed(text, charset):
    """Lines of one length whose columns begin behind blanks that all of them have."""
    lines = [each for each in text.splitlines() if each.strip()][:200]
    sizes = {len(each) for each in lines}
    if len(lines) < 2 or max(sizes) < 20:
        return Guess("", charset=charset, faults=("nothing tells columns apart",))
    width = max(sizes)
    lines = [each.ljust(width) for each in lines]
    starts = [
        index
        for index in range(width)
        if any(line[index] != " " for line in lines)
        and (not index or all(line[index - 1] == " " for line in lines))
    ]
    if len(starts) < 2:
        return Guess("", charset=charset, faults=("nothing tells columns apart",))
    ends = [*starts[1:], width]
    columns = tuple(
        Column("", position=start + 1, width=end - start)
        for start, end in zip(starts, ends, strict=True)
    )
    examples = tuple(
        tuple(line[start:end].strip() for line in lines[:3])
        for start, end in zip(starts, ends, strict=True)
    )
    return Guess(
        "table",
        charset=charset,
        titles=("",) * len(columns),
        examples=examples,
        layout=Layout("order", columns, fixed=True, titles=False, charset=charset),
    )
