# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import HttpCase, tagged

from odoo.addons.channel_edi.tests.tours import TourSetup

from .common_invoices import InvoiceCase


@tagged("post_install", "-at_install")
class TestToursInvoices(TourSetup, InvoiceCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        operator = cls.make_user(cls.env, "operator")
        operator.group_ids += cls.env.ref("account.group_account_invoice")
        cls.build_assets()

    def test_operator_sends_an_invoice_that_waits_for_its_ship_notice(self):
        order = self.order((4, "EA", "2.50", "SKU-1"))
        document = self.documents(self.invoice(order))
        self.assertEqual(document.state, "waiting")
        self.tour(
            "channel_edi_invoice_waits",
            url="/odoo/action-channel_edi.channel_edi_document_action",
        )
        self.assertEqual(document.state, "ready")
