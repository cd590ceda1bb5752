# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo.tests import HttpCase, tagged

from .common import MeasuredSetup


@tagged("post_install", "-at_install")
class TestToursDashboard(MeasuredSetup, HttpCase):
    """Whether all is well, and in three clicks why not."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True))
        cls.env["channel.channel"].search([]).write({"active": False})
        cls.channel = cls.make_channel(cls.env, name="Tour Channel")
        warehouse = cls.channel.node_ids.warehouse_ids
        product = cls.make_product(cls.env, 1, 10, warehouse)
        cls.make_rule(cls.env, "fixed", 3, product_id=product.id)
        listing = cls.make_listing(cls.env, cls.channel, product)
        cls.env.flush_all()
        cls.env["channel.planner"]._run()
        cls.env.invalidate_all()
        cls.level = cls.env["channel.level"].search([("listing_id", "=", listing.id)])
        cls.make_known(cls.env, cls.level, 7)

    def setUp(self):
        super().setUp()
        self.make_publication(self.level, ago=timedelta(hours=1), count=4)
        self.env["channel.metric"]._cron_roll_up()
        self.env["channel.exception"]._report(
            self.channel, "drift", key="tour", message="Somebody changed 7 to 12"
        )
        self.env.flush_all()
        self.make_user(self.env, "user")

    def test_why_not_in_three_clicks(self):
        self.start_tour(
            "/odoo/channel-overview", "channel_overview", login="channel_user"
        )

    def test_dashboards_open_without_an_error(self):
        self.start_tour(
            "/odoo/dashboards", "channel_spreadsheets", login="channel_user"
        )
