# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cancellations and refunds: feeds about several orders at once. No odoo in here.

They are taken now, and carried out minutes or hours later. Of one feed each message has
a place, which goes with the feed's id (``feed/first-last/all``), so that its outcome is
found in the result. A cancellation shows in its order as well. A refund shows nowhere:
a feed of which the answer was lost is looked for among those that Amazon has, see
``journal``.
"""

from dataclasses import dataclass, replace

from odoo.addons.channel_inventory_base.lib.errors import (
    ClientError,
    Malformed,
    Refused,
    Throttled,
)

from ..const import CANCEL_REASONS
from . import feed, order, order_feeds, states
from .documents import Feeds
from .pull import Orders

PATIENCE = 60
"""Seconds between two looks at a feed."""
UNPAID = 1800
"""Seconds after which an order is looked at again that could not be cancelled yet."""
RETURNED, OTHER = "CustomerReturn", "GeneralAdjustment"
"""Amazon's reasons of refunds that we give."""


class Reading:
    """What reads the order that a message is about."""

    def __init__(self, client):
        self._client = client

    def _read(self, ref):
        """:return: (the order as Amazon has it, its values)"""
        found = Orders(self._client, ()).fetch_raw(ref)
        if found is None:
            raise Refused("the order is not shown", code="GONE")
        return found, order.order(found)


@dataclass(frozen=True)
class Place:
    """Which messages or rows of a feed are one message of ours.

    >>> str(Place("f1", 2, 3, 7)), Place.parse("f1/2-3/7") == Place("f1", 2, 3, 7)
    ('f1/2-3/7', True)
    >>> Place.parse("f1")
    Place(feed='f1', first=1, last=1, sent=1)
    """

    feed: str
    first: int = 1
    last: int = 1
    sent: int = 1

    def __str__(self):
        return f"{self.feed}/{self.first}-{self.last}/{self.sent}"

    @classmethod
    def parse(cls, ref):
        name, _bar, rest = ref.partition("/")
        if not rest:
            return cls(name)
        rows, _bar, sent = rest.partition("/")
        first, _bar, last = rows.partition("-")
        return cls(name, int(first), int(last), int(sent))

    def errors(self, errors):
        """:param errors: as ``order_feeds.errors_in`` gives them
        :return: those that are about this message"""
        rows = (0, *range(self.first, self.last + 1))
        return [errors[row] for row in rows if row in errors]


