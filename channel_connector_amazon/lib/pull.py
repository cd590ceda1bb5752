# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reading orders: those that changed, and one as it is now. No odoo in here."""

from datetime import timedelta, timezone

from odoo.addons.channel_inventory_base.lib import errors, events
from odoo.addons.channel_inventory_base.lib.errors import Malformed
from odoo.addons.channel_inventory_base.lib.reader import JsonValue

from ..const import INCLUDED, ORDERS_A_PAGE
from .order import is_sold_here

BAR = "|"
SECOND = timedelta(seconds=1)


class Orders:
    """
    :param client: a ``client.Client``
    :param marketplaces: ids of those that the channel sells in

    :ivar until: the time up to which the pages read are complete, by Amazon's clock: a
        new order shows some three minutes late. Where to go on next time; "" before
    """

    def __init__(self, client, marketplaces):
        self._client = client
        self._marketplaces = list(marketplaces)
        self.until = ""

    def page(self, since, cursor):
        """A page of whole orders that changed at or after ``since``, as EventPage's
        values.

        :param cursor: "" for the first, then what the last page gave: good for a day
        """
        after, _bar, token = cursor.partition(BAR) if cursor else (utc(since), "", "")
        place = JsonValue(self._search(after, token))
        self.until = place.get("lastUpdatedBefore").text() or self.until
        pages = place.get("pagination")
        following = pages.get("nextToken").text() if pages else ""
        if following and following == token:
            raise errors.Unavailable("the same page comes again", code="SAME_PAGE")
        return {
            "events": [
                event(raw, "orders/poll")
                for raw in place["orders"].expect(list, "a list")
                if is_sold_here(raw)
            ],
            "cursor": f"{after}{BAR}{following}" if following else "",
        }

    def _search(self, after, token):
        """A token that is not taken any more, as after a day, begins anew: what comes
        again is known."""
        try:
            return self._client.call("searchOrders", **self.params(after, token))
        except errors.Refused:
            if not token:
                raise
        return self._client.call("searchOrders", **self.params(after))

    def params(self, after, token=""):
        """Of searchOrders; with a token they are the same as without."""
        return {
            "lastUpdatedAfter": after,
            "marketplaceIds": self._marketplaces,
            "includedData": list(INCLUDED),
            "maxResultsPerPage": ORDERS_A_PAGE,
            "paginationToken": token or None,
        }

    def placed(self, since, until, cursor):
        """An OrderRefPage's values: orders placed within a time. Amazon's has both its
        bounds in it."""
        answer = self._client.call(
            "searchOrders",
            createdAfter=utc(since),
            createdBefore=utc(until - SECOND),
            marketplaceIds=self._marketplaces,
            maxResultsPerPage=ORDERS_A_PAGE,
            paginationToken=cursor or None,
        )
        place = JsonValue(answer)
        pages = place.get("pagination")
        following = pages.get("nextToken").text() if pages else ""
        if following and following == cursor:
            raise errors.Unavailable("the same page comes again", code="SAME_PAGE")
        return {
            "refs": [
                {
                    "ref": each["orderId"].text(),
                    "placed_at": each["createdTime"].text(),
                    "version": each["lastUpdatedTime"].text() or None,
                }
                for each in place["orders"].items()
                if is_sold_here(each.value)
            ],
            "cursor": following,
        }

    def fetch(self, ref):
        """One order as InboundEvent's values, None where Amazon does not show it."""
        raw = self.fetch_raw(ref)
        if raw is None:
            return None
        return {**event(raw, "orders/fetch", ref), "clock": self._client.server_time}

    def fetch_raw(self, ref):
        """One order as Amazon has it now, None where it does not show it."""
        try:
            answer = self._client.call(
                "getOrder", orderId=ref, includedData=list(INCLUDED)
            )
        except errors.NotFound:
            return None
        # an id that is of no order, such as that of a removal, is answered with nothing
        return answer.get("order") or None


def event(raw, topic, ref=""):
    """An order as InboundEvent's values. What is odd about one stays with it.

    :param ref: which order was asked for: what came may be no order at all
    """
    try:
        place = JsonValue(raw)
        ref = place["orderId"].text() or ref
        moment = place["lastUpdatedTime"].text() or None
    except Malformed:
        moment = None
    return events.order_event(raw, topic, ref, moment)


def utc(moment):
    """A time as Amazon takes it: with an offset it is refused.

    >>> from datetime import datetime
    >>> utc(datetime.fromisoformat("2026-11-24T11:00:00.5+01:00"))
    '2026-11-24T10:00:00Z'
    """
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
