# SPDX-License-Identifier: AGPL-3.0-or-later
"""Checks rows of a stock report before anything is stored. No odoo.

A report comes from outside: another system's export, somebody's spreadsheet. What can
be read counts, what cannot is named with its line, and neither hides the other.
"""

import difflib
import math
from dataclasses import dataclass
from datetime import date, datetime, timezone
from decimal import Decimal, InvalidOperation

# More of one product than any warehouse holds: a barcode in the wrong column.
ABSURD = Decimal(10) ** 9

ZERO = Decimal(0)
SHARED = 10_000
"""So many quantities are kept to be shared."""

WAREHOUSE = "warehouse"
NAMES = ("product", "product_id", "lot", "place", WAREHOUSE)
"""Columns that say what and where; a lot or a place only tells rows apart."""
DUE = "due"
HARMLESS = frozenset(
    {"column", "column_gone", "elsewhere", "not_a_date", "sequence", "twice"}
)
"""Problems that leave no product out: its count was read all the same."""


@dataclass(frozen=True)
class Problem:
    """``line`` counts from 1, 0 is the report as a whole; ``reason`` is one of the
    words below."""

    line: int
    code: str
    reason: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    line: int
    code: str
    quantities: tuple
    product_id: int | None = None
    due: date | None = None


@dataclass(frozen=True)
class Told:
    """What a report of a warehouse says, by product id. STOCK units.

    :param as_of: naive UTC
    :param counts: {product id: (on hand, damaged)}
    :param flows: {product id: (allocated, in transit, due)}
    :param tells_demand: whether it says anything of what is allocated
    """

    as_of: datetime
    is_complete: bool
    counts: dict
    flows: dict
    tells_demand: bool
    problems: tuple

    @property
    def empties(self):
        """Whether what it does not name is not there: a row that cannot be read may
        be that of any product."""
        return self.is_complete and all(
            problem.reason in HARMLESS for problem in self.problems
        )


def read_rows(rows, columns, skipped=(), signed=False):
    """Rows whose quantities can be believed, and what is wrong with the others.

    :param rows: dicts with ``product`` (a code) or ``product_id``, and ``columns``;
        of the columns only the first must be there
    :param skipped: lines that are not read
    :param signed: whether a row may say less than nothing: of several places of one
        product, one may be booked below 0, and what counts is their sum
    :return: (list of Row, list of Problem)

    >>> rows = [{"product": "A", "on_hand": "3"}, {"product": "B", "on_hand": -1}]
    >>> good, bad = read_rows(rows, ("on_hand", "damaged"))
    >>> [(row.code, [int(each) for each in row.quantities]) for row in good]
    [('A', [3, 0])]
    >>> [(problem.line, problem.reason) for problem in bad]
    [(2, 'negative')]
    """
    good, problems, read = [], [], _Quantities(signed).get
    for line, row in enumerate(rows, 1):
        if line in skipped:
            continue
        found = _read_row(line, row, columns, read)
        (good if isinstance(found, Row) else problems).append(found)
    return good, problems


class _Quantities:
    """``read_quantity``, once for each value: of a hundred thousand rows most say what
    others have said, and share what was read."""

    def __init__(self, signed):
        self._signed, self._known = signed, {}

    def get(self, value):
        # True is 1, and no quantity
        told = type(value), value
        try:
            if told in self._known:
                return self._known[told]
        except TypeError:
            # a list, or another thing that is no quantity
            return read_quantity(value, self._signed)
        if len(self._known) >= SHARED:
            self._known.clear()
        found = self._known[told] = read_quantity(value, self._signed)
        return found


def _read_row(line, row, columns, read):
    if not isinstance(row, dict):
        return Problem(line, "", "not_a_row", _describe(row))
    code = str(row.get("product") or "").strip()
    product_id = row.get("product_id")
    if not code and not _is_id(product_id):
        return Problem(line, code, "no_product", _describe(product_id))
    quantities = []
    for position, column in enumerate(columns):
        value = row.get(column)
        if position and (value is None or _is_blank(value)):
            quantities.append(ZERO)
            continue
        quantity, reason = read(value)
        if reason:
            return Problem(line, code or str(product_id), reason, _describe(value))
        quantities.append(quantity)
    return Row(
        line,
        code,
        tuple(quantities),
        product_id if not code else None,
        read_date(row.get(DUE)),
    )


# --------------------------------------------------------------- as a whole
def find_unknown_columns(rows, columns, ignored=()):
    """Columns that say something and that nobody here reads: half of a misspelled
    report would be lost without a word.

    :param columns: the quantities that are read
    :param ignored: columns that a person has said are of no interest
    :return: list of Problem, one a column

    >>> rows = [{"product": "A", "on_hand": 3, "alocated": 2, "": "", "note": None}]
    >>> find_unknown_columns(rows, ("on_hand", "allocated"))
    [Problem(line=0, code='alocated', reason='column', value='allocated?')]
    """
    known = (*columns, DUE, *NAMES)
    names = {}
    for row in rows:
        if isinstance(row, dict):
            for name, value in row.items():
                if name not in known and not _is_blank(value):
                    names.setdefault(str(name).strip())
    problems = []
    for name in names:
        if name not in ignored:
            near = difflib.get_close_matches(name.lower(), known, 1)
            problems.append(Problem(0, name, "column", f"{near[0]}?" if near else ""))
    return problems


