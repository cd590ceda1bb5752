import logging
from datetime import datetime, timedelta, timezone

from odoo import api, models

from odoo.addons.channel_inventory_base import schemas
from odoo.addons.channel_inventory_base.lib import strict_json

from .. import errors, mapper
from ..const import API, PAGE
from ..lib import salvage
from ..lib.events import odd_event, order_event, order_head
from ..lib.order import DETAILS, RATES, is_visible, missing_rates

_logger = logging.getLogger(__name__)

MAX_RATES = 20
"""Rates asked for one order; a real one has a handful."""
SECOND = timedelta(seconds=1)
FORMAT = "%Y-%m-%dT%H:%M:%S"


class ChannelAdapterWoocommerce(models.AbstractModel):
    """Orders: polled, fetched, and read from what a webhook brought."""

    _inherit = "channel.adapter.woocommerce"

    @api.model
    def _list_orders(self, channel, since, cursor):
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
                _fields="id,status,date_modified_gmt",
            )
            heads = [order_head(raw) for raw in orders if is_visible(raw)]
            page = {"heads": heads, "cursor": self._next_cursor(orders, after, number)}
            return schemas.load(schemas.HeadPage, page)

    @api.model
    def _read_orders(self, channel, refs):
        with self._connected(channel) as client:
            orders, _count, _pages = client.page(
                f"{API}/orders", include=",".join(refs), per_page=len(refs)
            )
            return [
                self._polled(client, raw)
                for raw in orders
                if not isinstance(raw, dict) or is_visible(raw)
            ]

    def _polled(self, client, raw):
        """One order of a page. What is odd about it stays with it."""
        try:
            raw = self._completed(client, raw)
        except (errors.Refused, errors.Malformed):
            # it goes in as incomplete; fetching it will tell a person what is wrong
            _logger.info("an order's refunds cannot be read", exc_info=True)
        return self._event(raw, "orders/poll")

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
        moments = [moment for moment in map(_moment, orders) if moment]
        last = moments[-1] - SECOND if moments else after
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
            if isinstance(raw, dict) and not is_visible(raw):
                return None
            return self._event(raw, "orders/fetch", ref, client.server_time)

    @api.model
    def _is_gone(self, channel, ref, placed_at):
        """A key that may read orders is shown all of them but those in the trash."""
        return ref.isdecimal()

    @api.model
    def _find_missing(self, channel, refs):
        """With orders in the database's own tables, a deletion for good is not told."""
        asked = [ref for ref in refs if ref.isdecimal()]
        if not asked:
            return []
        with self._connected(channel) as client:
            orders, _count, _pages = client.page(
                f"{API}/orders",
                include=",".join(asked),
                status="any",
                _fields="id",
                per_page=len(asked),
            )
        known = {str(raw["id"]) for raw in orders if isinstance(raw, dict)}
        return [ref for ref in asked if ref not in known]

    def _completed(self, client, raw):
        """With what its refunds were for: the order itself names them only; and with
        tax rates that it does not tell."""
        if not isinstance(raw, dict):
            return raw
        raw = self._with_rates(client, raw)
        if not raw.get("refunds"):
            return raw
        route = f"{API}/orders/{raw['id']}/refunds"
        refunds, _count, _pages = client.page(route, orderby="id", order="asc")
        return {**raw, DETAILS: refunds}

    def _with_rates(self, client, raw):
        try:
            missing = missing_rates(raw)
        except (AttributeError, TypeError):
            # what it is not is told by whoever reads it
            return raw
        found = []
        for rate in missing[:MAX_RATES]:
            try:
                found.append(client.get(f"{API}/taxes/{rate}"))
            except (errors.NotFound, errors.Refused):
                _logger.info("tax rate %s is not told", rate)
        return {**raw, RATES: found} if missing else raw

    def _event(self, raw, topic, ref="", clock=None):
        """:param ref: which order was asked for
        :param clock: what the shop's clock showed when it was fetched"""
        try:
            values = order_event(raw, topic)
        except (errors.Malformed, AttributeError):
            values = odd_event(raw, topic, ref)
        return schemas.load(schemas.InboundEvent, {**values, "clock": clock})

    @api.model
    def _parse_order(self, channel, body):
        with self._translated():
            now = datetime.now(timezone.utc)
            return schemas.load(schemas.OrderData, mapper.order(_read(body), now))

    @api.model
    def _salvage_order(self, channel, body):
        with self._translated():
            raw = _read(body)
            values = salvage.order(raw) if isinstance(raw, dict) else None
            return values and schemas.load(schemas.OrderData, values)


def _read(body):
    """Amounts stay what they were written as: exact."""
    try:
        return strict_json.loads(body, parse_float=str)
    except ValueError as error:
        raise errors.Malformed("is no JSON") from error


def _moment(raw):
    """When an order was changed last; None where it does not tell."""
    try:
        return datetime.strptime(raw["date_modified_gmt"], FORMAT)
    except (KeyError, TypeError, ValueError):
        return None
