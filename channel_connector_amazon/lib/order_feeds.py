# SPDX-License-Identifier: AGPL-3.0-or-later
"""Feeds about orders: acknowledged, cancelled, paid back. No odoo in here.

There is no other way to cancel. Several orders go in one feed, because feeds are
scarce: one in two minutes. The acknowledgement is XML, the adjustment a table.
"""

import csv
import io
import re
from xml.etree import ElementTree

from odoo.addons.channel_inventory_base.lib.amounts import ZERO, share
from odoo.addons.channel_inventory_base.lib.errors import Malformed, Unavailable

ACKNOWLEDGEMENT = "POST_ORDER_ACKNOWLEDGEMENT_DATA"
ADJUSTMENT = "POST_FLAT_FILE_PAYMENT_ADJUSTMENT_DATA"
XML_TYPE = "text/xml; charset=UTF-8"
TABLE_TYPE = "text/tab-separated-values; charset=UTF-8"
XSI = "http://www.w3.org/2001/XMLSchema-instance"

REASONS = (
    "NoInventory",
    "ShippingAddressUndeliverable",
    "CustomerExchange",
    "BuyerCanceled",
    "GeneralAdjustment",
    "CarrierCreditDecision",
    "RiskAssessmentInformationNotValid",
    "CarrierCoverageFailure",
    "CustomerReturn",
    "MerchandiseNotReceived",
)
COLUMNS = (
    "order-id",
    "order-item-id",
    "adjustment-reason-code",
    "currency",
    "item-price-adj",
    "item-tax-adj",
    "shipping-price-adj",
    "shipping-tax-adj",
    "gift-wrap-price-adj",
    "gift-wrap-tax-adj",
    "item-promotion-adj",
    "item-promotion-id",
    "ship-promotion-adj",
    "ship-promotion-id",
    "quantity-cancelled",
)
_SAFE = re.compile(r"[^\t\r\n\x00]*")


# ------------------------------------------------------------ acknowledgement
def acknowledgement(seller, messages):
    """The bytes of a feed.

    :param messages: list of (order, items, reason). ``items``: ids of all that the
        order has, because only whole orders are cancelled. ``reason``: one of REASONS,
        "" to say that it is being worked on
    """
    root = ElementTree.Element("AmazonEnvelope")
    root.set("xmlns:xsi", XSI)
    root.set("xsi:noNamespaceSchemaLocation", "amzn-envelope.xsd")
    header = ElementTree.SubElement(root, "Header")
    _add(header, "DocumentVersion", "1.01")
    _add(header, "MerchantIdentifier", seller)
    _add(root, "MessageType", "OrderAcknowledgement")
    for number, (order, items, reason) in enumerate(messages, 1):
        _check(reason, items)
        message = ElementTree.SubElement(root, "Message")
        _add(message, "MessageID", str(number))
        content = ElementTree.SubElement(message, "OrderAcknowledgement")
        _add(content, "AmazonOrderID", order)
        _add(content, "StatusCode", "Failure" if reason else "Success")
        for item in items if reason else ():
            place = ElementTree.SubElement(content, "Item")
            _add(place, "AmazonOrderItemCode", item)
            _add(place, "CancelReason", reason)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def _check(reason, items):
    if reason and reason not in REASONS:
        raise ValueError(f"{reason!r:.40} is no reason that Amazon knows")
    if reason and not items:
        raise ValueError("a cancellation without items")


def _add(parent, name, text):
    ElementTree.SubElement(parent, name).text = text


# ----------------------------------------------------------------- adjustment
def adjustment(rows):
    """The bytes of a feed that pays back.

    :param rows: list of dicts by COLUMNS, one for each item of an order; amounts are
        positive, in the order's currency, and may be missing
    """
    text = io.StringIO()
    table = csv.writer(
        text, dialect="excel-tab", quoting=csv.QUOTE_NONE, quotechar=None
    )
    table.writerow(COLUMNS)
    for row in rows:
        values = [str(row.get(name, "")) for name in COLUMNS]
        odd = set(row) - set(COLUMNS)
        if odd or not all(map(_SAFE.fullmatch, values)):
            raise ValueError(f"{sorted(odd) or values!r:.200} is no row of a table")
        table.writerow(values)
    return text.getvalue().encode()


