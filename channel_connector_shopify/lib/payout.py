# SPDX-License-Identifier: AGPL-3.0-or-later
"""Payouts of Shopify Payments: read whole, kept as they came, read into lines.

A document has a JSON object a line: the payout, the pages of its balance transactions,
and how many these were. One that was cut off lacks the last.
"""

import json
from datetime import timezone
from decimal import Decimal

from odoo.addons.channel_inventory_base.lib import strict_json
from odoo.addons.channel_inventory_base.lib.errors import Malformed
from odoo.addons.channel_inventory_base.lib.reader import JsonValue

from .. import queries

STATUS = {
    "IN_TRANSIT": "in_transit",
    "PAID": "paid",
    "FAILED": "failed",
    "CANCELED": "cancelled",
}
SCHEDULED = "SCHEDULED"
WITHDRAWAL = "WITHDRAWAL"
KINDS = {
    "CHARGE": "charge",
    "REFUND": "refund",
    "REFUND_FAILURE": "refund",
    "DISPUTE_WITHDRAWAL": "chargeback",
    "DISPUTE_REVERSAL": "chargeback",
    "CHARGEBACK_HOLD": "chargeback",
    "CHARGEBACK_HOLD_RELEASE": "chargeback",
    "CHARGEBACK_FEE": "fee",
    "CHARGEBACK_FEE_REFUND": "fee",
    "STRIPE_FEE": "fee",
    "APPLICATION_FEE_REFUND": "fee",
    "REFERRAL_FEE": "fee",
    "REFERRAL_FEE_TAX": "fee",
    "ACH_BANK_FAILURE_DEBIT_FEE": "fee",
    "ACH_BANK_FAILURE_DEBIT_REVERSAL_FEE": "fee",
    "RESERVED_FUNDS": "reserve",
    "RESERVED_FUNDS_REVERSAL": "reserve",
    "RESERVED_FUNDS_WITHDRAWAL": "reserve",
    "RISK_WITHDRAWAL": "reserve",
    "RISK_REVERSAL": "reserve",
    "TRANSFER": "transfer",
}
"""All other types of balance transactions are adjustments, by the words of their type:
an account is mapped for each, or a person is told."""


def fetch(client, since, cursor, known):
    """A page of payouts that are final, each with its transactions.

    :param known: keys of those that need not be read
    :return: (list of (key, name, content), cursor of the next page or "")
    """
    moment = since.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    variables = {"query": f"issued_at:>='{moment}'", "after": cursor or None}
    account = client.execute(queries.PAYOUTS, variables)["shopifyPaymentsAccount"]
    if not account:
        # the shop takes payments by others alone
        return [], ""
    page, found = account["payouts"], []
    for payout in page["nodes"]:
        key = f"{payout['legacyResourceId']}@{payout['status']}"
        if payout["status"] != SCHEDULED and key not in known:
            found.append(
                (
                    key,
                    f"payout {payout['legacyResourceId']}.jsonl",
                    _document(client, payout),
                )
            )
    info = page["pageInfo"]
    return found, info["endCursor"] if info["hasNextPage"] else ""


def _document(client, payout):
    lines, count = [_dump({"payout": payout})], 0
    query = f"payments_transfer_id:{payout['legacyResourceId']}"
    path = "shopifyPaymentsAccount", "balanceTransactions"
    for nodes in client.pages(queries.PAYOUT_TRANSACTIONS, *path, query=query):
        # those of another payout are no part of it, however the search is understood
        own = [node for node in nodes if node["associatedPayout"]["id"] == payout["id"]]
        count += len(own)
        lines.append(_dump({"transactions": own}))
    lines.append(_dump({"count": count}))
    return b"\n".join(lines) + b"\n"


def _dump(value):
    return json.dumps(value, separators=(",", ":")).encode()


# ------------------------------------------------------------------- read
def read(content):
    """Yield ("head", values) and ("line", values), as ``schemas`` has them.

    :raise Malformed: it is no such document, or was cut off
    """
    rows = _rows(content)
    place = JsonValue(next(rows, {}))["payout"]
    head = _head(place)
    yield "head", head
    count, told = 0, None
    for row in rows:
        if told is not None:
            raise Malformed("goes on after its end", path="payout")
        if "count" in row:
            told = JsonValue(row)["count"].whole()
            continue
        for node in JsonValue(row)["transactions"].items():
            count += 1
            yield "line", _line(node, head)
    if told is None:
        raise Malformed("was cut off: its end is missing", path="payout")
    if told != count:
        raise Malformed(f"has {count} of {told} transactions", path="payout")


def _rows(content):
    # a line at a time: a hundred thousand transactions are 40 MB of JSON
    start = 0
    while start < len(content):
        end = content.find(b"\n", start)
        end = len(content) if end < 0 else end
        try:
            row = strict_json.loads(content[start:end], parse_float=str)
        except ValueError as error:
            raise Malformed("is no JSON", path="payout") from error
        if not isinstance(row, dict):
            raise Malformed("is no object", path="payout")
        yield row
        start = end + 1


def _head(place):
    status = place["status"].text()
    if status not in STATUS:
        raise Malformed(f"{status!r:.30} is no status", path="payout.status")
    total, currency = _money(place["net"])
    if place["transactionType"].text() == WITHDRAWAL:
        total = -abs(total)
    return {
        "external_id": place["legacyResourceId"].ref(),
        "currency": currency,
        "kind": "payout",
        "status": STATUS[status],
        "total": str(total),
        "summary": [_sum(place["summary"], *each) for each in SUMS],
        "deposit_at": place["issuedAt"].text(),
        "bank_ref": place["externalTraceId"].text(),
        "gateway": "shopify_payments",
    }


SUMS = (
    (("charge",), ("chargesGross",), ("chargesFee",)),
    (("refund",), ("refundsFeeGross",), ("refundsFee",)),
)
"""What of a payout's summary is of one kind: the rest counts by rules of its own."""


def _sum(place, kinds, gross, fee):
    return {
        "kinds": list(kinds),
        "amount": str(sum((_money(place[name])[0] for name in gross), Decimal(0))),
        "fee": str(sum((_money(place[name])[0] for name in fee), Decimal(0))),
    }


def _money(place):
    return place["amount"].number(), place["currencyCode"].text()


def _line(place, head):
    gross, currency = _money(place["amount"])
    fee, net = _money(place["fee"])[0], _money(place["net"])[0]
    if currency != head["currency"]:
        raise Malformed(
            f"is in {currency!r:.10}, the payout in {head['currency']}",
            path=place.path,
        )
    kind = place["type"].text()
    order = place["associatedOrder"]
    reason = place["adjustmentReason"].text()
    return {
        "settlement": head["external_id"],
        "external_id": place["id"].text().rpartition("/")[2],
        "kind": KINDS.get(kind, "adjustment"),
        "gross": str(gross),
        "fee": str(fee),
        "net": str(net),
        "words": " ".join(filter(None, (kind, reason)))[:200],
        "order_ref": order["id"].text() if order else "",
        "transaction_ref": _ref(place["sourceOrderTransactionId"]),
        "posted_at": place["transactionDate"].text(),
        "test": place["test"].flag(),
    }


def _ref(place):
    return place.ref() if place else ""