def find_wrong_dates(rows):
    """:return: list of Problem: what is due, and not on a day that can be read

    >>> find_wrong_dates([{"product": "A", "due": "soon"}])
    [Problem(line=1, code='A', reason='not_a_date', value='soon')]
    """
    return [
        Problem(line, str(row.get("product") or ""), "not_a_date", _describe(row[DUE]))
        for line, row in enumerate(rows, 1)
        if isinstance(row, dict)
        and not _is_blank(row.get(DUE))
        and not read_date(row[DUE])
    ]


def find_twins(rows):
    """Rows that say exactly what another one says, which count once: a join that was
    wrong doubles a line more often than two places have as much. Where both are meant,
    a lot or a place tells them apart.

    :return: list of Problem, whose value is the line that counts

    >>> row = {"product": "A", "on_hand": 3}
    >>> find_twins([row, dict(row), {**row, "place": "B"}])
    [Problem(line=2, code='A', reason='twice', value='1')]
    """
    problems, first = [], {}
    for line, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            continue
        # of a million rows the hashes are kept, and not the words
        known = first.setdefault(hash(_words(row)), line)
        if known != line and _words(rows[known - 1]) == _words(row):
            code = str(row.get("product") or row.get("product_id") or "")
            problems.append(Problem(line, code, "twice", str(known)))
    return problems


def _words(row):
    return tuple(sorted((str(key), str(row[key])) for key in row))


def find_elsewhere(rows, names):
    """Rows that are of another warehouse, in an export of several: added up, one would
    have the stock of all.

    :param names: what this warehouse is called, in lower case
    :return: list of Problem

    >>> find_elsewhere([{"product": "A", "warehouse": "EAST"}], {"west", "7"})
    [Problem(line=1, code='A', reason='elsewhere', value='EAST')]
    """
    return [
        Problem(
            line,
            str(row.get("product") or row.get("product_id") or ""),
            "elsewhere",
            _describe(row[WAREHOUSE]),
        )
        for line, row in enumerate(rows, 1)
        if isinstance(row, dict)
        and not _is_blank(row.get(WAREHOUSE))
        and str(row[WAREHOUSE]).strip().lower() not in names
    ]


def find_latest_due(bound):
    """When all that is on its way of a product is there: its last day.

    :param bound: list of (product id, Row), whose last quantity is on its way
    :return: {product id: date}; without those of which some is due nobody knows when
    """
    days, unknown = {}, set()
    for product_id, row in bound:
        if row.quantities[-1] and row.due:
            days[product_id] = max(row.due, days.get(product_id, row.due))
        elif row.quantities[-1]:
            unknown.add(product_id)
    return {key: day for key, day in days.items() if key not in unknown}


def has_column(rows, column):
    """Whether any row says something of it, be it 0."""
    return any(isinstance(row, dict) and not _is_blank(row.get(column)) for row in rows)


# ------------------------------------------------------------------- values
def find_negative(bound, sums):
    """Sums below 0 are no count: they are told, and not taken.

    :param bound: list of (product id, Row); the first row of a product names it
    :param sums: {product id: quantities}
    :return: list of Problem; ``sums`` is left with the others
    """
    below = {key for key, sum_ in sums.items() if any(each < 0 for each in sum_)}
    problems = []
    for product_id, row in bound:
        if product_id in below:
            below.discard(product_id)
            total = str(min(sums.pop(product_id)))
            code = row.code or str(product_id)
            problems.append(Problem(row.line, code, "negative", total))
    return problems


def read_quantity(value, signed=False):
    """:return: (Decimal, "") or (None, what is wrong with it)

    >>> read_quantity("12.5"), read_quantity(True), read_quantity("1e12")
    ((Decimal('12.5'), ''), (None, 'not_a_number'), (None, 'absurd'))
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None, "not_a_number"
    try:
        quantity = Decimal(str(value).strip())
    except InvalidOperation:
        return None, "not_a_number"
    if not quantity.is_finite():
        return None, "not_a_number"
    if quantity < 0 and not signed:
        return None, "negative"
    return (None, "absurd") if abs(quantity) > ABSURD else (quantity, "")


def read_time(value):
    """A moment as naive UTC; None when it is none. Without a zone it is UTC.

    >>> read_time("2026-03-01T10:00:00+02:00")
    datetime.datetime(2026, 3, 1, 8, 0)
    >>> read_time("yesterday")
    """
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    if value.tzinfo:
        value = value.astimezone(timezone.utc).replace(tzinfo=None)
    return value


def read_date(value):
    """A day; None when it is none. Of a moment, the day that it names.

    >>> read_date("2026-03-01"), read_date("2026-03-01T23:00:00-05:00")
    (datetime.date(2026, 3, 1), datetime.date(2026, 3, 1))
    >>> read_date("03/01/2026")
    """
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else None


def _is_blank(value):
    return value is None or value is False or not str(value).strip()


def _is_id(value):
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _describe(value):
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return "" if value is None else str(value)[:80]
