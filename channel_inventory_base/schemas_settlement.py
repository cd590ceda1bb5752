# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a channel or a gateway tells of money: transactions of orders, settlements.

Amounts are Decimal in the currency that stands beside them. Frozen dataclasses without
any odoo, as in ``schemas``.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from .exceptions import MalformedDataError

TRANSACTION_KINDS = ("charge", "refund", "chargeback")
SETTLEMENT_KINDS = ("payout", "statement")
SETTLEMENT_STATUSES = ("in_transit", "paid", "failed", "cancelled")
LINE_KINDS = (
    "charge",
    "refund",
    "fee",
    "chargeback",
    "adjustment",
    "reserve",
    "transfer",
    "tax",
    "promotion",
    "other",
)


@dataclass(frozen=True)
class OrderTransactionData:
    """Money that has moved for an order: what was captured, what went back.

    ``kind``: charge, refund or chargeback; what was only authorized, failed or was
    voided is left out. ``amount`` is positive, in the order's currency. ``external_id``
    is what settlements call it by (``SettlementLineData.transaction_ref``).
    """

    external_id: str
    kind: str
    amount: Decimal
    gateway: str = ""
    at: datetime | None = None

    def __post_init__(self):
        _check("kind", self.kind, TRANSACTION_KINDS)


@dataclass(frozen=True)
class SettlementDocument:
    """What was received of one settlement, as it was received.

    ``key`` is unique in its channel: another one for each state of a settlement that is
    told anew (a payout that has failed). ``content``: the raw bytes, for
    ``_parse_settlement``.
    """

    key: str
    name: str
    content: bytes


@dataclass(frozen=True)
class SettlementPage:
    """A page of settlements and where to go on; ``cursor`` "" ends it."""

    documents: tuple[SettlementDocument, ...]
    cursor: str = ""


@dataclass(frozen=True)
class SettlementData:
    """One settlement: money of many orders that was paid out together.

    ``kind`` payout: all of it went to the bank, so the bank has ``total``.
    ``statement``: what happened on an account with the gateway within a period; payouts
    are lines of the kind transfer, and the rest stays there.
    ``status``: in_transit, paid, failed, cancelled. What may still change (a payout
    that is scheduled) is not told.
    ``total``: what the channel says it comes to, None where it does not say.
    ``summary``: what the channel says the lines of each kind come to, without fees;
    empty where it does not. ``opening``, ``closing``: the balance before and after.
    ``bank_ref``: what the bank shows of it. ``deposit_at``: when it was, or will be,
    paid. ``gateway``: as ``OrderData.gateway``, where it is of one.
    """

    external_id: str
    currency: str
    kind: str = "payout"
    status: str = "paid"
    total: Decimal | None = None
    summary: tuple["SettlementSumData", ...] = ()
    opening: Decimal | None = None
    closing: Decimal | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    deposit_at: datetime | None = None
    bank_ref: str = ""
    gateway: str = ""

    def __post_init__(self):
        _check("kind", self.kind, SETTLEMENT_KINDS)
        _check("status", self.status, SETTLEMENT_STATUSES)


@dataclass(frozen=True)
class SettlementSumData:
    """What the lines of some kinds come to, as the channel says. ``kinds``: those that
    it counts together; ``amount`` is their gross, ``fee`` what was kept of them."""

    kinds: tuple[str, ...]
    amount: Decimal
    fee: Decimal | None = None


@dataclass(frozen=True, slots=True)
class SettlementLineData:
    """One line of a settlement.

    ``settlement``: the ``external_id`` of the one it belongs to, which was told before.
    ``external_id`` is unique in its channel. ``words``: what the channel calls it; the
    accounts of what is of no order are found by it.
    ``gross`` is positive when the money comes to us, ``fee`` positive when it was kept,
    ``net`` is what is left: gross - fee.
    ``order_ref``: the order's id or name, ``transaction_ref`` one of its transactions,
    ``refund_ref`` an ``OrderRefundData.external_id``.
    ``paid_amount``, ``paid_currency``: gross in the currency of the order, where that
    is another one than the settlement's.
    """

    settlement: str
    external_id: str
    kind: str
    gross: Decimal
    net: Decimal
    fee: Decimal = Decimal(0)
    words: str = ""
    order_ref: str = ""
    transaction_ref: str = ""
    refund_ref: str = ""
    posted_at: datetime | None = None
    paid_amount: Decimal | None = None
    paid_currency: str = ""
    test: bool = False

    def __post_init__(self):
        _check("kind", self.kind, LINE_KINDS)
        if self.gross - self.fee != self.net:
            raise MalformedDataError(
                f"{self.gross} less a fee of {self.fee} is not {self.net}",
                path=f"line {self.external_id!r:.60}",
            )


def _check(path, value, choices):
    if value not in choices:
        raise MalformedDataError(f"{value!r:.40} is none of {choices}", path=path)