class OrderMessages(Reading):
    """As ``channel.adapter._batch_notifier`` has it.

    :param client: a ``client.Client``
    :param seller: his id
    :param journal: a ``journal.Journal``
    """

    def __init__(self, client, seller, journal):
        super().__init__(client)
        self._seller, self._journal = seller, journal
        self._feeds = Feeds(client)

    # ----------------------------------------------------------------- send
    def send(self, kind, entries):
        """Hand in a feed for those that need one. A feed is of one marketplace; those
        of others have their turn right after.

        :param entries: list of (schemas_lifecycle data, Attempt)
        :return: list of values of MessageResult, with ``error`` for what is refused:
            ``SHIPPED``, ``UNSHIPPED`` (it is cancelled instead), ``TOO_MUCH``,
            ``ENDED``, ``GONE``
        """
        results, parts, throttled = {}, {}, None
        for data, attempt in entries:
            try:
                if throttled:
                    raise throttled
                parts[attempt.key] = getattr(self, f"_prepare_{kind}")(data)
            except Done as done:
                results[attempt.key] = done.values
            except Refused as error:
                results[attempt.key] = _refused(error)
            except Throttled as error:
                throttled = error
                results[attempt.key] = _later(error.retry_after)
        if throttled and not parts and len(entries) == _count(results, "retry"):
            raise throttled
        results |= self._hand_in(kind, parts)
        return [results[attempt.key] for _data, attempt in entries]

    def _hand_in(self, kind, parts):
        """:param parts: {key: (marketplace, its messages or rows)}"""
        if not parts:
            return {}
        market = next(iter(parts.values()))[0]
        chosen = {key: rows for key, (own, rows) in parts.items() if own == market}
        ref = self._submit(kind, market, chosen)
        return {
            key: _pending(ref[key]) if key in chosen else _later(0) for key in parts
        }

    def _submit(self, kind, market, chosen):
        """:return: {key: ref}"""
        places, rows = {}, []
        for key, own in chosen.items():
            places[key] = Place("", len(rows) + 1, len(rows) + len(own))
            rows += own
        places = {key: replace(each, sent=len(rows)) for key, each in places.items()}
        content, *kinds = getattr(self, f"_write_{kind}")(rows)
        self._journal.begin(places, kinds[0], self._client.server_time)
        try:
            ref = self._feeds.submit(market, content, *kinds)
        except ClientError as error:
            if not error.uncertain:
                self._journal.forget(places)
            raise
        self._journal.end(places, ref)
        return {key: str(replace(each, feed=ref)) for key, each in places.items()}

    # -------------------------------------------------------- cancellations
    def _prepare_cancel(self, data):
        """Of a whole order: of one that has left in part, Amazon would pay back
        everything."""
        raw, values = self._read(data.order_ref)
        if values["state"] == states.CANCELLED:
            raise Done(told("", raw))
        if values["state"] == states.PENDING:
            # nobody but Amazon and the buyer can end it now
            raise Done({"status": "wait", "code": "UNPAID", "retry_after": UNPAID})
        if any(line["shipped_quantity"] for line in values["lines"]):
            raise Refused("a part of it was shipped", code="SHIPPED")
        items = [line["external_id"] for line in values["lines"]]
        message = data.order_ref, items, CANCEL_REASONS[data.reason]
        return values["market"], [message]

    def _write_cancel(self, messages):
        content = order_feeds.acknowledgement(self._seller, messages)
        return content, order_feeds.ACKNOWLEDGEMENT, order_feeds.XML_TYPE

    # -------------------------------------------------------------- refunds
    def _prepare_refund(self, data):
        """Exactly what is asked for, item by item."""
        raw, values = self._read(data.order_ref)
        check(values["state"])
        if not any(line["shipped_quantity"] for line in values["lines"]):
            raise Refused("nothing of it was shipped", code="UNSHIPPED")
        return values["market"], self._refund_rows(data, raw)

    def _refund_rows(self, data, raw):
        is_back = any(line.restock == "return" for line in data.lines)
        reason = RETURNED if is_back else OTHER
        try:
            return order_feeds.refund_rows(data, reason, order.paid(raw))
        except Malformed as error:
            raise Refused(str(error), code="TOO_MUCH") from error

    def _write_refund(self, rows):
        content = order_feeds.adjustment(rows)
        return content, order_feeds.ADJUSTMENT, order_feeds.TABLE_TYPE

    # ----------------------------------------------------------------- find
    def find(self, kind, entries):
        """What feeds have come to; each is asked for once, and its result read once.

        :return: as ``send``; None where nothing was handed in. ``error`` has the code
            ``UNKNOWN`` where it cannot be told which feed is whose
        """
        outcomes = Outcomes(self._feeds)
        return [self._find(kind, *entry, outcomes) for entry in entries]

    def _find(self, kind, data, attempt, outcomes):
        try:
            ref = attempt.ref
            if not ref and kind == "refund":
                ref = self._journal.find(attempt.key, self._feeds)
            if ref and not outcomes.is_over(Place.parse(ref).feed):
                return _pending(ref)
            return getattr(self, f"_find_{kind}")(data, ref, outcomes)
        except Refused as error:
            return _refused(error)

    def _find_cancel(self, data, ref, outcomes):
        """The order itself says whether it is done, whatever became of the feed: one
        that was sent twice is refused the second time."""
        if ref and not outcomes.errors(Place.parse(ref)):
            return told(ref, outcomes.answer(ref))
        raw, values = self._read(data.order_ref)
        if values["state"] == states.CANCELLED:
            return told(ref, raw)
        return outcomes.refuse(Place.parse(ref)) if ref else None

    def _find_refund(self, _data, ref, outcomes):
        if not ref:
            return None
        if outcomes.errors(Place.parse(ref)):
            return outcomes.refuse(Place.parse(ref))
        return told(ref, outcomes.answer(ref))


class Outcomes:
    """What feeds have come to, each asked for once."""

    def __init__(self, feeds):
        self._feeds, self._states, self._errors = feeds, {}, {}

    def is_over(self, name):
        if name not in self._states:
            self._states[name] = self._feeds.status(name)
        return self._states[name][0] not in feed.OPEN

    def errors(self, place):
        """:return: list of what is wrong with one message of a feed that is over"""
        status, document = self._states[place.feed]
        if status != feed.DONE or not document:
            return [f"the feed {place.feed} is {status}"]
        if place.feed not in self._errors:
            content = self._feeds.result(document)
            self._errors[place.feed] = order_feeds.errors_in(content, place.sent)
        return place.errors(self._errors[place.feed])

    def answer(self, ref):
        name = Place.parse(ref).feed
        return {"feedId": name, "processingStatus": self._states[name][0]}

    def refuse(self, place):
        """:raise Refused: nothing was done, or not all of it"""
        raise Refused("; ".join(self.errors(place))[:500], code="FEED")


class Done(Exception):
    """No feed is needed, or possible now. ``values``: of MessageResult."""

    def __init__(self, values):
        super().__init__()
        self.values = values


def _pending(ref):
    return {"status": "pending", "ref": ref, "retry_after": PATIENCE}


def _refused(error):
    return {"status": "refused", "error": error}


def _later(seconds):
    return {"status": "retry", "retry_after": None if seconds is None else int(seconds)}


def _count(results, status):
    return sum(values.get("status") == status for values in results.values())


def told(ref, answer):
    return {"ref": ref, "answer": answer}


def check(state):
    if state == states.PENDING:
        raise Refused("the order is not paid yet", code="PENDING")
    if state == states.CANCELLED:
        raise Refused("the order was cancelled", code="ENDED")
