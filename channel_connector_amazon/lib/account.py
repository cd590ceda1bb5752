# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a seller's account lets the application do. Reads only; no odoo in here."""

from datetime import datetime, timedelta, timezone

from odoo.addons.channel_inventory_base.lib.errors import (
    Forbidden,
    NotFound,
    Refused,
    Throttled,
)
from odoo.addons.channel_inventory_base.lib.reader import JsonValue

from . import people
from .pull import utc

NO_ORDER = "000-0000000-0000000"
"""A number that is of no order, and formed like one."""
RECENT = timedelta(days=30)
SAMPLE = 5
"""Orders that are looked at for an address."""


class Account:
    """
    :param client: a ``client.Client``
    :param seller: his id
    """

    def __init__(self, client, seller):
        self._client, self._seller = client, seller

    def shows_listings(self, marketplace):
        """Whether the seller's listings of a marketplace may be read.

        :raise Forbidden: the seller is another one, or the role is missing
        """
        try:
            self._client.call(
                "searchListingsItems",
                sellerId=self._seller,
                marketplaceIds=[marketplace],
                includedData=["summaries"],
                pageSize=1,
            )
        except Refused:
            return False
        return True

    def shows_orders(self):
        """Whether orders may be read at all."""
        try:
            self._client.call("getOrder", orderId=NO_ORDER)
        except NotFound:
            return True
        except Forbidden:
            return False
        return True

    def shows_addresses(self, marketplaces):
        """Whether orders that the merchant is to ship tell where they go.

        Nothing says that a role is missing: their address is just not there.

        :return: None where no order can tell it, or the search is used up
        """
        now = self._client.server_time or datetime.now(timezone.utc)
        try:
            answer = self._client.call(
                "searchOrders",
                lastUpdatedAfter=utc(now - RECENT),
                marketplaceIds=list(marketplaces),
                fulfillmentStatuses=["UNSHIPPED"],
                fulfilledBy=["MERCHANT"],
                includedData=["FULFILLMENT", "RECIPIENT"],
                maxResultsPerPage=SAMPLE,
            )
        except Throttled:
            return None
        orders = JsonValue(answer)["orders"].items()
        return any(map(people.address, orders)) if orders else None
