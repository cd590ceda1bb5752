# SPDX-License-Identifier: AGPL-3.0-or-later
import time
from contextlib import contextmanager

from odoo import api, models
from odoo.exceptions import UserError

from .. import exceptions, schemas
from ..db.transaction import own_transaction
from ..lib import addresses, errors, events, reader, throttle, tokens, webhooks
from ..lib.signature import fingerprint

LOOPBACK = ("localhost", "127.0.0.1", "::1")


class SharedDict:
    """A small dict that all workers share, as ``lib`` wants it.

    :param scope: what it belongs to instead of the channel, where several share it
    """

    def __init__(self, channel, key, scope=""):
        self._channel, self._key, self._scope = channel, key, scope

    def peek(self):
        return self._channel._get_shared_state(self._key, self._scope)

    def lock(self):
        return self._channel._shared_state(self._key, self._scope)


class ChannelAdapter(models.AbstractModel):
    """The contract of a channel type, implemented by every connector.

    How to add a channel type ``foo``:

    - ``selection_add`` ``("foo", "Foo")`` on ``channel.channel.channel_type``, and
      the fields that a connection needs, on ``channel.channel``;
    - an abstract model ``channel.adapter.foo`` that inherits this one and overrides
      what ``_capabilities`` promises, with pure modules for what knows the channel and
      not Odoo;
    - a test class that inherits ``tests.common_adapter.AdapterContract``.

    Nothing else: jobs, crons, the webhook route, logs and menus are the base's. What
    connectors have in common is at the end of this class (connection, secrets,
    webhooks), in ``channel.adapter.errors`` and in ``lib``.

    Rules for every method: it communicates with the channel only; it creates no Odoo
    document; it raises the errors of ``exceptions.py`` only; it works in SOLD units; it
    keeps no state between calls; of the base's models it uses ``channel.channel`` only:
    what it has to know of others it is given. The base never holds a database lock that
    others wait for while it calls, and calls only what ``_capabilities`` allows.
    """

    _name = "channel.adapter"
    _inherit = "channel.adapter.errors"
    _description = "Channel Adapter"

    _address_example = "https://shop.example.com"
    _address_has_folder = False
    """The address may end in a folder: it is a site among others on its host."""
    _allows_plain_http = False
    """Also in production: what is sent there is safe without TLS."""

    @api.model
    def _capabilities(self):
        """:return: schemas.Capabilities, fixed for the type"""
        return schemas.Capabilities()

    @api.model
    def _channel_capabilities(self, channel):
        """The capabilities of one account, where they differ within the type.

        From known data: no network.
        """
        return self._capabilities()

    @api.model
    def _get_notices(self, channel):
        """What the form of an account says of its settings for as long as they are so:
        what they cost, not what is wrong. No network.

        :return: list of str
        """
        return []

    @api.model
    def _test_connection(self, channel):
        """Prove that address, credentials and permissions work; change nothing.

        :return: schemas.ConnectionInfo
        :raise AuthError, ConfigurationError, UnavailableError: with words that tell
            the operator what to do
        """
        raise NotImplementedError

    @api.model
    def _fetch_nodes(self, channel):
        """:return: list of schemas.NodeData, all of them"""
        raise NotImplementedError

    @api.model
    def _iter_listings(self, channel):
        """Everything the channel sells, page by page, in bounded memory.

        :return: an iterator of lists of schemas.ListingData
        """
        raise NotImplementedError

    @api.model
    def _fetch_levels(self, channel, refs):
        """Read the channel's present quantities.

        :param refs: list of schemas.LevelRef, at most ``Capabilities.read_size``
        :return: list of schemas.LevelState, one for each ref (in any order)
        """
        raise NotImplementedError

    @api.model
    def _iter_levels(self, channel, since, cursor=""):
        """All numbers that the channel shows, also of items and places that we do not
        know, page by page, in bounded memory. Only with ``Capabilities.reads_all``.

        :param since: aware, by our clock; none of them was read before it, whatever an
            earlier call has left behind (an export that is still there)
        :param cursor: "" from the beginning, else LevelPage.cursor of the last page
            that was kept: a reader that was interrupted goes on there
        :return: an iterator of schemas.LevelPage; it ends only when all were given
        :raise ThrottledError: they are still being prepared; the same call goes on
        :raise UnavailableError: what is there is not all of it
        """
        raise NotImplementedError

    @api.model
    def _iter_stock(self, channel, node_ref):
        """All that lies in a warehouse from which the channel ships by itself.

        :param node_ref: NodeData.external_id of one that ``fulfils``
        :return: an iterator of lists of schemas.StockState; None where the account has
            no such warehouse
        """
        raise NotImplementedError

    @api.model
    def _stop_selling(self, channel, refs):
        """Have items not be sold when their number is 0. May be repeated.

        :param refs: list of schemas.SellingRef, at most ``Capabilities.stops_selling``
        :return: list of schemas.SellingResult, one for each
        """
        raise NotImplementedError

    @api.model
    def _parse_levels(self, channel, body):
        """The numbers in the raw body of a ``level`` event. No network.

        :return: list of schemas.LevelState; empty where it tells none, or not reliably
        :raise MalformedDataError: with the place that does not fit
        """
        return []

    @api.model
    def _prepare_push(self, channel, entries, reference):
        """The request body for a batch, frozen before it is first sent.

        :param entries: list of schemas.LevelEntry, at most ``Capabilities.batch_size``
        :param reference: the publication's trace, for the channel's own history

        On a channel with ``lanes`` batches of a lane have another parameter, ``lane``:
        its name. They have at most ``Lane.size`` entries.
        :return: str; ``_push_levels`` sends it as it is, however often
        """
        raise NotImplementedError

    @api.model
    def _push_levels(self, channel, payload, key):
        """Send a frozen payload once more or for the first time.

        :param payload: what ``_prepare_push`` returned
        :param key: idempotency key; equal key means equal payload

        On a channel with ``lanes`` batches of a lane have another parameter, ``lane``:
        its name, and PushResult has a ticket.
        :return: schemas.PushResult with one result for each entry. Where one bad
            entry makes the channel refuse the batch, the others come back ``retry``
            and the base sends them again without it, under a new key.
        :raise UncertainError: the answer was lost; the base repeats key and payload
        :raise StaleKeyError: this key is burnt; the base starts over with a new one
        """
        raise NotImplementedError

    @api.model
    def _ask_push(self, channel, payload, ticket):
        """What has become of a batch that a lane has taken.

        :param payload: what was sent
        :param ticket: PushResult.ticket
        :return: schemas.PushResult with a result for each entry (``retry``: not applied
            and nothing wrong with it), None when the channel is not done with it
        :raise RejectedError: nothing of it was or will be applied
        """
        raise NotImplementedError

    @api.model
    def _fetch_orders(self, channel, since, cursor):
        """Orders changed at or after ``since`` (channel's clock, aware), oldest first;
        with ``Capabilities.unsorted`` in any order.

        :param cursor: "" for the first page, then what the last page gave
        :return: schemas.EventPage of ``order`` events
        """
        raise NotImplementedError

    @api.model
    def _list_orders(self, channel, since, cursor):
        """As ``_fetch_orders``, and only which orders and which versions of them.

        :return: schemas.HeadPage, as many as the channel gives at once
        """
        with self._connected(channel) as client:
            values = self._order_reader(client).list(since, cursor)
            return schemas.load(schemas.HeadPage, values)

    @api.model
    def _read_orders(self, channel, refs):
        """Whole orders, as ``_fetch_order`` has them.

        :param refs: list of str, at most ``Capabilities.fetch_size``
        :return: list of schemas.InboundEvent in any order, without those that are gone
        """
        with self._connected(channel) as client:
            found = self._order_reader(client).fetch_many(refs)
            return [schemas.load(schemas.InboundEvent, values) for values in found]

    @api.model
    def _fetch_order(self, channel, ref):
        """One order as it is now.

        :return: schemas.InboundEvent of kind ``order``, None when it is not shown
        """
        with self._connected(channel) as client:
            values = self._order_reader(client).fetch(ref)
            return values and schemas.load(schemas.InboundEvent, values)

    @api.model
    def _is_gone(self, channel, ref, placed_at):
        """Whether an order that ``_fetch_order`` was not shown is deleted for certain,
        and not hidden from us (too old, a permission that is missing).

        :param placed_at: when it was placed, aware
        """
        return False

    @api.model
    def _find_missing(self, channel, refs):
        """Which of these orders the channel does not show.

        :param refs: list of str, at most ``Capabilities.find_missing``
        :return: list of str
        """
        with self._connected(channel) as client:
            return self._order_reader(client).missing(refs)

    @api.model
    def _count_orders(self, channel, since, until):
        """How many orders were placed at or after ``since`` and before ``until`` (whole
        seconds, aware), cancelled ones included, drafts and deleted ones not: those
        that ``_iter_order_refs`` lists. Only with ``Capabilities.order_counts``.

        :return: int, None where the channel does not tell it exactly
        """
        with self._connected(channel) as client:
            return self._order_reader(client).count(since, until)

    @api.model
    def _iter_order_refs(self, channel, since, until, cursor=""):
        """The orders placed at or after ``since`` and before ``until`` (whole seconds,
        aware, at least two minutes ago), page by page. Only with
        ``Capabilities.order_refs``.

        :param cursor: "" from the beginning, else OrderRefPage.cursor of the last page
            that was kept: a reader that was interrupted goes on there
        :return: an iterator of schemas.OrderRefPage; one with the cursor "" is the last
        """
        with self._connected(channel) as client:
            reader = self._order_reader(client)
            while True:
                values = reader.placed(since, until, cursor)
                page = schemas.load(schemas.OrderRefPage, values)
                if page.cursor and page.cursor == cursor:
                    raise exceptions.UnavailableError(
                        self.env._("The channel keeps returning the same orders."),
                        code="REPEATED",
                    )
                yield page
                cursor = page.cursor
                if not cursor:
                    return

    @api.model
    def _parse_order(self, channel, body):
        """Turn the raw body of an ``order`` event into canonical form. No network.

        :return: schemas.OrderData, ``complete`` False where the body says less
        :raise MalformedDataError: with the place that does not fit
        """
        raise NotImplementedError

    @api.model
    def _get_order_ref(self, ref):
        """The channel's id of an order, as its API names it.

        :param ref: as its own exports name it, which people bring as files
        """
        return ref

    @api.model
    def _salvage_order(self, channel, body):
        """Extract the readable part of a body that ``_parse_order`` refuses: its demand
        is real.

        :return: schemas.OrderData, ``complete`` False, with the lines that can be read,
            units rounded up; None where it is not known which order it is
        """
        return None

    # --------------------------------------------------------- settlements
    @api.model
    def _fetch_settlements(self, channel, since, cursor, known=frozenset()):
        """What the channel has paid out, or says has failed, since a moment.

        What may still change (a payout that is only scheduled) is left out until it is
        final; a payout that fails after it was told is told once more, by another key.

        :param since: aware, by the channel's clock
        :param cursor: "" for the first page, then what the last page gave
        :param known: keys of documents that we have: they need not be read again
        :return: schemas.SettlementPage
        """
        raise NotImplementedError

    @api.model
    def _parse_settlement(self, channel, content):
        """Read the raw bytes of a SettlementDocument, or of the same as a file that a
        person has downloaded. In bounded memory, without network.

        :return: an iterator of schemas.SettlementLineData, and before the first one of
            a settlement its schemas.SettlementData; a later one of its id replaces it
        :raise MalformedDataError: with the place that does not fit; then nothing of it
            counts. A document that was cut off is one of these.
        """
        raise NotImplementedError

    @api.model
    def _verify_webhook(self, channel, headers, body):
        """Check and read a webhook delivery. No network, no database writes.

        :param headers: mapping, case-insensitive
        :param body: the raw bytes
        :return: schemas.InboundEvent; None for what is not about anything (a ping):
            nothing is stored, and the sender is content
        :raise ForgedError: the signature does not fit
        :raise MalformedDataError: it is genuine and makes no sense
        """
        raise NotImplementedError

    @api.model
    def _ensure_webhooks(self, channel, address):
        """Make the channel deliver what we need to ``address``; repair what differs.

        Idempotent. :return: list of str, what had to be done (empty: all was well)
        """
        raise NotImplementedError

    # -------------------------------------------------------------- stream
    @api.model
    def _drain(self, channel, wait):
        """Receive what the channel has put into its event stream, once.

        It stays there, and comes again after a while, until ``_acknowledge`` is called
        with its receipts. What makes no sense is an event all the same
        (``lib.events.unreadable_event``): a dead letter, and acknowledged.

        :param wait: seconds to wait for the first event; 0: only what is there
        :return: schemas.EventBatch
        """
        raise NotImplementedError

    @api.model
    def _acknowledge(self, channel, receipts):
        """The events of these receipts are stored: they need not come again.

        :param receipts: list of str, those of one EventBatch
        """
        raise NotImplementedError

    @api.model
    def _ensure_stream(self, channel):
        """Make the channel fill its event stream; repair what fell off. Idempotent.

        :return: list of str, what had to be done (empty: all was well)
        :raise RejectedError: it does not fill it, and why: until a person has acted the
            channel is taken as one without a stream
        """
        return []

    # ---------------------------------------------------------------- back
    @api.model
    def _send_shipment(self, channel, data, attempt):
        """Tell the channel of one parcel. One message, one parcel, once.

        Like all ``_send_...`` methods, which are called for the kinds that
        ``Capabilities.messages`` names, one at a time for each order and in the order
        in which things happened here:

        :param data: schemas.ShipmentData; each kind has its class in ``schemas.DATA``
        :param attempt: schemas.Attempt: the key that is the same in every attempt, and
            what is known of this message and of the order's others
        :return: schemas.MessageResult; ``done`` as well when the channel shows it
            already, from any source
        :raise UncertainError: it may have been carried out. For a kind that is not
            ``repeatable`` the base then asks ``_find_message`` before it tries again
        :raise RejectedError: refused for good (the order is cancelled there, the units
            are shipped there): the base fetches the order and tells a person
        :raise ThrottledError, UnavailableError: nothing was done
        """
        return self._notify(channel, "shipment", data, attempt)

    @api.model
    def _send_tracking(self, channel, data, attempt):
        """New or corrected tracking of a parcel that was told before.

        :param data: schemas.ParcelTrackingData; for the rest see ``_send_shipment``
        """
        return self._notify(channel, "tracking", data, attempt)

    @api.model
    def _send_cancel(self, channel, data, attempt):
        """Cancel the order, or units of its lines, that were not shipped.

        :param data: schemas.CancelData; has lines only with ``cancel_lines``. For the
            rest see ``_send_shipment``. A cancellation that comes too late (shipped
            there) is a RejectedError, one that the channel has already is ``done``.
        """
        return self._notify(channel, "cancel", data, attempt)

    @api.model
    def _send_refund(self, channel, data, attempt):
        """Give money back: ``data.amount``, to the last unit of the currency.

        :param data: schemas.RefundData; for the rest see ``_send_shipment``
        """
        return self._notify(channel, "refund", data, attempt)

    @api.model
    def _send_acceptance(self, channel, data, attempt):
        """The order is confirmed and reserved here.

        :param data: schemas.AcceptanceData; for the rest see ``_send_shipment``
        """
        return self._notify(channel, "acceptance", data, attempt)

    @api.model
    def _find_message(self, channel, kind, data, attempt):
        """Whether the channel has carried out a message of which the answer is unknown.

        Asked for ``pending`` ones, and for those that may not be repeated blindly.
        Reads only.

        :param kind: one of ``schemas.KINDS``
        :param data, attempt: as for ``_send_<kind>``
        :return: schemas.MessageResult (``done``, or ``pending`` when it is still at
            work), None when it was not carried out
        :raise RejectedError: it was taken and then failed for good
        """
        with self._connected(channel) as client:
            values = self._notifier(channel, client, data, attempt).find(kind, data)
        return None if values is None else self._load_result(values)

    @api.model
    def _send_batch(self, channel, kind, entries):
        """Carry out several messages of a kind by one request.

        Where one that cannot be read makes the channel refuse all of them, the base
        sends each by itself after that (``_send_<kind>``).

        :param kind: one of ``Capabilities.message_batch``
        :param entries: list of (data, attempt) as for ``_send_<kind>``, of different
            orders
        :return: list of schemas.MessageResult, one for each and in their order
        :raise UncertainError: some may have been carried out. The base then asks
            ``_find_batch`` for those of kinds that are not ``repeatable``
        :raise RejectedError: none was carried out, as they are together
        :raise ThrottledError, UnavailableError: nothing was done
        """
        with self._connected(channel) as client:
            found = self._batch_notifier(channel, client).send(kind, entries)
            return [self._load_result(values) for values in found]

    @api.model
    def _find_batch(self, channel, kind, entries):
        """As ``_find_message``, of several messages of a kind at once: many may share
        a ticket, and it is asked for once.

        :return: list of schemas.MessageResult, one for each and in their order; None
            for one that was not carried out
        """
        with self._connected(channel) as client:
            found = self._batch_notifier(channel, client).find(kind, entries)
            return [values and self._load_result(values) for values in found]

    # ------------------------------------------------ filled instead by connectors
    # The methods above about orders and messages ask these, which speak plain values
    # and know no odoo. A connector that has no use for them overrides the methods.
    @contextmanager
    def _connected(self, channel):
        """A client of the channel's account; errors come out as the base's
        (``_translated``)."""
        raise NotImplementedError

    def _order_reader(self, client):
        """What reads orders: an object with the methods ``list(since, cursor)``,
        ``fetch_many(refs)``, ``fetch(ref)`` and ``missing(refs)``, for
        ``_list_orders``, ``_read_orders``, ``_fetch_order`` and ``_find_missing``; and
        ``count(since, until)`` and ``placed(since, until, cursor)``, a page, for
        ``_count_orders`` and ``_iter_order_refs``. They give the values of what those
        return."""
        raise NotImplementedError

    def _notifier(self, channel, client, data, attempt):
        """What tells the channel about one order: an object with a method for each
        kind of message that takes ``data``, and ``find(kind, data)``. They give values
        of MessageResult (without a status: it is done; ``answer`` JSON-able), where
        ``code`` and ``message`` get words by ``_get_outcome_message``."""
        raise NotImplementedError

    def _batch_notifier(self, channel, client):
        """What tells the channel about several orders at once: an object with the
        methods ``send(kind, entries)`` and ``find(kind, entries)``, which give a list
        of such values; ``error`` in them is the ClientError of one that is refused."""
        raise NotImplementedError

    def _get_outcome_message(self, code, message):
        """What an exception is raised of a message that was not simply carried out."""
        return message

    def _get_order_page(self, channel, ref):
        """Where a person sees an order in the channel's own back office.

        :param ref: the channel's id of the order
        :return: an address; "" where there is none
        """
        return ""

    # ------------------------------------------------- for connectors: connection
    @api.model
    def _sleep(self, seconds):
        """Tests replace it."""
        time.sleep(seconds)

    @api.model
    def _base_url(self, channel):
        """The channel's address, when it is safe to send credentials there.

        :raise ConfigurationError: there is none, or it is not plainly one
        """
        parts = addresses.parts(channel.base_url)
        if not parts:
            raise exceptions.ConfigurationError(
                self.env._(
                    "%(channel)s has no usable address. Enter one such as %(example)s, "
                    "without a user name or spaces.",
                    channel=channel.name,
                    example=self._address_example,
                )
            )
        local = parts.hostname in LOOPBACK or channel.environment == "test"
        if parts.scheme == "http" and not (local or self._allows_plain_http):
            raise exceptions.ConfigurationError(
                self.env._(
                    "The address of %s must begin with https: its credentials would be "
                    "sent unencrypted.",
                    channel.name,
                )
            )
        return self._plain_address(parts)

    def _plain_address(self, parts):
        folder = parts.path.rstrip("/") if self._address_has_folder else ""
        return f"{parts.scheme}://{parts.netloc}{folder}"

    def _get_page(self, channel, path):
        """An address below the channel's; "" where it has no usable one."""
        parts = addresses.parts(channel.base_url)
        return f"{self._plain_address(parts)}{path}" if parts else ""

    @api.model
    def _need_secret(self, channel, name):
        """A secret of the channel in clear.

        :raise ConfigurationError: it was not entered, or cannot be opened
        """
        try:
            value = channel._get_secret(name)
        except UserError as error:
            raise exceptions.ConfigurationError(str(error)) from error
        return self._need(channel, name, value)

    def _need(self, channel, name, value):
        if not value:
            raise exceptions.ConfigurationError(
                self.env._(
                    "%(channel)s has no %(field)s: fill it in under Connection.",
                    channel=channel.name,
                    field=channel._fields[name].string,
                )
            )
        return value

    @api.model
    def _renewing_token(self, channel, grant, *credentials, refresh=None, lease=None):
        """Access tokens that all workers share, kept encrypted.

        :param grant, lease: see ``lib.tokens.RenewingToken``
        :param credentials: texts; with others, another token is asked for
        """

        def unseal(name, stored):
            try:
                return channel._decrypt(f"token.{name}", stored)
            except UserError:
                # of another key or place: the credentials get a new one
                return None

        return tokens.RenewingToken(
            grant,
            SharedDict(channel, "token"),
            identity=fingerprint(*credentials, refresh),
            refresh=refresh,
            lease=lease,
            seal=lambda name, text: channel._encrypt(f"token.{name}", text),
            unseal=unseal,
            sleep=self._sleep,
        )

    @api.model
    def _bucket(self, channel, operation, rate, maximum, scope="", max_wait=5.0):
        """The requests of one operation, of which a channel allows so many: shared by
        all workers, and by all channels of one ``scope``.

        Whoever has to wait for longer than ``max_wait`` seconds is told (Throttled):
        his job comes back by then, and those that ask for other things do not wait.

        :param operation: name of what has a limit of its own
        :param rate, maximum: requests a second, and how many at once after a pause, as
            the channel documents them: what it tells with its answers counts instead
        :param scope: names what the channel counts by, where that is not one account:
            an application, an application and a seller
        :return: lib.throttle.Throttle
        """
        shared = SharedDict(channel, f"bucket.{operation}", scope)
        return throttle.Throttle(
            shared.lock,
            rate=rate,
            maximum=maximum,
            sleep=self._sleep,
            max_wait=max_wait,
        )

    @api.model
    def _get_api_versions(self, channel):
        """The versions of its API in which the channel is spoken to. No network.

        :return: list of schemas.ApiVersion
        """
        return []

    @api.model
    def _get_secret_message(self, channel, is_over):
        """What people are told of credentials that end (``secret_expires_on``), and
        what to do.

        :param is_over: they have ended
        :return: str
        """
        if is_over:
            return self.env._(
                "The secret ended on %s: the channel refuses everything. Make a new "
                "one there and enter it here.",
                channel.secret_expires_on,
            )
        return self.env._(
            "The secret ends on %s: after that the channel refuses everything. Make a "
            "new one there, and enter it and its date here.",
            channel.secret_expires_on,
        )

    @api.model
    def _get_facts(self, channel):
        """What was learned of the account at the channel's present address.

        :return: dict, empty where nothing is known of it
        """
        facts = channel._get_shared_state("account")
        try:
            known = facts.get("base_url") == self._base_url(channel)
        except exceptions.ConfigurationError:
            known = False
        return facts if known else {}

    @api.model
    def _learn_facts(self, channel, **facts):
        """Remember something of the account (JSON-able), until the address changes."""
        base_url = self._base_url(channel)
        with channel._shared_state("account") as state:
            if state.get("base_url") != base_url:
                state.clear()
            state.update(facts, base_url=base_url)

    def _get_currency_warning(self, channel, currency):
        """:return: words where the account sells in another currency than the channel,
        None where it does not"""
        if channel.currency_id.name == currency:
            return None
        return self.env._(
            "The store sells in %(shop)s, the channel in %(channel)s.",
            shop=currency,
            channel=channel.currency_id.name,
        )

    # ------------------------------------------------------ for connectors: orders
    @api.model
    def _load_order(self, body, read):
        """A stored body as schemas.OrderData.

        :param read: function from the object in the body to OrderData's values; what it
            has no values for (None) is returned as it is
        :raise MalformedDataError: with the place that does not fit
        """
        with self._translated():
            values = read(reader.parse(body))
            return values and schemas.load(schemas.OrderData, values)

    # ------------------------------------------------------ for connectors: levels
    def _load_push(self, lines, answers=None):
        """:param lines: of ``_load_line``, one for each entry
        :param answers: what the channel has said, JSON-able"""
        answer = events.compact(answers) if answers else ""
        return schemas.PushResult(tuple(lines), answer)

    def _load_line(self, line_id, status, code="", message="", shown=None, sent=True):
        """What became of an entry, as schemas.LineResult; of one that was not written,
        in words that lead somewhere where the channel's own do not."""
        if status in ("rejected", "stale"):
            known = self._get_line_messages(message)
            message = known.get(code) or message or code
        return schemas.LineResult(line_id, status, code, message, shown, sent)

    def _note_push(self, key, lines):
        """Note, before the next request of a batch, what became of those before it, and
        that it is being sent (``Capabilities.notes_sent``): whoever takes over from a
        worker that died has only this one to look at.

        :param key: that of the batch
        :param lines: of ``_load_line``, as far as they are news
        :raise UncertainError: the batch is not this worker's any more
        """
        with own_transaction(self.env) as env:
            env["channel.publication"]._note(key, lines)

    @api.model
    def _get_line_messages(self, message):
        """:param message: the channel's own words
        :return: {code: words} of why a quantity is not written"""
        return {}

    # ---------------------------------------------------- for connectors: messages
    def _notify(self, channel, kind, data, attempt):
        with self._connected(channel) as client:
            notifier = self._notifier(channel, client, data, attempt)
            return self._load_result(getattr(notifier, kind)(data))

    def _load_result(self, values):
        code, answer = values.get("code"), values.get("answer")
        message = values.get("message", "")
        if values.get("error"):
            message = str(self._translate(values["error"]))
        return schemas.MessageResult(
            status=values.get("status", "done"),
            ref=values.get("ref", ""),
            message=self._get_outcome_message(code, message) if code else message,
            answer=events.compact(answer) if answer else "",
            retry_after=values.get("retry_after", schemas.MessageResult.retry_after),
        )

    # ---------------------------------------------------- for connectors: webhooks
    @api.model
    def _repair_webhooks(
        self, found, topics, address, subscribe, unsubscribe, takes_one=False
    ):
        """Make the channel have one subscription a topic to ``address``.

        :param found, takes_one: see ``lib.webhooks.repair``
        :param subscribe: function that makes the one of a topic
        :param unsubscribe: function that removes a Subscription
        :return: list of str, what was done
        """
        plan = webhooks.repair(found, topics, address, takes_one)
        done = []
        for old in plan.blocking:
            done.append(self._remove_webhook(old, unsubscribe))
        for topic in plan.missing:
            with self._webhook_refused(topic):
                subscribe(topic)
            done.append(
                self.env._(
                    "Webhook %(topic)s to %(address)s was registered",
                    topic=topic,
                    address=address,
                )
            )
        for old in plan.surplus:
            done.append(self._remove_webhook(old, unsubscribe))
        return done

    def _remove_webhook(self, old, unsubscribe):
        with self._webhook_refused(old.topic):
            unsubscribe(old)
        return self.env._(
            "Webhook %(topic)s to %(address)s was removed",
            topic=" ".join(filter(None, (old.topic, old.note))),
            address=old.address,
        )

    @contextmanager
    def _webhook_refused(self, topic):
        try:
            yield
        except errors.Refused as error:
            # not a ConfigurationError: that would stop polling too
            raise exceptions.RejectedError(
                self.env._(
                    "%(service)s rejected the webhook %(topic)s: %(words)s. Webhooks "
                    "need an address that the channel can reach, usually a public "
                    "https one: set web.base.url accordingly. Until then orders come "
                    "in by polling.",
                    service=self._service(),
                    topic=topic,
                    words=error,
                ),
                code="WEBHOOK",
            ) from error


class ChannelAdapterNone(models.AbstractModel):
    """A channel without a connector: its quantities are planned and displayed, never
    sent."""

    _name = "channel.adapter.none"
    _inherit = "channel.adapter"
    _description = "Channel Adapter: Not Connected"
