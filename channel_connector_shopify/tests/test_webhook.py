import json

from requests.structures import CaseInsensitiveDict

from .. import mapper
from ..errors import Malformed
from ..lib import webhook
from ..lib.rest import order_ref
from .common import PureCase

SECRET = "shpss_0123"
DOMAIN = "my-shop.myshopify.com"
BODY = {
    "id": 12,
    "admin_graphql_api_id": "gid://shopify/Order/12",
    "name": "#1001",
    "updated_at": "2026-11-23T10:00:05-05:00",
    "created_at": "2026-11-23T10:00:00-05:00",
    "processed_at": None,
    "cancelled_at": None,
    "financial_status": "paid",
    "test": False,
    "currency": "EUR",
    "line_items": [
        {
            "id": 1,
            "admin_graphql_api_id": "gid://shopify/LineItem/1",
            "variant_id": 5,
            "sku": "SKU-1",
            "title": "Product",
            "name": "Product - Red",
            "quantity": 3,
            "current_quantity": 2,
            "fulfillable_quantity": 1,
            "price": "9.95",
            "requires_shipping": True,
        }
    ],
}


class TestWebhook(PureCase):
    def deliver(self, body=..., secrets=(SECRET,), raw=None, **headers):
        body = BODY if body is ... else body
        raw = json.dumps(body).encode() if raw is None else raw
        given = {
            "X-Shopify-Hmac-SHA256": webhook.sign(SECRET, raw),
            "X-Shopify-Topic": "orders/create",
            "X-Shopify-Shop-Domain": DOMAIN,
            "X-Shopify-Event-Id": "event-1",
            "X-Shopify-Webhook-Id": "hook-1",
            "X-Shopify-Triggered-At": "2026-11-23T15:00:06.123Z",
        }
        given.update(
            {f"X-Shopify-{name.replace('_', '-')}": v for name, v in headers.items()}
        )
        given = {name: value for name, value in given.items() if value is not None}
        return webhook.verify(CaseInsensitiveDict(given), raw, secrets, DOMAIN)

    def test_genuine_order(self):
        event = self.deliver()
        self.assertRegex(event["key"], rf"^{DOMAIN}:orders/create:event-1:\w{{16}}$")
        self.assertEqual(event["kind"], "order")
        self.assertEqual(event["ref"], "gid://shopify/Order/12")
        self.assertEqual(event["occurred_at"], "2026-11-23T15:00:06.123Z")
        self.assertEqual(json.loads(event["body"]), BODY)

    def test_known_signature(self):
        """Computed with openssl dgst -sha256 -hmac key -binary | base64."""
        self.assertEqual(
            webhook.sign("key", b"The quick brown fox jumps over the lazy dog"),
            "97yD9DBThCSxMpjmqm+xQ+9NWaFJRhdZl0edvC0aPNg=",
        )

    def test_forged_deliveries(self):
        signature = webhook.sign("other", json.dumps(BODY).encode())
        for values in (
            {"Hmac_SHA256": signature},
            {"Hmac_SHA256": None},
            {"Hmac_SHA256": ""},
            {"Hmac_SHA256": "päßwörd"},
            {"Shop_Domain": "other-shop.myshopify.com"},
            {"Shop_Domain": None},
            {"secrets": ()},
            {"secrets": ("other",)},
        ):
            with self.subTest(values=values), self.assertRaises(webhook.Forged):
                self.deliver(**values)

    def test_one_changed_byte_is_a_forgery(self):
        raw = json.dumps(BODY).encode()
        good = webhook.sign(SECRET, raw)
        with self.assertRaises(webhook.Forged):
            self.deliver(raw=raw.replace(b"SKU-1", b"SKU-2"), Hmac_SHA256=good)

    def test_both_secrets_are_good_during_a_rotation(self):
        self.assertTrue(self.deliver(secrets=("new", SECRET)))

    def test_repeated_delivery_has_the_same_key(self):
        again = self.deliver(Webhook_Id="hook-2", Triggered_At="2026-11-23T16:00:00Z")
        self.assertEqual(again["key"], self.deliver()["key"])
        self.assertNotEqual(self.deliver(Topic="orders/paid")["key"], again["key"])

    def test_one_event_about_two_things_is_two(self):
        one, other = (
            self.deliver({"inventory_item_id": item}, Topic="inventory_levels/update")
            for item in (1, 2)
        )
        self.assertNotEqual(one["key"], other["key"])

    def test_key_falls_back_to_webhook_id_then_to_the_body(self):
        self.assertIn(":hook-1:", self.deliver(Event_Id=None)["key"])
        one = self.deliver(Event_Id=None, Webhook_Id=None)["key"]
        other = self.deliver({**BODY, "id": 13}, Event_Id=None, Webhook_Id=None)["key"]
        self.assertNotEqual(one, other)

    def test_time_that_is_none_is_no_reason_to_refuse(self):
        for time in ("now", "", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z"):
            self.assertIsNone(self.deliver(Triggered_At=time)["occurred_at"])

    def test_kinds(self):
        for topic, kind in (
            ("orders/updated", "order"),
            ("refunds/create", "order"),
            ("inventory_levels/update", "level"),
            ("products/delete", "catalogue"),
            ("app/uninstalled", "gone"),
            ("customers/redact", "privacy"),
            ("customers/data_request", "privacy"),
            ("shop/redact", "privacy"),
            ("carts/update", "other"),
        ):
            self.assertEqual(self.deliver(Topic=topic)["kind"], kind)

    def test_genuine_nonsense_is_malformed(self):
        for values in (
            {"raw": b"<html>"},
            {"raw": b"\xff\xfe"},
            {"raw": b""},
            {"raw": b"[" * 100_000},
            {"raw": b'{"total": NaN}'},
            {"Topic": None},
            {"Topic": "orders"},
        ):
            with self.subTest(values=values), self.assertRaises(Malformed):
                self.deliver(**values)

    def test_any_json_is_read_without_a_crash(self):
        for body in ([], 5, None, "x", {}, {"line_items": 5}, {"order_id": "x"}):
            self.assertEqual(self.deliver(body)["kind"], "order")

    # ------------------------------------------------------------ REST body
    def test_order_body_gives_demand_and_says_that_it_is_not_all(self):
        data = mapper.rest_order(BODY)
        self.assertFalse(data["complete"])
        self.assertEqual(data["external_id"], "gid://shopify/Order/12")
        self.assertEqual(data["version"], "2026-11-23T10:00:05-05:00")
        [line] = data["lines"]
        self.assertEqual(line["listing_ref"], "gid://shopify/ProductVariant/5")
        self.assertEqual((line["quantity"], line["open_quantity"]), (2, 1))
        self.assertNotIn("deductions", line)

    def test_cancelled_order_body_holds_nothing(self):
        data = mapper.rest_order({**BODY, "cancelled_at": "2026-11-23T11:00:00Z"})
        self.assertEqual(data["state"], "cancelled")
        self.assertEqual(data["lines"][0]["open_quantity"], 0)

    def test_older_bodies_without_current_quantities(self):
        line = {"id": 1, "variant_id": None, "title": "Custom", "quantity": 3}
        data = mapper.rest_order({**BODY, "line_items": [line]})
        self.assertEqual(data["lines"][0]["quantity"], 3)
        self.assertEqual(data["lines"][0]["listing_ref"], "")
        self.assertEqual(data["lines"][0]["external_id"], "gid://shopify/LineItem/1")

    def test_refund_and_edit_name_their_order(self):
        refund = {
            "id": 3,
            "order_id": 12,
            "created_at": "2026-11-23T11:00:00Z",
            "processed_at": None,
            "refund_line_items": [],
        }
        edit = {"order_edit": {"order_id": 12, "created_at": "2026-11-23T11:00:00Z"}}
        for body in (refund, edit):
            data = mapper.rest_order(body)
            self.assertEqual(order_ref(body), "gid://shopify/Order/12")
            self.assertEqual(data["external_id"], "gid://shopify/Order/12")
            self.assertEqual((data["lines"], data["complete"]), ([], False))

    def test_malformed_bodies(self):
        for change in (
            {"updated_at": 5},
            {"name": None, "line_items": [5]},
            {"line_items": [{**BODY["line_items"][0], "current_quantity": "2"}]},
            {"line_items": None},
        ):
            with self.subTest(change=change), self.assertRaises(Malformed):
                mapper.rest_order({**BODY, **change})
        for body in ({}, [], None, {"order_id": "x"}):
            with self.subTest(body=body), self.assertRaises(Malformed):
                mapper.rest_order(body)
