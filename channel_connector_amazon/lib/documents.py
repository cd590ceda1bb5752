# SPDX-License-Identifier: AGPL-3.0-or-later
"""Feeds and reports as a client carries them: laid down, asked for, read. No odoo in
here."""

from contextlib import contextmanager

from odoo.addons.channel_inventory_base.lib.errors import Malformed
from odoo.addons.channel_inventory_base.lib.reader import JsonValue

from . import feed, report
from .pull import utc

MAX_RESULT = 100_000_000
"""Bytes of a feed's result: 25,000 items with their numbers and issues."""


class Feeds:
    """
    :param client: a ``client.Client``
    """

    def __init__(self, client):
        self._client = client

    def submit(
        self,
        marketplace,
        content,
        feed_type=feed.FEED_TYPE,
        content_type=feed.CONTENT_TYPE,
    ):
        """Hand in a document.

        :return: the feed's id
        :raise ClientError: ``uncertain`` where the feed may have been made: Amazon does
            not tell which document it has, see ``made_since``
        """
        document = self._client.call(
            "createFeedDocument", {"contentType": content_type}
        )
        ref = self._client.upload(document, content, content_type)
        answer = self._client.call(
            "createFeed", feed.request(marketplace, ref, feed_type)
        )
        return JsonValue(answer)["feedId"].text()

    def outcome(self, ref):
        """
        :return: None as long as it is at work; else (status, bytes of its result or
            None): DONE says nothing of single messages, the others may have no result
        """
        status, document = self.status(ref)
        if status in feed.OPEN:
            return None
        return status, self.result(document) if document else None

    def status(self, ref):
        """:return: (status, id of the document with its result or "")"""
        return feed.state_of(self._client.call("getFeed", feedId=ref))

    def result(self, document):
        """:param document: id of a feed's result, as a notification tells it, too"""
        answer = self._client.call("getFeedDocument", feedDocumentId=document)
        with self._client.download(answer, MAX_RESULT) as found:
            return found.content()

    def made_since(self, feed_type, moment):
        """Feeds of a kind that were made at or after a moment, newest first: after a
        lost answer, whether ours is among them.

        :return: list of (id, status, time as text)
        """
        answer = self._client.call(
            "getFeeds", feedTypes=[feed_type], pageSize=100, createdSince=utc(moment)
        )
        return [
            (
                each["feedId"].text(),
                feed.state_of(each.value)[0],
                each["createdTime"].text(),
            )
            for each in JsonValue(answer)["feeds"].items()
        ]


class Reports:
    """
    :param client: a ``client.Client``
    """

    def __init__(self, client):
        self._client = client

    def order(self, report_type, marketplace):
        """:return: id of the report that Amazon begins to make"""
        body = report.request(report_type, marketplace)
        return JsonValue(self._client.call("createReport", body))["reportId"].text()

    def document(self, ref):
        """:return: id of its document; None as long as it is being made"""
        return report.document_of(self._client.call("getReport", reportId=ref))

    @contextmanager
    def table(self, document, marketplace, needed):
        """The rows of a report, as they come: ``report.Table``."""
        answer = self._client.call("getReportDocument", reportDocumentId=document)
        with self._client.download(answer) as found:
            yield report.Table(found.lines(), found.charset, marketplace, needed)

    def offers(self, documents):
        """The catalogue.

        :param documents: {marketplace: id of its document}, of all at once: what Amazon
            ships in one of them is written in none
        :return: {sku: report.Offer}
        """
        if not documents:
            raise Malformed("no report to read")
        found = {}
        for marketplace, document in documents.items():
            with self.table(document, marketplace, report.NEEDED) as table:
                report.offers(table, found, marketplace)
        return found
