"""The feeds that cancel orders and pay money back, as XML and as flat files."""

from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from xml.etree import ElementTree

from . import const, orders
from .models import ZERO

XML, FLAT = "text/xml; charset=UTF-8", "text/tab-separated-values; charset=UTF-8"
CANCEL_COLUMNS = ("order-id", "cancellation-reason-code", "amazon-order-item-code")
PARTS = (
    *("item-price", "item-tax", "shipping-price", "shipping-tax"),
    *("gift-wrap-price", "gift-wrap-tax"),
)
REFUND_COLUMNS = (
    *("order-id", "order-item-id", "adjustment-reason-code", "currency"),
    *(f"{part}-adj" for part in PARTS),
    *("item-promotion-adj", "item-promotion-id", "ship-promotion-adj"),
    *("ship-promotion-id", "quantity-cancelled"),
)
XML_PARTS = {
    "Principal": "item-price",
    "Tax": "item-tax",
    "Shipping": "shipping-price",
    "ShippingTax": "shipping-tax",
    "GiftWrap": "gift-wrap-price",
    "GiftWrapTax": "gift-wrap-tax",
}
# Where the seller's language is another one, so is the word for an error.
ERROR_WORDS = {"FR": "Erreur"}


class FeedError(Exception):
    """The whole feed is FATAL."""

    def __init__(self, rule, words):
        super().__init__(words)
        self.rule = rule


class RecordError(Exception):
    """One record is refused, the others are done."""

    def __init__(self, rule, words):
        super().__init__(words)
        self.rule = rule


@dataclass
class Record:
    """What is asked for one order (a cancellation) or item (a refund)."""

    number: int
    order: str
    # cancellations: [(item, reason)]; a success only acknowledges
    items: list = field(default_factory=list)
    success: bool = False
    alias: str = ""
    # refunds
    reason: str = ""
    parts: list = field(default_factory=list)  # (part, text, currency)
    cancelled: str = ""


def work(store, feed):
    """Do what the feed says. :return: (status, content type, body) of its end"""
    flat = feed.type in (const.ACK_FLAT, const.REFUND_FLAT)
    refunds = feed.type in (const.REFUND_XML, const.REFUND_FLAT)
    try:
        if flat:
            rows = _rows(
                feed.document.body, REFUND_COLUMNS if refunds else CANCEL_COLUMNS
            )
            records = _flat_refunds(rows) if refunds else _flat_cancels(rows)
        else:
            kind = "OrderAdjustment" if refunds else "OrderAcknowledgement"
            messages = _messages(store, feed.document.body, kind)
            read = _xml_refunds if refunds else _xml_cancels
            records = [record for each in messages for record in read(*each)]
    except FeedError as error:
        store.violations.note(error.rule, str(error))
        return "FATAL", FLAT if flat else XML, str(error).encode()
    errors = []
    for record in records:
        try:
            (_refund if refunds else _cancel)(store, record)
        except RecordError as error:
            store.violations.note(error.rule, f"{record.order}: {error}")
            errors.append((record, str(error)))
    body = _flat_report(store, feed, records, errors)
    if not flat:
        body = _xml_report(feed, records, errors)
    return "DONE", FLAT if flat else XML, body


# --- reading


