"""Payouts of Shopify Payments: what the shop gets, and what the API tells of it."""

from decimal import Decimal

import pytest

from sandbox.shopify import start
from sandbox.shopify.store import StoreError

from .conftest import SEED
from .helpers import Client

MONEY = "{ amount currencyCode }"
PAYOUTS = f"""query($query: String) {{ shopifyPaymentsAccount {{
  payouts(first: 5, query: $query, sortKey: ISSUED_AT) {{ nodes {{
    id legacyResourceId status transactionType externalTraceId net {MONEY}
    summary {{ chargesGross {MONEY} chargesFee {MONEY} refundsFeeGross {MONEY}
      adjustmentsGross {MONEY} adjustmentsFee {MONEY} reservedFundsGross {MONEY} }}
  }} }} }} }}"""
BALANCE = f"""query($query: String) {{ shopifyPaymentsAccount {{
  balanceTransactions(first: 50, query: $query, hideTransfers: true, sortKey: ID) {{
    nodes {{ id type sourceType amount {MONEY} fee {MONEY} net {MONEY} test
      associatedOrder {{ id name }} associatedPayout {{ id status }}
      sourceOrderTransactionId }} }} }} }}"""


def payouts(client, query=""):
    data = client.data(PAYOUTS, {"query": query})
    return data["shopifyPaymentsAccount"]["payouts"]["nodes"]


def balance(client, payout=None):
    query = f"payments_transfer_id:{payout['legacyResourceId']}" if payout else ""
    data = client.data(BALANCE, {"query": query})
    return data["shopifyPaymentsAccount"]["balanceTransactions"]["nodes"]


def buy(shop, sku="A", quantity=1, **cart):
    return shop.checkout({sku: quantity}, gateway="shopify_payments", **cart)


def test_payout_has_what_was_taken_and_not_paid_out_yet(shop, client):
    first, second = buy(shop), buy(shop, "B", 2)
    shop.checkout({"A": 1}, gateway="paypal")
    shop.pay_out()
    [payout] = payouts(client)
    entries = balance(client, payout)
    assert [entry["associatedOrder"]["id"] for entry in entries] == [
        first.gid,
        second.gid,
    ]
    assert [entry["sourceOrderTransactionId"] for entry in entries] == [
        str(first.transactions[0].id),
        str(second.transactions[0].id),
    ]
    nets = sum(Decimal(entry["net"]["amount"]) for entry in entries)
    assert Decimal(payout["net"]["amount"]) == nets
    assert payout["summary"]["chargesGross"]["amount"] == "19.0"
    with pytest.raises(StoreError):
        shop.pay_out()


def test_refunds_and_disputes_come_off_the_next_payout(shop, client):
    order = buy(shop, "A", 2)
    shop.pay_out()
    shop.refund(order.name, {"A": 1})
    shop.add_balance("DISPUTE_WITHDRAWAL", "-10", "15", order=order.name)
    shop.add_balance("RESERVED_FUNDS", "-3")
    shop.pay_out()
    _first, second = payouts(client)
    assert second["transactionType"] == "WITHDRAWAL"
    assert Decimal(second["net"]["amount"]) == Decimal("38")
    summary = second["summary"]
    assert summary["refundsFeeGross"]["amount"] == "-10.0"
    assert summary["adjustmentsGross"]["amount"] == "-10.0"
    assert summary["adjustmentsFee"]["amount"] == "15.0"
    assert summary["reservedFundsGross"]["amount"] == "-3.0"
    types = [(each["type"], each["sourceType"]) for each in balance(client, second)]
    assert types == [
        ("DISPUTE_WITHDRAWAL", "DISPUTE"),
        ("RESERVED_FUNDS", "ADJUSTMENT"),
        ("REFUND", "REFUND"),
    ]


def test_failed_payout_sets_its_money_free(shop, client):
    buy(shop)
    failed = shop.pay_out("IN_TRANSIT")
    shop.set_payout(failed, "FAILED")
    again = shop.pay_out()
    first, second = payouts(client)
    assert (first["status"], second["status"]) == ("FAILED", "PAID")
    assert balance(client, first) == []
    assert [each["associatedPayout"]["id"] for each in balance(client, second)] == [
        again.gid
    ]


def test_payouts_are_found_by_time(shop, client):
    buy(shop)
    shop.pay_out()
    shop.store.clock.move(86400)
    buy(shop)
    last = shop.pay_out()
    moment = last.issued_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    [found] = payouts(client, f"issued_at:>='{moment}'")
    assert found["id"] == last.gid


def test_payout_in_another_currency(client, shop):
    shop.config.payout_currency, shop.config.payout_rate = "USD", 1.1
    order = buy(shop)
    shop.pay_out()
    [payout] = payouts(client)
    [entry] = balance(client, payout)
    assert payout["net"]["currencyCode"] == "USD"
    assert entry["amount"]["amount"] == "11.0"
    assert order.transactions[0].amount.shop == Decimal("10.00")


def test_payouts_need_their_scopes():
    with start(SEED, scopes=("read_orders",)) as shop:
        code, message = Client(shop).error(PAYOUTS)
    assert code == "ACCESS_DENIED"
    assert "shopify_payments" in message


def test_shop_without_shopify_payments_has_no_account():
    with start(SEED, shopify_payments=False) as shop:
        assert Client(shop).data(PAYOUTS) == {"shopifyPaymentsAccount": None}


def test_transfers_are_not_played(client):
    query = BALANCE.replace("hideTransfers: true, ", "")
    assert client.error(query)[0] == "NOT_IN_SANDBOX"
