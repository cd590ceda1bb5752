"""Reading answers that may be anything: what does not fit is named with its place."""

from decimal import Decimal, InvalidOperation

from ..errors import Malformed


class Place:
    """A value inside an answer that knows where it is.

    >>> line = Place({"quantity": 2, "sku": None}, "line_items[0]")
    >>> line["quantity"].whole(), line["sku"].text(), line.get("x").text()
    (2, '', '')
    >>> line["name"].text()  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    Malformed: line_items[0].name: is missing
    """

    def __init__(self, value, path=""):
        self.value = value
        self.path = path

    def __getitem__(self, name):
        """A field that has to be there, if only as null."""
        if name not in self.expect(dict, "an object"):
            raise Malformed("is missing", path=self._path(name))
        return Place(self.value[name], self._path(name))

    def get(self, name):
        """A field that may be missing: then it reads as null."""
        return Place(self.expect(dict, "an object").get(name), self._path(name))

    def _path(self, name):
        return f"{self.path}.{name}" if self.path else name

    def __bool__(self):
        return self.value is not None

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
        return self.expect(str, "a text") if self else ""

    def whole(self):
        """A whole number; some plugins write them as text.

        >>> Place("3").whole(), Place(-2).whole()
        (3, -2)
        """
        if isinstance(self.value, str) and self.value.lstrip("-").isdigit():
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

    def number(self):
        """An exact number; an empty text is 0."""
        value = self.value or "0" if isinstance(self.value, str) else self.value
        if isinstance(value, bool | float) or value is None:
            raise Malformed(f"{self.value!r:.60} is no exact number", path=self.path)
        try:
            number = Decimal(value)
        except (InvalidOperation, TypeError, ValueError):
            number = Decimal("NaN")
        if not number.is_finite():
            raise Malformed(f"{self.value!r:.60} is no number", path=self.path)
        return number

    def items(self):
        """The places in a list; null is an empty one."""
        values = self.expect(list, "a list") if self else []
        return [Place(value, f"{self.path}[{i}]") for i, value in enumerate(values)]
