import dataclasses
import time
from contextlib import contextmanager
from urllib.parse import urlsplit

from odoo import api, models
from odoo.exceptions import UserError

from odoo.addons.channel_inventory_base import exceptions, schemas

from .. import errors
from ..client import Client
from ..const import (
    API,
    BATCH,
    COMPANION,
    COMPANION_BATCH,
    COMPANION_PROTOCOL,
    ORDERS_IN_READ,
    PAGE,
)
from ..lib import site

MESSAGES = ("shipment", "tracking", "cancel", "refund")


class ChannelAdapterWoocommerce(models.AbstractModel):
    """Speaks to WooCommerce: the connection, what the site is, and its test.

    The verbs are in files of their own: adapter_catalogue, adapter_levels,
    adapter_orders, adapter_webhooks, adapter_messages; what goes wrong is in
    adapter_errors. What knows WooCommerce and not Odoo is in ``client``, ``mapper`` and
    ``lib``.
    """

    _name = "channel.adapter.woocommerce"
    _inherit = "channel.adapter"
    _description = "Channel Adapter for WooCommerce"

    @api.model
    def _capabilities(self):
        """Of a shop without the companion plugin: what is sent overwrites."""
        return schemas.Capabilities(
            push_levels=True,
            read_levels=True,
            orders=True,
            lists_orders=True,
            fetch_size=ORDERS_IN_READ,
            webhooks=True,
            nodes=True,
            batch_size=BATCH,
            read_size=PAGE,
            messages=MESSAGES,
            # longer than a request of ours may take
            settle_seconds=150,
            find_missing=PAGE,
        )

    @api.model
    def _channel_capabilities(self, channel):
        """With the plugin: compared before it is written, and each key once."""
        capabilities = self._capabilities()
        if not self._site(channel).get("companion"):
            return capabilities
        return dataclasses.replace(
            capabilities,
            compare_and_set=True,
            idempotent=True,
            batch_size=COMPANION_BATCH,
        )

    # ---------------------------------------------------------- connection
    @contextmanager
    def _connected(self, channel, plain=None):
        """A client of the channel's shop; errors come out as the base's."""
        with self._translated(asks=True):
            if plain is None:
                plain = self._site(channel).get("plain", False)
            yield Client(
                self._base_url(channel),
                self._need_secret(channel, "woocommerce_consumer_key"),
                self._need_secret(channel, "woocommerce_consumer_secret"),
                session=channel._http_session(),
                plain=plain,
                sleep=self._sleep,
            )

    @api.model
    def _sleep(self, seconds):
        """Tests replace it."""
        time.sleep(seconds)

    @api.model
    def _base_url(self, channel):
        """The address of the site, which may lie in a folder.

        Plain http is possible: keys are never sent over it, requests are signed.
        """
        parts = self._address(channel, "https://shop.example.com")
        return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"

    def _need_secret(self, channel, name):
        try:
            value = channel._get_secret(name)
        except UserError as error:
            raise exceptions.ConfigurationError(str(error)) from error
        if not value:
            raise exceptions.ConfigurationError(
                self.env._(
                    "%(channel)s has no %(field)s: fill it in under Connection.",
                    channel=channel.name,
                    field=channel._fields[name].string,
                )
            )
        return value

    # ---------------------------------------------------------------- site
    @api.model
    def _site(self, channel):
        """What is known of the site at this address: {plain, companion, version}."""
        state = channel._get_shared_state("site")
        try:
            known = state.get("base_url") == self._base_url(channel)
        except exceptions.ConfigurationError:
            known = False
        return state if known else {}

    @api.model
    def _discover(self, channel):
        """Look where REST answers and whether the companion is there; remember it."""
        with self._translated(asks=True):
            # those that cannot be opened are for another server: it is the one to ask
            channel._get_secrets("woocommerce_consumer_key")
            base_url, session = self._base_url(channel), channel._http_session()
            plain, namespaces, name = site.find(
                lambda plain: Client(
                    base_url, session=session, plain=plain, sleep=self._sleep
                ).index()
            )
        version = ""
        if COMPANION in namespaces:
            with self._connected(channel, plain) as client:
                status = client.get(f"{COMPANION}/status")
            if status.get("protocol") == COMPANION_PROTOCOL and status.get("atomic"):
                version = str(status.get("version"))
        with channel._shared_state("site") as state:
            state.update(
                base_url=base_url,
                plain=plain,
                companion=bool(version),
                version=version,
                name=name,
            )
        return state

    @api.model
    def _forget_companion(self, channel):
        """It was there and is not any more: go on without it from the next batch."""
        with channel._shared_state("site") as state:
            state["companion"] = False

    # ---------------------------------------------------------------- test
    @api.model
    def _test_connection(self, channel):
        found = self._discover(channel)
        with self._connected(channel) as client:
            currency = client.get(f"{API}/data/currencies/current")["code"]
            client.get(f"{API}/orders", per_page=1, _fields="id")
            # an empty batch changes nothing, and takes a key that may write
            client.change("POST", f"{API}/products/batch", {})
            managed = self._manages_stock(client)
            clock = client.server_time
        return schemas.ConnectionInfo(
            account_name=found["name"] or self._base_url(channel),
            account_ref=self._base_url(channel),
            currency=currency,
            version=found["version"] or API,
            warnings=tuple(filter(None, self._warnings(channel, currency, managed))),
            clock=clock,
        )

    def _manages_stock(self, client):
        """Whether stock management is on; a key that may not see it is no reason to
        stop: then nobody knows."""
        try:
            setting = client.get(f"{API}/settings/products/woocommerce_manage_stock")
        except (errors.Forbidden, errors.Unauthorized, errors.NotFound):
            return None
        return setting.get("value") != "no"

    def _warnings(self, channel, currency, managed):
        if managed is False:
            yield self.env._(
                "Stock management is off in the shop: switch it on under WooCommerce > "
                "Settings > Products > Inventory, or nothing is shown."
            )
        if channel.currency_id.name != currency:
            yield self.env._(
                "The shop sells in %(shop)s, the channel in %(channel)s.",
                shop=currency,
                channel=channel.currency_id.name,
            )
        if urlsplit(self._base_url(channel)).scheme == "http":
            yield self.env._(
                "The address is plain http: keys are safe, but orders and customers "
                "are readable on the way."
            )
