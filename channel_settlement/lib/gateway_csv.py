# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reads the CSV file of a payment gateway by a mapping of its columns. No odoo in here.

A file is read as it comes, row by row. What a row does not tell clearly refuses the
file as a whole, with the row named: half a settlement is none.
"""

import csv
import io
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

from odoo.addons.channel_inventory_base.lib.errors import Malformed
from odoo.addons.channel_inventory_base.lib.local_amount import local_amount

SKIP = "skip"
MOST_WORDS = 20
ZERO = Decimal(0)
CHARSETS = ("utf-8-sig", "cp1252")


@dataclass(frozen=True)
class Mapping:
    """Which column of a file tells what; "" is told by none.

    ``settlement``: the payout that a row is in; "": the file is a statement of an
    account. ``kinds``: word of the column ``kind`` (lower case) -> kind of line, or
    ``SKIP``. ``counts``: of the column ``status``, the words (lower case) of rows that
    count; none: all do. ``date``: one column or several, joined by a space.
    ``fee_is_negative``: a fee that was kept is written with a minus.
    """

    kind: str
    net: str
    line: str
    kinds: dict
    gross: str = ""
    fee: str = ""
    settlement: str = ""
    currency: str = ""
    order: str = ""
    transaction: str = ""
    refund: str = ""
    date: str = ""
    deposit: str = ""
    words: str = ""
    status: str = ""
    balance: str = ""
    paid_amount: str = ""
    paid_currency: str = ""
    counts: frozenset = frozenset()
    delimiter: str = ","
    charset: str = ""
    mark: str = ""
    date_format: str = ""
    zone: str = "UTC"
    fee_is_negative: bool = False
    default_currency: str = ""
    gateway: str = ""


@dataclass
class _Statement:
    """What is known of a settlement when its rows have been read."""

    external_id: str
    currency: str
    began: datetime | None = None
    ended: datetime | None = None
    deposit_at: datetime | None = None
    first: tuple | None = None
    last: tuple | None = None

    def note_date(self, at):
        self.began = min(at, self.began or at)
        self.ended = max(at, self.ended or at)

    def note_balance(self, *row):
        """:param row: (balance after it, net, date)"""
        self.first, self.last = self.first or row, row

    def balances(self):
        """:return: (opening, closing), whichever way the file is sorted"""
        if not self.first:
            return None, None
        first, last = self.first, self.last
        if first[2] and last[2] and first[2] > last[2]:
            first, last = last, first
        return first[0] - first[1], last[0]


class GatewayFile:
    """
    :param content: bytes
    :param mark: names a statement that has no id of its own
    """

    def __init__(self, content, mapping, mark):
        self._mapping, self._mark = mapping, mark
        self._rows = csv.reader(
            io.StringIO(decoded(content, mapping.charset), newline=""),
            delimiter=mapping.delimiter,
            strict=True,
        )
        self._statements, self._unknown = {}, {}
        self.columns = []

    def iter_told(self):
        """Yield ("head", values) and ("line", values), as ``schemas`` has them."""
        for number, row in self._iter_rows():
            line = self._line(number, row)
            if line:
                key = line["settlement"], line.pop("_currency")
                if key not in self._statements:
                    yield "head", self._open(key, number, row)
                line["settlement"] = self._statements[key].external_id
                self._note(self._statements[key], line, number, row)
                line.pop("_at")
                yield "line", line
        self._check_words()
        if not self._statements:
            raise Malformed("no row of it counts", path="file")
        for statement in self._statements.values():
            yield "head", self._head(statement)

    def _iter_rows(self):
        """(number, {column: cell}) of each row below the header, which may come again
        where files were put together."""
        try:
            for cells in self._rows:
                number = self._rows.line_num
                cells = [cell.strip() for cell in cells]
                if not any(cells):
                    continue
                if not self.columns:
                    self._take_header(cells)
                elif cells != self.columns:
                    if len(cells) != len(self.columns):
                        raise Malformed(
                            f"has {len(cells)} of {len(self.columns)} columns: the "
                            "file was cut off, or it is another one",
                            path=f"row {number}",
                        )
                    yield number, dict(zip(self.columns, cells, strict=True))
        except csv.Error as error:
            raise Malformed(str(error), path=f"row {self._rows.line_num}") from error
        if not self.columns:
            raise Malformed("is empty", path="file")

    def _take_header(self, cells):
        wanted = [
            getattr(self._mapping, name)
            for name in (
                *("kind", "net", "line", "gross", "fee", "settlement", "currency"),
                *("order", "transaction", "refund", "deposit", "words", "status"),
                *("balance", "paid_amount", "paid_currency"),
            )
        ]
        wanted += self._date_columns()
        missing = [name for name in wanted if name and name not in cells]
        if missing:
            raise Malformed(
                f"no column is {', '.join(missing)}: {' | '.join(cells)}"[:800],
                path="header",
            )
        self.columns = cells

    def _date_columns(self):
        return [each.strip() for each in self._mapping.date.split(",") if each.strip()]

    # ----------------------------------------------------------------- rows
    def _cell(self, row, name):
        column = getattr(self._mapping, name)
        return row[column] if column else ""

    def _line(self, number, row):
        """:return: values of a SettlementLineData; None for what does not count"""
        mapping = self._mapping
        if mapping.counts and self._cell(row, "status").lower() not in mapping.counts:
            return None
        word = self._cell(row, "kind")
        kind = mapping.kinds.get(word.lower())
        if kind is None:
            self._unknown.setdefault(word, number)
            return None
        if kind == SKIP:
            return None
        currency = self._currency(row, number)
        net = self._amount(row, "net", currency, number)
        fee = self._amount(row, "fee", currency, number)
        fee = -fee if mapping.fee_is_negative else fee
        gross = self._amount(row, "gross", currency, number) if mapping.gross else None
        gross = net + fee if gross is None else gross
        ref = self._cell(row, "line")
        if not ref:
            raise Malformed("tells no id", path=f"row {number}.{mapping.line}")
        if gross - fee != net:
            raise Malformed(
                f"{gross} less a fee of {fee} is not {net}", path=f"row {number}"
            )
        return {
            "settlement": self._cell(row, "settlement"),
            "external_id": ref,
            "kind": kind,
            "gross": gross,
            "fee": fee,
            "net": net,
            "words": " ".join(filter(None, (word, self._cell(row, "words"))))[:200],
            "order_ref": self._cell(row, "order")[:200],
            "transaction_ref": self._cell(row, "transaction")[:200],
            "refund_ref": self._cell(row, "refund")[:200],
            "posted_at": self._date(row, number),
            **self._paid(row, currency, number),
            "_currency": currency,
            "_at": number,
        }

    def _paid(self, row, currency, number):
        paid = self._cell(row, "paid_currency").upper()
        if not paid or paid == currency or not self._cell(row, "paid_amount"):
            return {}
        amount = self._amount(row, "paid_amount", paid, number)
        return {"paid_amount": amount, "paid_currency": paid}

    def _currency(self, row, number):
        currency = self._cell(row, "currency") or self._mapping.default_currency
        if not re.fullmatch("[A-Za-z]{3}", currency):
            raise Malformed(f"{currency!r:.20} is no currency", path=f"row {number}")
        return currency.upper()

    def _amount(self, row, name, currency, number):
        column = getattr(self._mapping, name)
        text = row[column] if column else ""
        if not text:
            if name == "net":
                raise Malformed("tells no amount", path=f"row {number}.{column}")
            return ZERO
        path = f"row {number}.{column}"
        return local_amount(text, currency, self._mapping.mark, path)

    def _date(self, row, number, column=""):
        columns = [column] if column else self._date_columns()
        text = " ".join(filter(None, (row[each] for each in columns)))
        if not text:
            return None
        try:
            if self._mapping.date_format:
                moment = datetime.strptime(text, self._mapping.date_format)
            else:
                moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
        except ValueError as error:
            raise Malformed(f"{text!r:.40} is no date", path=f"row {number}") from error
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(self._mapping.zone))
        return moment.astimezone(timezone.utc)

    # ---------------------------------------------------------- settlements
    def _open(self, key, number, row):
        ref, currency = key
        if self._mapping.settlement and not ref:
            raise Malformed("is in no payout", path=f"row {number}")
        name = ref or f"{self._mapping.gateway or 'statement'}-{self._mark}"
        others = [each for each in self._statements if each[0] == ref]
        # a sum over two currencies is no sum
        external_id = f"{name}-{currency}" if others or not ref else name
        self._statements[key] = _Statement(external_id, currency)
        return self._head(self._statements[key])

    def _note(self, statement, line, number, row):
        if line["posted_at"]:
            statement.note_date(line["posted_at"])
        if self._mapping.deposit and not statement.deposit_at:
            statement.deposit_at = self._date(row, number, self._mapping.deposit)
        if self._mapping.balance and self._cell(row, "balance"):
            balance = self._amount(row, "balance", statement.currency, number)
            statement.note_balance(balance, line["net"], line["posted_at"])

    def _head(self, statement):
        opening, closing = statement.balances()
        is_payout = bool(self._mapping.settlement)
        return {
            "external_id": statement.external_id,
            "currency": statement.currency,
            "kind": "payout" if is_payout else "statement",
            "gateway": self._mapping.gateway,
            "opening": None if is_payout else opening,
            "closing": None if is_payout else closing,
            "started_at": statement.began,
            "ended_at": statement.ended,
            "deposit_at": statement.deposit_at or statement.ended,
            "bank_ref": statement.external_id if is_payout else "",
        }

    def _check_words(self):
        """:raise Malformed: rows of a kind that the mapping does not know"""
        if not self._unknown:
            return
        words = [
            f"“{word[:60]}” (row {number})"
            for word, number in list(self._unknown.items())[:MOST_WORDS]
        ]
        raise Malformed(
            "what these are the format does not say: " + ", ".join(words),
            path=self._mapping.kind,
        )


def decoded(content, charset=""):
    """The text of a file.

    :param charset: "" where it is to be found out

    >>> decoded("Größe".encode("latin-1")), decoded(b"\\xef\\xbb\\xbfa")
    ('Größe', 'a')
    """
    for each in (charset,) if charset else CHARSETS:
        try:
            return content.decode(each)
        except UnicodeDecodeError:
            continue
        except LookupError as error:
            raise Malformed(f"{charset!r:.20} is no charset", path="file") from error
    raise Malformed("is in another character set", path="file")
