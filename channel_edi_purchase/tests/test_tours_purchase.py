# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import HttpCase, new_test_user, tagged

from odoo.addons.channel_edi.tests.tours import TourSetup

from .common_purchase import PurchaseCase, accepted, answer


@tagged("post_install", "-at_install")
class TestToursPurchase(TourSetup, PurchaseCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        new_test_user(
            cls.env,
            "buyer",
            groups="purchase.group_purchase_user,"
            "channel_inventory_base.group_channel_user",
        )
        cls.build_assets()

    def test_buyer_accepts_a_price(self):
        order = self.ordered((self.product, 10, 2.5))
        lines = [("1", 10, "EA", "3.00", "V-1", [accepted(10, 0, code="IP")])]
        self.assertDone(self.tell(answer(order.name, *lines)))
        self.assertIn("SKU-1", self.differences())
        self.tour(
            "channel_edi_supplier_answer",
            "buyer",
            "/odoo/action-channel_edi_purchase.channel_edi_purchase_action",
        )
        self.assertEqual(order.order_line.price_unit, 3)
        self.assertFalse(self.purchase(order).differences)
        self.assertFalse(self.exceptions("edi_purchase"))
        # the supplier has said so itself
        self.assertFalse(self.told("860"))
