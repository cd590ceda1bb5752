# SPDX-License-Identifier: AGPL-3.0-or-later
"""The merchant's numbers by feeds: thousands at once, applied minutes or hours later.

A feed is of one marketplace. All marketplaces show one number of a SKU, so each SKU is
in one feed: that of a marketplace where it is listed. No odoo in here.
"""

import json

from odoo.addons.channel_inventory_base.lib.errors import ClientError, Refused

from ..const import MERCHANT
from . import feed, listing
from .numbers import FBA

SEPARATOR = ","
"""Between the ids of the feeds of one batch."""
NO_REPORT = "NO_REPORT"


def freeze_feeds(entries, home, by_amazon, elsewhere):
    """The payload of a publication, the same for the same arguments.

    :param entries: schemas.LevelEntry
    :param home: marketplace of most SKUs
    :param by_amazon: SKUs that must not be written
    :param elsewhere: {sku: marketplace} of the others
    """
    feeds, refused = {}, []
    for each in entries:
        sku = each.stock_ref
        if each.node_ref != MERCHANT or sku in by_amazon:
            refused.append(each.line_id)
            continue
        place = elsewhere.get(sku, home)
        feeds.setdefault(place, []).append([each.line_id, sku, each.quantity])
    payload = {"feeds": dict(sorted(feeds.items())), "refused": refused}
    return json.dumps(payload, separators=(",", ":"))


class Batch:
    """A frozen payload on its way.

    :param feeds: a ``documents.Feeds``
    """

    def __init__(self, payload, feeds):
        content = json.loads(payload)
        self._parts, self._refused = content["feeds"], content["refused"]
        self._feeds = feeds
        self.shipped_by_amazon = []

    def submit(self, seller):
        """Hand in its feeds.

        :return: the ticket; "" where there is nothing to send
        :raise ClientError: ``uncertain`` where one of them may have been taken
        """
        refs = []
        for place, rows in self._parts.items():
            entries = [(sku, quantity) for _line, sku, quantity in rows]
            try:
                refs.append(self._feeds.submit(place, feed.document(seller, entries)))
            except ClientError as error:
                # those before it are at work, and nobody will ask what becomes of them
                error.uncertain = error.uncertain or bool(refs)
                raise
        return SEPARATOR.join(refs)

    def refusals(self):
        """LineResult's values of what is not sent at all."""
        return [
            {"line_id": line, "status": "rejected", "code": FBA}
            for line in self._refused
        ]

    def outcome(self, ticket):
        """
        :return: list of LineResult's values; None as long as Amazon is at work
        :raise Refused: ``FEED``: nothing of it was applied
        """
        refs = ticket.split(SEPARATOR)
        states = [self._feeds.status(ref) for ref in refs]
        if any(status in feed.OPEN for status, _document in states):
            return None
        if all(status != feed.DONE for status, _document in states):
            words = f"{ticket} is {states[0][0]}"
            raise Refused(words, code="FEED")
        results = self.refusals()
        for rows, (status, document) in zip(self._parts.values(), states, strict=True):
            results += self._results(rows, status, document)
        return results

    def _results(self, rows, status, document):
        if status != feed.DONE or not document:
            code = NO_REPORT if status == feed.DONE else status
            retry = {"status": "retry", "code": code}
            return [{"line_id": line, **retry} for line, _sku, _quantity in rows]
        report = feed.report(self._feeds.result(document))
        found = list(report.results([line for line, _sku, _quantity in rows]))
        skus = {line: sku for line, sku, _quantity in rows}
        for each in found:
            sku = skus[each["line_id"]]
            if listing.is_by_amazon(report.shown.get(sku, {})):
                # turned over to Amazon since the catalogue was read
                self.shipped_by_amazon.append(sku)
                each.update(status="rejected", code=FBA)
        return found
