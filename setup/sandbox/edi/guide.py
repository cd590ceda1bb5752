"""What a partner's guide allows in a document: segments, their order, elements.

A guide is a text. A line is a segment, deeper lines are what follows each one of it::

    PO1 +   01?AN1-20 02!R1-15 03!ID2=EA|CA 06-25?AN1-48 P0607
      PID * 01!ID1=F 05?AN1-80

A line that begins with ``..`` goes on with the elements of the one above.
``1`` ``?`` ``+`` ``*`` or ``2-5`` is how often. An element is ``!`` mandatory or ``?``
optional, with its type, lengths and codes; ``01.2`` is a component, ``06-25`` are all
of them, ``P0607`` wants both or none of two elements.
"""

import math
import re
from dataclasses import dataclass, field
from datetime import datetime

TIMES = {"1": (1, 1), "?": (0, 1), "+": (1, math.inf), "*": (0, math.inf)}
ELEMENT = re.compile(
    r"(?P<first>\d\d)(?:-(?P<last>\d\d))?(?:\.(?P<part>\d))?(?P<use>[!?])"
    r"(?P<type>AN|ID|DT|TM|R|N)(?P<low>\d+)?(?:-(?P<high>\d+))?(?:=(?P<codes>\S+))?$"
)
DATES = {6: "%y%m%d", 8: "%Y%m%d"}


@dataclass(frozen=True)
class Problem:
    """What is wrong with a document, and where.

    :ivar kind: missing_segment, unexpected, unknown, too_often; for elements missing,
        too_many, short, long, characters, code, date, time, pair
    :ivar position: of the segment, 0 for the first after the document's head
    :ivar element: 0 where the whole segment is meant
    """

    kind: str
    position: int
    segment: str
    element: int = 0
    component: int = 0
    value: str = ""

    def __str__(self):
        place = f"{self.segment} at {self.position}"
        if self.element:
            place += f", element {self.element}"
        if self.component > 1:
            place += f".{self.component}"
        return f"{self.kind}: {place}" + (f" ({self.value!r})" if self.value else "")


@dataclass
class Element:
    mandatory: bool
    type: str
    low: int
    high: int
    codes: frozenset

    def problem(self, value, mark):
        """What is wrong with a value that is there; None for nothing."""
        if self.type in ("R", "N"):
            digits = re.fullmatch(rf"-?(\d+)({re.escape(mark)}\d+)?", value)
            if not digits or (self.type == "N" and digits[2]):
                return "characters"
            value = value.lstrip("-").replace(mark, "")
        if len(value) < self.low:
            return "short"
        if len(value) > self.high:
            return "long"
        if self.codes and value not in self.codes:
            return "code"
        if self.type == "DT" and not _is_date(value):
            return "date"
        if self.type == "TM" and not re.fullmatch(
            r"([01]\d|2[0-3])[0-5]\d([0-5]\d\d{0,2})?", value
        ):
            return "time"
        return None


def _is_date(value):
    try:
        return bool(datetime.strptime(value, DATES.get(len(value), "")))
    except ValueError:
        return False


@dataclass
class Node:
    """A segment of a guide with all that may follow it."""

    tag: str
    low: int
    high: float
    elements: dict = field(default_factory=dict)
    pairs: list = field(default_factory=list)
    children: list = field(default_factory=list)


class Guide:
    """:param text: the format is told above"""

    def __init__(self, text):
        self.nodes = []
        self.tags = set()
        branches = [(-1, self.nodes)]
        node = None
        for line in filter(str.strip, text.splitlines()):
            depth = len(line) - len(line.lstrip())
            words = line.split()
            if words[0] == "..":
                _add_elements(node, words[1:])
                continue
            while branches[-1][0] >= depth:
                branches.pop()
            node = _node(words)
            branches[-1][1].append(node)
            branches.append((depth, node.children))
            self.tags.add(node.tag)

    def check(self, segments, mark="."):
        """The problems of a document in their order.

        :param mark: the decimal mark
        """
        problems = []
        position = self._walk(self.nodes, segments, 0, problems, mark)
        if position < len(segments):
            tag = segments[position].tag
            kind = "unexpected" if tag in self.tags else "unknown"
            problems.append(Problem(kind, position, tag))
        return problems

    def _walk(self, nodes, segments, position, problems, mark):
        for node in nodes:
            count = 0
            while position < len(segments) and segments[position].tag == node.tag:
                count += 1
                if count == node.high + 1:
                    problems.append(Problem("too_often", position, node.tag))
                problems += _element_problems(node, segments[position], position, mark)
                position = self._walk(
                    node.children, segments, position + 1, problems, mark
                )
            if count < node.low:
                problems.append(Problem("missing_segment", position, node.tag))
        return position


def _node(words):
    tag, times, *rest = words
    low, high = TIMES[times] if times in TIMES else map(int, times.split("-"))
    node = Node(tag, low, high)
    _add_elements(node, rest)
    return node


def _add_elements(node, words):
    for word in words:
        if word[0] == "P":
            node.pairs.append((int(word[1:3]), int(word[3:5])))
            continue
        match = ELEMENT.match(word)
        if not match:
            raise ValueError(f"{node.tag}: {word!r} is no element")
        first, last = int(match["first"]), int(match["last"] or match["first"])
        least = int(match["low"] or 1)
        most = int(match["high"] or match["low"] or 1000)
        codes = frozenset(filter(None, (match["codes"] or "").split("|")))
        element = Element(match["use"] == "!", match["type"], least, most, codes)
        for number in range(first, last + 1):
            node.elements[number, int(match["part"] or 1)] = element


def _element_problems(node, segment, position, mark):
    def problem(kind, number, part=1, value=""):
        return Problem(kind, position, segment.tag, number, part, value)

    for (number, part), element in node.elements.items():
        value = segment.at(number, part)
        if value:
            if kind := element.problem(value, mark):
                yield problem(kind, number, part, value)
        elif element.mandatory:
            yield problem("missing", number, part)
    for number, components in enumerate(segment.elements, 1):
        for part, value in enumerate(components, 1):
            if value and (number, part) not in node.elements:
                yield problem("too_many", number, part, value)
    for first, second in node.pairs:
        if bool(segment.at(first)) != bool(segment.at(second)):
            yield problem("pair", second)
