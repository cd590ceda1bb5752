# SPDX-License-Identifier: AGPL-3.0-or-later
"""Extracts the readable part of an unreadable order. No odoo in here."""

from odoo.addons.channel_inventory_base.lib import salvage
from odoo.addons.channel_inventory_base.schemas import time_of

from ..const import MERCHANT
from . import notifications, states
from .order import is_sold_here


def order(raw):
    """
    :param raw: an order of the API, or a notification about one, or what became of it
    :return: values of OrderData, None where it is not known which order it is
    """
    if notifications.is_notification(raw):
        return _of_notification(_mapping(notifications.lowered(raw)))
    if not is_sold_here(raw):
        return None
    fulfillment = _mapping(raw.get("fulfillment"))
    status = _word(fulfillment.get("fulfillmentStatus"))
    by_amazon = fulfillment.get("fulfilledBy") == "AMAZON"
    return _order(
        raw.get("orderId"),
        time_of(raw.get("lastUpdatedTime")) or time_of(raw.get("createdTime")),
        status,
        by_amazon,
        [
            _line(
                each.get("orderItemId"),
                _mapping(each.get("product")).get("sellerSku"),
                each.get("quantityOrdered"),
                _mapping(each.get("fulfillment")).get("quantityFulfilled"),
                status,
                by_amazon,
                _mapping(each.get("product")).get("title"),
            )
            for each in salvage.items(raw.get("orderItems"))
        ],
        market=salvage.ref(_mapping(raw.get("salesChannel")).get("marketplaceId")),
        placed_at=time_of(raw.get("createdTime")),
    )


def _of_notification(raw):
    change = _mapping(_mapping(raw.get("payload")).get("orderchangenotification"))
    summary = _mapping(change.get("summary"))
    status = _word(summary.get("orderstatus"))
    by_amazon = summary.get("fulfillmenttype") == notifications.AMAZON
    return _order(
        change.get("amazonorderid"),
        time_of(raw.get("eventtime")) or time_of(summary.get("purchasedate")),
        status,
        by_amazon,
        [
            _line(
                each.get("orderitemid"),
                each.get("sellersku"),
                each.get("quantity"),
                each.get("quantityshipped"),
                status,
                by_amazon,
            )
            for each in salvage.items(summary.get("orderitems"))
        ],
        market=salvage.ref(summary.get("marketplaceid")),
        whole=change.get("notificationlevel") == notifications.WHOLE,
    )


def _order(ref, version, status, by_amazon, lines, **values):
    """A state that nobody knows is taken for an open order: it is held."""
    ref = salvage.ref(ref)
    values["state"] = states.STATES.get(status, states.OPEN)
    values["fulfilled_by_channel"] = by_amazon
    return salvage.order(ref, ref, version, lines, **values)


def _line(ref, sku, ordered, shipped, status, by_amazon, title=None):
    units, left = salvage.units(ordered), salvage.units(shipped)
    is_over = status == "SHIPPED" or states.STATES.get(status) == states.CANCELLED
    rest = 0 if is_over else max(0, (units or 0) - (left or 0))
    found = salvage.line(
        salvage.ref(ref), salvage.ref(sku), ordered, rest, sku=sku, title=title
    )
    if found and units and not by_amazon and status not in ("CANCELLED", "CANCELED"):
        # it may be wrong by what was cancelled: then too little is offered
        found["deductions"] = [{"node_ref": MERCHANT, "quantity": units}]
    return found


def _word(value):
    return states.spelled(value) if isinstance(value, str) else ""


def _mapping(value):
    return value if isinstance(value, dict) else {}
