"""Shopify's search syntax, for the filters that the sandbox knows.

``updated_at:>='2026-11-23T10:00:00Z' AND (status:open OR tag:vip) -test:true``
A filter that is not known is an error: ignoring it would answer another question.
"""

import operator
import re

from ..common.clock import parse_time
from .errors import ApiError, NotInSandbox

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<open>\() | (?P<close>\))
    | (?P<word>AND|OR|NOT)(?=[\s(]|$)
    | (?P<minus>-)(?=[\w(])
    | (?P<field>[A-Za-z_][\w.]*):(?P<op><=|>=|<|>|=)?
      (?P<value>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s()]+)
    | (?P<text>"[^"]*"|'[^']*'|[^\s()]+)
    )""",
    re.VERBOSE,
)
_COMPARE = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    None: operator.eq,
}


def compile_query(text, fields, where):
    """Return a predicate of a record.

    :param fields: ``{filter: (kind, getter)}`` with kind id, time, text, flag or
        number; ``default`` takes bare words
    :param where: what is searched, for messages
    """
    if not text or not text.strip():
        return lambda record: True
    return _Parser(_tokens(text), fields, where).parse()


def _tokens(text):
    position, tokens = 0, []
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if not match:
            raise ApiError(f"invalid search query: {text}", "BAD_REQUEST")
        tokens.append((match.lastgroup, match))
        position = match.end()
    return tokens


def _unquote(value):
    if value[:1] in "'\"" and value[-1:] == value[:1] and len(value) > 1:
        value = value[1:-1]
    return re.sub(r"\\(.)", r"\1", value)


class _Parser:
    """or := and {OR and}; and := unary {[AND] unary}; unary := [NOT|-] term"""

    def __init__(self, tokens, fields, where):
        self.tokens, self.fields, self.where = tokens, fields, where
        self.position = 0

    def parse(self):
        result = self._or()
        if self.position < len(self.tokens):
            raise ApiError("invalid search query", "BAD_REQUEST")
        return result

    def _peek(self):
        if self.position < len(self.tokens):
            return self.tokens[self.position]
        return None, None

    def _word(self, word):
        kind, match = self._peek()
        found = kind == "word" and match["word"] == word
        self.position += found
        return found

    def _or(self):
        parts = [self._and()]
        while self._word("OR"):
            parts.append(self._and())
        return lambda record: any(part(record) for part in parts)

    def _and(self):
        parts = [self._unary()]
        while True:
            self._word("AND")
            kind, match = self._peek()
            if kind in (None, "close") or (kind == "word" and match["word"] == "OR"):
                return lambda record: all(part(record) for part in parts)
            parts.append(self._unary())

    def _unary(self):
        kind, _match = self._peek()
        if kind == "minus" or self._word("NOT"):
            self.position += kind == "minus"
            part = self._unary()
            return lambda record: not part(record)
        return self._term()

    def _term(self):
        kind, match = self._peek()
        self.position += 1
        if kind == "open":
            inner = self._or()
            if self._peek()[0] != "close":
                raise ApiError("invalid search query: ) is missing", "BAD_REQUEST")
            self.position += 1
            return inner
        if kind == "value":
            return self._filter(match["field"], match["op"], _unquote(match["value"]))
        if kind == "text":
            return self._filter("default", None, _unquote(match["text"]))
        raise ApiError("invalid search query", "BAD_REQUEST")

    def _filter(self, name, op, value):
        if name not in self.fields:
            raise NotInSandbox(f"{self.where}(query: {name}:)")
        kind, getter = self.fields[name]
        try:
            return _KINDS[kind](getter, _COMPARE[op], value)
        except ValueError as error:
            raise ApiError(f"invalid {name}: {value}", "BAD_REQUEST") from error


def _id(getter, compare, value):
    wanted = int(value.rpartition("/")[2])
    return lambda record: compare(getter(record), wanted)


def _number(getter, compare, value):
    wanted = float(value)
    return lambda record: compare(float(getter(record)), wanted)


def _time(getter, compare, value):
    wanted = parse_time(value)
    return lambda record: getter(record) and compare(getter(record), wanted)


def _flag(getter, _compare, value):
    wanted = value.lower() == "true"
    return lambda record: bool(getter(record)) == wanted


def _text(getter, _compare, value):
    """Exact but for case; ``*`` at the end is a prefix; a comma means "or"."""
    patterns = [part.strip().lower() for part in value.split(",")]
    return lambda record: any(
        _matches(str(found or "").lower(), pattern)
        for found in _as_list(getter(record))
        for pattern in patterns
    )


def _words(getter, _compare, value):
    wanted = value.lower()
    return lambda record: any(
        wanted in str(found or "").lower() for found in _as_list(getter(record))
    )


def _matches(found, pattern):
    if pattern == "*":
        return bool(found)
    if pattern.endswith("*"):
        return found.startswith(pattern[:-1])
    return found == pattern


def _as_list(value):
    return value if isinstance(value, (list, tuple)) else [value]


_KINDS = {
    "id": _id,
    "number": _number,
    "time": _time,
    "flag": _flag,
    "text": _text,
    "words": _words,
}
