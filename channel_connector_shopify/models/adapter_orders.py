import hashlib
import json
from datetime import datetime, timedelta, timezone

from odoo import api, models

from odoo.addons.channel_inventory_base import exceptions, schemas
from odoo.addons.channel_inventory_base.lib import strict_json

from .. import errors, mapper, order_queries
from ..const import ALL_ORDERS, SHOWN_DAYS
from ..lib import salvage
from ..lib.completion import Completion


class ChannelAdapterShopify(models.AbstractModel):
    """Orders: polled, fetched, and read from what a webhook brought."""

    _inherit = "channel.adapter.shopify"

    @api.model
    def _list_orders(self, channel, since, cursor):
        moment = since.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        variables = {"query": f"updated_at:>='{moment}'", "after": cursor or None}
        with self._connected(channel) as client:
            page = client.execute(order_queries.ORDER_HEADS, variables)["orders"]
            heads = [mapper.order_head(each) for each in page["nodes"]]
            return schemas.load(
                schemas.HeadPage, {"heads": heads, "cursor": mapper.page_info(page)}
            )

    @api.model
    def _read_orders(self, channel, refs):
        with self._connected(channel) as client:
            data = client.execute(order_queries.ORDERS_BY_ID, {"ids": refs})
            completion = Completion(client.execute)
            found = zip(refs, data["nodes"], strict=True)
            return [
                self._order_event(
                    completion.complete(order, order_queries.REFUNDS_IN_PAGE),
                    "orders/poll",
                    ref,
                )
                for ref, order in found
                # one that is gone is none
                if order is not None
            ]

    @api.model
    def _fetch_order(self, channel, ref):
        with self._connected(channel) as client:
            order = Completion(client.execute).fetch(ref)
            if not order:
                return None
            return self._order_event(order, "orders/fetch", ref, client.server_time)

    @api.model
    def _is_gone(self, channel, ref, placed_at):
        """Older orders are hidden from an app that may not read all of them."""
        age = datetime.now(timezone.utc) - placed_at
        if age < timedelta(days=SHOWN_DAYS - 1):
            return True
        with self._connected(channel) as client:
            found = client.execute(order_queries.SCOPES)["currentAppInstallation"]
        return ALL_ORDERS in [each["handle"] for each in found["accessScopes"]]

    @api.model
    def _find_missing(self, channel, refs):
        with self._connected(channel) as client:
            nodes = client.execute(order_queries.KNOWN, {"ids": refs})["nodes"]
        known = {node["id"] for node in nodes if node}
        return [ref for ref in refs if ref not in known]

    def _order_event(self, order, topic, ref="", clock=None):
        """The order as an event: the same content at the same time is the same event.

        ``updatedAt`` counts whole seconds, and two changes fit into one. Whatever it
        is, it becomes an event: one that cannot be read is a dead letter later on, and
        does not keep back those after it.

        :param ref: which order was asked for
        """
        body = json.dumps(order, separators=(",", ":"))
        digest = hashlib.sha256(body.encode()).hexdigest()[:16]
        known = order if isinstance(order, dict) else {}
        ref = ref or (known["id"] if isinstance(known.get("id"), str) else "")
        moment = schemas.time_of(known.get("updatedAt"))
        return schemas.load(
            schemas.InboundEvent,
            {
                "key": f"{ref[:100]}@{moment}/{digest}",
                "kind": "order",
                "topic": topic,
                "body": body,
                "ref": ref[:100],
                "occurred_at": moment,
                "clock": clock,
            },
        )

    @api.model
    def _parse_order(self, channel, body):
        with self._translated():
            raw = _read(body)
            if "lineItems" in raw:
                return schemas.load(schemas.OrderData, mapper.order(raw))
            return schemas.load(schemas.OrderData, mapper.rest_order(raw))

    @api.model
    def _salvage_order(self, channel, body):
        with self._translated():
            values = salvage.order(_read(body))
            return values and schemas.load(schemas.OrderData, values)


def _read(body):
    """Rates stay what they were written as: exact."""
    try:
        raw = strict_json.loads(body, parse_float=str)
    except ValueError as error:
        raise errors.Malformed("is no JSON") from error
    if not isinstance(raw, dict):
        raise exceptions.MalformedDataError("is no object")
    return raw
