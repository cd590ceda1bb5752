# SPDX-License-Identifier: AGPL-3.0-or-later
"""Telling Amazon of parcels, cancellations and refunds. No odoo in here.

A confirmation has no key by which it would be known again. So the order is read first:
a parcel with our number and our units is ours. Cancellations and refunds are feeds, see
``order_messages``.
"""

from odoo.addons.channel_inventory_base.lib.errors import Refused

from . import shipment
from .order_messages import Reading, check, told


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
            return told(found, raw)
        check(values["state"])
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
            return told(found or str(package), raw)
        return told(str(package), body)

    def find(self, data):
        """:return: as ``confirm``; None where Amazon does not show it"""
        raw, values = self._read(data.order_ref)
        found = shipment.find(values["shipments"], data, self._known)
        return told(found, raw) if found else None


class Messages:
    """All kinds, as ``channel.adapter._notifier`` has it.

    :param client: a ``client.Client``
    :param attempt: schemas_lifecycle.Attempt
    :param orders: an ``order_messages.OrderMessages``
    """

    def __init__(self, client, attempt, orders):
        self._attempt, self._orders = attempt, orders
        self._parcels = Parcels(client, attempt.known)

    def find(self, kind, data):
        return getattr(self, f"_find_{kind}")(data)

    # ------------------------------------------------------------- parcels
    def shipment(self, data):
        return self._parcels.confirm(data)

    def _find_shipment(self, data):
        return self._parcels.find(data)

    # ---------------------------------------------- cancellations and refunds
    def cancel(self, data):
        return self._submit("cancel", data)

    def _find_cancel(self, data):
        return self._ask("cancel", data)

    def refund(self, data):
        return self._submit("refund", data)

    def _find_refund(self, data):
        return self._ask("refund", data)

    def _submit(self, kind, data):
        [values] = self._orders.send(kind, [(data, self._attempt)])
        return _raised(values)

    def _ask(self, kind, data):
        [values] = self._orders.find(kind, [(data, self._attempt)])
        return _raised(values)


def _raised(values):
    if values and values.get("error"):
        raise values["error"]
    return values


def _is_shipped(values, data):
    """Whether nothing of the parcel's lines is left to ship."""
    left = {line["external_id"]: line["open_quantity"] for line in values["lines"]}
    return not any(left.get(line.line_ref, 0) for line in data.lines)
