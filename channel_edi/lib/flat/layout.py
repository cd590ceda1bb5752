# SPDX-License-Identifier: AGPL-3.0-or-later
"""How a partner's table is written: which column is what. No odoo in here.

Fields are told by paths:

- of the document: ``number``, ``release``, ``po_number``, ``currency``, ``note``,
  ``as_of``, ``tracking``, ``bill_of_lading``
- ``date.<field of schemas.Dates>``, ``ref.<qualifier>``, ``carrier.code``
- ``party.<role>.`` and code, qualifier, name, name2, street, street2, city, zip,
  state, country, phone, email
- of the line: ``line.number``, ``line.quantity``, ``line.unit``, ``line.price``,
  ``line.text``, ``line.lot``, ``line.id.<qualifier>``, ``line.date.<field>``,
  ``line.ordered``, ``line.status``, ``line.order``
- ``pack.sscc``, ``pack.tracking`` of the package a line is in
- of stock: ``quantity.<state of STOCK_STATES>``, ``place.code``
"""

from dataclasses import dataclass

DOCUMENTS = ("order", "stock", "shipment", "advice", "shipping_order")
NUMBERS = ("line.quantity", "line.price", "line.ordered")


@dataclass(frozen=True)
class Column:
    """One column, or a value that is the same for all rows.

    :ivar path: what it is, see above
    :ivar header: its title, where the file has titles; "": by its position
    :ivar position: 1 for the first column, or for the first character of a fixed one
    :ivar width: characters, of a fixed column
    :ivar constant: what it always is; then there is no such column in the file
    :ivar values: what is written in the file to what it means ("Stk" to "PCE")
    :ivar date_format: of ``strptime``; "": that of the layout
    :ivar required: an empty value is a fault
    :ivar scale: decimals that are not written (fixed columns: 000125 is 1.25)
    """

    path: str
    header: str = ""
    position: int = 0
    width: int = 0
    constant: str = ""
    values: tuple[tuple[str, str], ...] = ()
    date_format: str = ""
    required: bool = False
    scale: int = 0

    @property
    def is_date(self):
        return self.path == "as_of" or ".date." in f".{self.path}"

    @property
    def is_text(self):
        """Of what is for people to read: letters may be replaced."""
        free = ("name", "name2", "street", "street2", "city", "text", "note")
        return self.path.rpartition(".")[2] in free

    @property
    def is_number(self):
        return self.path in NUMBERS or self.path.startswith("quantity.")


@dataclass(frozen=True)
class Layout:
    """A partner's table.

    :ivar document: of ``DOCUMENTS``; rows of an order or a shipment with the same
        number are one document, wherever they stand
    :ivar fixed: columns have widths; else ``delimiter`` and ``quote`` tell them apart
    :ivar titles: the first row (behind ``skip`` lines) names the columns
    :ivar decimal: the mark of numbers; ``thousands``: a mark to leave out, "" none
    :ivar zone: of dates and times without one
    :ivar complete: a stock table leaves nothing out; None: not agreed
    :ivar charset: "": found out
    :ivar trailer: what the last row begins with, where a file tells its end by it; a
        file without it is refused as cut off
    :ivar unit: of lines without one
    """

    document: str
    columns: tuple[Column, ...]
    fixed: bool = False
    titles: bool = True
    skip: int = 0
    delimiter: str = ";"
    quote: str = '"'
    charset: str = ""
    decimal: str = "."
    thousands: str = ""
    date_format: str = "%Y-%m-%d"
    zone: str = "UTC"
    complete: bool | None = None
    trailer: str = ""
    newline: str = "\r\n"
    unit: str = ""
