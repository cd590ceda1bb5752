# SPDX-License-Identifier: AGPL-3.0-or-later
"""What must hold for every order of a running store."""

from datetime import datetime, timedelta, timezone

from odoo.addons.channel_inventory_base import schemas

from .orders import add_up
from .shop import PLACES, ShopCase

VAT = [{"title": "VAT", "rate": 0.19}]
SHIPPING = {"title": "Standard", "price": "4.95"}
SKUS = ("SKU-1", "SKU-2", "SKU-3", "S-1")


class OrderCase(ShopCase):
    def setUp(self):
        super().setUp()
        self.since = datetime.now(timezone.utc) - timedelta(days=1)
        self.start = self.levels()

    def levels(self):
        return {
            (sku, place): self.shown(sku, place) or 0
            for sku in SKUS
            for place in PLACES
        }

    def check_deductions(self, order):
        """What the order says was taken off is what the shop shows less than before."""
        data, now = self.fetch(order), self.levels()
        found = dict.fromkeys(now, 0)
        for line in data.lines:
            self.assertIsNotNone(line.deductions, line)
            for each in line.deductions:
                place = self.shop.store.find_location(each.node_ref.split("/")[-1])
                found[line.sku, place.name] += each.quantity
        self.assertEqual(found, {key: self.start[key] - now[key] for key in now})
        return data

    def check_sum(self, data):
        plain = schemas.dump(data)
        self.assertEqual(add_up(plain), data.total)
        charges = [*data.lines, *data.shipping_lines]
        tax = sum(each.amount for charge in charges for each in charge.taxes)
        self.assertEqual(tax, data.total_tax)
