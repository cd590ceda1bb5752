# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import HttpCase, tagged

from odoo.addons.channel_inventory_base.tests.common import ChannelSetup

from .common_quote import QuoteSetup


@tagged("post_install", "-at_install")
class TestPromiseTours(QuoteSetup, ChannelSetup, HttpCase):
    """A salesperson holds, another one is refused."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True))
        cls.env.company.write(
            {
                "channel_quote_percent": 100,
                "channel_quote_policy": "manual",
                "channel_quote_short": "refuse",
                "channel_confirm_policy": "warn",
            }
        )
        cls.channel = cls.make_channel(cls.env)
        cls.warehouse = cls.channel.node_ids.warehouse_ids
        cls.product = cls.make_product(
            cls.env, 1, 5, cls.warehouse, name="Tour Lamp", default_code=False
        )

    def tour(self, name, order, user):
        url = f"/odoo/action-sale.action_quotations_with_onboarding/{order.id}"
        self.start_tour(url, name, login=user.login)

    def holds(self, order):
        return sum(
            self.env["channel.hold"]
            .search([("sale_order_id", "=", order.id), ("state", "=", "active")])
            .mapped("stock_quantity")
        )

    def test_salesperson_holds_and_another_one_is_refused(self):
        first, second = (
            self.make_salesperson(self.env, f"tour seller {number}")
            for number in (1, 2)
        )
        order = self.make_quotation(self.env, self.product, 4, self.warehouse, first)
        other = self.make_quotation(self.env, self.product, 3, self.warehouse, second)
        self.tour("channel_quote_holds", order, first)
        self.assertEqual(self.holds(order), 4)
        self.tour("channel_quote_refused", other, second)
        self.assertEqual((self.holds(order), self.holds(other)), (4, 0))
        self.assertEqual(other.sudo().state, "sale")
        self.assertTrue(
            self.env["channel.exception"].search(
                [("category", "=", "beyond_stock"), ("res_id", "=", other.id)]
            )
        )
