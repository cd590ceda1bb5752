# SPDX-License-Identifier: AGPL-3.0-or-later
"""Telling Amazon of parcels, cancellations and refunds. No odoo in here.

A confirmation has no key by which it would be known again. So the order is read first:
a parcel with our number and our units is ours. Cancellations and refunds are feeds (see
``order_feeds``): taken now, and carried out minutes or hours later. A cancellation
shows in the order; a refund shows nowhere, so a feed of which the answer was lost is
looked for among those that Amazon has, see ``journal``.
"""

from odoo.addons.channel_inventory_base.lib.errors import (
    ClientError,
    Malformed,
    Refused,
)

from ..const import CANCEL_REASONS
from . import feed, order, order_feeds, shipment, states
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


class Parcels(Reading):
    """
    :param client: a ``client.Client``
    :param known: refs of the order's parcels that were told before
    """

    def __init__(self, client, known=()):
        super().__init__(client)
        self._known = tuple(known)

    def confirm(self, data, service=""):
        """Tell of a parcel, once.

        :param data: schemas_lifecycle.ShipmentData
        :return: values of MessageResult
        :raise Refused: for good; with a code of ours where the order is not there
            (``GONE``), is not paid yet (``PENDING``) or was cancelled (``ENDED``)
        """
        raw, values = self._read(data.order_ref)
        found = shipment.find(values["shipments"], data, self._known)
        if found:
            return _told(found, raw)
        _check(values["state"])
        shown = [each["external_id"] for each in values["shipments"] or ()]
        package = shipment.next_package([*shown, *self._known])
        body = shipment.confirmation(data, values["market"], package, service)
        try:
            self._client.call("confirmShipment", body, orderId=data.order_ref)
        except Refused as error:
            if error.code != shipment.ALREADY:
                raise
            # somebody was quicker: an earlier attempt of ours, or a person
            raw, values = self._read(data.order_ref)
            found = shipment.find(values["shipments"], data, self._known)
            if not found and not _is_shipped(values, data):
                raise
            return _told(found or str(package), raw)
        return _told(str(package), body)

    def find(self, data):
        """:return: as ``confirm``; None where Amazon does not show it"""
        raw, values = self._read(data.order_ref)
        found = shipment.find(values["shipments"], data, self._known)
        return _told(found, raw) if found else None


