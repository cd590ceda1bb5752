# SPDX-License-Identifier: AGPL-3.0-or-later
from contextlib import closing, contextmanager
from datetime import datetime, timedelta, timezone
from urllib.parse import urlsplit

from odoo import api, models

from odoo.addons.channel_inventory_base import exceptions, schemas
from odoo.addons.channel_inventory_base.lib import errors
from odoo.addons.channel_inventory_base.lib.oauth2 import TokenEndpoint
from odoo.addons.channel_inventory_base.lib.retry import Retry
from odoo.addons.channel_inventory_base.lib.throttle import Throttle
from odoo.addons.channel_inventory_base.lib.tokens import StaticToken
from odoo.addons.channel_inventory_base.lib.webhooks import Subscription
from odoo.addons.channel_inventory_base.models.channel_adapter import SharedDict

from .. import mapper, order_queries, queries
from ..client import ATTEMPTS, BUDGET, MAXIMUM, RATE, Client
from ..const import (
    ALL_ORDERS,
    DEFAULT_VERSION,
    MAX_ENTRIES,
    SCOPES,
    SHOWN_DAYS,
    TOPICS,
    granted,
    last_day,
)
from ..lib import payout, push, salvage, selling, webhook
from ..lib.bulk import Bulk
from ..lib.messages import Messages
from ..lib.pull import Orders
from ..lib.rest import gid

STOPPED_AT_ONCE = 50
"""Variants that are changed by one request a product."""


