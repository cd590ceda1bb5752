# SPDX-License-Identifier: AGPL-3.0-or-later
"""The rows of a table as texts by path: CSV and fixed columns, in and out. No odoo in
here."""

import csv
import io

from ..errors import BadTable, Unwritable, shown
from ..source import charset_of, clean
from ..writing import CONTROLS, encodable, plain

csv.field_size_limit(1_000_000)

_MARKS = ("\ufeff", "\u200b")


def decoded(data, charset=""):
    """The text of a file: by ``charset``, else by what it shows.

    >>> decoded("M\\xfcller".encode("cp1252")), decoded(b"\\xef\\xbb\\xbfa;b")
    ('Müller', 'a;b')
    >>> decoded("a;b".encode("utf-16"))
    'a;b'
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        charset = "utf-16"
    elif not charset:
        charset = charset_of(data, "latin-1")
    try:
        text = data.decode(charset)
    except (UnicodeDecodeError, LookupError):
        text = data.decode("latin-1")
    return text.lstrip("".join(_MARKS))


def rows(data, layout):
    """Iterates over (line of the file, {path: text}) of each row.

    :raise BadTable: the file does not fit its layout
    """
    text = decoded(data, layout.charset)
    lines = _fixed(text, layout) if layout.fixed else _delimited(text, layout)
    ended = not layout.trailer
    for number, values, whole in lines:
        if layout.trailer and whole.startswith(layout.trailer):
            ended = True
            continue
        if ended and layout.trailer:
            raise BadTable("rows stand behind the end of the file", segment=number)
        yield number, values
    if not ended:
        raise BadTable(
            f"the end ({shown(layout.trailer)}) is missing: it may be cut off"
        )


def _delimited(text, layout):
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=layout.delimiter,
        quotechar=layout.quote or None,
        quoting=csv.QUOTE_MINIMAL if layout.quote else csv.QUOTE_NONE,
        # blanks before a quote are not part of the value
        skipinitialspace=True,
        strict=True,
    )
    places, last, skip = None, 0, layout.skip
    try:
        for cells in reader:
            number, last = last + 1, reader.line_num
            if skip:
                skip -= 1
                continue
            if not any(cell.strip() for cell in cells):
                continue
            if places is None:
                places = _places(cells if layout.titles else None, layout)
                if layout.titles:
                    continue
            yield number, _picked(cells, places, number), cells[0]
    except csv.Error as error:
        raise BadTable(f"no table: {error}", segment=last + 1) from None
    if places is None and layout.titles:
        raise BadTable("the titles are missing: the file is empty", segment=1)


def _places(titles, layout):
    """[(column, index or None)]; None: a constant."""
    names = [_title(each) for each in titles or ()]
    found = []
    for column in layout.columns:
        if column.constant:
            found.append((column, None))
        elif column.header and titles is not None:
            found.append((column, _index(names, column)))
        elif column.position:
            found.append((column, column.position - 1))
        else:
            raise BadTable(f"{column.path} has neither a title nor a position")
    return [each for each in found if each[1] != -1]


def _index(names, column):
    wanted = _title(column.header)
    count = names.count(wanted)
    if count > 1:
        raise BadTable(f"there are {count} columns {shown(column.header)!r}", segment=1)
    if not count and column.required:
        raise BadTable(f"there is no column {shown(column.header)!r}", segment=1)
    return names.index(wanted) if count else -1


def _title(text):
    """Titles are compared without case and blanks.

    >>> _title(" Order  Number\\n") == _title("ORDER NUMBER")
    True
    """
    return " ".join(text.split()).casefold()


def _picked(cells, places, number):
    values = {}
    for column, index in places:
        if index is None:
            value = column.constant
        else:
            value = clean(cells[index]) if index < len(cells) else ""
            value = dict(column.values).get(value, value)
        if not value and column.required:
            raise BadTable(
                f"{column.header or column.path} is empty",
                segment=number,
                element=(index or 0) + 1,
            )
        values[column.path] = value
    return values


def _fixed(text, layout):
    for number, line in enumerate(text.splitlines(), 1):
        if number <= layout.skip + layout.titles or not line.strip():
            continue
        values = {}
        for column in layout.columns:
            start = column.position - 1
            value = column.constant or clean(line[start : start + column.width])
            value = dict(column.values).get(value, value)
            if not value and column.required:
                raise BadTable(
                    f"{column.path} is empty", segment=number, element=column.position
                )
            values[column.path] = value
        yield number, values, line


# ----------------------------------------------------------------- writing
def written(table, layout):
    """The bytes of rows that are {path: text}."""
    charset = layout.charset or "utf-8"
    columns = [each for each in layout.columns if not each.constant]
    out = io.StringIO(newline="")
    if layout.fixed:
        for values in table:
            out.write(_fixed_line(columns, values, charset) + layout.newline)
    else:
        writer = csv.writer(
            out,
            delimiter=layout.delimiter,
            quotechar=layout.quote or None,
            quoting=csv.QUOTE_MINIMAL if layout.quote else csv.QUOTE_NONE,
            lineterminator=layout.newline,
        )
        ordered = _ordered(columns)
        try:
            if layout.titles:
                writer.writerow([column.header if column else "" for column in ordered])
            for values in table:
                writer.writerow(
                    [
                        _cell(column, values, charset) if column else ""
                        for column in ordered
                    ]
                )
        except csv.Error as error:
            raise Unwritable(
                f"a value cannot be written without quotes: {error}"
            ) from None
    if layout.trailer:
        out.write(layout.trailer + layout.newline)
    return out.getvalue().encode(charset)


def _ordered(columns):
    """Columns by position, with None where there is none; those without behind."""
    placed = {each.position: each for each in columns if each.position}
    rest = [each for each in columns if not each.position]
    last = max(placed, default=0)
    return [placed.get(index) for index in range(1, last + 1)] + rest


def _cell(column, values, charset):
    """The text of a cell.

    Free texts lose what their charset does not have, and never begin like a formula:
    the file may be opened in a spreadsheet. Ids stay as they are, or are refused.
    """
    value = values.get(column.path, "")
    back = {ours: theirs for theirs, ours in column.values}
    value = back.get(value, value)
    if column.is_text:
        value = plain(CONTROLS.sub(" ", value).strip(), charset)
        return f"'{value}" if value[:1] in ("=", "+", "-", "@") else value
    if column.required and not value:
        raise Unwritable(f"{column.header or column.path} is empty")
    return encodable(value, charset, column.header or column.path)


def _fixed_line(columns, values, charset):
    line = ""
    for column in sorted(columns, key=lambda each: each.position):
        value = _cell(column, values, charset)
        if len(value) > column.width:
            raise Unwritable(
                f"{column.path}: {shown(value)!r} needs more than {column.width}"
            )
        value = value.rjust(column.width) if column.is_number else value
        line = line.ljust(column.position - 1) + value.ljust(column.width)
    return line
