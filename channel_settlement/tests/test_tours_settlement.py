# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import HttpCase, tagged

from .common import SettlementCase


@tagged("post_install", "-at_install")
class TestToursSettlement(SettlementCase, HttpCase):
    """An accountant's walk from a payout to the bank, with no rights of channels."""

    def test_accountant_walks_from_payout_to_bank(self):
        self.company.channel_settlement_approval = True
        self.paid(100, "O1")
        self.paid(50, "O2")
        settlement = self.take_in(
            self.line("charge", 100, "3.20", order_ref="O1"),
            self.line("charge", 50, "1.75", order_ref="O2"),
            self.line("charge", 7, order_ref="till-7", words="POS"),
            bank_ref="TRACE-1",
        )
        bank_line = self.bank_shows(152.05, label="SHOPIFY TRACE-1")
        self.env["account.account"].flush_model()
        self.start_tour(
            "/odoo/channel-settlements",
            "channel_settlement_decide",
            login="settle_first",
        )
        self.env.invalidate_all()
        self.assertEqual(settlement.state, "proposed")
        self.start_tour(
            "/odoo/channel-settlements",
            "channel_settlement_post",
            login="settle_second",
        )
        self.env.invalidate_all()
        self.assertEqual(settlement.state, "posted")
        self.assertTrue(settlement.in_bank)
        self.assertTrue(bank_line.is_reconciled)
        for account in (self.clearing, self.transfer):
            self.assertEqual(self.open_on(account), 0)
        self.assertEqual(self.balance_of(self.accounts["adjustment"]), -7)
