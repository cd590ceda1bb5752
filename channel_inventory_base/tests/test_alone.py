# SPDX-License-Identifier: AGPL-3.0-or-later
import os
from unittest import skipUnless

from odoo.tests import TransactionCase, new_test_user, tagged

from .common import ChannelCase

ALONE = os.environ.get("CHANNEL_ALONE")
"""Set where the base is tested in a database of its own."""


@skipUnless(ALONE, "needs a database without Sales")
@tagged("post_install", "-at_install")
class TestAlone(TransactionCase):
    def test_nothing_of_sales_or_accounting_is_installed(self):
        found = self.env["ir.module.module"].search([("state", "=", "installed")])
        names = set(found.mapped("name"))
        self.assertIn("channel_inventory_base", names)
        self.assertFalse(names & {"sale", "account", "crm", "sales_team"})


@tagged("post_install", "-at_install")
class TestCapturedOnly(ChannelCase):
    """An order counts from the moment it is stored, and ends with its reason, whatever
    of Odoo is installed."""

    def setUp(self):
        super().setUp()
        self.go_live(shown=10)

    def held(self, order):
        active = order.hold_ids.filtered(lambda hold: hold.state == "active")
        return sum(active.mapped("stock_quantity"))

    def test_captured_order_is_held_and_planned(self):
        order = self.capture(self.fake.sell(3))
        self.plan()
        self.assertEqual((self.held(order), self.level.target), (3, 7))

    def test_cancelled_order_gives_its_units_back(self):
        name = self.fake.sell(3)
        self.capture(name)
        self.fake.change(name, state="cancelled")
        order = self.capture(name)
        self.plan()
        self.assertEqual((order.state, order.ending), ("cancelled", "cancelled"))
        self.assertEqual((self.held(order), self.level.target), (0, 10))

    def test_operator_ends_what_was_shipped_by_hand(self):
        order = self.capture(self.fake.sell(3))
        order.action_end()
        self.plan()
        self.assertEqual((order.state, order.ending), ("closed", "person"))
        self.assertEqual(self.level.target, 10)

    def test_auditor_opens_the_order_on_the_channel(self):
        self.channel.base_url = "https://shop.example.com"
        order = self.capture(self.fake.sell(3))
        auditor = new_test_user(
            self.env,
            "ann",
            groups="channel_inventory_base.group_channel_auditor",
            company_id=self.channel.company_id.id,
        )
        self.assertEqual(
            order.with_user(auditor).page_url,
            f"https://shop.example.com/orders/{order.external_id}",
        )

    @skipUnless(ALONE, "sales are those of sale orders otherwise")
    def test_sales_rate_is_what_has_left(self):
        move = self.env["stock.move"].create(
            {
                "product_id": self.product.id,
                "product_uom_qty": 4,
                "location_id": self.warehouse.lot_stock_id.id,
                "location_dest_id": self.env.ref("stock.stock_location_customers").id,
            }
        )
        move._action_confirm()
        move._action_assign()
        move.picked = True
        move._action_done()
        rates = self.env["channel.sales.rate"]
        rates._measure()
        rate = rates.search([("product_id", "=", self.product.id)])
        self.assertEqual(rate.per_day, round(4 / 28, 4))
