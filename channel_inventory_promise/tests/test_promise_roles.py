# SPDX-License-Identifier: AGPL-3.0-or-later
import json
import re
from datetime import datetime, timedelta

from odoo.exceptions import AccessError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import format_datetime

from odoo.addons.channel_inventory_base.tests.common import ChannelSetup

from .common_quote import QuoteCase, QuoteSetup


@tagged("post_install", "-at_install")
class TestPromiseRoles(QuoteCase):
    """Salespeople hold for their own quotations, and for nobody else's."""

    def buttons(self, order):
        return (
            order.action_channel_hold,
            order.action_channel_extend,
            order.action_channel_release,
            order.action_channel_confirm_anyway,
        )

    def test_another_ones_quotation(self):
        order = self.held_quote(4).with_user(self.rival)
        for button in self.buttons(order):
            with self.subTest(button.__name__), self.assertRaises(AccessError):
                button()
        self.assertEqual(self.units(order), 4)

    def test_who_may_not_sell(self):
        """Odoo lets warehouse staff write what they deliver; holding is not that."""
        order = self.held_quote(4)
        for number, groups in enumerate(
            (
                "base.group_user",
                "stock.group_stock_user",
                "channel_inventory_base.group_channel_operator",
            )
        ):
            user = new_test_user(self.env, f"no seller {number}", groups=groups)
            for button in self.buttons(order.with_user(user)):
                with (
                    self.subTest((groups, button.__name__)),
                    self.assertRaises(AccessError),
                ):
                    button()
        self.assertEqual(self.units(order), 4)

    def test_salespeople_see_no_holds_of_channels(self):
        self.held_quote(4)
        self.web_order(2)
        with self.assertRaises(AccessError):
            self.env["channel.hold"].with_user(self.seller).search([])
        self.held_quote(1, user=self.rival)
        self.env.flush_all()
        seen = self.env["channel.quote.hold"].with_user(self.seller).search([])
        self.assertEqual(seen.user_id, self.seller)
        auditor = self.make_user(self.env, "auditor")
        everything = self.env["channel.quote.hold"].with_user(auditor).search([])
        self.assertEqual(everything.user_id, self.seller | self.rival)

    def test_report_of_another_company(self):
        self.held_quote(4)
        self.env.flush_all()
        company = self.env["res.company"].create({"name": "Other"})
        boss = new_test_user(
            self.env,
            "their boss",
            groups="sales_team.group_sale_manager",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        self.assertFalse(self.env["channel.quote.hold"].with_user(boss).search([]))

    def test_salesperson_without_a_role_reads_banner_and_figures(self):
        order = self.held_quote(4)
        values = order.read(
            ["channel_hold_state", "channel_hold_words", "channel_short_words"]
        )[0]
        self.assertEqual(values["channel_hold_state"], "held")
        self.assertIn("4 Units", values["channel_hold_words"])
        self.assertFalse(values["channel_short_words"])


@tagged("post_install", "-at_install")
class TestPromiseDoors(QuoteSetup, ChannelSetup, HttpCase):
    """The same from outside: the customer's portal, and other programs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True))
        cls.env.company.channel_quote_percent = 100
        cls.channel = cls.make_channel(cls.env)
        cls.warehouse = cls.channel.node_ids.warehouse_ids
        cls.product = cls.make_product(cls.env, 1, 10, cls.warehouse)
        cls.seller = cls.make_salesperson(cls.env, "outside")

    def test_customer_sees_until_when_it_is_held(self):
        order = self.make_quotation(
            self.env, self.product, 4, self.warehouse, self.seller
        )
        self.env.company.partner_id.tz = "Asia/Tokyo"
        url = order.sudo().get_portal_url()
        page = self.url_open(url).text
        self.assertNotIn("Held for You", page)
        order.action_channel_hold()
        page = self.url_open(url).text
        [shown] = re.findall(
            r"Held for You until:</th>.*?<span[^>]*>([^<]+)<", page, re.S
        )
        moment = format_datetime(
            self.env, order.channel_held_until, tz="Asia/Tokyo", dt_format="short"
        )
        self.assertEqual(" ".join(shown.split()), " ".join(moment.split()))
        self.assertNotIn("a part of it", page)
        order.order_line.product_uom_qty = 14
        self.assertIn("a part of it", self.url_open(url).text)
        order.action_channel_release()
        self.assertNotIn("Held for You", self.url_open(url).text)

    def test_program_asks_for_a_promise(self):
        keys = self.env["res.users.apikeys"].with_user(self.seller)
        key = keys._generate(None, "promise", datetime.now() + timedelta(hours=1))
        answer = self.url_open(
            "/json/2/product.product/channel_promise",
            data=json.dumps(
                {
                    "ids": self.product.ids,
                    "quantity": 12,
                    "warehouse": self.warehouse.id,
                }
            ),
            headers={
                "Authorization": f"bearer {key}",
                "Content-Type": "application/json",
            },
        )
        self.assertEqual(answer.status_code, 200, answer.text)
        self.assertEqual(answer.json()["sellable"], 10)
        self.assertEqual(answer.json()["missing"], 2)
