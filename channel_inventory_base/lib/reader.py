# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reading JSON of others: what does not fit is named with its place. No odoo in here.

Null and an empty text mean the same for every channel: nothing is told. Such a value is
false. Read as a text it is ""; read as anything else it is refused, because "not told"
is neither 0 nor False nor an empty list. A channel that writes "" for 0, or leaves out
lists that are empty, is read with the default named at the call: ``value.number(0)``,
``value.all("refunds")``.
"""

import re
from decimal import Decimal, InvalidOperation

from . import strict_json
from .errors import Malformed

_WHOLE = re.compile("-?[0-9]{1,40}")


def parse(body):
    """The object that a body is; numbers with a point stay what they were written as.

    >>> parse('{"rate": 0.10, "n": 1}')
    {'rate': '0.10', 'n': 1}

    :raise Malformed: it is no JSON, or no object
    """
    try:
        raw = strict_json.loads(body, parse_float=str)
    except ValueError as error:
        raise Malformed("is no JSON") from error
    if not isinstance(raw, dict):
        raise Malformed("is no object")
    return raw


class JsonValue:
    """A value inside an answer that knows where it is.

    >>> line = JsonValue({"quantity": "2", "sku": None, "total": ""}, "lines[0]")
    >>> line["quantity"].whole(), line["sku"].text(), line.get("x").text()
    (2, '', '')
    >>> bool(line["sku"]), bool(line["total"]), line["total"].number(0), line.all("y")
    (False, False, Decimal('0'), [])
    >>> line["total"].number()  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    Malformed: lines[0].total: '' is no exact number
    >>> line["name"].text()  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    Malformed: lines[0].name: is missing
    """

    def __init__(self, value, path=""):
        self.value = value
        self.path = path

    def __getitem__(self, name):
        """A field that has to be there, if only as null."""
        if name not in self.expect(dict, "an object"):
            raise Malformed("is missing", path=self._path(name))
        return JsonValue(self.value[name], self._path(name))

    def get(self, name):
        """A field that may be missing: then it reads as null."""
        return JsonValue(self.expect(dict, "an object").get(name), self._path(name))

    def _path(self, name):
        return f"{self.path}.{name}" if self.path else name

    def __bool__(self):
        """Whether anything is told; 0 and False are."""
        return self.value is not None and self.value != ""

    def expect(self, kind, words):
        # bool is an int to Python, and never a quantity to us
        odd = kind is int and isinstance(self.value, bool)
        if odd or not isinstance(self.value, kind):
            raise Malformed(
                f"{words} is expected, not {self.value!r:.60}", path=self.path
            )
        return self.value

    def text(self):
        """A text; null is an empty one."""
        return "" if self.value is None else self.expect(str, "a text")

    def texts(self, **names):
        """Texts that may be missing, by our names: ``address.texts(zip="postcode")``.

        >>> JsonValue({"postcode": "1010"}).texts(zip="postcode", city="city")
        {'zip': '1010', 'city': ''}
        """
        return {ours: self.get(theirs).text() for ours, theirs in names.items()}

    def whole(self):
        """A whole number; some programs write them as text.

        >>> JsonValue("3").whole(), JsonValue(-2).whole()
        (3, -2)
        """
        if isinstance(self.value, str) and _WHOLE.fullmatch(self.value):
            return int(self.value)
        return self.expect(int, "a whole number")

    def ref(self):
        """The number of a record, as text; "" for 0, which means none."""
        number = self.whole()
        if number < 0:
            raise Malformed(f"{number} is no number of a record", path=self.path)
        return str(number) if number else ""

    def flag(self):
        return self.expect(bool, "true or false")

    def number(self, default=None):
        """An exact number. Floats are refused: they have lost what we are to keep.

        :param default: what it is where nothing is told; None: that is refused
        """
        value = self.value if self or default is None else default
        if isinstance(value, bool | float) or value is None:
            raise Malformed(f"{self.value!r:.60} is no exact number", path=self.path)
        try:
            number = Decimal(value)
        except (InvalidOperation, TypeError, ValueError):
            number = Decimal("NaN")
        if not number.is_finite():
            raise Malformed(f"{self.value!r:.60} is no exact number", path=self.path)
        return number

    def items(self):
        """The values in a list."""
        values = self.expect(list, "a list")
        return [JsonValue(value, f"{self.path}[{i}]") for i, value in enumerate(values)]

    def all(self, name):
        """The values in a list that may be missing: then there are none."""
        found = self.get(name)
        return found.items() if found else []

    def nodes(self):
        """The values in a connection of GraphQL."""
        return [
            JsonValue(node.value, node.path.replace(".nodes[", "["))
            for node in self["nodes"].items()
        ]
