# SPDX-License-Identifier: AGPL-3.0-or-later
"""A parcel as confirmShipment wants it. No odoo in here."""

from datetime import timezone

from odoo.addons.channel_inventory_base.lib.errors import Refused

from ..const import CARRIERS

OTHER = "Other"
ALREADY = "PackageToUpdateNotFound"
"""The order is shipped there already, by a confirmation whose answer was lost maybe:
the order is read before anybody believes in a failure."""
_CODES = {each.lower(): each for each in CARRIERS}


def confirmation(data, marketplace, package, service=""):
    """The body of one confirmShipment.

    :param data: schemas_lifecycle.ShipmentData
    :param package: our number of the parcel in its order, from 1 on
    :param service: how it travels, in the carrier's words
    :raise Refused: it has no tracking number, and Amazon takes no parcel without
    """
    tracking = data.tracking
    if not tracking or not tracking.number:
        raise Refused("a parcel without a tracking number", code="TRACKING")
    moment = data.shipped_at.astimezone(timezone.utc)
    return {
        "marketplaceId": marketplace,
        "packageDetail": {
            # a bare number is refused
            "packageReferenceId": str(package),
            **carrier(tracking.carrier),
            **({"shippingMethod": service} if service else {}),
            "trackingNumber": tracking.number,
            "shipDate": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "orderItems": [
                {"orderItemId": line.line_ref, "quantity": line.quantity}
                for line in data.lines
            ],
        },
    }


def carrier(name):
    """A carrier by Amazon's code; one that it has none for, by its name.

    >>> carrier("dhl"), carrier("Van Ann")
    ({'carrierCode': 'DHL'}, {'carrierCode': 'Other', 'carrierName': 'Van Ann'})
    """
    code = _CODES.get(name.strip().lower())
    if code:
        return {"carrierCode": code}
    return {"carrierCode": OTHER, "carrierName": name.strip() or OTHER}


def next_package(packages):
    """The number of an order's next parcel: above all that it has.

    :param packages: ids that Amazon shows, and refs of parcels that we have told

    >>> next_package(["1", "2"]), next_package(["UK-PKG-7"]), next_package([])
    (3, 1, 1)
    """
    return max([0, *(int(each) for each in packages if each.isdecimal())]) + 1


def find(shipments, data, known=()):
    """The id of the parcel that Amazon has of this one; None: it has none.

    :param shipments: of the order as it is now, see ``order``
    :param known: ids of parcels that were told by other messages
    """
    wanted = sorted((line.line_ref, line.quantity) for line in data.lines)
    for each in shipments or ():
        if each["external_id"] in known:
            continue
        numbers = [tracking["number"] for tracking in each["tracking"]]
        units = sorted((line["line_ref"], line["quantity"]) for line in each["lines"])
        if data.tracking and data.tracking.number in numbers and units == wanted:
            return each["external_id"]
    return None
