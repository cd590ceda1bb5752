# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reading orders of the shop: which there are, and all of what is known of one."""

from datetime import timezone

from odoo.addons.channel_inventory_base.lib import events
from odoo.addons.channel_inventory_base.schemas import time_of

from .. import order_queries as queries
from ..mapper import order_head, order_ref, page_info
from .completion import Completion


class Orders:
    """
    :param client: a ``client.Client``
    """

    def __init__(self, client):
        self._client = client
        self._completion = Completion(client.execute)

    def list(self, since, cursor):
        """A HeadPage of orders changed at or after ``since``."""
        query = f"updated_at:>='{_utc(since)}'"
        variables = {"query": query, "after": cursor or None}
        page = self._client.execute(queries.ORDER_HEADS, variables)["orders"]
        heads = [order_head(each) for each in page["nodes"]]
        return {"heads": heads, "cursor": page_info(page)}

    def placed(self, since, until, cursor):
        """An OrderRefPage of orders placed within a time."""
        variables = {"query": _placed(since, until), "after": cursor or None}
        page = self._client.execute(queries.ORDER_REFS, variables)["orders"]
        refs = [order_ref(each) for each in page["nodes"]]
        return {"refs": refs, "cursor": page_info(page)}

    def count(self, since, until):
        """How many were placed within a time, None where the shop has only estimated
        it."""
        variables = {"query": _placed(since, until)}
        found = self._client.execute(queries.ORDER_COUNT, variables)["ordersCount"]
        return found["count"] if found["precision"] == "EXACT" else None

    def fetch_many(self, refs):
        """InboundEvents of whole orders, without those that are gone."""
        nodes = self._client.execute(queries.ORDERS_BY_ID, {"ids": refs})["nodes"]
        complete = self._completion.complete
        return [
            _event(complete(order, queries.REFUNDS_IN_PAGE), "orders/poll", ref)
            for ref, order in zip(refs, nodes, strict=True)
            if order is not None
        ]

    def fetch(self, ref):
        """One order as InboundEvent, None when the shop has none."""
        order = self._completion.fetch(ref)
        if not order:
            return None
        return {
            **_event(order, "orders/fetch", ref),
            "clock": self._client.server_time,
        }

    def missing(self, refs):
        nodes = self._client.execute(queries.KNOWN, {"ids": refs})["nodes"]
        known = {node["id"] for node in nodes if node}
        return [ref for ref in refs if ref not in known]


def _utc(moment):
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _placed(since, until):
    """By the time that is an order's, of one that was imported into the shop, too."""
    return f"processed_at:>='{_utc(since)}' AND processed_at:<'{_utc(until)}'"


def _event(order, topic, ref):
    """:param ref: which order was asked for: what came may be no order at all"""
    moment = time_of(order.get("updatedAt")) if isinstance(order, dict) else None
    return events.order_event(order, topic, ref, moment)
