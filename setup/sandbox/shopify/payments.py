"""Shopify Payments: the balance of a shop, and what is paid out of it.

A payout has all balance transactions that are available and in no payout yet: charges
and refunds of orders that the shop's own gateway took, and what was added by hand
(a dispute, a reserve). One that fails sets its transactions free for the next.
"""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from .ids import gid
from .money import places, rounded
from .store import StoreError

GATEWAY = "shopify_payments"
MOVES = {"SALE": "CHARGE", "CAPTURE": "CHARGE", "REFUND": "REFUND"}
FEE_RATE, FEE_FIXED = Decimal("0.029"), Decimal("0.30")
SOURCES = {
    "CHARGE": "CHARGE",
    "REFUND": "REFUND",
    "DISPUTE_WITHDRAWAL": "DISPUTE",
    "DISPUTE_REVERSAL": "DISPUTE",
    "CHARGEBACK_FEE": "DISPUTE",
}


@dataclass(eq=False)
class BalanceTransaction:
    id: int
    type: str
    amount: Decimal
    fee: Decimal
    currency: str
    at: datetime
    order: object = None
    source: object = None
    reason: str = None
    payout: "Payout" = None
    test: bool = False

    @property
    def gid(self):
        return gid("ShopifyPaymentsBalanceTransaction", self.id)

    @property
    def net(self):
        return self.amount - self.fee

    @property
    def source_type(self):
        return SOURCES.get(self.type, "ADJUSTMENT")


@dataclass(eq=False)
class Payout:
    id: int
    status: str
    issued_at: datetime
    currency: str
    trace: str
    entries: list = field(default_factory=list)

    @property
    def gid(self):
        return gid("ShopifyPaymentsPayout", self.id)

    @property
    def net(self):
        return sum((entry.net for entry in self.entries), Decimal(0))

    def sums(self, *types):
        """(gross, fees) of the entries of these types; none: of all others."""
        found = [e for e in self.entries if not types or e.type in types]
        return (
            sum((e.amount for e in found), Decimal(0)),
            sum((e.fee for e in found), Decimal(0)),
        )


def collect(store):
    """Note what the shop's own gateway has moved and the balance does not know yet."""
    known = {entry.source for entry in store.balance.values() if entry.source}
    for order in store.orders.values():
        for move in order.transactions:
            if move.status != "SUCCESS" or move.kind not in MOVES or move in known:
                continue
            if move.gateway != GATEWAY:
                # another gateway pays out by itself
                continue
            amount = move.amount.shop
            kind = MOVES[move.kind]
            fee = Decimal(0)
            if kind == "CHARGE":
                digits = places(order.currency)
                fee = rounded(amount * FEE_RATE + FEE_FIXED, digits)
            else:
                amount = -amount
            add(store, kind, amount, fee, order=order, source=move, at=move.created_at)


def add(store, type, amount, fee=0, order=None, source=None, reason=None, at=None):
    entry = BalanceTransaction(
        store.next_id(),
        type,
        Decimal(str(amount)),
        Decimal(str(fee)),
        store.config.payout_currency or store.config.currency,
        at or store.clock.tick(),
        order,
        source,
        reason,
        test=bool(order and order.test),
    )
    rate = Decimal(str(store.config.payout_rate))
    if rate != 1:
        digits = places(entry.currency)
        entry.amount = rounded(entry.amount * rate, digits)
        entry.fee = rounded(entry.fee * rate, digits)
    store.balance[entry.id] = entry
    return entry


def pay_out(store, status="PAID"):
    """Pay out all that is available. :return: the payout"""
    collect(store)
    free = [entry for entry in store.balance.values() if entry.payout is None]
    if not free:
        raise StoreError("there is nothing to pay out")
    number = store.next_id()
    currency = free[0].currency
    payout = Payout(number, status, store.clock.tick(), currency, f"TRACE{number}")
    for entry in free:
        entry.payout = payout
        payout.entries.append(entry)
    store.payouts[number] = payout
    return payout


def set_status(store, number, status):
    """A payout moves on; one that fails or is cancelled sets its entries free."""
    payout = store.payouts.get(int(number))
    if payout is None:
        raise StoreError(f"no payout {number}")
    payout.status = status
    if status in ("FAILED", "CANCELED"):
        for entry in payout.entries:
            entry.payout = None
    return payout