class Messages(Reading):
    """All kinds, as ``channel.adapter._notifier`` has it.

    :param client: a ``client.Client``
    :param attempt: schemas_lifecycle.Attempt
    :param seller: his id
    :param journal: a ``journal.Journal``
    """

    def __init__(self, client, attempt, seller, journal):
        super().__init__(client)
        self._attempt, self._seller, self._journal = attempt, seller, journal
        self._parcels = Parcels(client, attempt.known)
        self._feeds = Feeds(client)

    def find(self, kind, data):
        return getattr(self, f"_find_{kind}")(data)

    # ------------------------------------------------------------- parcels
    def shipment(self, data):
        return self._parcels.confirm(data)

    def _find_shipment(self, data):
        return self._parcels.find(data)

    # ------------------------------------------------------- cancellations
    def cancel(self, data):
        """Cancel a whole order: of one that has left in part, Amazon would pay back
        everything.

        :raise Refused: for good: ``SHIPPED``, or ``GONE``
        """
        raw, values = self._read(data.order_ref)
        if values["state"] == states.CANCELLED:
            return _told("", raw)
        if values["state"] == states.PENDING:
            # nobody but Amazon and the buyer can end it now
            return {"status": "wait", "code": "UNPAID", "retry_after": UNPAID}
        if any(line["shipped_quantity"] for line in values["lines"]):
            raise Refused("a part of it was shipped", code="SHIPPED")
        items = [line["external_id"] for line in values["lines"]]
        reason = CANCEL_REASONS[data.reason]
        content = order_feeds.acknowledgement(
            self._seller, [(data.order_ref, items, reason)]
        )
        kinds = order_feeds.ACKNOWLEDGEMENT, order_feeds.XML_TYPE
        return self._submit(values["market"], content, *kinds)

    def _find_cancel(self, data):
        """The order itself says whether it is done, whatever became of the feed: one
        that was sent twice is refused the second time."""
        if self._attempt.ref and not self._is_over(self._attempt.ref):
            return _pending(self._attempt.ref)
        raw, values = self._read(data.order_ref)
        if values["state"] == states.CANCELLED:
            return _told(self._attempt.ref, raw)
        return self._outcome(self._attempt.ref, 1) if self._attempt.ref else None

    # -------------------------------------------------------------- refunds
    def refund(self, data):
        """Pay back exactly what is asked for, item by item.

        :raise Refused: for good: ``UNSHIPPED`` (it is cancelled instead),
            ``TOO_MUCH``, ``ENDED`` or ``GONE``
        """
        raw, values = self._read(data.order_ref)
        _check(values["state"])
        if not any(line["shipped_quantity"] for line in values["lines"]):
            raise Refused("nothing of it was shipped", code="UNSHIPPED")
        content, _count = self._adjustment(data, raw)
        kinds = order_feeds.ADJUSTMENT, order_feeds.TABLE_TYPE
        return self._submit(values["market"], content, *kinds)

    def _adjustment(self, data, raw):
        """:return: (the feed, how many rows it has)"""
        is_back = any(line.restock == "return" for line in data.lines)
        reason = RETURNED if is_back else OTHER
        try:
            rows = order_feeds.refund_rows(data, reason, order.paid(raw))
        except Malformed as error:
            raise Refused(str(error), code="TOO_MUCH") from error
        return order_feeds.adjustment(rows), len(rows)

    def _find_refund(self, data):
        """:raise Refused: ``UNKNOWN``: it cannot be told which feed is whose"""
        ref = self._attempt.ref or self._journal.find(self._attempt.key, self._feeds)
        if not ref:
            return None
        if not self._is_over(ref):
            return _pending(ref)
        raw, _values = self._read(data.order_ref)
        return self._outcome(ref, self._adjustment(data, raw)[1])

    # ---------------------------------------------------------------- feeds
    def _submit(self, market, content, kind, content_type):
        key = self._attempt.key
        self._journal.begin(key, kind, self._client.server_time)
        try:
            ref = self._feeds.submit(market, content, kind, content_type)
        except ClientError as error:
            if not error.uncertain:
                self._journal.forget(key)
            raise
        self._journal.end(key, ref)
        return _pending(ref)

    def _is_over(self, ref):
        return self._feeds.status(ref)[0] not in feed.OPEN

    def _outcome(self, ref, sent):
        """What a feed that is over has come to.

        :param sent: messages or rows that it had
        :raise Refused: nothing was done, or not all of it
        """
        status, document = self._feeds.status(ref)
        if status != feed.DONE or not document:
            raise Refused(f"the feed {ref} is {status}", code="FEED")
        errors = order_feeds.errors_in(self._feeds.result(document), sent)
        if errors:
            raise Refused("; ".join(errors.values())[:500], code="FEED")
        return _told(ref, {"feedId": ref, "processingStatus": status})


def _pending(ref):
    return {"status": "pending", "ref": ref, "retry_after": PATIENCE}


def _told(ref, answer):
    return {"ref": ref, "answer": answer}


def _check(state):
    if state == states.PENDING:
        raise Refused("the order is not paid yet", code="PENDING")
    if state == states.CANCELLED:
        raise Refused("the order was cancelled", code="ENDED")


def _is_shipped(values, data):
    """Whether nothing of the parcel's lines is left to ship."""
    left = {line["external_id"]: line["open_quantity"] for line in values["lines"]}
    return not any(left.get(line.line_ref, 0) for line in data.lines)
