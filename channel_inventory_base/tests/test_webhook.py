from unittest.mock import patch

from psycopg2 import OperationalError
from psycopg2.pool import PoolError

from odoo.tests import HttpCase, tagged

from .common import ChannelSetup, fake_adapter
from .fake_channel import FakeChannel


@tagged("post_install", "-at_install")
class TestWebhook(ChannelSetup, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.channel = cls.make_channel(cls.env)
        warehouse = cls.channel.node_ids.warehouse_ids
        product = cls.make_product(cls.env, 1, 10, warehouse)
        cls.make_listing(cls.env, cls.channel, product)

    def setUp(self):
        super().setUp()
        self.fake = FakeChannel()
        self.fake.levels["item-1", "node-1"] = 10
        context = fake_adapter(self.fake)
        context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)

    def deliver(self, body=b"{}", signature="good", token=None, **headers):
        name = self.fake.sell(1)
        return self.url_open(
            f"/channel/webhook/{token or self.channel.webhook_token}",
            data=body,
            headers={
                "X-Signature": signature,
                "X-Order": name,
                "Content-Type": "application/json",
                **headers,
            },
        )

    def events(self):
        return self.env["channel.inbox.event"].search(
            [("channel_id", "=", self.channel.id)]
        )

    def test_genuine_delivery_is_stored_as_received(self):
        response = self.deliver(b'{"raw":  "as it came"}')
        self.assertEqual(response.status_code, 200)
        self.assertEqual(self.events().body, '{"raw":  "as it came"}')
        self.assertEqual(self.events().state, "new")

    def test_doubled_delivery_is_stored_once_and_answered_twice(self):
        for _delivery in range(2):
            response = self.deliver(**{"X-Key": "same"})
            self.assertEqual(response.status_code, 200)
        self.assertEqual(len(self.events()), 1)

    def test_delivery_that_cannot_be_stored_now_is_sent_again(self):
        for error in (PoolError("full"), OperationalError("gone")):
            events = self.env.registry["channel.inbox.event"]
            with patch.object(events, "_receive", side_effect=error):
                response = self.deliver()
            self.assertEqual(response.status_code, 503)
            self.assertGreater(int(response.headers["Retry-After"]), 0)
        self.assertFalse(self.events())

    def test_forged_delivery_is_refused_and_counted(self):
        for _delivery in range(3):
            self.assertEqual(self.deliver(signature="bad").status_code, 401)
        self.assertFalse(self.events())
        self.channel.invalidate_recordset()
        self.assertEqual(self.channel.forged_count, 3)

    def test_huge_body_is_refused_unread(self):
        response = self.deliver(b"x" * 1024 * 1024)
        self.assertEqual(response.status_code, 413)
        self.assertFalse(self.events())

    def test_unknown_address_is_not_found(self):
        self.assertEqual(self.deliver(token="0" * 32).status_code, 404)

    def test_channel_that_takes_no_webhooks_is_not_found(self):
        self.fake._capabilities = lambda: type("None", (), {"webhooks": False})()
        self.assertEqual(self.deliver().status_code, 404)
