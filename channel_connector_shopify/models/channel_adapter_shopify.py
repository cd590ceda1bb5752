import hashlib
import time
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

from odoo import api, models
from odoo.exceptions import UserError

from odoo.addons.channel_inventory_base import exceptions, schemas

from .. import order_queries, queries
from ..client import Client
from ..const import (
    ALL_ORDERS,
    DEFAULT_VERSION,
    MAX_ENTRIES,
    SCOPES,
    SHOWN_DAYS,
    granted,
)
from ..lib import oauth
from ..lib.throttle import Throttle
from ..lib.tokens import RenewingToken, StaticToken

LOOPBACK = ("localhost", "127.0.0.1", "::1")


class SharedDict:
    """The channel's shared state under one key, as ``lib`` wants it."""

    def __init__(self, channel, key):
        self._channel, self._key = channel, key

    def peek(self):
        return self._channel._get_shared_state(self._key)

    def lock(self):
        return self._channel._shared_state(self._key)


class ChannelAdapterShopify(models.AbstractModel):
    """Speaks to Shopify: the connection and its test.

    The verbs are in files of their own: adapter_catalogue, adapter_levels,
    adapter_lifecycle, adapter_orders, adapter_webhooks; what goes wrong is in
    adapter_errors. What knows Shopify and not Odoo is in ``client``, ``mapper`` and
    ``lib``.
    """

    _name = "channel.adapter.shopify"
    _inherit = "channel.adapter"
    _description = "Channel Adapter for Shopify"

    @api.model
    def _capabilities(self):
        return schemas.Capabilities(
            push_levels=True,
            compare_and_set=True,
            idempotent=True,
            read_levels=True,
            orders=True,
            lists_orders=True,
            fetch_size=order_queries.ORDERS_IN_READ,
            webhooks=True,
            nodes=True,
            batch_size=MAX_ENTRIES,
            read_size=MAX_ENTRIES,
            messages=("acceptance", "shipment", "tracking", "cancel", "refund"),
            # a tag and a tracking number are set, not added; the others are looked for
            repeatable=("acceptance", "tracking"),
            settle_seconds=60,
            cancel_lines=True,
            find_missing=100,
        )

    # ---------------------------------------------------------- connection
    @contextmanager
    def _connected(self, channel):
        """A client of the channel's shop; errors come out as the base's."""
        with self._translated(asks=True), closing(channel._http_session()) as session:
            base_url = self._base_url(channel)
            yield Client(
                base_url,
                channel.shopify_api_version or DEFAULT_VERSION,
                session=session,
                tokens=self._tokens(channel, base_url, session),
                throttle=Throttle(
                    SharedDict(channel, "throttle").lock, sleep=self._sleep
                ),
                sleep=self._sleep,
            )

    @api.model
    def _sleep(self, seconds):
        """Tests replace it."""
        time.sleep(seconds)

    @api.model
    def _base_url(self, channel):
        """The address, when it is safe to send a token there."""
        parts = self._address(channel, "https://my-shop.myshopify.com")
        local = parts.hostname in LOOPBACK or channel.environment == "test"
        if parts.scheme == "http" and not local:
            raise exceptions.ConfigurationError(
                self.env._(
                    "The address of %s must begin with https: its access token would "
                    "be readable on the way.",
                    channel.name,
                )
            )
        return f"{parts.scheme}://{parts.netloc}"

    @api.model
    def _tokens(self, channel, base_url, session):
        """Where access tokens come from, by the channel's kind of authentication."""
        # sudo: jobs and operators connect without being shown the settings
        channel = channel.sudo()
        if channel.shopify_auth_kind == "static":
            return StaticToken(self._need_secret(channel, "shopify_access_token"))
        secret = self._need_secret(channel, "shopify_client_secret")
        client_id = channel.shopify_client_id
        if not client_id:
            self._raise_missing(channel, channel._fields["shopify_client_id"].string)
        endpoint = oauth.TokenEndpoint(base_url, client_id, secret, session=session)
        refresh, grant = None, endpoint.client_credentials
        if channel.shopify_auth_kind == "offline":
            refresh = self._need_secret(channel, "shopify_refresh_token")
            grant = endpoint.refresh
        return RenewingToken(
            grant,
            SharedDict(channel, "token"),
            identity=_fingerprint(base_url, client_id, secret, refresh),
            refresh=refresh,
            **_sealing(channel),
            sleep=self._sleep,
        )

    def _need_secret(self, channel, name):
        value = self._secret(channel, name)
        if not value:
            self._raise_missing(channel, channel._fields[name].string)
        return value

    @api.model
    def _secret(self, channel, name):
        try:
            return channel._get_secret(name)
        except UserError as error:
            raise exceptions.ConfigurationError(str(error)) from error

    def _raise_missing(self, channel, label):
        raise exceptions.ConfigurationError(
            self.env._(
                "%(channel)s has no %(field)s: fill it in under Connection.",
                channel=channel.name,
                field=label,
            )
        )

    # ---------------------------------------------------------------- test
    @api.model
    def _test_connection(self, channel):
        with self._connected(channel) as client:
            data = client.execute(queries.SHOP)
            # customers' data needs an approval that no scope tells of
            client.execute(order_queries.ORDERS, {"query": ""})
            served, clock = client.served_version, client.server_time
        shop = data["shop"]
        scopes = [
            each["handle"] for each in data["currentAppInstallation"]["accessScopes"]
        ]
        self._check_scopes(channel, scopes)
        self._remember_shop(channel, shop)
        return schemas.ConnectionInfo(
            account_name=shop["name"],
            account_ref=shop["myshopifyDomain"],
            currency=shop["currencyCode"],
            version=served or channel.shopify_api_version,
            warnings=tuple(filter(None, self._warnings(channel, shop, served, scopes))),
            clock=clock,
        )

    def _check_scopes(self, channel, scopes):
        missing = sorted(set(SCOPES) - granted(scopes))
        if missing:
            raise exceptions.ConfigurationError(
                self.env._(
                    "The app lacks permissions in %(channel)s: %(scopes)s. Add these "
                    "access scopes to the app and install it again.",
                    channel=channel.name,
                    scopes=", ".join(missing),
                ),
                code="SCOPES",
            )

    def _warnings(self, channel, shop, served, scopes):
        version = channel.shopify_api_version
        if ALL_ORDERS not in scopes:
            yield self.env._(
                "The app lacks %(scope)s: orders older than %(days)s days are hidden "
                "from it, and what becomes of them is not seen here.",
                scope=ALL_ORDERS,
                days=SHOWN_DAYS,
            )
        yield channel._shopify_version_words()
        if served and served != version:
            yield self.env._(
                "Shopify answers in API version %(served)s instead of %(version)s.",
                served=served,
                version=version,
            )
        if shop["plan"]["partnerDevelopment"] and channel.environment != "test":
            yield self.env._(
                "This is a development store: its orders are tests. Set the channel's "
                "environment to Test to take them."
            )
        if channel.currency_id.name != shop["currencyCode"]:
            yield self.env._(
                "The store sells in %(shop)s, the channel in %(channel)s.",
                shop=shop["currencyCode"],
                channel=channel.currency_id.name,
            )
        if not self._webhook_secrets(channel):
            yield self.env._(
                "Without a client or webhook secret webhooks cannot be believed: "
                "orders come in by polling only."
            )

    def _remember_shop(self, channel, shop):
        """The shop's own name and number, which its webhooks bear, whatever address we
        use."""
        with channel._shared_state("shop") as state:
            state.update(
                base_url=self._base_url(channel),
                domain=shop["myshopifyDomain"],
                number=shop["id"].rpartition("/")[2],
            )

    @api.model
    def _shop_known(self, channel):
        """:return: (domain, number or "") of the channel's shop"""
        base_url = self._base_url(channel)
        state = channel._get_shared_state("shop")
        if state.get("base_url") == base_url:
            return state["domain"], state.get("number") or ""
        return urlsplit(base_url).hostname, ""


def _sealing(channel):
    """How tokens are kept, each bound to the channel and to what it is."""

    def seal(name, text):
        return channel._encrypt(f"token.{name}", text)

    def unseal(name, stored):
        try:
            return channel._decrypt(f"token.{name}", stored)
        except UserError:
            # of another key or place: the credentials get a new one
            return None

    return {"seal": seal, "unseal": unseal}


def _fingerprint(*parts):
    """Tells other credentials from these and reveals neither."""
    text = "\0".join(part or "" for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
