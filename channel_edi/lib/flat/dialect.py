# SPDX-License-Identifier: AGPL-3.0-or-later
"""How a table is written, found out of a part of it. No odoo in here.

``csv.Sniffer`` takes letters and blanks for delimiters and does not know of quotes: a
table is cut by each delimiter that is usual, and the one that fits best is taken.
"""

import csv
import io
from collections import Counter
from contextlib import suppress
from datetime import datetime

DELIMITERS = (";", ",", "\t", "|", "^", "~")
DATE_FORMATS = (
    "%Y-%m-%d",
    "%Y%m%d",
    "%d.%m.%Y",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%Y/%m/%d",
    "%d-%m-%Y",
    "%d.%m.%y",
    "%m/%d/%y",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%dT%H:%M:%SZ",
    "%Y-%m-%d %H:%M",
    "%Y%m%d%H%M",
    "%Y%m%d%H%M%S",
    "%d.%m.%Y %H:%M",
    "%m/%d/%Y %H:%M",
)
SAMPLE_ROWS = 200


def cut(text, delimiter, quote='"'):
    """The rows of a text, those at the end that may be cut off left out."""
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=delimiter,
        quotechar=quote,
        skipinitialspace=True,
    )
    rows = []
    # what cannot be cut any further is the end of the sample
    with suppress(csv.Error):
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append([cell.strip() for cell in cells])
            if len(rows) >= SAMPLE_ROWS:
                break
    return rows


def delimiter_of(text):
    """(delimiter, rows), ("", rows) where nothing tells columns apart.

    What fits best has the same number of columns in most rows, and many of them. Rows
    whose last cells are empty may be shorter.

    >>> delimiter_of("id;text\\n1;a, b\\n2;c, d, e\\n")[0]
    ';'
    >>> delimiter_of('id,comment\\n1,"one\\ntwo"\\n2,normal\\n')[0]
    ','
    >>> delimiter_of("name\\nJane Doe\\nJohn Roe\\n")[0]
    ''
    """
    best, found = 0.0, ("", cut(text, "\0"))
    for delimiter in DELIMITERS:
        rows = cut(text, delimiter)
        score = _score(rows)
        if score > best:
            best, found = score, (delimiter, rows)
    return found


def _score(rows):
    if not rows:
        return 0.0
    counts = Counter(len(row) for row in rows)
    columns, _often = max(counts.items(), key=lambda each: (each[1], each[0]))
    widest = max(counts)
    if widest > columns and widest == len(rows[0]):
        columns = widest  # the titles are whole, rows leave out what is empty
    if columns < 2:
        return 0.0
    fitting = sum(n for size, n in counts.items() if size in (columns, columns - 1))
    fitting = counts[columns] if columns == 2 else fitting
    share = fitting / len(rows)
    first = 1.0 if len(rows[0]) >= columns - 1 and len(rows[0]) > 1 else 0.1
    return share * share * (columns - 1) * first


def is_number(value):
    """
    >>> [is_number(each) for each in ("12", "-1.5", "1.234,50", "1,5", "A1", "1-2", "")]
    [True, True, True, True, False, False, False]
    """
    bare = value.strip().lstrip("+-").rstrip("-")
    digits = bare.replace(".", "").replace(",", "").replace(" ", "")
    return bool(digits) and digits.isascii() and digits.isdigit()


def decimal_of(values):
    """The decimal mark that numbers are written with: what stands last and once.

    >>> decimal_of(["1.234,50", "7"]), decimal_of(["1,234.50"]), decimal_of(["1,5"])
    (',', '.', ',')
    >>> decimal_of(["1,234"]), decimal_of(["12"])
    ('.', '.')
    """
    votes = Counter()
    for value in values:
        if not is_number(value):
            continue
        point, comma = value.rfind("."), value.rfind(",")
        if point >= 0 and comma >= 0:
            votes["." if point > comma else ","] += 3
        elif comma >= 0 and value.count(",") == 1 and len(value) - comma != 4:
            votes[","] += 1
        elif point >= 0 and value.count(".") == 1 and len(value) - point != 4:
            votes["."] += 1
    return "," if votes[","] > votes["."] else "."


def date_format_of(values):
    """The format that all of the values have, "" where there is none, or several that
    say different things.

    >>> date_format_of(["2026-12-24"]), date_format_of(["24.12.2026", "01.12.2026"])
    ('%Y-%m-%d', '%d.%m.%Y')
    >>> date_format_of(["01/02/2026"]), date_format_of(["12/24/2026"])
    ('', '%m/%d/%Y')
    """
    values = [each for each in values if each]
    fitting = [form for form in DATE_FORMATS if values and _all_fit(values, form)]
    readings = {
        tuple(datetime.strptime(each, form) for each in values) for form in fitting
    }
    return fitting[0] if len(readings) == 1 else ""


def _all_fit(values, form):
    for each in values:
        try:
            if not 1990 <= datetime.strptime(each, form).year <= 2100:
                return False
        except ValueError:
            return False
    return True


def has_titles(rows):
    """Whether the first row names the columns: no number in it, where below it there
    are some.

    >>> has_titles([["sku", "qty"], ["A", "1"]]), has_titles([["A", "1"], ["B", "2"]])
    (True, False)
    """
    if not rows:
        return False
    first, rest = rows[0], rows[1:]
    named = [each for each in first if each]
    if not named or any(is_number(each) for each in named):
        return False
    if len(set(named)) != len(named):
        return False
    below = [cell for row in rest[:20] for cell in row]
    return not rest or any(is_number(each) or date_format_of([each]) for each in below)
