# SPDX-License-Identifier: AGPL-3.0-or-later
import dataclasses
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from urllib.parse import urlsplit

from odoo import api, models

from odoo.addons.channel_inventory_base import exceptions, schemas
from odoo.addons.channel_inventory_base.lib import errors
from odoo.addons.channel_inventory_base.lib.retry import Retry
from odoo.addons.channel_inventory_base.lib.signature import fingerprint
from odoo.addons.channel_inventory_base.lib.webhooks import Subscription

from .. import mapper
from ..client import Client
from ..const import (
    API,
    BATCH,
    COMPANION,
    COMPANION_BATCH,
    COMPANION_PROTOCOL,
    NODE,
    ORDERS_IN_READ,
    PAGE,
    TOPICS,
)
from ..lib import answers, push, salvage, selling, site, webhook
from ..lib.messages import Messages, RefundRefused
from ..lib.pull import Orders

MESSAGES = ("shipment", "tracking", "cancel", "refund")
WEBHOOKS = f"{API}/webhooks"
WRITTEN = "written"
MAX_WRITTEN = 500
"""So many products are remembered with the time of our last change."""


class ChannelAdapterWoocommerce(models.AbstractModel):
    """Speaks to WooCommerce. Code that depends on WooCommerce but not on Odoo is in
    ``client``, ``mapper`` and ``lib``; here it meets the channel, and gets words."""

    _name = "channel.adapter.woocommerce"
    _inherit = "channel.adapter"
    _description = "Channel Adapter for WooCommerce"

    _service_name = "WooCommerce"
    _address_has_folder = True
    # keys are never sent over it: requests are signed
    _allows_plain_http = True

    @api.model
    def _get_api_versions(self, channel):
        return [schemas.ApiVersion(API)]

    @api.model
    def _capabilities(self):
        """The capabilities without the companion plugin: updates overwrite."""
        return schemas.Capabilities(
            push_levels=True,
            read_levels=True,
            reads_all=True,
            orders=True,
            lists_orders=True,
            stops_selling=BATCH,
            order_refs=True,
            order_counts=True,
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
        if not self._get_facts(channel).get("companion"):
            return capabilities
        return dataclasses.replace(
            capabilities,
            compare_and_set=True,
            idempotent=True,
            batch_size=COMPANION_BATCH,
        )

    @api.model
    def _get_order_page(self, channel, ref):
        return self._get_page(channel, f"/wp-admin/post.php?post={ref}&action=edit")

    # ---------------------------------------------------------- connection
    @contextmanager
    def _connected(self, channel, plain=None):
        """A client of the channel's shop; errors come out as the base's."""
        with self._translated(asks=True):
            if plain is None:
                plain = self._get_facts(channel).get("plain", False)
            yield Client(
                self._base_url(channel),
                self._need_secret(channel, "woocommerce_consumer_key"),
                self._need_secret(channel, "woocommerce_consumer_secret"),
                session=channel._http_session(),
                retry=Retry(sleep=self._sleep),
                plain=plain,
            )

    @api.model
    def _discover(self, channel):
        """Look where REST answers and whether the companion is there; remember it.

        :return: the facts: {plain, companion, version, name}
        """
        with self._translated(asks=True):
            # those that cannot be opened are for another server: it is the one to ask
            channel._get_secrets("woocommerce_consumer_key")
            base_url, session = self._base_url(channel), channel._http_session()
            plain, namespaces, name = site.find(
                lambda plain: Client(base_url, session=session, plain=plain).index()
            )
        version = ""
        if COMPANION in namespaces:
            with self._connected(channel, plain) as client:
                status = client.get(f"{COMPANION}/status")
            if status.get("protocol") == COMPANION_PROTOCOL and status.get("atomic"):
                version = str(status.get("version"))
        found = {
            "plain": plain,
            "companion": bool(version),
            "version": version,
            "name": name,
        }
        self._learn_facts(channel, **found)
        # not read again: a transaction that began before does not see it
        return found

    @api.model
    def _test_connection(self, channel):
        found = self._discover(channel)
        with self._connected(channel, found["plain"]) as client:
            currency = client.get(f"{API}/data/currencies/current")["code"]
            client.get(f"{API}/orders", per_page=1, _fields="id")
            # an empty batch changes nothing, and takes a key that may write
            client.change("POST", f"{mapper.route()}/batch", {})
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
        stop: then it is not known."""
        value = self._get_setting(client, "woocommerce_manage_stock")
        return None if value is None else value != "no"

    def _get_setting(self, client, name):
        """:return: a setting of products; None where the key may not see it"""
        try:
            setting = client.get(f"{API}/settings/products/{name}")
        except (errors.Forbidden, errors.Unauthorized, errors.NotFound):
            return None
        return setting.get("value") or ""

    def _warnings(self, channel, currency, managed):
        if managed is False:
            yield self.env._(
                "Stock management is off in the shop: switch it on under WooCommerce > "
                "Settings > Products > Inventory; otherwise no quantity is displayed."
            )
        yield self._get_currency_warning(channel, currency)
        if urlsplit(self._base_url(channel)).scheme == "http":
            yield self.env._(
                "The address is plain http: keys are safe, but orders and customer "
                "data are sent unencrypted."
            )

    # ----------------------------------------------------------- catalogue
    @api.model
    def _fetch_nodes(self, channel):
        return [schemas.NodeData(NODE, self.env._("The shop's stock"))]

    @api.model
    def _iter_listings(self, channel):
        """Simple products, and the variations of variable ones: those have no list of
        their own."""
        with self._connected(channel) as client:
            unit = self._get_setting(client, "woocommerce_weight_unit")
            for page in client.pages(mapper.route(), **mapper.CATALOGUE):
                yield [
                    listing
                    for raw in page
                    for listing in self._listings_of(client, raw, unit)
                ]

    def _listings_of(self, client, raw, unit):
        found = [self._listing(*each, unit) for each in mapper.sold(client, raw)]
        if any(each.stock_of for each in found):
            yield self._shared_listing(raw)
        yield from found

    def _shared_listing(self, raw):
        values = mapper.shared_listing(raw)
        title = self.env._("%s: stock of its variations", values["title"])
        return schemas.load(schemas.ListingData, dict(values, title=title))

    def _listing(self, raw, parent, unit):
        values, reason = mapper.listing(raw, parent, unit)
        note = self._get_untracked_message(reason) if reason else ""
        return schemas.load(schemas.ListingData, dict(values, note=note))

    def _get_untracked_message(self, reason):
        return {
            "parent": self.env._(
                "It and other variations share the stock of their product, which is "
                "a listing of its own."
            ),
            "unmanaged": self.env._(
                "The shop keeps no stock quantity for it. Switch on “Track stock "
                "quantity for this product” in WooCommerce."
            ),
            "type": self.env._(
                "External and grouped products have no stock of their own."
            ),
        }[reason]

    # -------------------------------------------------------------- levels
    @api.model
    def _fetch_levels(self, channel, refs):
        wanted = {ref.stock_ref: mapper.split_ref(ref.stock_ref) for ref in refs}
        known = {ref: found for ref, found in wanted.items() if found}
        with self._connected(channel) as client:
            shown = self._read_levels(channel, client, known)
        return [
            # what the shop has not, or keeps no figure of, shows nothing
            schemas.LevelState(ref.stock_ref, ref.node_ref, shown.get(ref.stock_ref))
            for ref in refs
            if ref.node_ref == NODE
        ]

    def _read_levels(self, channel, client, known):
        if self._get_facts(channel).get("companion"):
            try:
                return push.read_by_plugin(client, known)
            except errors.Misconfigured as error:
                self._forget_companion(channel, error)
        written = channel._get_shared_state(WRITTEN)
        pages = push.read_by_rest(client, known)
        rows = []
        for parent, items in pages:
            answers.check_newer(items, written)
            rows += [mapper.level(raw, parent) for raw in items]
        return {row["stock_ref"]: row["available"] for row in rows}

    @api.model
    def _iter_levels(self, channel, since, cursor=""):
        """By REST, with the companion or without it: pages of products, and one list
        of the variations of each variable one."""
        first = int(cursor or 1)
        written = channel._get_shared_state(WRITTEN)

        def read(items):
            nonlocal written
            answers.check_newer(items, written)
            # what is asked for next must know what was changed meanwhile
            written = channel._get_shared_state(WRITTEN)

        with self._connected(channel) as client:
            options = dict(mapper.CATALOGUE, first=first, _fields=mapper.FIGURES)
            pages = client.pages(mapper.route(), **options)
            for number, page in enumerate(pages, first + 1):
                read(page)
                rows = [
                    row for raw in page for row in mapper.snapshots(client, raw, read)
                ]
                yield schemas.LevelPage(
                    tuple(schemas.load(schemas.LevelSnapshot, row) for row in rows),
                    str(number),
                )

    @api.model
    def _stop_selling(self, channel, refs):
        with self._connected(channel) as client:
            found = selling.stop(client, [ref.stock_ref for ref in refs])
        gone = self.env._("The product was deleted in the shop: fetch listings.")
        return [
            schemas.SellingResult(
                ref.external_id,
                not words,
                gone if words == selling.NOT_THERE else words,
            )
            for ref in refs
            for words in (found[ref.stock_ref],)
        ]

    def _forget_companion(self, channel, error):
        """It was there and is not any more: go on without it from the next batch."""
        if error.code != "NO_ROUTE":
            raise error
        self._learn_facts(channel, companion=False)

    @api.model
    def _prepare_push(self, channel, entries, reference):
        companion = self._get_facts(channel).get("companion")
        return push.freeze(entries, push.PLUGIN if companion else push.REST)

    @api.model
    def _push_levels(self, channel, payload, key):
        with self._connected(channel) as client:
            work = push.Push(payload, key, client)
            try:
                results = work.run()
            except errors.Misconfigured as error:
                if work.protocol != push.PLUGIN:
                    raise
                # an earlier attempt may have been carried out: look before going on
                self._forget_companion(channel, error)
                results = work.all("stale", "COMPANION_GONE")
        if work.protocol == push.REST:
            self._remember_written(channel, work.answers)
        return self._load_push(
            [self._load_line(*each) for each in results], work.answers
        )

    def _remember_written(self, channel, answers_of_push):
        """When each product was changed by us, as the shop tells: what is read later
        and is older comes from a cache."""
        with channel._shared_state(WRITTEN) as state:
            for number, moment in push.moments(answers_of_push):
                state.pop(number, None)
                state[number] = moment
            for number in list(state)[:-MAX_WRITTEN]:
                del state[number]

    @api.model
    def _get_line_messages(self, message):
        return {
            "INVALID_ID": self.env._(
                "The listing has no WooCommerce id: fetch listings."
            ),
            "GONE": self.env._("The product was deleted in the shop: fetch listings."),
            "VARIABLE": self.env._(
                "It has become a variable product, whose variations have the stock: "
                "fetch listings and match them."
            ),
            "VARIATION": self.env._(
                "It has become a variation of another product: fetch listings."
            ),
            "PARENT": self.env._(
                "It shares the stock of its product now: fetch listings."
            ),
            "NOT_SHARED": self.env._(
                "It is no longer a product with variations: fetch listings."
            ),
            "OLD_COMPANION": self.env._(
                "The companion plugin is too old for stock that variations share: "
                "update it to 1.1.0."
            ),
            "UNMANAGED": self._get_untracked_message("unmanaged"),
            "COMPANION_GONE": self.env._("The companion plugin no longer responds."),
            "NO_VALUE": self.env._("The shop's response has no quantity."),
        }

    # -------------------------------------------------------------- orders
    def _order_reader(self, client):
        return Orders(client)

    @api.model
    def _is_gone(self, channel, ref, placed_at):
        """A key that may read orders is shown all of them but those in the trash."""
        return ref.isdecimal()

    @api.model
    def _parse_order(self, channel, body):
        now = datetime.now(timezone.utc)
        return self._load_order(body, lambda raw: mapper.order(raw, now))

    @api.model
    def _salvage_order(self, channel, body):
        return self._load_order(body, salvage.order)

    # ------------------------------------------------------------ webhooks
    @api.model
    def _verify_webhook(self, channel, headers, body):
        with self._translated():
            event = webhook.verify(
                headers, body, lambda topic: self._webhook_secret(channel, topic)
            )
        return event and schemas.load(schemas.InboundEvent, event)

    @api.model
    def _webhook_secret(self, channel, topic):
        secret = channel._get_secret("woocommerce_consumer_secret")
        return secret and webhook.derive_secret(secret, channel._door_token(), topic)

    @api.model
    def _ensure_webhooks(self, channel, address):
        """One active webhook a topic; what is broken is made anew: a webhook that was
        disabled remembers its failures, and switched on again, one more disables it.
        Its secret cannot be read, so a fingerprint of it is kept here."""
        plain = self._discover(channel)["plain"]
        secrets = {topic: self._webhook_secret(channel, topic) for topic in TOPICS}
        mark = fingerprint(*(secret or "" for secret in secrets.values()))
        fits = self._get_facts(channel).get("webhooks") == mark
        with self._connected(channel, plain) as client:
            found = [
                Subscription(
                    hook["topic"],
                    hook["delivery_url"],
                    fits and hook["status"] == "active",
                    hook["id"],
                    f"({hook['status']})",
                )
                for page in client.pages(WEBHOOKS, orderby="id", order="asc")
                for hook in page
            ]

            def subscribe(topic):
                client.change(
                    "POST", WEBHOOKS, webhook.request(topic, address, secrets[topic])
                )

            def unsubscribe(old):
                # not found: another worker was quicker
                with suppress(errors.NotFound):
                    client.change("DELETE", f"{WEBHOOKS}/{old.raw}", force="true")

            done = self._repair_webhooks(found, TOPICS, address, subscribe, unsubscribe)
        if not fits:
            self._learn_facts(channel, webhooks=mark)
        return done

    # ------------------------------------------------------------ messages
    def _notifier(self, channel, client, data, attempt):
        by_gateway = channel.woocommerce_refund_by != "record"
        note = self._get_customer_note(getattr(data, "tracking", None))
        return Messages(client, data.order_ref, attempt.key, by_gateway, note)

    def _get_customer_note(self, tracking):
        words = tracking and self.env._(
            "Your order is on its way. %(carrier)s tracking number: %(number)s %(url)s",
            carrier=tracking.carrier,
            number=tracking.number,
            url=tracking.url,
        )
        return " ".join((words or "").split())

    def _get_outcome_message(self, code, message):
        return self.env._(
            "Cancelled; the payment was not refunded (%s). Refund it manually.", message
        )

    # -------------------------------------------------------------- errors
    def _kind_of(self, error):
        outage = isinstance(error, errors.Unavailable) and not error.uncertain
        if outage and error.retry_after:
            # a maintenance page that says how long: wait as it asks
            return exceptions.ThrottledError
        return super()._kind_of(error)

    def _get_code_message(self, error):
        words = super()._get_code_message(error)
        if isinstance(error, errors.Misconfigured):
            words |= self._get_address_messages()
        if isinstance(error, errors.Refused):
            words |= {
                "GONE": self.env._("The shop no longer has the order."),
                "TRASH": self.env._("The order is in the shop's trash."),
                "COMPLETED": self.env._("The shop shows the order as shipped."),
                "ENDED": self.env._("The shop shows the order as %s.", error),
                "LINE": self.env._("The order has no line %s in the shop.", error),
            }
        return words

    def _get_address_messages(self):
        return {
            "NO_REST": self.env._(
                "There is no REST API at this address, neither at /wp-json/ nor "
                "at ?rest_route=/. Is it the address of the WordPress site? A "
                "security plugin may have switched the API off."
            ),
            "NO_WOOCOMMERCE": self.env._(
                "The site answers, but WooCommerce is not active on it."
            ),
            "NO_ROUTE": self.env._(
                "The shop does not know this request: its WooCommerce is older "
                "than version 3.5, or a plugin has removed it."
            ),
        }

    def _get_error_message(self, error):
        if isinstance(error, errors.Unauthorized):
            return self.env._(
                "WooCommerce does not accept the keys (%s). Make a new pair under "
                "WooCommerce > Settings > Advanced > REST API and enter it here. If "
                "they are right, the web server may take the Authorization header "
                "away: ask your host to pass it on.",
                error,
            )
        if isinstance(error, errors.Forbidden):
            return self.env._(
                "The keys are not allowed to do this (%s). They need the permission "
                "Read/Write, and their user must be a shop manager.",
                error,
            )
        if isinstance(error, RefundRefused):
            return self._get_refund_error_message(error)
        return super()._get_error_message(error)

    def _get_refund_error_message(self, error):
        choices = self.env["channel.channel"]._fields["woocommerce_refund_by"]
        recorded = dict(choices._description_selection(self.env))["record"]
        return self.env._(
            "The shop cannot refund this: %(error)s If its payment gateway does not "
            "support refunds, set Refunds to “%(recorded)s” on the channel, and pay "
            "manually.",
            error=error,
            recorded=recorded,
        )

    def _get_outage_messages(self, error):
        words = self.env._(
            "A cache in front of the shop returns outdated responses. Exclude "
            "/wp-json/ from it (in the cache plugin, at the host or the CDN)."
        )
        return super()._get_outage_messages(error) | {"CACHED": words}
