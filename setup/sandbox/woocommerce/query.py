"""Lists: filters, order, pages. What is not known here is ignored, as in the shop."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from .errors import invalid_param


@dataclass
class Page:
    items: list
    total: int
    pages: int


def paginate(items, params, default=10):
    size = whole(params, "per_page", default, 1, 100)
    number = whole(params, "page", 1, 1, None)
    start = (number - 1) * size
    return Page(items[start : start + size], len(items), -(-len(items) // size))


def whole(params, name, default, low, high):
    text = params.get(name)
    if text in (None, ""):
        return default
    try:
        value = int(text)
    except ValueError:
        raise invalid_param(name, f"{name} is not of type integer.") from None
    if value < low or (high is not None and value > high):
        words = f"{name} must be between {low} (inclusive) and {high} (inclusive)"
        raise invalid_param(name, words)
    return value


def numbers(params, name):
    """``include=1,2``; None when it is not asked for."""
    text = str(params.get(name) or "")
    return [int(part) for part in text.split(",") if part.strip().isdigit()] or None


def sort(items, params, default="date"):
    """``orderby`` and ``order``: equal keys stay in the order of their numbers."""
    keys = {
        "date": lambda item: item.created,
        "modified": lambda item: item.modified,
        "id": lambda item: item.id,
    }
    name = params.get("orderby") or default
    if name not in keys:
        raise invalid_param("orderby", f"orderby is not one of {', '.join(keys)}.")
    descending = params.get("order", "desc") == "desc"
    items = sorted(items, key=lambda item: item.id, reverse=descending)
    return sorted(items, key=keys[name], reverse=descending)


def by_time(store, items, params):
    """``modified_after`` and its like: strictly, in whole seconds, by local time.

    A zone at the end of a time is not looked at: only ``dates_are_gmt`` counts.
    """
    shift = timedelta(hours=store.config.utc_offset)
    if str(params.get("dates_are_gmt", "")).lower() in ("true", "1"):
        shift = timedelta()
    for name, field, after in (
        ("modified_after", "modified", True),
        ("modified_before", "modified", False),
        ("after", "created", True),
        ("before", "created", False),
    ):
        if not params.get(name):
            continue
        bound = _moment(name, params[name]) - shift
        items = [
            item
            for item in items
            if (getattr(item, field) > bound if after else getattr(item, field) < bound)
        ]
    return items


def _moment(name, text):
    try:
        moment = datetime.fromisoformat(str(text)[:19])
    except ValueError:
        raise invalid_param(name, "Invalid date.") from None
    return moment.replace(tzinfo=timezone.utc, microsecond=0)


def pick(body, params):
    """``_fields`` on the top level only."""
    wanted = params.get("_fields")
    if not wanted:
        return body
    names = {name.strip().partition(".")[0] for name in wanted.split(",")}
    if isinstance(body, list):
        return [{k: v for k, v in each.items() if k in names} for each in body]
    return {key: value for key, value in body.items() if key in names}
