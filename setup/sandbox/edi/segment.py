"""A segment as it was read or is to be written, of either standard."""

from decimal import Decimal, InvalidOperation

# what may separate elements or end segments in X12: never in our own texts
SEPARATORS = "*>~|^:"


class Segment:
    """:ivar elements: list of elements, each a list of its components"""

    __slots__ = ("tag", "elements")

    def __init__(self, tag, elements):
        self.tag, self.elements = tag, elements

    def __repr__(self):
        return f"{self.tag}{self.elements}"

    def at(self, number, component=1):
        """The text at a place, counted from 1 as guides do; empty where nothing is."""
        if number > len(self.elements):
            return ""
        components = self.elements[number - 1]
        return components[component - 1] if component <= len(components) else ""

    def number(self, number, component=1, mark="."):
        """The number at a place; None where nothing or no number is."""
        try:
            return Decimal(self.at(number, component).replace(mark, "."))
        except InvalidOperation:
            return None

    def pairs(self, first):
        """{qualifier: value} of pairs of elements from a place on."""
        found = {}
        for number in range(first, len(self.elements), 2):
            if self.at(number):
                found.setdefault(self.at(number), self.at(number + 1))
        return found


def make(tag, *elements):
    """A segment of plain values; a tuple or list is a composite, None is empty."""

    def text(value):
        return "" if value is None else str(value)

    return Segment(
        tag,
        [
            [text(each) for each in value]
            if isinstance(value, tuple | list)
            else [text(value)]
            for value in elements
        ],
    )


def plain(number):
    """A number as partners write it: no exponent, no zeros behind the point."""
    text = f"{Decimal(number):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def clean(text, length):
    """A text without what separates elements, in X12's characters."""
    kept = (
        each if " " <= each <= "~" and each not in SEPARATORS else " " for each in text
    )
    return " ".join("".join(kept).split())[:length]
