# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from ..exceptions import RejectedError
from .common import ChannelCase


@tagged("post_install", "-at_install")
class TestWebhookAddress(ChannelCase):
    """Where a channel's webhooks are to come, and what is not even tried."""

    def setUp(self):
        super().setUp()
        self.asked = []
        self.fake._ensure_webhooks = self.ensure
        self.channel.base_url = "https://shop.example.com"
        self.channel.connection_state = "ok"
        self.channel.environment = "production"

    def ensure(self, _channel, address):
        self.asked.append(address)
        return []

    def serve_at(self, address):
        self.env["ir.config_parameter"].set_param("web.base.url", address)
        del self.asked[:]

    def problems(self):
        return self.env["channel.exception"].search(
            [("channel_id", "=", self.channel.id), ("state", "=", "open")]
        )

    def test_address_without_https_is_refused_before_the_channel_is_asked(self):
        for address in (
            "http://erp.example.com",
            "http://10.0.0.5:8069",
            "http://localhost:8069",
            "ftp://erp.example.com",
            "erp.example.com",
        ):
            self.serve_at(address)
            with self.subTest(address), self.assertRaises(RejectedError):
                self.channel._ensure_webhooks()
            self.assertFalse(self.asked)

    def test_address_without_https_is_for_tests_and_for_this_machine(self):
        self.serve_at("http://10.0.0.5:8069")
        self.channel.environment = "test"
        self.channel._ensure_webhooks()
        self.assertTrue(self.asked)
        self.serve_at("http://127.0.0.1:8069")
        self.channel.environment = "production"
        self.channel.base_url = "http://localhost:9000"
        self.channel.connection_state = "ok"
        self.channel._ensure_webhooks()
        self.assertTrue(self.asked)

    def test_exception_about_the_address_ends_with_the_right_address(self):
        self.serve_at("http://erp.example.com")
        self.channel._job_webhooks()
        [problem] = self.problems()
        self.assertIn("web.base.url.freeze", problem.message)
        self.assertNotIn(self.channel.webhook_token, problem.message)
        self.channel._job_webhooks()
        self.assertEqual(self.problems(), problem, "one, however often it strikes")
        self.serve_at("https://erp.example.com")
        self.channel._job_webhooks()
        self.assertEqual(len(self.asked), 1)
        self.assertFalse(self.problems())
