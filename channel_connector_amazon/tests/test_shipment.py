# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import datetime, timezone

from odoo.addons.channel_inventory_base import schemas
from odoo.addons.channel_inventory_base.lib.errors import Refused

from ..lib import shipment
from .common import DE, PureCase

VALUES = {
    "order_ref": "028-1-1",
    "lines": [{"line_ref": "1", "quantity": 2}],
    "shipped_at": "2026-11-24T11:00:00+01:00",
    "parcel": "WH/OUT/1",
    "tracking": {"number": "JJD1", "carrier": "dhl"},
}
SHIPMENT = schemas.load(schemas.ShipmentData, VALUES)


class TestShipment(PureCase):
    def data(self, **values):
        return schemas.load(schemas.ShipmentData, {**VALUES, **values})

    def body(self, package=1, **values):
        body = shipment.confirmation(self.data(**values), DE, package)
        return body["packageDetail"]

    def test_package_is_a_number_as_text(self):
        """A bare number has been refused since 2026."""
        self.assertEqual(self.body(3)["packageReferenceId"], "3")

    def test_time_is_utc_without_an_offset(self):
        self.assertEqual(self.body()["shipDate"], "2026-11-24T10:00:00Z")
        moment = datetime(2026, 11, 24, 12, tzinfo=timezone.utc)
        self.assertEqual(self.body(shipped_at=moment)["shipDate"][11:13], "12")

    def test_carrier_is_amazons_code_or_a_name(self):
        self.assertEqual(self.body()["carrierCode"], "DHL")
        self.assertNotIn("carrierName", self.body())
        own = self.body(tracking={"number": "1", "carrier": "Van Ann"})
        self.assertEqual((own["carrierCode"], own["carrierName"]), ("Other", "Van Ann"))
        none = self.body(tracking={"number": "1"})
        self.assertEqual((none["carrierCode"], none["carrierName"]), ("Other", "Other"))

    def test_parcel_without_a_number_is_kept_back(self):
        for tracking in (None, {"number": "", "carrier": "DHL"}):
            with self.assertRaises(Refused) as caught:
                self.body(tracking=tracking)
            self.assertEqual(caught.exception.code, "TRACKING")

    def test_numbers_of_parcels_go_on_after_those_that_are_known(self):
        self.assertEqual(shipment.next_package(["2", "1", "UK-PKG-9", ""]), 3)

    def test_parcel_is_found_by_its_number_and_its_units(self):
        shown = {
            "external_id": "7",
            "tracking": [{"number": "JJD1", "carrier": "DHL"}],
            "lines": [{"line_ref": "1", "quantity": 2}],
        }
        self.assertEqual(shipment.find([shown], self.data()), "7")
        other = self.data(lines=[{"line_ref": "1", "quantity": 1}])
        self.assertIsNone(shipment.find([shown], other))
        self.assertIsNone(shipment.find([{**shown, "tracking": []}], self.data()))
        self.assertIsNone(shipment.find(None, self.data()))