def _rows(body, columns):
    """Numbered dicts of a flat file; columns that nobody knows are fatal."""
    try:
        lines = body.decode("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise FeedError("feed_broken", f"not UTF-8: {error}") from error
    if lines and lines[0].startswith("TemplateType="):
        lines = lines[1:]
    header = lines[0].split("\t") if lines else []
    if not header or set(header) - set(columns) or set(columns[:3]) - set(header):
        raise FeedError("feed_broken", f"columns {header} are not those of the file")
    for number, line in enumerate(lines[1:], 1):
        cells = line.split("\t")
        if len(cells) != len(header):
            raise FeedError("feed_broken", f"record {number} has {len(cells)} cells")
        yield number, dict(zip(header, cells, strict=True))


def _flat_cancels(rows):
    records = {}
    for number, row in rows:
        record = records.setdefault(row["order-id"], Record(number, row["order-id"]))
        entry = row["amazon-order-item-code"], row["cancellation-reason-code"]
        record.items.append(entry)
    return list(records.values())


def _flat_refunds(rows):
    return [
        Record(
            number,
            row["order-id"],
            items=[(row["order-item-id"], "")],
            reason=row["adjustment-reason-code"],
            parts=[
                (part, row[f"{part}-adj"], row.get("currency", ""))
                for part in PARTS
                if row.get(f"{part}-adj")
            ],
            cancelled=row.get("quantity-cancelled", ""),
        )
        for number, row in rows
    ]


def _messages(store, body, kind):
    """[(message id, element)] of an envelope."""
    try:
        root = ElementTree.fromstring(body)  # noqa: S314
    except ElementTree.ParseError as error:
        raise FeedError("feed_broken", f"no XML: {error}") from error
    if root.tag != "AmazonEnvelope" or root.findtext("MessageType") != kind:
        raise FeedError("feed_broken", f"no envelope of {kind}")
    if root.findtext("Header/DocumentVersion") != "1.01":
        raise FeedError("feed_broken", "DocumentVersion is not 1.01")
    if root.findtext("Header/MerchantIdentifier") != store.config.seller_id:
        raise FeedError("feed_broken", "The feed is of another seller.")
    messages = []
    for message in root.findall("Message"):
        number, content = message.findtext("MessageID", ""), message.find(kind)
        if not number.isdigit() or content is None:
            raise FeedError("feed_broken", "A message lacks its id or content.")
        messages.append((int(number), content))
    numbers = [number for number, _content in messages]
    if len(set(numbers)) != len(numbers):
        raise FeedError("message_twice", "A MessageID is there twice.")
    return messages


def _xml_cancels(number, content):
    yield Record(
        number,
        content.findtext("AmazonOrderID", ""),
        items=[
            (
                item.findtext("AmazonOrderItemCode", ""),
                item.findtext("CancelReason", ""),
            )
            for item in content.findall("Item")
        ],
        success=content.findtext("StatusCode") == "Success",
        alias=content.findtext("MerchantOrderID", ""),
    )


def _xml_refunds(number, content):
    for item in content.findall("AdjustedItem"):
        yield Record(
            number,
            content.findtext("AmazonOrderID", ""),
            items=[(item.findtext("AmazonOrderItemCode", ""), "")],
            reason=item.findtext("AdjustmentReason", ""),
            parts=[
                (
                    XML_PARTS.get(component.findtext("Type", ""), ""),
                    component.findtext("Amount", ""),
                    component.find("Amount").get("currency", "")
                    if component.find("Amount") is not None
                    else "",
                )
                for component in item.findall("ItemPriceAdjustments/Component")
            ],
            cancelled=item.findtext("QuantityCancelled", ""),
        )


# --- doing


def _order(store, record):
    order = store.orders.get(record.order)
    if order is None:
        raise RecordError("unknown_order", f"Order {record.order} is unknown.")
    strangers = [number for number, _reason in record.items if not order.item(number)]
    if strangers:
        raise RecordError("unknown_order", f"Items {strangers} are not of the order.")
    return order


def _refuse(store, rule, words):
    if store.rules.strikes(rule):
        raise RecordError(rule, words)


def _cancel(store, record):
    order = _order(store, record)
    if record.success:
        order.alias = record.alias or order.alias
        return
    reasons = {reason for _number, reason in record.items}
    if not reasons or reasons - const.CANCEL_REASONS:
        _refuse(store, "cancel_reason", f"Reasons {sorted(reasons)} are not known.")
    if (
        order.pending
        or not order.live
        or not order.merchant
        or order.status == "SHIPPED"
    ):
        _refuse(store, "cancel_state", f"The order is {order.status}.")
    if {number for number, _reason in record.items} != {
        each.id for each in order.items
    }:
        _refuse(store, "cancel_items", "All items of the order must be named.")
    reason = sorted(reasons)[0]
    if any(item.shipped for item in order.items):
        store.violations.note("cancel_after_shipping", order.id)
        for item in order.items:
            parts = {part: item.paid(part) for part in PARTS if item.paid(part)}
            orders.refund(store, order, item, reason, parts)
    restock = any(each != const.NO_INVENTORY for each in reasons)
    orders.cancel(store, order, "MERCHANT", reason, restock)


def _refund(store, record):
    order = _order(store, record)
    item = order.item(record.items[0][0])
    if record.reason not in const.REFUND_REASONS:
        _refuse(store, "refund_reason", f"Reason {record.reason!r} is not known.")
    if order.status not in ("SHIPPED", "PARTIALLY_SHIPPED"):
        _refuse(store, "refund_state", f"The order is {order.status}.")
    parts = {}
    for part, text, currency in record.parts:
        value = _amount(text)
        most = item.paid(part)
        if most is not None:
            most -= orders.refunded(order, item, part)
        if value is None or most is None or value > most or currency != order.currency:
            words = f"{part or '?'} {text} {currency} of {most} {order.currency}"
            _refuse(store, "refund_amount", words)
        parts[part] = parts.get(part, ZERO) + (value or ZERO)
    cancelled = int(record.cancelled) if record.cancelled.isdigit() else 0
    if record.cancelled and not 0 <= cancelled <= item.open:
        _refuse(store, "over_quantity", f"{cancelled} units, {item.open} are open.")
    if not parts and not cancelled:
        _refuse(store, "refund_amount", "Nothing is paid back.")
    orders.refund(store, order, item, record.reason, parts, cancelled)


def _amount(text):
    try:
        value = Decimal(text)
        exact = value == value.quantize(orders.CENT)
        return value if value >= 0 and exact else None
    except InvalidOperation:
        return None


# --- reports


def _flat_report(store, feed, records, errors):
    country = const.MARKETPLACES[feed.marketplaces[0]].country
    word = "Error"
    if store.rules.strikes("local_headers"):
        word = ERROR_WORDS.get(country, word)
    lines = [
        "Feed Processing Summary:",
        f"\tNumber of records processed\t\t{len(records)}",
        f"\tNumber of records successful\t\t{len(records) - len(errors)}",
        "",
    ]
    if errors:
        lines.append(
            "original-record-number\torder-id\torder-item-id\terror-code\terror-type"
            "\terror-message"
        )
    for record, words in errors:
        item = record.items[0][0] if record.items else ""
        cells = (str(record.number), record.order, item, "18028", word, words)
        lines.append("\t".join(cells))
    return ("\n".join(lines) + "\n").encode()


def _xml_report(feed, records, errors):
    root = ElementTree.Element("AmazonEnvelope")
    message = ElementTree.SubElement(root, "Message")
    report = ElementTree.SubElement(message, "ProcessingReport")

    def add(parent, tag, text):
        ElementTree.SubElement(parent, tag).text = str(text)

    add(report, "DocumentTransactionID", feed.id)
    add(report, "StatusCode", "Complete")
    summary = ElementTree.SubElement(report, "ProcessingSummary")
    wrong = {record.number for record, _words in errors}
    numbers = {record.number for record in records}
    add(summary, "MessagesProcessed", len(numbers))
    add(summary, "MessagesSuccessful", len(numbers - wrong))
    add(summary, "MessagesWithError", len(wrong))
    add(summary, "MessagesWithWarning", 0)
    for record, words in errors:
        result = ElementTree.SubElement(report, "Result")
        add(result, "MessageID", record.number)
        add(result, "ResultCode", "Error")
        add(result, "ResultMessageCode", "18028")
        add(result, "ResultDescription", words)
        more = ElementTree.SubElement(result, "AdditionalInfo")
        add(more, "AmazonOrderID", record.order)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
