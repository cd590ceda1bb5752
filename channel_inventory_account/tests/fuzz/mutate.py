# SPDX-License-Identifier: AGPL-3.0-or-later
"""What goes wrong with a message on its way, or in the program that writes it.

Everything follows from the random numbers that are handed in: one seed, one run.
"""

import copy
import json

DEEP = 3_000
LONG = 5_000
HUGE = 1_100_000
MARK = "fuzz-mark-7d1f"

ODD = (
    (None, True, False, 0, 1, -1, -7, 2**31 - 1, 2**31, 2**53 + 1, 2**63, 10**40)
    + (0.1, -0.0, 1e300, float("nan"), float("inf"), float("-inf"))
    + ("", " ", "0", "-5", "3.7", "NaN", "Infinity", "1e400", "1E+99999", "abc")
    + ("\x00", "a\x00b", "\ud800", "\udfff", "\ufeff", "\u202etxt", "🧨" * 40)
    + ("x" * LONG, "' OR 1=1; --", "<script>alert(1)</script>", "%s %(x)s {0}")
    + ([], {}, [[]], [None], [{}], {"id": None}, {"nodes": None})
)
ODD_TIMES = (
    ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00")
    + ("2999-01-01T00:00:00", "1969-12-31T23:59:59Z", "2026-02-30T00:00:00Z", "now")
    + ("2026-11-24", "24.11.2026 10:00", "2026-11-24T10:00:00+99:99", 1_800_000_000)
)
# What stands in for MARK in the text, where no value of Python could be written.
RAW = (
    "[" * DEEP + "]" * DEEP,
    '{"a":' * DEEP + "1" + "}" * DEEP,
    "[" * DEEP,
    "9" * LONG,
    "-" + "9" * 400,
    "1e999999999",
    "NaN",
    "Infinity",
    "undefined",
    '"\\ud800"',
    '"\\u0000"',
    '"\x01"',
    "1,",
    "",
)


class Mutator:
    """:param random: a ``random.Random``"""

    def __init__(self, random):
        self.random = random

    def body(self, body):
        """A body spoiled once or twice. :return: bytes"""
        choice = self.random.random()
        if choice < 0.08:
            return self._bytes(body)
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            return self._bytes(body)
        if choice < 0.18:
            return self._text(value)
        for _change in range(self.random.choice((1, 1, 1, 2, 4))):
            value = self._value(value)
        text = json.dumps(value, ensure_ascii=self.random.random() < 0.7)
        body = text.encode("utf-8", "surrogatepass")
        return self._bytes(body) if choice > 0.95 else body

    # ---------------------------------------------------------------- bytes
    def _bytes(self, body):
        at = self.random.randrange(len(body) + 1)
        return self.random.choice(
            (
                lambda: body[:at],
                lambda: body[at:],
                lambda: (
                    body[:at] + bytes([self.random.randrange(256)]) + body[at + 1 :]
                ),
                lambda: body[:at] + b"\xff\xfe\xc3\x28" + body[at:],
                lambda: body[:at] + b"\x00" + body[at:],
                lambda: b"\xef\xbb\xbf" + body,
                lambda: body.decode("utf-8", "replace").encode("utf-16"),
                lambda: body.decode("utf-8", "replace").encode("latin-1", "replace"),
                lambda: b"",
                lambda: b"null",
                lambda: b"[]",
                lambda: b"{}",
                lambda: b'"text"',
                lambda: b"<html><body>Maintenance</body></html>",
                lambda: b"a=1&b=2&c=%ff",
                lambda: body + b" " * 400_000,
                lambda: body + body,
            )
        )()

    def _text(self, value):
        """Something that is written into the text where a value stood."""
        value = copy.deepcopy(value)
        places = list(_places(value))
        if not places:
            return self._bytes(json.dumps(value).encode())
        owner, key = self.random.choice(places)
        owner[key] = MARK
        text = json.dumps(value)
        if self.random.random() < 0.2:
            # the same key twice
            return text.replace(f'"{MARK}"', f'1, "{key}": 2', 1).encode()
        return text.replace(f'"{MARK}"', self.random.choice(RAW)).encode()

    # --------------------------------------------------------------- values
    def _value(self, value):
        value = copy.deepcopy(value)
        places = list(_places(value))
        if not places:
            return self.random.choice(ODD)
        owner, key = self.random.choice(places)
        return self.random.choice(
            (
                lambda: self._replace(value, owner, key),
                lambda: self._replace(value, owner, key),
                lambda: self._drop(value, owner, key),
                lambda: self._double(value, owner, key),
                lambda: self._swap(value, owner, key, places),
                lambda: self._pick(value, places, ("quantit", "amount", "total", "id")),
                lambda: self._pick(value, places, ("_at", "At", "date", "version")),
                lambda: self._pick(value, places, ("id",)),
            )
        )()

    def _replace(self, value, owner, key):
        owner[key] = copy.deepcopy(self._odd(key))
        return value

    def _odd(self, key):
        name = str(key)
        if self.random.random() < 0.5 and (
            "date" in name or name.endswith(("_at", "At"))
        ):
            return self.random.choice(ODD_TIMES)
        return self.random.choice(ODD)

    def _drop(self, value, owner, key):
        del owner[key]
        return value

    def _double(self, value, owner, key):
        if isinstance(owner, list):
            owner.insert(key, copy.deepcopy(owner[key]))
        else:
            owner[f"{key}_more"] = copy.deepcopy(owner[key])
        return value

    def _swap(self, value, owner, key, places):
        other, name = self.random.choice(places)
        owner[key] = copy.deepcopy(other[name])
        return value

    def _pick(self, value, places, words):
        """Spoil a value whose name says that it counts."""
        fitting = [
            (owner, key) for owner, key in places if any(w in str(key) for w in words)
        ]
        owner, key = self.random.choice(fitting or places)
        return self._replace(value, owner, key)

    # -------------------------------------------------------------- headers
    def headers(self, headers, own):
        """:param own: names of the channel's own headers"""
        headers = dict(headers)
        name = self.random.choice([*own, "Content-Type"])
        found = next((key for key in headers if key.lower() == name.lower()), name)
        value = headers.get(found, "")
        odd = self.random.choice(
            (None, "", " ", "x", value * 2, value[:-1], value.swapcase(), "é" * 9)
            + ("x" * LONG, "orders/create", "order.updated", "a/b/c", "../..", "\t")
            + ("0", "-1", "9" * 400, "application/x-www-form-urlencoded", "text/plain")
            + ("multipart/form-data; boundary=x", "application/json; charset=utf-16")
            + ("9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "%s", "{}")
        )
        if odd is None:
            headers.pop(found, None)
        else:
            headers[found] = odd
        return headers


def _places(value):
    """(owner, key) of everything inside a value of JSON."""
    todo = [value]
    while todo:
        each = todo.pop()
        keys = ()
        if isinstance(each, dict):
            keys = list(each)
        elif isinstance(each, list):
            keys = range(len(each))
        for key in keys:
            yield each, key
            todo.append(each[key])
