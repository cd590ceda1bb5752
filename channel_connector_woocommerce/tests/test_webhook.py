import json

from requests.structures import CaseInsensitiveDict

from ..errors import Malformed
from ..lib import webhook
from .common import PureCase

BODY = {"id": 7, "date_modified_gmt": "2026-11-24T10:00:00", "status": "processing"}


class TestWebhook(PureCase):
    def verify(self, content, topic="order.updated", secret="s", **headers):
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        values = {
            "X-WC-Webhook-Topic": topic,
            "X-WC-Webhook-Signature": webhook.sign("s", body),
            "X-WC-Webhook-Delivery-ID": "same",
            **headers,
        }
        return webhook.verify(CaseInsensitiveDict(values), body, secret)

    def test_an_order_is_an_event(self):
        event = self.verify(BODY)
        self.assertEqual((event["kind"], event["ref"]), ("order", "7"))
        self.assertEqual(event["occurred_at"], "2026-11-24T10:00:00+00:00")

    def test_the_unsigned_ping_is_nothing_and_nothing_else_passes_unsigned(self):
        ping = CaseInsensitiveDict(
            {"Content-Type": "application/x-www-form-urlencoded"}
        )
        self.assertIsNone(webhook.verify(ping, b"webhook_id=12", "s"))
        for body in (b"webhook_id=12&x=1", b"webhook_id=", b'{"id": 1}', b""):
            with self.assertRaises(webhook.Forged):
                webhook.verify(ping, body, "s")

    def test_forged(self):
        for secret, headers in (
            ("other", {}),
            ("", {}),
            ("s", {"X-WC-Webhook-Signature": "ü"}),
        ):
            with self.assertRaises(webhook.Forged):
                self.verify(BODY, secret=secret, **headers)

    def test_delivery_ids_do_not_tell_events_apart(self):
        """They are of webhook and second; content and time of the order do."""
        first = self.verify(BODY)
        other = self.verify({**BODY, "id": 8})
        later = self.verify({**BODY, "status": "completed"})
        self.assertEqual(len({e["key"] for e in (first, other, later)}), 3)
        linked = {**BODY, "_links": {"self": []}}
        self.assertEqual(self.verify(linked)["key"], first["key"])

    def test_a_deleted_order_is_only_an_id(self):
        event = self.verify({"id": 7}, "order.deleted")
        self.assertEqual((event["kind"], event["ref"]), ("order", "7"))
        self.assertNotIn("occurred", event["body"])

    def test_a_cart_at_the_checkout_is_no_order(self):
        self.assertEqual(
            self.verify({**BODY, "status": "checkout-draft"})["kind"], "other"
        )

    def test_products_are_the_catalogue(self):
        event = self.verify({"id": 5}, "product.deleted")
        self.assertEqual(event["kind"], "catalogue")

    def test_garbage(self):
        for content in (b"{", b"[]", {}, {"id": "7"}, {"id": True}, b"\xff"):
            with self.assertRaises(Malformed):
                self.verify(content)
        with self.assertRaises(Malformed):
            self.verify({"id": 7, "date_modified_gmt": 5})

    def test_another_secret_for_each_channel(self):
        self.assertNotEqual(
            webhook.derive_secret("cs", "token-1"),
            webhook.derive_secret("cs", "token-2"),
        )
