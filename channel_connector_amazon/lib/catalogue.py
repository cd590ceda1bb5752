# SPDX-License-Identifier: AGPL-3.0-or-later
"""The catalogue, by a report of each marketplace. No odoo in here.

Amazon takes minutes for a report, and makes none twice within half an hour. So its ids
are kept: the job that comes next goes on waiting for them, or reads them once more.
"""

import time

from odoo.addons.channel_inventory_base.lib.errors import (
    Malformed,
    Refused,
    Throttled,
    Unavailable,
)

from . import report
from .documents import Reports

PATIENCE, POLL = 9, 3
"""Seconds that a job waits for reports, and between two looks."""
AGAIN = 60
"""Seconds after which the next job looks."""
AGE, WAIT = 1800, 4 * 3600
"""Seconds for which a report is read instead of a new one (Amazon itself gives what it
knew hours ago), and for which one that is being made is waited for."""
DAMAGED = (Malformed, Refused)


class Catalogue:
    """
    :param client: a ``client.Client``
    :param store: a dict that all workers share, as ``channel.adapter.SharedDict``
    :param marketplaces: list of ``marketplaces.Marketplace``
    """

    def __init__(
        self, client, store, marketplaces, *, sleep=time.sleep, clock=time.time
    ):
        self._reports, self._store = Reports(client), store
        self._sleep, self._clock = sleep, clock
        self._names = {each.external_id: each.country for each in marketplaces}

    def offers(self):
        """All that the seller has, of all marketplaces at once.

        :return: {sku: report.Offer}
        :raise Throttled: the reports are still being made
        :raise Unavailable: CANCELLED, which never means that nothing is there
        """
        for wait in range(0, PATIENCE, POLL):
            if wait:
                self._sleep(POLL)
            documents = self._documents()
            if all(documents.values()):
                return self._read(documents)
        words = "the reports of all listings are still being made"
        raise Throttled(words, code="REPORT_RUNNING", retry_after=AGAIN)

    def _read(self, documents):
        try:
            return self._reports.offers(documents)
        except DAMAGED:
            # the same document would be no better the next time
            self._forget(*documents)
            raise

    def _documents(self):
        """:return: {marketplace: id of its document, None as long as it is made}"""
        return {place: self._document(place) for place in self._names}

    def _document(self, place):
        known = self._known(place)
        if known.get("document"):
            return known["document"]
        ref = known.get("report") or self._order(place)
        try:
            document = self._reports.document(ref)
        except (Unavailable, Refused) as error:
            if error.code in (report.CANCELLED, report.FATAL):
                self._forget(place)
                words = f"{self._names[place]}: {error}"
                raise type(error)(
                    words, code=error.code, retry_after=error.retry_after
                ) from error
            raise
        if document:
            self._remember(place, document=document)
        return document

    def _order(self, place):
        ref = self._reports.order(report.LISTINGS, place)
        self._remember(place, report=ref, at=self._clock(), document="")
        return ref

    def _known(self, place):
        with self._store.lock() as state:
            known = dict(state.get(place, {}))
        age = AGE if known.get("document") else WAIT
        return known if known.get("at", 0) > self._clock() - age else {}

    def _remember(self, place, **values):
        with self._store.lock() as state:
            state.setdefault(place, {}).update(values)

    def _forget(self, *places):
        with self._store.lock() as state:
            for place in places:
                state.pop(place, None)
