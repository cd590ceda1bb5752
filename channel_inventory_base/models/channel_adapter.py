from odoo import api, models

from .. import exceptions
from ..lib import addresses
from ..schemas import Capabilities


class ChannelAdapter(models.AbstractModel):
    """What a channel type must be able to do: the seam every connector fills.

    How to add a channel type ``foo``:

    - ``selection_add`` ``("foo", "Foo")`` on ``channel.channel.channel_type``, and
      the fields that a connection needs, on ``channel.channel``;
    - an abstract model ``channel.adapter.foo`` that inherits this one and overrides
      what ``_capabilities`` promises;
    - a test class that inherits ``tests.common_adapter.AdapterContract``.

    Nothing else: jobs, crons, the webhook route, logs and menus are the base's.

    Rules for every method: it speaks to the channel or to nobody; it creates no
    Odoo document; it raises the errors of ``exceptions.py`` only; it works in SOLD
    units; it keeps no state between calls. The base never holds a database lock
    that others wait for while it calls, and calls only what ``_capabilities`` allows.
    """

    _name = "channel.adapter"
    _description = "Channel Adapter"

    @api.model
    def _capabilities(self):
        """:return: schemas.Capabilities, fixed for the type"""
        return Capabilities()

    @api.model
    def _channel_capabilities(self, channel):
        """What one account can do, where that is not the same for the whole type.

        From what is known: no network.
        """
        return self._capabilities()

    @api.model
    def _address(self, channel, example):
        """The channel's address, split (``urllib.parse.SplitResult``).

        :param example: what it looks like, for who has to enter it
        :raise ConfigurationError: there is none, or it is not plainly one
        """
        found = addresses.parts(channel.base_url)
        if not found:
            raise exceptions.ConfigurationError(
                self.env._(
                    "%(channel)s has no address that can be used. It looks like "
                    "%(example)s, without a user or spaces in it.",
                    channel=channel.name,
                    example=example,
                )
            )
        return found

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
        """What the channel shows now.

        :param refs: list of schemas.LevelRef, at most ``Capabilities.read_size``
        :return: list of schemas.LevelState, one for each ref (in any order)
        """
        raise NotImplementedError

    @api.model
    def _prepare_push(self, channel, entries, reference):
        """The request body for a batch, frozen before it is first sent.

        :param entries: list of schemas.LevelEntry, at most ``Capabilities.batch_size``
        :param reference: the publication's trace, for the channel's own history
        :return: str; ``_push_levels`` sends it as it is, however often
        """
        raise NotImplementedError

    @api.model
    def _push_levels(self, channel, payload, key):
        """Send a frozen payload once more or for the first time.

        :param payload: what ``_prepare_push`` returned
        :param key: idempotency key; equal key means equal payload
        :return: schemas.PushResult with one result for each entry. Where one bad
            entry makes the channel refuse the batch, the others come back ``retry``
            and the base sends them again without it, under a new key.
        :raise UncertainError: the answer was lost; the base repeats key and payload
        :raise StaleKeyError: this key is burnt; the base starts over with a new one
        """
        raise NotImplementedError

    @api.model
    def _fetch_orders(self, channel, since, cursor):
        """Orders changed at or after ``since`` (channel's clock, aware), oldest first.

        :param cursor: "" for the first page, then what the last page gave
        :return: schemas.EventPage of ``order`` events
        """
        raise NotImplementedError

    @api.model
    def _list_orders(self, channel, since, cursor):
        """As ``_fetch_orders``, and only which orders and which versions of them.

        :return: schemas.HeadPage, as many as the channel gives at once
        """
        raise NotImplementedError

    @api.model
    def _read_orders(self, channel, refs):
        """Whole orders, as ``_fetch_order`` has them.

        :param refs: list of str, at most ``Capabilities.fetch_size``
        :return: list of schemas.InboundEvent in any order, without those that are gone
        """
        raise NotImplementedError

    @api.model
    def _fetch_order(self, channel, ref):
        """One order as it is now.

        :return: schemas.InboundEvent of kind ``order``, None when it is not shown
        """
        raise NotImplementedError

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
        raise NotImplementedError

    @api.model
    def _parse_order(self, channel, body):
        """Turn the raw body of an ``order`` event into canonical form. No network.

        :return: schemas.OrderData, ``complete`` False where the body says less
        :raise MalformedDataError: with the place that does not fit
        """
        raise NotImplementedError

    @api.model
    def _salvage_order(self, channel, body):
        """What can be read of a body that ``_parse_order`` refuses: its demand is real.

        :return: schemas.OrderData, ``complete`` False, with the lines that can be read,
            units rounded up; None where it is not known which order it is
        """
        return None

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

    # ---------------------------------------------------------------- back
    @api.model
    def _send_shipment(self, channel, data, key):
        """Tell the channel of one parcel. One message, one parcel, once.

        Like all ``_send_...`` methods, which are called for the kinds that
        ``Capabilities.messages`` names, one at a time for each order and in the order
        in which things happened here:

        :param data: schemas.ShipmentData; each kind has its class in ``schemas.DATA``
        :param key: unique for this message, the same in every attempt
        :return: schemas.MessageResult; ``done`` as well when the channel shows it
            already, whoever told it
        :raise UncertainError: it may have been carried out. For a kind that is not
            ``repeatable`` the base then asks ``_find_message`` before it tries again
        :raise RejectedError: refused for good (the order is cancelled there, the units
            are shipped there): the base fetches the order and tells a person
        :raise ThrottledError, UnavailableError: nothing was done
        """
        raise NotImplementedError

    @api.model
    def _send_tracking(self, channel, data, key):
        """New or corrected tracking of a parcel that was told before.

        :param data: schemas.ParcelTrackingData; for the rest see ``_send_shipment``
        """
        raise NotImplementedError

    @api.model
    def _send_cancel(self, channel, data, key):
        """Cancel the order, or units of its lines, that were not shipped.

        :param data: schemas.CancelData; has lines only with ``cancel_lines``. For the
            rest see ``_send_shipment``. A cancellation that comes too late (shipped
            there) is a RejectedError, one that the channel has already is ``done``.
        """
        raise NotImplementedError

    @api.model
    def _send_refund(self, channel, data, key):
        """Give money back: ``data.amount``, to the last unit of the currency.

        :param data: schemas.RefundData; for the rest see ``_send_shipment``
        """
        raise NotImplementedError

    @api.model
    def _send_acceptance(self, channel, data, key):
        """The order is confirmed and reserved here.

        :param data: schemas.AcceptanceData; for the rest see ``_send_shipment``
        """
        raise NotImplementedError

    @api.model
    def _find_message(self, channel, kind, data, key, known):
        """Whether the channel has carried out a message of which the answer is unknown.

        Asked for ``pending`` ones, and for those that may not be repeated blindly.
        Reads only.

        :param kind: one of ``schemas.KINDS``
        :param data: as it was given to ``_send_<kind>``
        :param known: set of refs that belong to other messages of the order: two
            parcels may have the same content
        :return: schemas.MessageResult (``done``, or ``pending`` when it is still at
            work), None when it was not carried out
        :raise RejectedError: it was taken and then failed for good
        """
        raise NotImplementedError
