# SPDX-License-Identifier: AGPL-3.0-or-later
import json

from requests.structures import CaseInsensitiveDict

from odoo.addons.channel_inventory_base.lib.errors import Forged, Malformed
from odoo.addons.channel_inventory_base.lib.signature import sign

from ..const import TOPICS
from ..lib import webhook
from .common import PureCase

BODY = {"id": 7, "date_modified_gmt": "2026-11-24T10:00:00", "status": "processing"}


class TestWebhook(PureCase):
    def verify(self, content, topic="order.updated", secret="s", at=0, **headers):
        """A delivery that was signed with the secret of ``topic``, whatever it says."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        values = {
            "X-WC-Webhook-Topic": topic,
            "X-WC-Webhook-Signature": sign(f"s-{topic}", body),
            "X-WC-Webhook-Delivery-ID": "same",
            **headers,
        }
        return webhook.verify(
            CaseInsensitiveDict(values),
            body,
            lambda topic: secret and f"{secret}-{topic}",
            now=lambda: at,
        )

    def test_an_order_is_an_event(self):
        event = self.verify(BODY)
        self.assertEqual((event["kind"], event["ref"]), ("order", "7"))
        self.assertEqual(event["occurred_at"], "2026-11-24T10:00:00+00:00")

    def test_the_unsigned_ping_is_nothing_and_nothing_else_passes_unsigned(self):
        ping = CaseInsensitiveDict(
            {"Content-Type": "application/x-www-form-urlencoded"}
        )
        self.assertIsNone(webhook.verify(ping, b"webhook_id=12", str))
        for body in (b"webhook_id=12&x=1", b"webhook_id=", b'{"id": 1}', b""):
            with self.assertRaises(Forged):
                webhook.verify(ping, body, str)

    def test_forged(self):
        for secret, headers in (
            ("other", {}),
            ("", {}),
            ("s", {"X-WC-Webhook-Signature": "ü"}),
            ("s", {"X-WC-Webhook-Topic": ""}),
            ("s", {"X-WC-Webhook-Topic": "coupon.created"}),
        ):
            with self.assertRaises(Forged):
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

    def test_delivery_of_one_topic_is_none_of_another(self):
        """The body of a deleted order is that of a deleted product."""
        for content in ({"id": 7}, BODY):
            for topic in TOPICS:
                self.assertTrue(self.verify(content, topic))
                for other in set(TOPICS) - {topic}:
                    with self.assertRaises(Forged):
                        self.verify(content, topic, **{"X-WC-Webhook-Topic": other})

    def test_unsigned_headers_make_no_second_event(self):
        for content, topic in ((BODY, "order.updated"), ({"id": 5}, "product.deleted")):
            first = self.verify(content, topic)
            again = self.verify(
                content,
                topic,
                **{
                    "X-WC-Webhook-Delivery-ID": "other",
                    "X-WC-Webhook-ID": "99",
                    "X-WC-Webhook-Resource": "coupon",
                    "X-WC-Webhook-Event": "deleted",
                    "X-WC-Webhook-Source": "https://elsewhere.example/",
                },
            )
            self.assertEqual(again, first)

    def test_same_order_under_two_topics_says_the_same(self):
        created = self.verify(BODY, "order.created")
        self.assertEqual(created["key"], self.verify(BODY, "order.restored")["key"])

    def test_product_deleted_again_is_news_an_hour_later(self):
        keys = [
            self.verify({"id": 5}, "product.deleted", at=at)["key"]
            for at in (3600, 3700, 7200)
        ]
        self.assertEqual(keys[0], keys[1])
        self.assertNotEqual(keys[0], keys[2])
        whole = {"id": 5, "name": "x"}
        self.assertEqual(
            self.verify(whole, "product.created", at=0),
            self.verify(whole, "product.created", at=99_999),
        )

    def test_deleted_order_says_that_it_says_nothing(self):
        self.assertTrue(self.verify({"id": 7}, "order.deleted")["bare"])
        self.assertFalse(self.verify(BODY)["bare"])

    def test_another_secret_for_each_channel_and_topic(self):
        made = {
            webhook.derive_secret("cs", token, topic)
            for token in ("token-1", "token-2")
            for topic in TOPICS
        }
        self.assertEqual(len(made), 2 * len(TOPICS))
