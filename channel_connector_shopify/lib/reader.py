"""Reading answers that may be anything: what does not fit is named with its place."""

from decimal import Decimal, InvalidOperation

from ..errors import Malformed


class Place:
    """A value inside an answer that knows where it is.

    >>> line = Place({"quantity": 2, "sku": None}, "lineItems[0]")
    >>> line["quantity"].whole(), line["sku"].text()
    (2, '')
    >>> line["title"].text()  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    Malformed: lineItems[0].title: is missing
    """

    def __init__(self, value, path=""):
        self.value = value
        self.path = path

    def __getitem__(self, name):
        """A field that has to be there, if only as null."""
        self.expect(dict, "an object")
        path = f"{self.path}.{name}" if self.path else name
        if name not in self.value:
            raise Malformed("is missing", path=path)
        return Place(self.value[name], path)

    def get(self, name):
        """A field that may be missing: then it reads as null."""
        self.expect(dict, "an object")
        path = f"{self.path}.{name}" if self.path else name
        return Place(self.value.get(name), path)

    def __bool__(self):
        return self.value is not None

    def expect(self, kind, words):
        # bool is an int to Python, and never a quantity to us
        if not isinstance(self.value, kind) or (
            kind is int and isinstance(self.value, bool)
        ):
            raise Malformed(
                f"{words} is expected, not {self.value!r:.60}", path=self.path
            )
        return self.value

    def text(self):
        """A text; null is an empty one."""
        return self.expect(str, "a text") if self else ""

    def whole(self):
        return self.expect(int, "a whole number")

    def flag(self):
        return self.expect(bool, "true or false")

    def number(self):
        """An exact number. Floats are refused: they have lost what we are to keep."""
        if isinstance(self.value, bool | float) or not self:
            raise Malformed(f"{self.value!r:.60} is no exact number", path=self.path)
        try:
            number = Decimal(self.value)
        except (InvalidOperation, TypeError, ValueError):
            number = Decimal("NaN")
        if not number.is_finite():
            raise Malformed(f"{self.value!r:.60} is no number", path=self.path)
        return number

    def items(self):
        """The places in a list."""
        values = self.expect(list, "a list")
        return [Place(value, f"{self.path}[{i}]") for i, value in enumerate(values)]

    def nodes(self):
        """The places in a connection."""
        return [
            Place(node.value, node.path.replace(".nodes[", "["))
            for node in self["nodes"].items()
        ]
