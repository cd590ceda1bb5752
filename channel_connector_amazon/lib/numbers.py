# SPDX-License-Identifier: AGPL-3.0-or-later
"""The merchant's numbers: read as they are live, written one SKU at a time.

Before a batch is written it is read, in one request: what Amazon ships is never written
(a second offer would open), and what it does not show is not either (a stub would be
born). A number that stands there already is not sent: submissions of a seller are
processed one after the other, and waste delays those that matter. No odoo in here.
"""

import json
import time

from odoo.addons.channel_inventory_base.lib.errors import (
    ClientError,
    Malformed,
    NotFound,
    Refused,
    Throttled,
    Unavailable,
)
from odoo.addons.channel_inventory_base.lib.reader import JsonValue
from odoo.addons.channel_inventory_base.schemas import BEING_SENT

from ..const import MERCHANT, SKUS_A_READ
from . import listing

FBA, GONE = "FBA", "GONE"
"""Why a number is refused by us, before anything is sent."""
BATCH_SECONDS = 5
"""After so long the rest of a batch waits for the next one, which begins with what has
fallen meanwhile."""
STANDS = "STANDS"
"""A number that is shown already, and was not sent, or not once more."""
ATTEMPTS = 3
"""To send a number of which the answer is lost."""


class Numbers:
    """
    :param client: a ``client.Client``
    :param marketplaces: ids of those that the seller sells in, its home first: all of
        them show one number, and each only what is listed there
    :ivar shipped_by_amazon: SKUs that were found to be
    """

    def __init__(self, client, seller, marketplaces):
        self._client, self._seller = client, seller
        self._marketplaces = list(marketplaces)
        self.shipped_by_amazon = []

    def find(self, skus):
        """The live offers of SKUs.

        :return: {sku: (marketplace, {fulfilment channel: quantity})}, without those
            that no marketplace shows
        """
        found, left = {}, list(dict.fromkeys(skus))
        for marketplace in self._marketplaces:
            for channels in self._shown(marketplace, left):
                found.update(
                    (sku, (marketplace, offers))
                    for sku, offers in channels.items()
                    if sku in left
                )
            left = [sku for sku in left if sku not in found]
        self.shipped_by_amazon += [
            sku
            for sku, (_place, offers) in found.items()
            if listing.is_by_amazon(offers)
        ]
        return found

    def levels(self, skus):
        """LevelState's values, one for each SKU."""
        found = {sku: offers for sku, (_place, offers) in self.find(skus).items()}
        return listing.levels(found, skus)

    def _shown(self, marketplace, skus):
        """:return: iterator of {sku: {fulfilment channel: quantity}}"""
        listed = [sku for sku in skus if listing.can_be_listed(sku)]
        for start in range(0, len(listed), SKUS_A_READ):
            part = listed[start : start + SKUS_A_READ]
            params = listing.search(self._seller, marketplace, part)
            yield listing.shown(self._client.call("searchListingsItems", **params))
        for sku in skus:
            if not listing.can_be_listed(sku):
                yield self._single(marketplace, sku)

    def _single(self, marketplace, sku):
        params = listing.single(self._seller, marketplace, sku)
        try:
            answer = self._client.call("getListingsItem", **params)
        except NotFound:
            return {}
        return {sku: listing.availability(JsonValue(answer))}

    def patch(self, sku, quantity, marketplace):
        """:return: Amazon's answer; ACCEPTED is not applied yet"""
        return self._client.call(
            "patchListingsItem",
            listing.body(quantity),
            sellerId=self._seller,
            sku=sku,
            marketplaceIds=[marketplace],
            issueLocale=listing.LOCALE,
        )


def freeze(entries):
    """The payload of a publication, the same for the same entries.

    :param entries: schemas.LevelEntry
    """
    rows = [
        [
            each.line_id,
            each.stock_ref,
            each.node_ref,
            each.quantity,
            each.awaited,
        ]
        for each in entries
    ]
    return json.dumps({"numbers": rows}, separators=(",", ":"))


class Push:
    """Carries out a frozen payload: PATCHes one after the other.

    :param note: function of LineResult's values that are news, called before each PATCH
        with what became of those before it and that it is being sent
    :ivar answers: of Amazon, by SKU
    """

    def __init__(self, payload, numbers, note=lambda _news: None, clock=time.monotonic):
        self._rows = json.loads(payload)["numbers"]
        self._numbers, self._note, self._clock = numbers, note, clock
        self._results, self._told = [], 0
        self.answers = {}

    def run(self):
        """
        :return: list of LineResult's values
        :raise Throttled, Unavailable: nothing was sent, or it is open what became of it
        """
        found = self._numbers.find(
            [sku for _line, sku, node, *_rest in self._rows if node == MERCHANT]
        )
        end = self._clock() + BATCH_SECONDS
        results, is_stopped = self._results, False
        for line, sku, node, quantity, awaited in self._rows:
            place, offers = found.get(sku, ("", {}))
            if node != MERCHANT or listing.is_by_amazon(offers):
                results.append(_refused(line, FBA))
            elif not place:
                results.append(_refused(line, GONE))
            elif offers.get(MERCHANT) == quantity == awaited:
                # as if it had been taken: whether it stays is seen when that is due
                results.append(_stands(line, quantity))
            elif is_stopped:
                results.append({"line_id": line, "status": "retry"})
            else:
                shown = offers.get(MERCHANT)
                self._note_before(line, shown)
                result = self._send(line, sku, quantity, place, shown)
                is_stopped = result["status"] == "retry" or self._clock() > end
                results.append({**result, "shown": shown})
        return results

    def _note_before(self, line, shown):
        news, self._told = self._results[self._told :], len(self._results)
        self._note([*news, {"line_id": line, "status": BEING_SENT, "shown": shown}])

    def _send(self, line, sku, quantity, place, before):
        try:
            answer = self._patch(sku, quantity, place, before)
            if not answer:
                return {"line_id": line, "status": "accepted", "code": STANDS}
            self.answers[sku] = answer
            return listing.result(answer, line, sku)
        except Malformed as error:
            words = f"the answer makes no sense: {error}"
            raise Unavailable(words, code="UNREADABLE", uncertain=True) from error
        except (Throttled, Unavailable) as error:
            if error.uncertain or not self.answers:
                raise
            # those before it were taken: the rest is for the next batch
            return {"line_id": line, "status": "retry", "code": error.code or ""}
        except Refused as error:
            return _refused(line, error.code or "REFUSED", str(error))

    def _patch(self, sku, quantity, place, before):
        """Where the answer is lost it is looked: only a number that does not stand
        there is sent once more.

        :param before: what was shown before; where that is the same nobody can tell
        :return: Amazon's answer, None where the number stands there
        """
        for _attempt in range(ATTEMPTS - 1):
            try:
                return self._numbers.patch(sku, quantity, place)
            except Unavailable as error:
                if not error.uncertain:
                    raise
                if before != quantity and self._look(sku, error) == quantity:
                    return None
        return self._numbers.patch(sku, quantity, place)

    def _look(self, sku, lost):
        try:
            _place, offers = self._numbers.find([sku]).get(sku, ("", {}))
        except ClientError:
            raise lost from None
        return offers.get(MERCHANT)


def _stands(line, quantity):
    """It is shown, and was not sent."""
    values = {"line_id": line, "status": "accepted", "code": STANDS}
    return {**values, "shown": quantity, "sent": False}


def _refused(line, code, words=""):
    return {"line_id": line, "status": "rejected", "code": code, "message": words}
