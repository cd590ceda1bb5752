# SPDX-License-Identifier: AGPL-3.0-or-later
"""Extracts the readable part of an unreadable Shopify order."""

from odoo.addons.channel_inventory_base.lib import salvage
from odoo.addons.channel_inventory_base.schemas import time_of

from .rest import gid, order_ref

API_TIMES = "updatedAt", "createdAt", "cancelledAt"
REST_TIMES = "updated_at", "created_at", "cancelled_at"


def order(raw):
    """An order of the API, or a webhook's.

    :return: values of OrderData, None where it is not even known which order it is
    """
    if "lineItems" in raw:
        lines = raw["lineItems"]
        nodes = lines.get("nodes") if isinstance(lines, dict) else None
        found = [_line(each) for each in salvage.items(nodes)]
        return _order(raw, salvage.ref(raw.get("id")), found, *API_TIMES)
    found = [_rest_line(each) for each in salvage.items(raw.get("line_items"))]
    return _order(raw, order_ref(raw), found, *REST_TIMES)


def _order(raw, ref, lines, *times):
    updated, created, cancelled = (time_of(raw.get(name)) for name in times)
    return salvage.order(
        ref,
        raw.get("name"),
        updated or created,
        lines,
        state="cancelled" if cancelled else "open",
        placed_at=created,
        test=raw.get("test") is True,
    )


def _line(raw):
    variant = raw.get("variant")
    return salvage.line(
        salvage.ref(raw.get("id")),
        salvage.ref(variant.get("id")) if isinstance(variant, dict) else "",
        _first(raw, "currentQuantity", "quantity"),
        _first(raw, "unfulfilledQuantity", "currentQuantity", "quantity"),
        sku=raw.get("sku"),
        title=raw.get("title"),
    )


def _rest_line(raw):
    number, variant = salvage.ref(raw.get("id")), salvage.ref(raw.get("variant_id"))
    return salvage.line(
        salvage.ref(raw.get("admin_graphql_api_id"))
        or (gid("LineItem", number) if number else ""),
        gid("ProductVariant", variant) if variant else "",
        _first(raw, "current_quantity", "quantity"),
        _first(raw, "fulfillable_quantity", "current_quantity", "quantity"),
        sku=raw.get("sku"),
        title=raw.get("name"),
    )


def _first(raw, *names):
    """The first of these fields that is a number of units."""
    found = (raw.get(name) for name in names)
    return next((each for each in found if salvage.units(each) is not None), None)
