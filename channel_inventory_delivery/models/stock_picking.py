# SPDX-License-Identifier: AGPL-3.0-or-later
import re

from odoo import models

from odoo.addons.channel_inventory_base import schemas

PLACE = "<shipmenttrackingnumber>"


class StockPicking(models.Model):
    _inherit = "stock.picking"

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"carrier_tracking_ref", "carrier_id"}:
            self._notify_tracking()
        return result

    def _add_delivery_cost_to_so(self):
        """The channel has charged the delivery: what a carrier costs is not the
        customer's to pay a second time."""
        # sudo: warehouse staff need not see channels
        if self.sudo().sale_id.channel_order_id:
            return None
        return super()._add_delivery_cost_to_so()

    def _get_channel_tracking(self, channel, package):
        """The parcel's own number, else that of the transfer for it."""
        number = package.tracking_ref or self._find_number(package)
        if not number:
            return super()._get_channel_tracking(channel, package)
        carriers = self.env["channel.carrier.map"]
        return schemas.TrackingData(
            number=number,
            carrier=carriers._find_name(channel, self.carrier_id),
            url=self._find_tracking_url(number),
        )

    def _find_number(self, package):
        """Carriers write the numbers of several parcels into one field, in the order
        in which they were packed; a single number is that of all of them."""
        numbers = re.split(r"[,;\s]+", (self.carrier_tracking_ref or "").strip())
        packages = [each for each, _lines in self._get_channel_parcels()]
        if len(numbers) == len(packages) and package in packages:
            return numbers[packages.index(package)]
        return numbers[0]

    def _find_tracking_url(self, number):
        template = self.carrier_id.tracking_url or ""
        if PLACE in template:
            return template.replace(PLACE, number)
        url = self.carrier_tracking_url or ""
        # several parcels are a list in JSON, which is the link of none of them
        return url if url.startswith("http") else ""
