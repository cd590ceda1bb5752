"""The account of Shopify Payments: payouts and balance transactions."""

from ...common.clock import iso
from ..errors import NotInSandbox
from ..ids import gid
from ..resolver import Record, View
from ..search import compile_query
from .parts import money, page

PAYOUT_FILTERS = {
    "id": ("id", lambda p: p.id),
    "status": ("text", lambda p: p.status),
    "currency": ("text", lambda p: p.currency),
    "issued_at": ("time", lambda p: p.issued_at),
}
PAYOUT_KEYS = {
    "ID": lambda p: p.id,
    "ISSUED_AT": lambda p: (p.issued_at.timestamp(), p.id),
}
BALANCE_FILTERS = {
    "id": ("id", lambda b: b.id),
    "currency": ("text", lambda b: b.currency),
    "payments_transfer_id": ("id", lambda b: b.payout.id if b.payout else 0),
    "processed_at": ("time", lambda b: b.at),
    "transaction_type": ("text", lambda b: b.type),
}
BALANCE_KEYS = {
    "ID": lambda b: b.id,
    "PROCESSED_AT": lambda b: (b.at.timestamp(), b.id),
}


def _key(keys, sort_key, where):
    if sort_key not in keys:
        raise NotInSandbox(f"{where}(sortKey: {sort_key})")
    return keys[sort_key]


class Account(View):
    """The record is the store."""

    gql_type = "ShopifyPaymentsAccount"

    def id(self):
        return gid("ShopifyPaymentsAccount", self._record.shop_id)

    def activated(self):
        return True

    def country(self):
        return self._record.config.country

    def default_currency(self):
        config = self._record.config
        return config.payout_currency or config.currency

    def payouts(self, query=None, sort_key="ISSUED_AT", **edges):
        wanted = compile_query(query, PAYOUT_FILTERS, "payouts")
        found = [p for p in self._record.payouts.values() if wanted(p)]
        key = _key(PAYOUT_KEYS, sort_key, "payouts")
        return page(self._ctx, found, Payout, key=key, **edges)

    def balance_transactions(
        self, query=None, sort_key="PROCESSED_AT", hide_transfers=False, **edges
    ):
        if not hide_transfers:
            raise NotInSandbox("balanceTransactions(hideTransfers: false)")
        wanted = compile_query(query, BALANCE_FILTERS, "balanceTransactions")
        found = [b for b in self._record.balance.values() if wanted(b)]
        key = _key(BALANCE_KEYS, sort_key, "balanceTransactions")
        return page(self._ctx, found, BalanceTransaction, key=key, **edges)


class Payout(View):
    gql_type = "ShopifyPaymentsPayout"

    def status(self):
        return self._record.status

    def issued_at(self):
        return iso(self._record.issued_at)

    def net(self):
        # what has failed shows what it was to be
        return money(abs(self._net()), self._record.currency)

    def _net(self):
        return self._record.net

    def transaction_type(self):
        return "WITHDRAWAL" if self._net() < 0 else "DEPOSIT"

    def external_trace_id(self):
        return self._record.trace

    def summary(self):
        record, currency = self._record, self._record.currency
        charges = record.sums("CHARGE")
        refunds = record.sums("REFUND")
        reserves = record.sums("RESERVED_FUNDS", "RESERVED_FUNDS_REVERSAL")
        every = record.sums()
        parts = zip(every, charges, refunds, reserves, strict=True)
        rest = [whole - sum(known) for whole, *known in parts]
        zero = money(0, currency)
        return Record(
            "ShopifyPaymentsPayoutSummary",
            chargesGross=money(charges[0], currency),
            chargesFee=money(charges[1], currency),
            refundsFeeGross=money(refunds[0], currency),
            refundsFee=money(refunds[1], currency),
            reservedFundsGross=money(reserves[0], currency),
            reservedFundsFee=money(reserves[1], currency),
            adjustmentsGross=money(rest[0], currency),
            adjustmentsFee=money(rest[1], currency),
            advanceGross=zero,
            advanceFees=zero,
            retriedPayoutsGross=zero,
            retriedPayoutsFee=zero,
            usdcRebateCreditAmount=zero,
        )


class BalanceTransaction(View):
    gql_type = "ShopifyPaymentsBalanceTransaction"

    def type(self):
        return self._record.type

    def source_type(self):
        return self._record.source_type

    def source_id(self):
        return str(self._record.source.id) if self._record.source else None

    def source_order_transaction_id(self):
        return self.source_id()

    def adjustment_reason(self):
        return self._record.reason

    def test(self):
        return self._record.test

    def transaction_date(self):
        return iso(self._record.at)

    def amount(self):
        return money(self._record.amount, self._record.currency)

    def fee(self):
        return money(self._record.fee, self._record.currency)

    def net(self):
        return money(self._record.net, self._record.currency)

    def associated_order(self):
        order = self._record.order
        if order is None:
            return None
        return Record("ShopifyPaymentsAssociatedOrder", id=order.gid, name=order.name)

    def associated_payout(self):
        payout = self._record.payout
        return Record(
            "ShopifyPaymentsBalanceTransactionAssociatedPayout",
            id=payout.gid if payout else None,
            status=payout.status if payout else "PENDING",
        )
