# SPDX-License-Identifier: AGPL-3.0-or-later
"""Settlement reports, flat file V2: found, and read. No odoo in here.

They cannot be asked for: Amazon makes one when it settles, and lists the same one for
several marketplaces. Amounts and dates are written as in the country; the first row of
a settlement has its total, the others have one amount each, and no id of their own.
"""

from datetime import datetime, timezone

from odoo.addons.channel_inventory_base.lib.errors import Malformed, Throttled
from odoo.addons.channel_inventory_base.lib.local_amount import local_amount
from odoo.addons.channel_inventory_base.lib.reader import JsonValue

from . import report
from .pull import utc

REPORT = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"
NEEDED = (
    "settlement-id",
    "total-amount",
    "currency",
    "transaction-type",
    "amount-type",
    "amount-description",
    "amount",
)
MAX_REPORT = 200_000_000
DOCUMENTS_A_CALL = 5
"""Amazon gives back one request for a document in a minute."""
AGAIN = "again:"
"""Begins the cursor of a page that has more documents than were read."""
SHOWN_DAYS = 89
"""Reports are kept for ninety days; what began earlier is refused."""
DATES = (
    "%Y-%m-%d %H:%M:%S UTC",
    "%d.%m.%Y %H:%M:%S UTC",
    "%d/%m/%Y %H:%M:%S UTC",
    "%Y-%m-%d",
    "%d.%m.%Y",
)
CUSTOMERS = ("itemprice", "promotion", "itemwithheldtax")
"""Types of amounts that stand against what a customer has paid, or gets back."""
REFUNDS = ("refund", "guarantee")


# ------------------------------------------------------------------- find
def fetch(client, since, cursor, known):
    """Reports that were made since a moment, some at a time.

    :param known: ids of documents that need not be read
    :return: (list of (document's id, name, bytes), cursor to go on with or "")
    """
    token = cursor.removeprefix(AGAIN)
    if token:
        answer = client.call("getReports", nextToken=token)
    else:
        answer = client.call(
            "getReports",
            reportTypes=[REPORT],
            processingStatuses=["DONE"],
            createdSince=utc(since),
            pageSize=100,
        )
    place, found, left = JsonValue(answer), [], False
    for each in place["reports"].items():
        document = each["reportDocumentId"].text()
        if document in known:
            continue
        if len(found) == DOCUMENTS_A_CALL:
            left = True
            break
        try:
            content = _content(client, document)
        except Throttled:
            if not found:
                raise
            left = True
            break
        found.append((document, f"settlement {each['reportId'].text()}.txt", content))
    if left:
        # what was read is stored first; then this page is looked at once more
        return found, AGAIN + token
    return found, place.get("nextToken").text()


def _content(client, document):
    answer = client.call("getReportDocument", reportDocumentId=document)
    with client.download(answer, MAX_REPORT) as found:
        return found.content()


# ------------------------------------------------------------------- read
def read(content):
    """Yield ("head", values) and ("line", values), as ``schemas`` has them.

    :raise Malformed: it is no such report, a row says nothing, or it was cut off
    """
    lines = content.splitlines(keepends=True)
    table = report.Table(lines, needed=NEEDED)
    _check_end(lines, table)
    head = None
    for number, row in enumerate(table, 2):
        ref = row["settlement-id"].strip()
        if ref == "settlement-id" or not any(map(str.strip, row.values())):
            # two files that were put together
            continue
        if not ref:
            raise Malformed("tells no settlement", path=f"row {number}")
        if row["total-amount"].strip():
            head = _head(ref, row, number)
            yield "head", head
        elif head is None or head["external_id"] != ref:
            raise Malformed("comes before its settlement", path=f"row {number}")
        else:
            yield "line", _line(row, head, number)
    if head is None:
        raise Malformed("there is no settlement in it", path="report")


