import json
from datetime import datetime, timedelta, timezone

from odoo import api, models

from odoo.addons.channel_inventory_base import schemas

from .. import errors, mapper
from ..const import API, PAGE
from ..lib.events import order_event
from ..lib.order import DETAILS, is_visible

SECOND = timedelta(seconds=1)
FORMAT = "%Y-%m-%dT%H:%M:%S"


class ChannelAdapterWoocommerce(models.AbstractModel):
    """Orders: polled, fetched, and read from what a webhook brought."""

    _inherit = "channel.adapter.woocommerce"

    @api.model
    def _fetch_orders(self, channel, since, cursor):
        """By the time of their last change, not by the number of a page: an order that
        changes while we read moves to the end, and all others would move up by one."""
        after, number = self._read_cursor(since, cursor)
        with self._connected(channel) as client:
            orders, _count, _pages = client.page(
                f"{API}/orders",
                modified_after=after.strftime(FORMAT),
                # without it the shop takes times for those of its own clock
                dates_are_gmt="true",
                orderby="modified",
                order="asc",
                page=number,
            )
            events = tuple(
                self._event(self._completed(client, raw), "orders/poll")
                for raw in orders
                if is_visible(raw)
            )
        return schemas.EventPage(events, self._next_cursor(orders, after, number))

    def _read_cursor(self, since, cursor):
        """``modified_after`` means later than, and counts whole seconds."""
        if cursor:
            after, _bar, number = cursor.partition("|")
            return datetime.strptime(after, FORMAT), int(number)
        moment = since.astimezone(timezone.utc).replace(tzinfo=None, microsecond=0)
        return moment - SECOND, 1

    def _next_cursor(self, orders, after, number):
        if len(orders) < PAGE:
            return ""
        with self._translated():
            last = _moment(orders[-1]) - SECOND
        if last > after:
            return f"{last.strftime(FORMAT)}|1"
        # more than a page in one second
        return f"{after.strftime(FORMAT)}|{number + 1}"

    @api.model
    def _fetch_order(self, channel, ref):
        if not ref.isdecimal():
            return None
        with self._connected(channel) as client:
            try:
                raw = client.get(f"{API}/orders/{ref}")
                raw = self._completed(client, raw)
            except errors.NotFound:
                return None
            if not is_visible(raw):
                return None
            return self._event(raw, "orders/fetch")

    def _completed(self, client, raw):
        """With what its refunds were for: the order itself names them only."""
        if not raw.get("refunds"):
            return raw
        route = f"{API}/orders/{raw['id']}/refunds"
        refunds, _count, _pages = client.page(route, orderby="id", order="asc")
        return {**raw, DETAILS: refunds}

    def _event(self, raw, topic):
        return schemas.load(schemas.InboundEvent, order_event(raw, topic))

    @api.model
    def _parse_order(self, channel, body):
        with self._translated():
            try:
                raw = json.loads(body, parse_float=str)
            except ValueError as error:
                raise errors.Malformed("is no JSON") from error
            now = datetime.now(timezone.utc)
            return schemas.load(schemas.OrderData, mapper.order(raw, now))


def _moment(raw):
    try:
        return datetime.strptime(raw["date_modified_gmt"], FORMAT)
    except (KeyError, TypeError, ValueError) as error:
        raise errors.Malformed("is no time", path="date_modified_gmt") from error
