# SPDX-License-Identifier: AGPL-3.0-or-later
import dataclasses
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone

from odoo import api, models
from odoo.tools import format_date

from odoo.addons.channel_inventory_base import exceptions, schemas
from odoo.addons.channel_inventory_base.lib import addresses, errors, reader
from odoo.addons.channel_inventory_base.lib.retry import Retry
from odoo.addons.channel_inventory_base.lib.signature import fingerprint
from odoo.addons.channel_inventory_base.lib.tokens import SHORT_LEASE
from odoo.addons.channel_inventory_base.models.channel_adapter import (
    LOOPBACK,
    SharedDict,
)

from .. import mapper
from ..client import ATTEMPTS, BUDGET, Client
from ..const import (
    APPLIES_SECONDS,
    FEED_APPLIES_SECONDS,
    FEED_SECONDS,
    LATE_NUMBER_SECONDS,
    LATE_SECONDS,
    LISTINGS_A_PAGE,
    MERCHANT,
    MESSAGES_A_FEED,
    ORDERS_A_FEED,
    PATCHES_A_BATCH,
    PERSONAL_DAYS,
    PULL_SECONDS,
    READS_A_SECOND,
    REGIONS,
    SEARCH_LAG_MINUTES,
    SHOWN_DAYS,
    SKUS_A_READ,
    api_versions,
)
from ..lib import (
    answers,
    fba,
    lwa,
    notifications,
    numbers,
    report,
    salvage,
    settlement,
    shipment,
    sqs,
    stream,
)
from ..lib.account import Account
from ..lib.catalogue import Catalogue
from ..lib.documents import Feeds
from ..lib.journal import Journal
from ..lib.lane import Batch, freeze_feeds
from ..lib.marketplaces import INCLUDED
from ..lib.messages import Messages
from ..lib.offers import KnownOffers
from ..lib.order_messages import OrderMessages
from ..lib.pull import Orders
from ..lib.subscriptions import Subscriptions

FEED = schemas.Lane(
    "feed",
    MESSAGES_A_FEED,
    every=FEED_SECONDS,
    applies=FEED_APPLIES_SECONDS,
)


