# SPDX-License-Identifier: AGPL-3.0-or-later
"""Telling Amazon of parcels. No odoo in here.

A confirmation has no key by which it would be known again. So the order is read first:
a parcel with our number and our units is ours. Cancellations and refunds are feeds, for
several orders at once: see ``order_feeds``.
"""

from odoo.addons.channel_inventory_base.lib.errors import Refused

from . import order, shipment, states
from .pull import Orders


class Parcels:
    """
    :param client: a ``client.Client``
    :param known: refs of the order's parcels that were told before
    """

    def __init__(self, client, known=()):
        self._client = client
        self._known = tuple(known)

    def confirm(self, data, service=""):
        """Tell of a parcel, once.

        :param data: schemas_lifecycle.ShipmentData
        :return: values of MessageResult
        :raise Refused: for good; with a code of ours where the order is not there
            (``GONE``), is not paid yet (``PENDING``) or was cancelled (``ENDED``)
        """
        raw, values = self._read(data.order_ref)
        found = shipment.find(values["shipments"], data)
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
            found = shipment.find(values["shipments"], data)
            if not found and not _is_shipped(values, data):
                raise
            return _told(found or str(package), raw)
        return _told(str(package), body)

    def find(self, data):
        """:return: as ``confirm``; None where Amazon does not show it"""
        raw, values = self._read(data.order_ref)
        found = shipment.find(values["shipments"], data)
        return _told(found, raw) if found else None

    def _read(self, ref):
        found = Orders(self._client, ()).fetch_raw(ref)
        if found is None:
            raise Refused("the order is not shown", code="GONE")
        return found, order.order(found)


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