def refund_rows(data, reason, parts):
    """Rows of COLUMNS for one refund: exactly its amounts, each with its item.

    Amazon gives back what is named, by item: a delivery charge is of items, too. What
    belongs to none (goodwill) goes with the first ones, as part of their price. Units
    that will never be shipped (``restock`` cancel) are cancelled by it.

    :param data: schemas_lifecycle.RefundData
    :param parts: {item: (price, tax, shipping, tax of shipping)} still to be given back
        of each item, as the order has them now
    :raise Malformed: more is to be given back than was paid
    """
    rows, left = {}, data.shipping
    lines = {line.line_ref: line.amount for line in data.lines}
    dropped = {
        line.line_ref: line.quantity for line in data.lines if line.restock == "cancel"
    }
    rest = data.amount - data.shipping - sum(lines.values(), ZERO)
    for item, (price, tax, shipping, shipping_tax) in parts.items():
        amount = lines.pop(item, ZERO)
        if rest and (amount or not lines):
            extra = min(rest, max(price + tax - amount, ZERO))
            amount, rest = amount + extra, rest - extra
        part = min(left, shipping + shipping_tax)
        left -= part
        if not amount and not part:
            continue
        if amount > price + tax:
            raise Malformed(f"{amount} to give back, {price + tax} was paid for it")
        goods = _divided(amount, price, tax, data.currency)
        carriage = _divided(part, shipping, shipping_tax, data.currency)
        rows[item] = {
            "order-id": data.order_ref,
            "order-item-id": item,
            "adjustment-reason-code": reason,
            "currency": data.currency,
            **_told("item-price-adj", "item-tax-adj", goods),
            **_told("shipping-price-adj", "shipping-tax-adj", carriage),
            **({"quantity-cancelled": dropped[item]} if item in dropped else {}),
        }
    if lines or left or rest:
        raise Malformed("the order has no such item, or less to give back")
    return list(rows.values())


def _divided(amount, price, tax, currency):
    """An amount with tax, as price and tax in the proportion that was paid."""
    if not tax or not price + tax:
        return amount, ZERO
    part = share(amount, tax, price + tax, currency)
    return amount - part, part


def _told(price, tax, amounts):
    return {
        name: str(amount)
        for name, amount in zip((price, tax), amounts, strict=True)
        if amount
    }


# --------------------------------------------------------------------- report
WORST = ("error", "erreur", "fehler", "errore", "fout", "fel")
"""What a table calls a row that was refused, in Amazon's languages as far as known."""
UNNAMED = "Amazon has refused a part of it without saying which"


def errors_in(content, sent=0):
    """What of an order feed Amazon has refused.

    The head of the report counts what was done. Where the rows name fewer errors than
    that leaves open, no word of theirs is believed to be harmless.

    :param content: the result, XML or text, by Amazon's choice
    :param sent: messages or rows that the feed had: one that was not looked at is
        refused as well
    :return: {number of the message or row: "code: words"}; 0 stands for all of them
    :raise Unavailable: nothing in it says how many were processed
    """
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise Malformed("the report defines entities")
    text = content.decode("utf-8", "replace").lstrip("\ufeff \r\n")
    read = _read_xml if text.startswith("<") else _read_table
    processed, done, errors, others = read(text)
    left = max(processed, sent) - done
    found = errors if len(errors) >= left else {**others, **errors}
    if len(found) < left:
        found[0] = f"{UNNAMED}: {done} of {max(processed, sent)} were done"
    return found


def _read_xml(text):
    """:return: (processed, done, errors, other remarks), as of a table"""
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise Unavailable("the report is no XML", code="NOT_XML") from error
    report = root.find("./Message/ProcessingReport")
    counts = [
        report.findtext(f"ProcessingSummary/Messages{name}", "")
        for name in ("Processed", "Successful")
        if report is not None
    ]
    if not counts or not all(each.isdecimal() for each in counts):
        raise Unavailable("the report says nothing", code="NO_REPORT")
    errors, others = {}, {}
    for each in report.iterfind("Result"):
        code = each.findtext("ResultMessageCode") or ""
        words = each.findtext("ResultDescription") or ""
        is_error = each.findtext("ResultCode") == "Error"
        number = _number(each.findtext("MessageID") or "")
        (errors if is_error else others)[number] = f"{code}: {words}"[:500]
    return *map(int, counts), errors, others


_COUNT = re.compile(r"\D*?[:\t ]\s*([0-9]+)\s*")


def _read_table(text):
    header, counts, errors, others = None, [], {}, {}
    rows = csv.reader(io.StringIO(text), dialect="excel-tab", quoting=csv.QUOTE_NONE)
    for row in rows:
        names = [cell.strip().lower() for cell in row]
        if "error-code" in names:
            header = names
        elif header and len(row) == len(header):
            values = dict(zip(header, row, strict=True))
            number = _number(values.get("original-record-number", "").strip())
            is_error = values.get("error-type", WORST[0]).strip().lower() in WORST
            words = f"{values['error-code']}: {values.get('error-message', '')}"
            (errors if is_error else others)[number] = words[:500]
        elif not header and (told := _COUNT.fullmatch("\t".join(row))):
            # in the language of the marketplace: processed first, then successful
            counts.append(int(told[1]))
    if len(counts) < 2:
        raise Unavailable("the report says nothing", code="NO_REPORT")
    done, processed = sorted(counts[:2])
    return processed, done, errors, others


def _number(text):
    return int(text) if text.isdecimal() else 0