class ChannelAdapterAmazon(models.AbstractModel):
    """Speaks to Amazon. Code that depends on Amazon but not on Odoo is in ``client``,
    ``mapper`` and ``lib``; here it meets the channel, and gets words."""

    _name = "channel.adapter.amazon"
    _inherit = "channel.adapter"
    _description = "Channel Adapter for Amazon"

    _service_name = "Amazon"
    _address_example = "https://sellingpartnerapi-eu.amazon.com"

    @api.model
    def _get_api_versions(self, channel):
        """None has an end that Amazon has announced."""
        return [schemas.ApiVersion(name) for name in api_versions()]

    @api.model
    def _capabilities(self):
        return schemas.Capabilities(
            push_levels=True,
            read_levels=True,
            settlements=True,
            orders=True,
            order_refs=True,
            nodes=True,
            batch_size=PATCHES_A_BATCH,
            read_size=SKUS_A_READ,
            messages=("shipment", "cancel", "refund"),
            # an order that is cancelled once more is refused: the order tells it
            repeatable=("cancel",),
            # a feed shows in the list of feeds that late, at the most
            settle_kinds={"refund": 120},
            message_batch={"cancel": ORDERS_A_FEED, "refund": ORDERS_A_FEED},
            personal_days=PERSONAL_DAYS,
            pull_seconds=PULL_SECONDS,
            order_lag=60 * SEARCH_LAG_MINUTES + schemas.Capabilities.order_lag,
            applies=APPLIES_SECONDS,
            late=LATE_NUMBER_SECONDS,
            read_budget=READS_A_SECOND,
            lanes=(FEED,),
            notes_sent=True,
            unsorted=True,
            node_stock=True,
        )

    @api.model
    def _channel_capabilities(self, channel):
        """With a queue Amazon tells of orders at once. Feeds need a catalogue that says
        what must not be in one."""
        # sudo: whoever asks what a channel can do need not see where its queue is
        has_queue = bool(channel.sudo().amazon_queue_url)
        can = dataclasses.replace(self._capabilities(), stream=has_queue)
        # a form asks also before the channel is saved
        saved = channel._origin
        if can.lanes and not (saved and self._known_offers(saved).are_known()):
            can = dataclasses.replace(can, lanes=())
        return can

    def _known_offers(self, channel):
        return KnownOffers(SharedDict(channel, "offers"))

    @api.model
    def _get_order_page(self, channel, ref):
        region = REGIONS.get(channel.amazon_region)
        return f"{region.pages}/orders-v3/order/{ref}" if region else ""

    # ---------------------------------------------------------- connection
    @contextmanager
    def _connected(self, channel):
        """A client of the seller's account; errors come out as the base's."""
        with self._translated(asks=True):
            # sudo: jobs and operators connect without being shown the settings
            channel, session = channel.sudo(), channel._http_session()
            base_url = self._base_url(channel)
            secret = self._need_secret(channel, "amazon_client_secret")
            client_id = self._need_setting(channel, "amazon_client_id")
            refresh = self._need_secret(channel, "amazon_refresh_token")
            place = {"session": session, "url": lwa.token_url(base_url)}
            yield Client(
                base_url,
                session=session,
                tokens=self._renewing_token(
                    channel,
                    lwa.seller_grant(client_id, secret, **place),
                    base_url,
                    client_id,
                    secret,
                    refresh=refresh,
                    # it is not used up, so nobody waits long for a dead worker
                    lease=SHORT_LEASE,
                ),
                app_tokens=lwa.FreshToken(
                    lwa.application_grant(client_id, secret, **place)
                ),
                bucket=self._buckets(channel, client_id),
                retry=Retry(ATTEMPTS, BUDGET, sleep=self._sleep),
            )

    def _buckets(self, channel, client_id):
        """Amazon counts by application and seller, and what is of no seller by
        application, whatever channels they belong to."""
        seller = self._seller(channel)

        def bucket(operation):
            scope = fingerprint(client_id, "" if operation.by_app else seller)
            limits = operation.name, operation.rate, operation.bucket
            return self._bucket(channel, *limits, scope=scope)

        return bucket

    def _need_setting(self, channel, name):
        return self._need(channel, name, channel[name])

    def _seller(self, channel):
        return self._need_setting(channel, "amazon_seller_id")

    def _marketplaces(self, channel):
        """:return: list of marketplaces.Marketplace, the seller's home first"""
        self._need_setting(channel, "amazon_region")
        self._need_setting(channel, "amazon_marketplaces")
        return channel._get_amazon_marketplaces()

    def _marketplace_ids(self, channel):
        return [each.external_id for each in self._marketplaces(channel)]

    # ---------------------------------------------------------------- test
    @api.model
    def _test_connection(self, channel):
        seller, places = self._seller(channel), self._marketplaces(channel)
        with self._connected(channel) as client:
            account = Account(client, seller)
            self._check_listings(channel, account, places)
            self._check_orders(channel, account)
            has_addresses = account.shows_addresses(self._marketplace_ids(channel))
            clock = client.server_time
        return schemas.ConnectionInfo(
            account_name=seller,
            account_ref=seller,
            currency=places[0].currency,
            warnings=tuple(filter(None, self._warnings(channel, has_addresses))),
            clock=clock,
            markets=tuple(map(self._market, places)),
        )

    def _market(self, place):
        return schemas.MarketData(
            place.external_id,
            f"Amazon {place.country}",
            place.currency,
            place.taxes == INCLUDED,
        )

    def _check_listings(self, channel, account, places):
        try:
            strange = [
                each.country
                for each in places
                if not account.shows_listings(each.external_id)
            ]
        except errors.Forbidden as error:
            raise exceptions.ConfigurationError(
                self.env._(
                    "Amazon does not show the listings of %(seller)s. Either the "
                    "seller ID is another one, or the application lacks the role "
                    "Product Listing.",
                    seller=channel.amazon_seller_id,
                ),
                code="LISTINGS",
            ) from error
        if strange:
            raise exceptions.ConfigurationError(
                self.env._(
                    "%(seller)s does not sell in these marketplaces: %(places)s. Take "
                    "them out of the channel's marketplaces.",
                    seller=channel.amazon_seller_id,
                    places=", ".join(strange),
                ),
                code="MARKETPLACES",
            )

    def _check_orders(self, channel, account):
        if not account.shows_orders():
            raise exceptions.ConfigurationError(
                self.env._(
                    "The application may not see orders of %s. Give it the role "
                    "Inventory and Order Tracking, and have the seller authorize it "
                    "again.",
                    channel.amazon_seller_id,
                ),
                code="ORDERS",
            )

    def _warnings(self, channel, has_addresses):
        if has_addresses is False:
            yield self.env._(
                "Orders come without an address: the application lacks the role "
                "Direct-to-Consumer Shipping. Their stock is held, and they are not "
                "imported."
            )
        if not channel.secret_expires_on:
            yield self.env._(
                "Enter when the client secret expires: Amazon ends it after 180 days "
                "without a further word."
            )
        if channel.poll_minutes * 60 < PULL_SECONDS:
            yield self.env._(
                "Orders are polled every %s minutes, and Amazon allows one search in "
                "three: set Poll Orders Every to 3 at least.",
                channel.poll_minutes,
            )
        yield channel.secret_warning
        yield self._get_queue_warning(channel)
        currencies = [each.currency for each in self._marketplaces(channel)]
        for currency in dict.fromkeys(currencies):
            yield self._get_currency_warning(channel, currency)

    # --------------------------------------------------------------- queue
    @api.model
    def _get_notices(self, channel):
        # sudo: whoever looks at a channel need not see where its queue is
        if channel.sudo().amazon_queue_url:
            return []
        return [
            self.env._(
                "Without a queue orders are only polled: a pending order is seen up to "
                "%s minutes after its units were sold.",
                channel.poll_minutes + SEARCH_LAG_MINUTES,
            )
        ]

    def _get_queue_warning(self, channel):
        notices = self._get_notices(channel)
        if notices:
            return notices[0]
        try:
            with self._translated():
                self._queue(channel).waiting()
        except exceptions.ChannelError as error:
            return self.env._("The queue cannot be read. %s", error)
        return None

    def _queue(self, channel):
        """The queue of the seller, which may be read by the user of its AWS keys."""
        # sudo: jobs and operators connect without being shown the settings
        channel = channel.sudo()
        url = self._need_setting(channel, "amazon_queue_url")
        parts = addresses.parts(url)
        is_test = channel.environment == "test"
        if not parts or not (
            parts.scheme == "https" or is_test or parts.hostname in LOOPBACK
        ):
            raise exceptions.ConfigurationError(
                self.env._("The address of the queue must begin with https.")
            )
        return sqs.Queue(
            url,
            self._need_setting(channel, "amazon_aws_key"),
            self._need_secret(channel, "amazon_aws_secret"),
            session=channel._http_session(),
            region=self._queue_region(channel),
        )

    def _queue_region(self, channel):
        """As the queue's address says; else that of the seller's region."""
        # sudo: jobs listen without being shown the settings
        channel = channel.sudo()
        region = self._need_setting(channel, "amazon_region")
        return sqs.region_of(channel.amazon_queue_url) or REGIONS[region].aws

    # -------------------------------------------------------------- stream
    @api.model
    def _drain(self, channel, wait):
        with self._translated():
            if not self._is_subscribed(channel):
                self._subscribe(channel, wait)
            values = stream.received(self._queue(channel), wait, self._seller(channel))
            return schemas.load(schemas.EventBatch, values)

    @api.model
    def _acknowledge(self, channel, receipts):
        with self._translated():
            # what cannot be deleted comes again, and is known
            self._queue(channel).delete(receipts)

    def _queue_mark(self, channel):
        # sudo: jobs listen without being shown the settings
        return fingerprint(channel.sudo().amazon_queue_url or "", self._seller(channel))

    def _is_subscribed(self, channel):
        return self._get_facts(channel).get("queue") == self._queue_mark(channel)

    def _subscribe(self, channel, wait):
        """Have Amazon tell the queue, once. Only by the job that listens: until then a
        publisher must not take an empty queue for no news.

        :raise UnavailableError: it has not been done yet
        :raise RejectedError: Amazon does not tell this queue, and why
        """
        if not wait:
            words = self.env._(
                "Amazon does not fill the queue of %s yet.", channel.name
            )
            raise exceptions.UnavailableError(words, code="UNSUBSCRIBED")
        self._ensure_stream(channel)

    @api.model
    def _ensure_stream(self, channel):
        with self._translated():
            # sudo: jobs listen without being shown the settings
            url = channel.sudo().amazon_queue_url
            arn = sqs.arn_of(url, self._queue_region(channel))
        with self._connected(channel) as client:
            made, elsewhere = Subscriptions(client).ensure(arn, f"Odoo {channel.id}")
        if elsewhere:
            raise exceptions.RejectedError(
                self.env._(
                    "Amazon tells another queue than %(queue)s about %(kinds)s: the "
                    "application is subscribed elsewhere. Remove that subscription, or "
                    "take the queue out of the channel.",
                    queue=arn,
                    kinds=", ".join(elsewhere),
                ),
                code="SUBSCRIBED_ELSEWHERE",
            )
        self._learn_facts(channel, queue=self._queue_mark(channel))
        return [self.env._("The queue gets %s again", kind) for kind in made]

    # ----------------------------------------------------------- catalogue
    @api.model
    def _fetch_nodes(self, channel):
        """The merchant's stock, and Amazon's own: nothing is ever published to that."""
        nodes = [
            mapper.merchant_node(self.env._("Shipped by the merchant")),
            mapper.amazon_node(self.env._("Shipped by Amazon (FBA)")),
        ]
        return [schemas.load(schemas.NodeData, each) for each in nodes]

    @api.model
    def _iter_listings(self, channel):
        with self._connected(channel) as client:
            store, places = SharedDict(channel, "reports"), self._marketplaces(channel)
            catalogue = Catalogue(client, store, places, sleep=self._sleep)
            found = catalogue.offers()
        self._known_offers(channel).replace(found, places[0].external_id)
        offers = list(found.values())
        for start in range(0, len(offers), LISTINGS_A_PAGE):
            yield [
                self._listing(*mapper.listing(offer))
                for offer in offers[start : start + LISTINGS_A_PAGE]
            ]

    def _listing(self, values, reason):
        note = self._get_listing_note(reason)
        return schemas.load(schemas.ListingData, dict(values, note=note))

    def _get_listing_note(self, reason):
        words = {
            mapper.SHIPPED_BY_AMAZON: self.env._(
                "Amazon ships it (FBA). Its quantity is Amazon's, and is never written."
            ),
            mapper.INCOMPLETE: self.env._(
                "The listing is incomplete at Amazon: nobody can buy it."
            ),
            mapper.HIDDEN: self.env._(
                "Amazon does not show the listing: it is out of stock, or suspended."
            ),
        }
        return words.get(reason, "")

    # -------------------------------------------------------------- levels
    @api.model
    def _fetch_levels(self, channel, refs):
        skus = [ref.stock_ref for ref in refs if ref.node_ref == MERCHANT]
        with self._connected(channel) as client:
            reader = self._numbers(channel, client)
            shown = reader.levels(skus)
        self._learn_offers(channel, reader)
        rows = {row["stock_ref"]: row["available"] for row in shown}
        return [
            schemas.LevelState(
                ref.stock_ref,
                ref.node_ref,
                rows.get(ref.stock_ref) if ref.node_ref == MERCHANT else None,
            )
            for ref in refs
        ]

    def _numbers(self, channel, client):
        places = self._marketplace_ids(channel)
        return numbers.Numbers(client, self._seller(channel), places)

    def _learn_offers(self, channel, reader):
        if reader.shipped_by_amazon:
            self._known_offers(channel).add_by_amazon(reader.shipped_by_amazon)

    @api.model
    def _iter_stock(self, channel, node_ref):
        with self._connected(channel) as client:
            found = fba.everything(client, self._marketplace_ids(channel))
        if found is None:
            return None
        return [[schemas.StockState(sku, units) for sku, units in found.items()]]

    @api.model
    def _parse_levels(self, channel, body):
        with self._translated():
            rows = notifications.live(reader.parse(body))
            return [schemas.load(schemas.LevelState, row) for row in rows]

    @api.model
    def _prepare_push(self, channel, entries, reference, lane=None):
        if lane:
            return self._prepare_feed(channel, entries)
        return numbers.freeze(entries)

    def _prepare_feed(self, channel, entries):
        known, home = self._known_offers(channel), self._marketplace_ids(channel)[0]
        return freeze_feeds(entries, home, known.by_amazon(), known.elsewhere())

    @api.model
    def _push_levels(self, channel, payload, key, lane=None):
        if lane:
            return self._push_feed(channel, payload)
        with self._connected(channel) as client:
            reader = self._numbers(channel, client)
            note = lambda news: self._note_push(key, self._lines(news))  # noqa: E731
            work = numbers.Push(payload, reader, note)
            results = work.run()
        self._learn_offers(channel, reader)
        return self._load_push(self._lines(results), work.answers)

    def _push_feed(self, channel, payload):
        with self._connected(channel) as client:
            batch = Batch(payload, Feeds(client))
            ticket = batch.submit(self._seller(channel))
        if not ticket:
            return self._load_push(self._lines(batch.refusals()))
        return schemas.PushResult((), ticket=ticket)

    @api.model
    def _ask_push(self, channel, payload, ticket):
        with self._connected(channel) as client:
            batch = Batch(payload, Feeds(client))
            results = batch.outcome(ticket)
        self._learn_offers(channel, batch)
        return results and self._load_push(self._lines(results))

    def _lines(self, results):
        return [self._load_line(**each) for each in results]

    @api.model
    def _get_line_messages(self, message):
        return {
            numbers.FBA: self._get_listing_note(mapper.SHIPPED_BY_AMAZON),
            numbers.GONE: self.env._(
                "Amazon shows no such SKU in the channel's marketplaces: fetch "
                "listings."
            ),
        }

    # -------------------------------------------------------------- orders
    @api.model
    def _fetch_orders(self, channel, since, cursor):
        since -= timedelta(seconds=LATE_SECONDS)
        with self._connected(channel) as client:
            reader = Orders(client, self._marketplace_ids(channel))
            return schemas.load(schemas.EventPage, reader.page(since, cursor))

    @api.model
    def _iter_order_refs(self, channel, since, until, cursor=""):
        with self._connected(channel) as client:
            reader = Orders(client, self._marketplace_ids(channel))
            while True:
                values = reader.placed(since, until, cursor)
                yield schemas.load(schemas.OrderRefPage, values)
                cursor = values["cursor"]
                if not cursor:
                    return

    def _order_reader(self, client):
        """For single orders, which name their marketplace themselves."""
        return Orders(client, ())

    @api.model
    def _is_gone(self, channel, ref, placed_at):
        """Orders of more than two years are hidden from everybody."""
        age = datetime.now(timezone.utc) - placed_at
        return age < timedelta(days=SHOWN_DAYS)

    @api.model
    def _parse_order(self, channel, body):
        return self._load_order(body, mapper.any_order)

    @api.model
    def _salvage_order(self, channel, body):
        return self._load_order(body, salvage.order)

    # --------------------------------------------------------- settlements
    @api.model
    def _fetch_settlements(self, channel, since, cursor, known=frozenset()):
        shown = datetime.now(timezone.utc) - timedelta(days=settlement.SHOWN_DAYS)
        with self._connected(channel) as client:
            found, after = settlement.fetch(client, max(since, shown), cursor, known)
        documents = [schemas.SettlementDocument(*each) for each in found]
        return schemas.SettlementPage(tuple(documents), after)

    @api.model
    def _parse_settlement(self, channel, content):
        classes = {
            "head": schemas.SettlementData,
            "line": schemas.SettlementLineData,
        }
        with self._translated():
            try:
                for what, values in settlement.read(content):
                    yield schemas.load(classes[what], values)
            except errors.Unavailable as error:
                # a table without a header: of a document that is here nothing changes
                raise errors.Malformed(str(error), path="report") from error

    # ------------------------------------------------------------- secrets
    @api.model
    def _get_secret_message(self, channel, is_over):
        day = format_date(self.env, channel.secret_expires_on)
        if is_over:
            return self.env._(
                "The client secret ended on %s: Amazon refuses everything. Rotate it "
                "in Solution Provider Portal, and enter the new one on the channel.",
                day,
            )
        return self.env._(
            "The client secret ends on %s. Rotate it in Solution Provider Portal, and "
            "enter the new one and its date on the channel: after that day Amazon "
            "refuses everything.",
            day,
        )

    # ------------------------------------------------------------ messages
    def _notifier(self, channel, client, data, attempt):
        return Messages(client, attempt, self._batch_notifier(channel, client))

    def _batch_notifier(self, channel, client):
        journal = Journal(SharedDict(channel, "feeds"))
        return OrderMessages(client, self._seller(channel), journal)

    def _get_outcome_message(self, code, message):
        return self.env._(
            "The payment is not verified yet: until then nobody can cancel it."
        )

    # -------------------------------------------------------------- errors
    def _kind_of(self, error):
        if error.code == report.CANCELLED:
            # nothing is wrong with the connection: it may be asked for again later
            return exceptions.ThrottledError
        return super()._kind_of(error)

    def _get_code_message(self, error):
        words = super()._get_code_message(error)
        if isinstance(error, errors.Unauthorized):
            words |= self._get_credential_messages()
        if isinstance(error, errors.Refused):
            words |= self._get_refusal_messages(error)
        if isinstance(error, errors.Misconfigured):
            words["REGION"] = self.env._(
                "The address of the queue names no region of AWS."
            )
        words |= {
            "REPORT_RUNNING": self.env._(
                "Amazon is still preparing the report of all listings."
            ),
            report.CANCELLED: self.env._(
                "Amazon has cancelled the report of all listings (%s): it was asked "
                "for less than half an hour ago, or nothing is listed there. Nothing "
                "was changed. Take a marketplace without listings out of the channel.",
                error,
            ),
            report.FATAL: self.env._(
                "Amazon could not make the report of all listings (%s). Nothing was "
                "changed.",
                error,
            ),
        }
        return words

    def _get_credential_messages(self):
        ended = self.env._(
            "Amazon does not accept the client ID and secret: the secret is wrong, or "
            "was rotated, or has ended after 180 days. Enter the present one."
        )
        return {
            lwa.REVOKED: self.env._(
                "The seller has withdrawn the application's permission, or the refresh "
                "token is of another one. Authorize the application in Seller Central "
                "again, and enter the new refresh token."
            ),
            **dict.fromkeys(lwa.SECRET_ENDED, ended),
            **dict.fromkeys(
                sqs.DENIALS,
                self.env._(
                    "AWS does not accept the key of the queue: enter the access key ID "
                    "and the secret access key of its user again."
                ),
            ),
        }

    def _get_refusal_messages(self, error):
        return {
            "GONE": self.env._("Amazon does not show the order."),
            "PENDING": self.env._(
                "The payment of the order is not verified yet: it must not be shipped."
            ),
            "ENDED": self.env._("The order is cancelled at Amazon."),
            "SHIPPED": self.env._(
                "A part of the order was shipped: cancelled now, Amazon would pay back "
                "all of it. Refund what is not delivered instead."
            ),
            "UNSHIPPED": self.env._(
                "Nothing of the order was shipped, so Amazon pays nothing back: cancel "
                "it instead."
            ),
            "TRACKING": self.env._(
                "Amazon takes no parcel without a tracking number. Enter it on the "
                "transfer, then retry."
            ),
            "TOO_MUCH": self.env._(
                "That is not what was paid for the items of the order: %s", error
            ),
            "FEED": self.env._("Amazon has not carried it out: %s", error),
            "FBA_ROLE": self.env._(
                "The stock in Amazon's warehouses is not shown: the application lacks "
                "the role Amazon Fulfillment."
            ),
            "UNKNOWN": self.env._(
                "Amazon's answer was lost, and it cannot be told which of its feeds "
                "this was (%s). Look in Seller Central whether the money went back; "
                "then retry, or discard the notification.",
                error,
            ),
            shipment.ALREADY: self.env._(
                "Amazon takes no more parcels of this order, and shows another one "
                "than this."
            ),
        }

    def _get_error_message(self, error):
        if isinstance(error, errors.Forbidden) and error.code == answers.DENIED:
            return self.env._(
                "Amazon denies it although the credentials are good (%s): the "
                "application lacks the role for it, or the seller ID is another one.",
                error,
            )
        return super()._get_error_message(error)

    def _get_uncertain_message(self, error, words):
        return self.env._(
            "Amazon's response was lost (%s). Whether the request was carried out is "
            "looked up before it is repeated.",
            error,
        )
