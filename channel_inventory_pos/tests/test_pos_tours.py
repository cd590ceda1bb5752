# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import HttpCase, tagged

from .common_pos import TillCase


@tagged("post_install", "-at_install")
class TestTillTours(TillCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # of the browser, where the other cases have one of the till
        cls.session = None

    def test_till_shows_what_is_sellable_now_and_what_is_held(self):
        self.product.write({"name": "Till Lamp", "available_in_pos": True})
        self.env["channel.hold"].create(
            {
                "product_id": self.product.id,
                "warehouse_id": self.warehouse.id,
                "company_id": self.company.id,
                "stock_quantity": 4,
            }
        )
        self.assertEqual((self.available(), self.held()), (6, 4))
        url = f"/pos/ui/{self.till.id}"
        self.start_tour(url, "channel_till_sellable", login="admin")
