"""Pages of a list, by cursor, as the real connections count them."""

import base64
import json

from .errors import ApiError, bad_request
from .resolver import Record

MAX_PAGE = 250


def paginate(
    ctx, items, key, show, first=None, last=None, after=None, before=None, reverse=False
):
    """One page of ``items`` as a connection.

    The cursor holds the sort key of its item, not an offset: what changes between
    two pages moves by its key, and nothing that stays is skipped.

    :param key: sort key of an item, made of JSON values
    :param show: makes the view of an item
    """
    items = sorted(items, key=key, reverse=reverse)
    window, ctx.window = ctx.window, None
    if window:
        first, after = window.size, window.after
    if not ctx.bulk:
        _check_size(first, last)
    keys = [_plain(key(item)) for item in items]
    low, high = 0, len(items)
    if after is not None:
        low = _edge(keys, _read(after, keys), reverse, past=True)
    if before is not None:
        high = _edge(keys, _read(before, keys), reverse, past=False)
    start, end = _window(low, max(high, low), first, last)
    nodes = [show(item) for item in items[start:end]]
    cursors = [_cursor(value) for value in keys[start:end]]
    if window:
        window.after = cursors[-1] if end < len(items) else None
    info = Record(
        "PageInfo",
        hasNextPage=end < len(items),
        hasPreviousPage=start > 0,
        startCursor=cursors[0] if cursors else None,
        endCursor=cursors[-1] if cursors else None,
    )
    edges = [
        Record("Edge", node=node, cursor=cursor)
        for node, cursor in zip(nodes, cursors, strict=True)
    ]
    return Record("Connection", nodes=nodes, edges=edges, pageInfo=info)


class Window:
    """How far a bulk query has read its root connection."""

    def __init__(self, size=MAX_PAGE):
        self.size = size
        self.after = None


def _check_size(first, last):
    if first is None and last is None:
        raise bad_request("you must provide one of first or last")
    if first is not None and last is not None:
        raise bad_request("providing both first and last is not supported")
    for name, value in (("first", first), ("last", last)):
        if value is None:
            continue
        if value < 1:
            raise bad_request(f"{name} must be greater than 0")
        if value > MAX_PAGE:
            raise ApiError(
                f"{name} cannot exceed {MAX_PAGE}. To query larger amounts of data"
                " with fewer limits, bulk operations should be used instead.",
                "BAD_REQUEST",
            )


def _plain(value):
    return list(value) if isinstance(value, tuple) else [value]


def _cursor(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


def _read(cursor, keys):
    try:
        value = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except ValueError as error:
        raise bad_request("Invalid cursor for current pagination sort.") from error
    shape = [type(part) for part in keys[0]] if keys else None
    if not isinstance(value, list) or (shape and shape != [type(p) for p in value]):
        raise bad_request("Invalid cursor for current pagination sort.")
    return value


def _edge(keys, value, reverse, past):
    """The number of items before the cursor, or up to and with it."""
    if reverse:
        return sum(key > value or (past and key == value) for key in keys)
    return sum(key < value or (past and key == value) for key in keys)


def _window(low, high, first, last):
    if first is not None:
        return low, min(low + first, high)
    if last is not None:
        return max(high - last, low), high
    return low, high
