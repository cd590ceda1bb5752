# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reading orders of the shop: which there are, and all of what is known of one."""

import logging
from datetime import datetime, timedelta, timezone

from odoo.addons.channel_inventory_base.lib import errors, events

from ..const import API, PAGE
from .events import order_event, order_head, order_ref
from .order import DETAILS, DRAFT, RATES, is_visible, missing_rates

_logger = logging.getLogger(__name__)

ROUTE = f"{API}/orders"
MAX_RATES = 20
"""Rates asked for one order; a real one has a handful."""
SECOND = timedelta(seconds=1)
FORMAT = "%Y-%m-%dT%H:%M:%S"


class Orders:
    """
    :param client: a ``client.Client``
    """

    def __init__(self, client):
        self._client = client

    # ----------------------------------------------------------------- list
    def list(self, since, cursor):
        """A HeadPage of orders changed at or after ``since``.

        By the time of their last change, not by the number of a page: an order that
        changes while we read moves to the end, and all others would move up by one.
        """
        after, number = _read_cursor(since, cursor)
        orders = self._page(
            modified_after=after.strftime(FORMAT),
            # without it the shop takes times for those of its own clock
            dates_are_gmt="true",
            orderby="modified",
            order="asc",
            page=number,
            _fields="id,status,date_modified_gmt",
        )
        heads = [order_head(raw) for raw in orders if is_visible(raw)]
        return {"heads": heads, "cursor": _next_cursor(orders, after, number)}

    def placed(self, since, until, cursor):
        """An OrderRefPage of orders placed within a time, by their numbers: one that is
        made meanwhile is behind them."""
        number = int(cursor or 1)
        orders = self._page(
            **_within(since, until),
            orderby="id",
            order="asc",
            page=number,
            _fields="id,status,date_created_gmt,date_modified_gmt",
        )
        more = len(orders) >= PAGE
        refs = [order_ref(raw) for raw in orders if is_visible(raw)]
        return {"refs": refs, "cursor": str(number + 1) if more else ""}

    def count(self, since, until):
        """How many were placed within a time: all but carts at the checkout, which the
        shop counts as orders. None where it does not tell."""
        counts = []
        for status in ("any", DRAFT):
            try:
                _items, count, _pages = self._client.page(
                    ROUTE,
                    **_within(since, until),
                    status=status,
                    per_page=1,
                    _fields="id",
                )
            except errors.Refused:
                # a shop that knows no such carts
                return None
            counts.append(count)
        return None if None in counts else counts[0] - counts[1]

    def missing(self, refs):
        """With orders in the database's own tables, a deletion for good is not told."""
        asked = [ref for ref in refs if ref.isdecimal()]
        if not asked:
            return []
        orders = self._page(
            include=",".join(asked), status="any", _fields="id", per_page=len(asked)
        )
        known = {str(raw["id"]) for raw in orders if isinstance(raw, dict)}
        return [ref for ref in asked if ref not in known]

    def _page(self, **params):
        return self._client.page(ROUTE, **params)[0]

    # ----------------------------------------------------------------- read
    def fetch_many(self, refs):
        """InboundEvents of whole orders. What is odd about one stays with it."""
        return [
            self._polled(raw)
            for raw in self._page(include=",".join(refs), per_page=len(refs))
            if not isinstance(raw, dict) or is_visible(raw)
        ]

    def _polled(self, raw):
        try:
            raw = self._completed(raw)
        except (errors.Refused, errors.Malformed):
            # it goes in as incomplete; fetching it will tell a person what is wrong
            _logger.info("an order's refunds cannot be read", exc_info=True)
        return _event(raw, "orders/poll")

    def fetch(self, ref):
        """One order as InboundEvent, None when the shop does not show it."""
        if not ref.isdecimal():
            return None
        try:
            raw = self._completed(self._client.get(f"{ROUTE}/{ref}"))
        except errors.NotFound:
            return None
        if isinstance(raw, dict) and not is_visible(raw):
            return None
        return {
            **_event(raw, "orders/fetch", ref),
            "clock": self._client.server_time,
        }

    def _completed(self, raw):
        """With what its refunds were for: the order itself names them only; and with
        tax rates that it does not tell."""
        if not isinstance(raw, dict):
            return raw
        raw = self._with_rates(raw)
        if not raw.get("refunds"):
            return raw
        route = f"{ROUTE}/{raw['id']}/refunds"
        return {**raw, DETAILS: self._client.page(route, orderby="id", order="asc")[0]}

    def _with_rates(self, raw):
        try:
            missing = missing_rates(raw)
        except (AttributeError, TypeError):
            # what it is not is told by whoever reads it
            return raw
        found = []
        for rate in missing[:MAX_RATES]:
            try:
                found.append(self._client.get(f"{API}/taxes/{rate}"))
            except (errors.NotFound, errors.Refused):
                _logger.info("tax rate %s is not told", rate)
        return {**raw, RATES: found} if missing else raw


def _within(since, until):
    """Of lists by time of creation. ``after`` means later than, and counts whole
    seconds."""
    first = since.astimezone(timezone.utc) - SECOND
    return {
        "after": first.strftime(FORMAT),
        "before": until.astimezone(timezone.utc).strftime(FORMAT),
        "dates_are_gmt": "true",
    }


def _event(raw, topic, ref=""):
    """:param ref: which order was asked for: what came may be no order at all"""
    try:
        return order_event(raw, topic)
    except (errors.Malformed, AttributeError):
        return events.order_event(raw, topic, ref, None)


def _read_cursor(since, cursor):
    """``modified_after`` means later than, and counts whole seconds."""
    if cursor:
        after, _bar, number = cursor.partition("|")
        return datetime.strptime(after, FORMAT), int(number)
    moment = since.astimezone(timezone.utc).replace(tzinfo=None, microsecond=0)
    return moment - SECOND, 1


def _next_cursor(orders, after, number):
    if len(orders) < PAGE:
        return ""
    moments = [moment for moment in map(_moment, orders) if moment]
    last = moments[-1] - SECOND if moments else after
    if last > after:
        return f"{last.strftime(FORMAT)}|1"
    # more than a page in one second
    return f"{after.strftime(FORMAT)}|{number + 1}"


def _moment(raw):
    """When an order was changed last; None where it does not tell."""
    try:
        return datetime.strptime(raw["date_modified_gmt"], FORMAT)
    except (KeyError, TypeError, ValueError):
        return None