class ChannelAdapterShopify(models.AbstractModel):
    """Speaks to Shopify. Code that depends on Shopify but not on Odoo is in ``client``,
    ``mapper`` and ``lib``; here it meets the channel, and gets words."""

    _name = "channel.adapter.shopify"
    _inherit = "channel.adapter"
    _description = "Channel Adapter for Shopify"

    _service_name = "Shopify"
    _address_example = "https://my-shop.myshopify.com"

    @api.model
    def _capabilities(self):
        return schemas.Capabilities(
            push_levels=True,
            compare_and_set=True,
            idempotent=True,
            read_levels=True,
            reads_all=True,
            committed=True,
            settlements=True,
            orders=True,
            lists_orders=True,
            stops_selling=STOPPED_AT_ONCE,
            order_refs=True,
            order_counts=True,
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

    @api.model
    def _get_order_page(self, channel, ref):
        return self._get_page(channel, f"/admin/orders/{ref.rpartition('/')[2]}")

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
                    SharedDict(channel, "throttle").lock,
                    rate=RATE,
                    maximum=MAXIMUM,
                    sleep=self._sleep,
                ),
                retry=Retry(ATTEMPTS, BUDGET, sleep=self._sleep),
            )

    @api.model
    def _tokens(self, channel, base_url, session):
        """The source of access tokens, by the channel's kind of authentication."""
        # sudo: jobs and operators connect without being shown the settings
        channel = channel.sudo()
        if channel.shopify_auth_kind == "static":
            return StaticToken(self._need_secret(channel, "shopify_access_token"))
        secret = self._need_secret(channel, "shopify_client_secret")
        client_id = self._need(channel, "shopify_client_id", channel.shopify_client_id)
        url = f"{base_url}/admin/oauth/access_token"
        endpoint = TokenEndpoint(url, client_id, secret, session=session)
        refresh, grant = None, endpoint.client_credentials
        if channel.shopify_auth_kind == "offline":
            refresh = self._need_secret(channel, "shopify_refresh_token")
            grant = endpoint.refresh
        return self._renewing_token(
            channel, grant, base_url, client_id, secret, refresh=refresh
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
        # its own name and number, which its webhooks bear, whatever address we use
        self._learn_facts(
            channel,
            domain=shop["myshopifyDomain"],
            number=shop["id"].rpartition("/")[2],
        )
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
                "from it, and their changes do not reach Odoo.",
                scope=ALL_ORDERS,
                days=SHOWN_DAYS,
            )
        yield channel._get_shopify_version_message()
        if served and served != version:
            yield self.env._(
                "Shopify answers in API version %(served)s instead of %(version)s.",
                served=served,
                version=version,
            )
        if shop["plan"]["partnerDevelopment"] and channel.environment != "test":
            yield self.env._(
                "This is a development store: its orders are tests. Set the channel's "
                "environment to Test to accept them."
            )
        yield self._get_currency_warning(channel, shop["currencyCode"])
        if not self._webhook_secrets(channel):
            yield self.env._(
                "Without a client secret or webhook secret, webhooks cannot be "
                "verified: orders come in by polling only."
            )

    # ----------------------------------------------------------- catalogue
    @api.model
    def _fetch_nodes(self, channel):
        with self._connected(channel) as client:
            return [
                schemas.load(schemas.NodeData, mapper.node(raw))
                for page in client.pages(queries.LOCATIONS, "locations")
                for raw in page
            ]

    @api.model
    def _iter_listings(self, channel):
        with self._connected(channel) as client:
            pages = client.pages(queries.VARIANTS, "productVariants")
            bulk = Bulk(client, SharedDict(channel, "bulk"), self._sleep)
            for page in bulk.pages() if bulk.is_quicker() else pages:
                yield [
                    schemas.load(schemas.ListingData, mapper.listing(raw))
                    for raw in page
                ]

    # -------------------------------------------------------------- levels
    @api.model
    def _fetch_levels(self, channel, refs):
        by_location = {}
        for ref in refs:
            by_location.setdefault(ref.node_ref, []).append(ref.stock_ref)
        rows = []
        with self._connected(channel) as client:
            for location, items in by_location.items():
                variables = {"items": items, "location": location}
                data = client.execute(queries.LEVELS, variables)
                rows += mapper.level_rows(data["nodes"], items, location)
        return [schemas.load(schemas.LevelState, row) for row in rows]

    @api.model
    def _iter_levels(self, channel, since, cursor=""):
        with self._connected(channel) as client:
            bulk = Bulk(
                client,
                SharedDict(channel, "bulk_levels"),
                self._sleep,
                queries.BULK_LEVELS,
                since.isoformat(),
            )
            pages = self._level_pages(client, cursor)
            if not cursor and bulk.is_quicker():
                pages = self._bulk_level_pages(bulk)
            for rows, after in pages:
                yield schemas.LevelPage(
                    tuple(schemas.load(schemas.LevelSnapshot, row) for row in rows),
                    after,
                )

    def _level_pages(self, client, cursor):
        """Location by location, in the order of their ids.

        :return: (rows, where to go on) of each page
        """
        done, _bar, after = cursor.partition("|")
        for page in client.pages(queries.LOCATIONS, "locations"):
            for location in map(mapper.node, page):
                place = location["external_id"]
                if not location["active"] or mapper.number(place) < mapper.number(done):
                    continue
                start = after if place == done else ""
                if place == done and not start:
                    # all of it was given
                    continue
                yield from self._pages_of_location(client, place, start)

    def _pages_of_location(self, client, place, start):
        path = "location", "inventoryLevels"
        variables = {"location": place, "start": start}
        for nodes, after in client.pages_from(queries.LEVEL_PAGE, *path, **variables):
            rows = [mapper.snapshot(raw, place, mapper.policy_of(raw)) for raw in nodes]
            yield rows, f"{place}|{after}"

    def _bulk_level_pages(self, bulk):
        selling_on = set()
        for page in bulk.pages():
            rows = []
            for raw in page:
                if "location" not in raw:
                    if raw["inventoryPolicy"] == mapper.CONTINUE:
                        selling_on.add(raw["id"])
                elif raw["location"]["isActive"]:
                    goes_on = raw["__parentId"] in selling_on
                    policy = mapper.CONTINUE if goes_on else "DENY"
                    rows.append(mapper.snapshot(raw, raw["location"]["id"], policy))
            yield rows, ""

    @api.model
    def _stop_selling(self, channel, refs):
        with self._connected(channel) as client:
            found = selling.stop(client, [ref.external_id for ref in refs])
        gone = self.env._("The variant no longer exists in Shopify: fetch listings.")
        return [
            schemas.SellingResult(
                ref, not words, gone if words == selling.NOT_THERE else words
            )
            for ref, words in found.items()
        ]

    @api.model
    def _prepare_push(self, channel, entries, reference):
        return push.freeze(entries, reference)

    @api.model
    def _push_levels(self, channel, payload, key):
        with self._connected(channel) as client:
            work = push.Push(
                payload,
                key,
                send=lambda content, key: self._send_quantities(client, content, key),
                activate=lambda *args: self._activate(client, *args),
            )
            results = work.run()
        return self._load_push(
            [self._load_line(*each) for each in results], work.answers
        )

    def _send_quantities(self, client, content, key):
        variables = {"input": content, "key": key}
        answer = client.execute(queries.SET_QUANTITIES, variables)
        return answer["inventorySetQuantities"]

    def _activate(self, client, item, location, key):
        """Stock an item at a location, as it was if it has been stocked there before.

        :return: Shopify's words where it refuses
        """
        variables = {"item": item, "location": location, "key": key}
        try:
            client.mutate(queries.ACTIVATE, variables)
        except errors.Refused as error:
            return str(error)
        return ""

    @api.model
    def _get_line_messages(self, message):
        return {
            "INVALID_ID": self.env._(
                "The listing or its node has no Shopify id: fetch listings and nodes."
            ),
            "INVALID_INVENTORY_ITEM": self.env._(
                "The item no longer exists in Shopify."
            ),
            "INVALID_LOCATION": self.env._(
                "The location no longer exists in Shopify, or is deactivated."
            ),
            "NON_MUTABLE_INVENTORY_ITEM": self.env._(
                "The item is a bundle: its stock follows from its components. Ignore "
                "the listing."
            ),
            push.NOT_STOCKED: self.env._(
                "The item cannot be stocked at this location: %s", message
            ),
        }

    # -------------------------------------------------------------- orders
    def _order_reader(self, client):
        return Orders(client)

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
    def _parse_order(self, channel, body):
        return self._load_order(body, mapper.any_order)

    @api.model
    def _get_api_versions(self, channel):
        version = channel.shopify_api_version or DEFAULT_VERSION
        return [schemas.ApiVersion(version, last_day(version))]

    @api.model
    def _get_order_ref(self, ref):
        """Exports have the number alone."""
        return gid("Order", ref) if ref.isdecimal() else ref

    @api.model
    def _salvage_order(self, channel, body):
        return self._load_order(body, salvage.order)

    # --------------------------------------------------------- settlements
    @api.model
    def _fetch_settlements(self, channel, since, cursor, known=frozenset()):
        try:
            with self._connected(channel) as client:
                found, after = payout.fetch(client, since, cursor, known)
        except exceptions.AuthError as error:
            if error.code != "ACCESS_DENIED":
                raise
            # of payouts alone: everything else goes on
            raise exceptions.RejectedError(
                self.env._(
                    "The app may not read payouts of %(channel)s. Add the access "
                    "scopes read_shopify_payments_payouts and "
                    "read_shopify_payments_accounts, install it again, and let a user "
                    "who may view payouts do so. Until then import them as files.",
                    channel=channel.name,
                ),
                code="SETTLEMENTS",
            ) from error
        documents = [schemas.SettlementDocument(*each) for each in found]
        return schemas.SettlementPage(tuple(documents), after)

    @api.model
    def _parse_settlement(self, channel, content):
        classes = {
            "head": schemas.SettlementData,
            "line": schemas.SettlementLineData,
        }
        with self._translated():
            for what, values in payout.read(content):
                yield schemas.load(classes[what], values)

    # ------------------------------------------------------------ webhooks
    @api.model
    def _verify_webhook(self, channel, headers, body):
        with self._translated():
            event = webhook.verify(
                headers,
                body,
                self._webhook_secrets(channel),
                *self._shop_known(channel),
            )
        return schemas.load(schemas.InboundEvent, event)

    @api.model
    def _webhook_secrets(self, channel):
        with self._translated():
            secrets = channel._get_secrets(
                "shopify_webhook_secret", "shopify_client_secret"
            )
        return list(secrets.values())

    @api.model
    def _shop_known(self, channel):
        """:return: (domain, number or "") of the channel's shop"""
        facts = self._get_facts(channel)
        domain = facts.get("domain") or urlsplit(self._base_url(channel)).hostname
        return domain, facts.get("number") or ""

    @api.model
    def _ensure_webhooks(self, channel, address):
        """All that Shopify lists are of our app, which may serve other channels and
        databases too; it takes one subscription for a topic and address."""
        if not self._webhook_secrets(channel):
            return []
        with self._connected(channel) as client:
            found = [
                Subscription(each["topic"], each["uri"], webhook.is_whole(each), each)
                for page in client.pages(queries.WEBHOOKS, "webhookSubscriptions")
                for each in page
            ]

            def subscribe(topic):
                content = {"uri": address, "format": "JSON"}
                variables = {"topic": topic, "subscription": content}
                client.mutate(queries.WEBHOOK_CREATE, variables)

            def unsubscribe(old):
                client.mutate(queries.WEBHOOK_DELETE, {"id": old.raw["id"]})

            return self._repair_webhooks(
                found, TOPICS, address, subscribe, unsubscribe, takes_one=True
            )

    # ------------------------------------------------------------ messages
    def _notifier(self, channel, client, data, attempt):
        notify = channel.shopify_notify_customers
        return Messages(client, data.order_ref, attempt, notify)

    def _get_outcome_message(self, code, message):
        return self.env._("on hold in Shopify: %s", message)

    # -------------------------------------------------------------- errors
    def _get_code_message(self, error):
        words = super()._get_code_message(error)
        if isinstance(error, errors.Misconfigured):
            words |= {
                "402": self.env._(
                    "The store is suspended: its owner has to pay Shopify's invoice."
                ),
                "404": self.env._(
                    "The store does not exist, or does not support this API version. "
                    "Enter the address of the store's admin, such as "
                    "https://my-shop.myshopify.com"
                ),
                "SHOP_INACTIVE": self.env._("The store is not active at Shopify."),
            }
        if isinstance(error, errors.Refused):
            words |= {
                "NO_ORDER": self.env._("The order does not exist in the shop."),
                "ORDER_CANCELLED": self.env._("The order is cancelled in the shop."),
                "NOTHING_TO_SHIP": self.env._(
                    "There is nothing left to fulfill in the shop for %s.", error
                ),
                "CANCEL_FAILED": self.env._(
                    "The shop started to cancel the order and failed."
                ),
            }
        if error.code == "BULK_RUNNING":
            words["BULK_RUNNING"] = self.env._(
                "Shopify is still preparing the export of all variants."
            )
        return words

    def _get_error_message(self, error):
        if isinstance(error, errors.Unauthorized):
            return self.env._(
                "Shopify does not accept the credentials. Check that the app is still "
                "installed in the store, and enter its token or secret again."
            )
        return super()._get_error_message(error)

    def _get_uncertain_message(self, error, words):
        return self.env._(
            "Shopify's response was lost (%s). The same request will be retried; "
            "Shopify processes it only once.",
            error,
        )
