# SPDX-License-Identifier: AGPL-3.0-or-later
"""JSON_LISTINGS_FEED: numbers of many SKUs in one document, and what became of them.

A message without an error was accepted, which is not applied yet: the feed may be in
the queue for hours, and land on top of a newer PATCH. No odoo in here.
"""

import json
from dataclasses import dataclass, field

from odoo.addons.channel_inventory_base.lib.errors import Malformed, Unavailable
from odoo.addons.channel_inventory_base.lib.reader import JsonValue
from odoo.addons.channel_inventory_base.lib.strict_json import loads

from ..const import FEED_BYTES, MESSAGES_A_FEED
from .answers import TRANSIENT
from .listing import LOCALE, PRODUCT_TYPE, availability, patches

FEED_TYPE = "JSON_LISTINGS_FEED"
CONTENT_TYPE = "application/json; charset=UTF-8"
VERSION, API = "2.0", "2021-08-01"
REPORTED = ("issues", "fulfillmentAvailability")
"""What the report is to have of each item: besides errors, the live numbers."""

OPEN = ("IN_QUEUE", "IN_PROGRESS")
DONE, FATAL, CANCELLED = "DONE", "FATAL", "CANCELLED"


def document(seller, entries):
    """The bytes of a feed, the same for the same entries.

    :param entries: list of (sku, quantity); the first is message 1
    """
    if not 0 < len(entries) <= MESSAGES_A_FEED:
        raise ValueError(f"{len(entries)} messages in a feed")
    content = {
        "header": {
            "sellerId": seller,
            "version": VERSION,
            "issueLocale": LOCALE,
            "report": {"includedData": list(REPORTED), "apiVersion": API},
        },
        "messages": [
            {
                "messageId": number,
                "sku": sku,
                "operationType": "PATCH",
                "productType": PRODUCT_TYPE,
                "patches": patches(quantity),
            }
            for number, (sku, quantity) in enumerate(entries, 1)
        ],
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    found = text.encode()
    if len(found) > FEED_BYTES:
        raise ValueError(f"{len(found)} bytes in a feed")
    return found


def request(marketplace, document_ref, feed_type=FEED_TYPE):
    """Body of createFeed: one marketplace, also where the seller has several."""
    return {
        "feedType": feed_type,
        "marketplaceIds": [marketplace],
        "inputFeedDocumentId": document_ref,
    }


def state_of(answer):
    """
    :param answer: of getFeed
    :return: (status, id of the document with the result or "")
    """
    place = JsonValue(answer)
    status = place["processingStatus"].text()
    if status not in (*OPEN, DONE, FATAL, CANCELLED):
        raise Malformed(f"{status!r:.40} is unknown", path="processingStatus")
    return status, place.get("resultFeedDocumentId").text()


@dataclass
class Report:
    """What became of each message.

    ``errors``: {number of the message: list of (code, words)}. ``general``: of none of
    them. ``processed``: how many Amazon has looked at. ``shown``: live numbers while it
    was processed, {sku: {fulfilment channel: quantity}}: of before it or after.
    """

    processed: int
    accepted: int
    errors: dict = field(default_factory=dict)
    general: list = field(default_factory=list)
    shown: dict = field(default_factory=dict)

    def results(self, line_ids):
        """LineResult's values.

        :param line_ids: of the entries, in their order
        """
        is_refused = self.general and not self.processed
        for number, line_id in enumerate(line_ids, 1):
            errors = self.errors.get(number)
            if errors:
                is_transient = all(code in TRANSIENT for code, _words in errors)
                yield {
                    "line_id": line_id,
                    "status": "retry" if is_transient else "rejected",
                    "code": errors[0][0],
                    "message": "; ".join(words for _code, words in errors)[:500],
                }
            elif is_refused or self.processed < len(line_ids):
                # nobody has said what became of it
                code, words = self.general[0] if self.general else ("NOT_PROCESSED", "")
                retry = {"status": "retry", "code": code, "message": words}
                yield {"line_id": line_id, **retry}
            else:
                yield {"line_id": line_id, "status": "accepted"}


def report(content):
    """
    :param content: bytes of the feed's result
    :raise Unavailable: it is no JSON: it is fetched again
    :raise Malformed: it is not of Amazon's schema
    """
    try:
        place = JsonValue(loads(content, parse_float=str))
    except ValueError as error:
        raise Unavailable("the report is no JSON", code="NOT_JSON") from error
    summary = place["summary"]
    found = Report(
        summary["messagesProcessed"].whole(), summary["messagesAccepted"].whole()
    )
    for issue in place.all("issues"):
        if issue["severity"].text() != "ERROR":
            continue
        error = (issue["code"].text()[:100], issue["message"].text()[:300])
        number = issue.get("messageId")
        if number:
            found.errors.setdefault(number.whole(), []).append(error)
        else:
            found.general.append(error)
    for item in place.all("items"):
        if item.get("fulfillmentAvailability"):
            found.shown[item["sku"].text()] = availability(item)
    return found
