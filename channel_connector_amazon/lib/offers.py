# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is known of offers when nobody can be asked: a feed of thousands of numbers
cannot be looked at before it is handed in. No odoo in here.

A feed must not have what Amazon ships (a second offer would open), and names one
marketplace, where its SKUs have to be (a stub would be born). The catalogue tells both;
a SKU that is found to be shipped by Amazon later on is added, and stays for a day: a
report tells what was so some hours before it was asked for.
"""

import time

FOUND_SECONDS = 24 * 3600
"""So long what was found out counts, whatever a catalogue says."""


class KnownOffers:
    """
    :param store: a dict that all workers share, as ``channel.adapter.SharedDict``
    """

    def __init__(self, store, clock=time.time):
        self._store, self._clock = store, clock

    def replace(self, offers, home):
        """A catalogue was read.

        :param offers: {sku: report.Offer}, all of them
        :param home: id of the marketplace where nearly all are
        """
        if not offers:
            # more likely a mistake than an empty shop
            return
        told = {sku for sku, offer in offers.items() if offer.by_amazon}
        with self._store.lock() as state:
            end = self._clock() - FOUND_SECONDS
            found = {sku: at for sku, at in state.get("found", {}).items() if at > end}
            state.clear()
            state["found"] = found
            state["by_amazon"] = sorted(told.union(found))
            state["elsewhere"] = {
                sku: offer.place
                for sku, offer in offers.items()
                if offer.place not in ("", home)
            }

    def add_by_amazon(self, skus):
        """Amazon ships these, whatever the catalogue said, or one says that was made
        before."""
        news = set(skus) - self.by_amazon()
        if not news:
            return
        with self._store.lock() as state:
            state["by_amazon"] = sorted(news.union(state.get("by_amazon", ())))
            state.setdefault("found", {}).update(dict.fromkeys(news, self._clock()))

    def are_known(self):
        """Whether a catalogue was read."""
        return "elsewhere" in self._store.peek()

    def by_amazon(self):
        """:return: set of SKUs"""
        return set(self._store.peek().get("by_amazon", ()))

    def elsewhere(self):
        """:return: {sku: marketplace} of those that are not at the seller's home"""
        return dict(self._store.peek().get("elsewhere", {}))
