"""Global ids: ``gid://shopify/Order/5000000000001``."""

import itertools
import re

# Beyond 32 bits on purpose: real ids are, and clients must cope.
FIRST_ID = 5_000_000_000_001

_GID = re.compile(r"^gid://shopify/(\w+)/([\w-]+)(\?.*)?$")


class InvalidGid(ValueError):
    """The text is no global id, or of another type than expected."""


class Sequence:
    def __init__(self):
        self._counter = itertools.count(FIRST_ID)

    def __call__(self):
        return next(self._counter)


def gid(kind, number):
    return f"gid://shopify/{kind}/{number}"


def split_gid(text):
    """Return (type name, id as text)."""
    match = _GID.match(str(text))
    if not match:
        raise InvalidGid(f"Invalid global id '{text}'")
    return match.group(1), match.group(2)


def number_of(text, kind):
    """The number of a global id of this type."""
    found, number = split_gid(text)
    if found != kind or not number.isdigit():
        raise InvalidGid(f"Invalid id: {text}")
    return int(number)