def _check_end(lines, table):
    """The last row of a file that was cut off lacks its end, and mostly columns."""
    last = lines[-1]
    if last.endswith((b"\n", b"\r")) or len(lines) == 1:
        return
    found = last.count(b"\t") + 1
    if found < len(table.columns):
        raise Malformed(
            f"was cut off: it has {found} of {len(table.columns)} columns",
            path=f"row {len(lines)}",
        )


def _head(ref, row, number):
    currency = row["currency"].strip().upper()
    total = local_amount(
        row["total-amount"], currency, path=f"row {number}.total-amount"
    )
    return {
        "external_id": ref,
        "currency": currency,
        "kind": "payout",
        "status": "paid",
        "total": str(total),
        "started_at": _date(row.get("settlement-start-date", ""), currency),
        "ended_at": _date(row.get("settlement-end-date", ""), currency),
        "deposit_at": _date(row.get("deposit-date", ""), currency),
        "bank_ref": ref,
        "gateway": "amazon",
    }


def _line(row, head, number):
    text = row["amount"].strip()
    if not text:
        raise Malformed("tells no amount", path=f"row {number}.amount")
    amount = local_amount(text, head["currency"], path=f"row {number}.amount")
    told = row.get("posted-date-time", "") or row.get("posted-date", "")
    return {
        "settlement": head["external_id"],
        # its place is all that tells one row from another
        "external_id": f"{head['external_id']}:{number}",
        "kind": _kind(row),
        "gross": str(amount),
        "net": str(amount),
        "words": _words(row),
        "order_ref": row.get("order-id", "").strip(),
        "refund_ref": row.get("adjustment-id", "").strip(),
        "posted_at": _date(told, head["currency"]),
    }


def _words(row):
    names = ("transaction-type", "amount-type", "amount-description")
    words = []
    for name in names:
        word = row[name].strip()
        if word and word not in words:
            words.append(word)
    return " / ".join(words)[:200]


def _kind(row):
    """What a row is, by Amazon's three words for it.

    >>> def kind(*words):
    ...     names = ("transaction-type", "amount-type", "amount-description")
    ...     return _kind(dict(zip(names, words), **{"order-id": "1"}))
    >>> kind("Order", "ItemPrice", "Principal"), kind("Order", "ItemFees", "Commission")
    ('charge', 'fee')
    >>> kind("Refund", "ItemPrice", "Tax")
    'refund'
    >>> kind("Refund", "ItemFees", "RefundCommission")
    'fee'
    >>> kind("Order", "ItemWithheldTax", "MarketplaceFacilitatorTax-Principal")
    'tax'
    >>> kind("Chargeback Refund", "ItemPrice", "Principal")
    'chargeback'
    >>> kind("other-transaction", "other-transaction", "Current Reserve Amount")
    'reserve'
    >>> kind("ServiceFee", "Cost of Advertising", "TransactionTotalAmount")
    'fee'
    >>> kind("other-transaction", "FBA Inventory Reimbursement", "WAREHOUSE_LOST")
    'adjustment'
    """
    kind = row["transaction-type"].strip().lower()
    what = row["amount-type"].strip().lower()
    words = row["amount-description"].strip().lower()
    of_customer = what in CUSTOMERS
    if "chargeback" in kind and of_customer:
        return "chargeback"
    if of_customer and any(each in kind for each in REFUNDS):
        return "refund"
    if of_customer and kind == "order" and row.get("order-id", "").strip():
        names = {"promotion": "promotion", "itemwithheldtax": "tax"}
        return names.get(what, "charge")
    if "reserve" in words:
        return "reserve"
    if "fee" in what or "fee" in kind or "advertising" in what:
        return "fee"
    return "adjustment"


def _date(text, currency):
    """A time as ISO 8601; None where it may be two, or is none: it moves no money."""
    text = text.strip()
    formats = DATES
    if currency in ("USD", "CAD", "MXN"):
        formats = tuple(each.replace("%d/%m", "%m/%d") for each in DATES)
    for each in formats:
        try:
            moment = datetime.strptime(text, each)
        except ValueError:
            continue
        return moment.replace(tzinfo=timezone.utc).isoformat()
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return (
        moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    ).isoformat()
