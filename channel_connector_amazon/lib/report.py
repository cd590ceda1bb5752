# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reports as tables: in any of Amazon's character sets and languages. No odoo in here.

CANCELLED says that there is no data, that it was asked for too often, or that somebody
has cancelled it: never that the shop is empty.
"""

import codecs
from dataclasses import dataclass

from odoo.addons.channel_inventory_base.lib.errors import (
    Malformed,
    Refused,
    Unavailable,
)
from odoo.addons.channel_inventory_base.lib.reader import JsonValue

from ..const import FBA, MERCHANT
from .headers import HEADERS, plain

LISTINGS = "GET_MERCHANT_LISTINGS_ALL_DATA"
OPEN = ("IN_QUEUE", "IN_PROGRESS")
DONE, CANCELLED, FATAL = "DONE", "CANCELLED", "FATAL"
JAPAN = "A1VC38T7YXB528"
TEXTS = frozenset(
    codecs.lookup(name).name
    for name in (
        "ascii utf-8 utf-8-sig iso8859-1 iso8859-2 iso8859-9 iso8859-15 "
        "cp1250 cp1252 cp1254 cp932 shift_jis euc_jp gb18030"
    ).split()
)
"""Character sets that a report may be in: Python knows others that are no texts, or
that take an hour for a long line (punycode, idna)."""
FALLBACKS = {JAPAN: "cp932"}
"""What a line is written in that is no UTF-8; elsewhere cp1252."""


def request(report_type, marketplace):
    """Body of createReport: one marketplace, so that its rows are known to be its."""
    return {"reportType": report_type, "marketplaceIds": [marketplace]}


def document_of(answer):
    """The document of a report that is done.

    :param answer: of getReport
    :return: its id; None as long as it is being made
    :raise Unavailable: CANCELLED: it may be asked for again, half an hour later
    :raise Refused: FATAL
    """
    place = JsonValue(answer)
    status = place["processingStatus"].text()
    if status in OPEN:
        return None
    if status == DONE:
        return place["reportDocumentId"].text()
    if status == CANCELLED:
        raise Unavailable(
            "Amazon has cancelled the report: no data, or asked for too often",
            code=CANCELLED,
            retry_after=1800,
        )
    if status == FATAL:
        raise Refused("Amazon could not make the report", code=FATAL)
    raise Malformed(f"{status!r:.40} is unknown", path="processingStatus")


class Table:
    """Rows of a report, as dicts by Amazon's English names of the columns.

    :param lines: bytes of each line, the first is the header
    :param charset: as the server names it; "" or one that nobody knows: it is found out
    :param needed: names of columns that have to be there
    """

    def __init__(self, lines, charset="", marketplace="", needed=()):
        self._lines = iter(lines)
        self._charset = charset if _is_known(charset) else ""
        self._fallback = FALLBACKS.get(marketplace, "cp1252")
        self.columns = self._read_header(needed)
        self._shortest = max([0, *(self.columns.index(each) + 1 for each in needed)])

    def _read_header(self, needed):
        first = next(self._lines, None)
        if first is None:
            raise Unavailable("the report is empty", code="EMPTY")
        columns = [plain(cell) for cell in self._cells(first)]
        columns = [HEADERS.get(cell, cell) for cell in columns]
        missing = sorted(set(needed) - set(columns))
        if missing:
            raise Malformed(
                f"no column is {', '.join(missing)}: {' | '.join(columns)}"[:500],
                path="header",
            )
        return columns

    def _cells(self, line):
        return self._decoded(line).lstrip("\ufeff").rstrip("\r\n").split("\t")

    def _decoded(self, line):
        for charset in (self._charset, "utf-8", self._fallback):
            try:
                return line.decode(charset) if charset else line.decode("utf-8")
            except UnicodeDecodeError:
                continue
        return line.decode(self._fallback, "replace")

    def __iter__(self):
        for number, line in enumerate(self._lines, 2):
            cells = self._cells(line)
            if len(cells) < self._shortest:
                # a line end inside of a description has broken the row in two
                raise Malformed(
                    f"{len(cells)} of {len(self.columns)} columns",
                    path=f"line {number}",
                )
            cells += [""] * (len(self.columns) - len(cells))
            yield dict(zip(self.columns, cells, strict=False))


def _is_known(charset):
    try:
        return bool(charset) and codecs.lookup(charset).name in TEXTS
    except (LookupError, ValueError):
        # ValueError: a NUL in it
        return False


@dataclass
class Offer:
    """One SKU of the seller. ``by_amazon``: it has an offer that Amazon ships, beside
    one of the merchant maybe: its number is never written. ``by_merchant``: it has one
    of the merchant's own. ``is_complete``: something of it can be bought once there
    are units; ``is_active``: it is shown in one of the marketplaces. What is out of
    stock or suspended is not: its number is kept right all the same. ``place``: the
    first marketplace with an offer of the merchant's."""

    sku: str
    title: str = ""
    asin: str = ""
    barcode: str = ""
    by_merchant: bool = False
    by_amazon: bool = False
    is_complete: bool = False
    is_active: bool = False
    place: str = ""


NEEDED = ("seller-sku", "fulfillment-channel")
INCOMPLETE, INACTIVE = "incomplete", "inactive"
"""Of the column status; any other word, in any language, is of one that is shown."""
BARCODES = ("2", "3", "4")
"""Values of product-id-type: ISBN, UPC, EAN; 1 is Amazon's own number."""


def offers(table, known=None, place=""):
    """Rows of LISTINGS by SKU, of several marketplaces one after the other.

    :param known: {sku: Offer} of the marketplaces before; it is added to
    :param place: id of the marketplace that the table is of
    :return: {sku: Offer}
    :raise Malformed: a row says neither that the merchant ships it nor that Amazon does
    """
    found = {} if known is None else known
    for number, row in enumerate(table, 2):
        sku = row["seller-sku"].strip()
        if not sku:
            continue
        offer = found.setdefault(sku, Offer(sku))
        channel = row["fulfillment-channel"].strip().upper()
        if channel.startswith(FBA):
            offer.by_amazon = True
        elif channel == MERCHANT:
            offer.by_merchant = True
            offer.place = offer.place or place
        else:
            raise Malformed(
                f"{channel!r:.40} is no fulfilment channel",
                path=f"line {number}.fulfillment-channel",
            )
        status = row.get("status", "").strip().lower()
        offer.is_complete |= status != INCOMPLETE
        offer.is_active |= status not in (INCOMPLETE, INACTIVE)
        offer.title = offer.title or row.get("item-name", "").strip()
        offer.asin = offer.asin or row.get("asin1", "").strip()
        if row.get("product-id-type", "").strip() in BARCODES:
            offer.barcode = offer.barcode or row.get("product-id", "").strip()
    return found
