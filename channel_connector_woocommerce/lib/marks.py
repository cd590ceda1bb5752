# SPDX-License-Identifier: AGPL-3.0-or-later
"""Marks that our messages leave at an order of the shop, as its meta.

By them a message is found again, and they are all that tells which units have left:
WooCommerce knows no parcels. Their names begin with an underscore, which hides them.
"""

import json

from odoo.addons.channel_inventory_base.lib.events import compact

MARK = "_channel_sync_"


def name_of(kind, key):
    return f"{MARK}{kind}_{key}"


def mark(kind, key, content):
    """The meta that says: this message was carried out.

    :param content: a dict; equal content gives equal text
    """
    return {"key": name_of(kind, key), "value": compact(content)}


def parcel(data):
    """Reads the mark of a shipment.

    :param data: ShipmentData
    """
    return {
        "parcel": data.parcel,
        "units": {line.line_ref: line.quantity for line in data.lines},
        "number": data.tracking.number if data.tracking else "",
    }


def is_marked(raw, kind, key):
    wanted = name_of(kind, key)
    return any(entry.get("key") == wanted for entry in raw.get("meta_data") or [])


def parcels(raw):
    """Reads the marks of all shipments; an edited mark is ignored.

    >>> parcels({"meta_data": [{"key": "_channel_sync_shipment_k", "value": "x"}]})
    []
    """
    found = []
    for entry in raw.get("meta_data") or []:
        if str(entry.get("key")).startswith(name_of("shipment", "")):
            try:
                content = json.loads(entry.get("value"))
                units = {str(k): int(n) for k, n in content["units"].items()}
            except (TypeError, ValueError, KeyError, AttributeError):
                continue
            found.append({**content, "units": units})
    return found


def shipped(raw):
    """Line id -> units that have left by our own parcels."""
    units = {}
    for each in parcels(raw):
        for ref, quantity in each["units"].items():
            units[ref] = units.get(ref, 0) + quantity
    return units
