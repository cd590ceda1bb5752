# SPDX-License-Identifier: AGPL-3.0-or-later
from dataclasses import dataclass
from decimal import Decimal

QUANTITY = 100


@dataclass(frozen=True)
class SeenLine:
    """A line of an order as the SHOP has it. ``left`` is still to be shipped."""

    ref: str
    sku: str
    shipped: int
    left: int


@dataclass(frozen=True)
class Parcel:
    """A parcel that the shop shows; ``ref`` as a message's answer names it."""

    ref: str
    units: int


@dataclass(frozen=True)
class SeenOrder:
    """An order as the shop has it, read behind the connector's back.

    ``refunds`` is the money of each, by its id. ``cancelled``: nothing of it is going
    to be delivered. ``owing``: the customer has still to pay some of it.
    """

    ref: str
    name: str
    cancelled: bool
    owing: bool
    lines: tuple[SeenLine, ...]
    parcels: tuple[Parcel, ...]
    refunds: dict[str, Decimal]


class LifeShop:
    """The hand of a shop's owner and of its customers, and what the shop shows.

    Each method is one act in the sandbox. Acts that its rules forbid raise one of
    ``refusals``; a kind of act that such a shop does not know is left out of ``acts``.
    """

    skus = ("SKU-1", "SKU-2")
    acts = frozenset({"cancel", "discount", "edit", "give", "refund", "ship"})
    restocks = ("cancel", "return", "none")
    refusals = ()
    taxes_included = True
    tax_rate = 19

    def begin(self):
        """As new: ``QUANTITY`` of each of ``skus``, and nothing sold."""
        raise NotImplementedError

    def restock(self):
        """Somebody there sets the numbers to ``QUANTITY``."""
        raise NotImplementedError

    def bind(self, env, channel):
        """Name the channel's node; :return: {sku: values of its channel.listing}"""
        raise NotImplementedError

    def sell(self, units):
        """A shopper buys and pays ``{sku: units}``. :return: the order's id"""
        raise NotImplementedError

    def cancel(self, ref):
        raise NotImplementedError

    def edit(self, ref, sku, units):
        """Somebody there sets the quantity of a SKU, which may not be in the order."""
        raise NotImplementedError

    def refund(self, ref, sku, units, restock):
        """Somebody there pays units back; ``restock`` is one of ``restocks``."""
        raise NotImplementedError

    def discount(self, ref, sku, amount):
        """Somebody there takes an amount off a line, and leaves its units."""
        raise NotImplementedError

    def give(self, ref, amount):
        """Somebody there pays money back for no line of the order."""
        raise NotImplementedError

    def ship(self, ref):
        """Somebody there says that all of it has left."""
        raise NotImplementedError

    def look(self, ref):
        """:return: SeenOrder"""
        raise NotImplementedError

    def shown(self, sku):
        """The number that the shop shows, in sold units."""
        raise NotImplementedError

    def fail_next(self, fault, message):
        """The next ``message`` (a kind, or "level") of the connector goes wrong.

        :param fault: "lost_answer" (carried out), "lost_request", "unavailable" or
            "throttled"
        """
        raise NotImplementedError

    def calm(self):
        """Nothing goes wrong any more, and what the shop is at is finished."""
        raise NotImplementedError

    def time_passes(self):
        """A moment that the shop's own clock notices."""

    # ------------------------------------------------------------- deliveries
    own_headers = ()
    """Names of the headers that the shop's deliveries bear."""

    def deliver(self):
        """Have everything delivered that is to be."""
        raise NotImplementedError

    def sign(self, headers, body):
        """The headers of a new delivery, of another body than they came with."""
        raise NotImplementedError

    def is_ours(self, body):
        """Whether a body says of itself that it is this shop's, or nothing of that."""
        return True

    def is_known(self, env, channel, body):
        """Whether an event is stored that a delivery of this body would repeat."""
        return bool(
            env["channel.inbox.event"].search_count(
                [("channel_id", "=", channel.id), ("body", "=", body)], limit=1
            )
        )
