# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, tagged

from odoo.addons.channel_edi.tests.tours import TourSetup

from .common_warehouse import WarehouseCase


@tagged("post_install", "-at_install")
class TestToursWarehouse(TourSetup, WarehouseCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agreement.document_ids = [(0, 0, {"direction": "out", "kind": "940"})]
        cls.warehouse.write({"edi_carrier": "UPSN", "edi_advice_hours": 48})
        operator = cls.make_user(cls.env, "operator")
        operator.group_ids += cls.env.ref("stock.group_stock_user")
        cls.build_assets()

    def test_operator_ships_what_a_warehouse_has_not_reported(self):
        picking = self.delivery((self.product, 4))
        self.send().action_mark_sent()
        long_ago = fields.Datetime.now() - timedelta(days=3)
        document = self.env["channel.edi.document"].search([("kind", "=", "940")])
        document.sent_at = long_ago
        self.env.flush_all()
        self.env.cr.execute("UPDATE stock_picking SET create_date = %s", [long_ago])
        self.env["channel.edi.overdue.advices"]._watch()
        self.tour(
            "channel_edi_overdue_advice",
            url="/odoo/action-channel_inventory_base.channel_exception_action",
        )
        self.assertEqual((picking.state, self.on_hand()), ("done", 6))
        self.env["channel.edi.overdue.advices"]._watch()
        self.assertFalse(self.exceptions("edi_warehouse"))
