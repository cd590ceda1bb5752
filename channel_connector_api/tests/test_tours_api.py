# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields
from odoo.tests import tagged

from .common_api import ApiCase

SECONDS = 240


@tagged("post_install", "-at_install")
class TestToursApi(ApiCase):
    """The screens of keys and webhooks, with the least rights that they need."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # the first visit builds them, which a browser on a busy machine gives up on
        for bundle in ("web.assets_web", "web.assets_tests"):
            assets = cls.env["ir.qweb"]._get_asset_bundle(
                bundle, css=True, js=True, debug_assets=False
            )
            assets.js()
            assets.css()

    def tour(self, name, login):
        self.env.flush_all()
        self.start_tour("/odoo/channels", name, login=login, timeout=SECONDS)
        self.env.invalidate_all()

    def test_manager_rotates_a_key_and_sees_it_once(self):
        self.make_user(self.env, "manager")
        self.tour("channel_api_new_key", "channel_manager")
        self.assertTrue(self.key.next_id)
        self.assertEqual(self.key.next_id.may_hold, True)

    def test_operator_replays_dead_letters(self):
        self.make_user(self.env, "operator")
        hook = self.env["channel.api.subscription"].create(
            {
                "name": "Shop hook",
                "channel_id": self.channel.id,
                "url": "https://shop.example.com/hooks",
            }
        )
        hook._renew_secret()
        self.publish()
        delivery = self.env["channel.api.delivery"].search(
            [("subscription_id", "=", hook.id)]
        )
        delivery.write({"state": "dead", "next_at": fields.Datetime.now()})
        self.tour("channel_api_replay", "channel_operator")
        self.assertEqual(delivery.state, "new")
