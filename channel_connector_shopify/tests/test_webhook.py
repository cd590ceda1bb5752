# SPDX-License-Identifier: AGPL-3.0-or-later
import json

from requests.structures import CaseInsensitiveDict

from odoo.addons.channel_inventory_base.lib.errors import Malformed
from odoo.addons.channel_inventory_base.lib.signature import sign

from .. import mapper
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
    def deliver(self, body=..., secrets=(SECRET,), raw=None, number="", **headers):
        body = BODY if body is ... else body
        raw = json.dumps(body).encode() if raw is None else raw
        given = {
            "X-Shopify-Hmac-SHA256": sign(SECRET, raw),
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
        return webhook.verify(CaseInsensitiveDict(given), raw, secrets, DOMAIN, number)

    def test_genuine_order(self):
        event = self.deliver()
        self.assertRegex(event["key"], rf"^{DOMAIN}:order:\w{{64}}$")
        self.assertEqual(event["kind"], "order")
        self.assertEqual(event["ref"], "gid://shopify/Order/12")
        self.assertEqual(event["occurred_at"], "2026-11-23T15:00:06.123Z")
        self.assertEqual(json.loads(event["body"]), BODY)

    def test_known_signature(self):
        """Computed with openssl dgst -sha256 -hmac key -binary | base64."""
        self.assertEqual(
            sign("key", b"The quick brown fox jumps over the lazy dog"),
            "97yD9DBThCSxMpjmqm+xQ+9NWaFJRhdZl0edvC0aPNg=",
        )

    def test_forged_deliveries(self):
        signature = sign("other", json.dumps(BODY).encode())
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
        good = sign(SECRET, raw)
        with self.assertRaises(webhook.Forged):
            self.deliver(raw=raw.replace(b"SKU-1", b"SKU-2"), Hmac_SHA256=good)

    def test_both_secrets_are_good_during_a_rotation(self):
        self.assertTrue(self.deliver(secrets=("new", SECRET)))

    def test_one_body_is_one_event_whatever_its_headers_say(self):
        known = self.deliver()
        for headers in (
            {"Webhook_Id": "hook-2", "Triggered_At": "2026-11-23T16:00:00Z"},
            {"Event_Id": "event-2"},
            {"Event_Id": None, "Webhook_Id": None},
            {"Topic": "orders/paid"},
            {"Topic": "refunds/create"},
            {"Topic": "carts/update"},
            {"Topic": "products/update"},
            {"Topic": "inventory_levels/update"},
            {"Topic": "app/uninstalled"},
            {"Topic": "customers/redact"},
            {"Topic": "shop/redact"},
            {"Topic": "no/such"},
        ):
            with self.subTest(headers=headers):
                again = self.deliver(**headers)
                self.assertEqual(again["key"], known["key"])
                self.assertEqual(again["kind"], "order")
                self.assertIn(again["topic"].partition("/")[0], ("orders", "refunds"))

    def test_other_content_is_another_event(self):
        """Also of the same event of the shop, and under the same ids."""
        later = {**BODY, "updated_at": "2026-11-23T10:00:06-05:00"}
        self.assertNotEqual(self.deliver(later)["key"], self.deliver()["key"])
        one, other = (
            self.deliver({"inventory_item_id": item}, Topic="inventory_levels/update")
            for item in (1, 2)
        )
        self.assertNotEqual(one["key"], other["key"])

    def test_body_tells_its_kind_where_it_can(self):
        lines = BODY["line_items"]
        for body, kind in (
            ({"id": 3, "order_id": 12, "refund_line_items": []}, "order"),
            ({"order_edit": {"order_id": 12}}, "order"),
            ({"id": 1, "title": "A", "variants": [], "options": []}, "catalogue"),
            ({"inventory_item_id": 1, "location_id": 2, "available": 3}, "level"),
            ({"shop_id": 1, "shop_domain": DOMAIN}, "privacy"),
            # what has lines, and is no order
            ({"id": "c1-7f", "token": "c1-7f", "line_items": lines}, "other"),
            ({"id": 5, "line_items": lines, "abandoned_checkout_url": "x"}, "other"),
            (
                {
                    "id": 5,
                    "order_id": None,
                    "line_items": lines,
                    "admin_graphql_api_id": "gid://shopify/DraftOrder/5",
                },
                "other",
            ),
        ):
            with self.subTest(body=body):
                event = self.deliver(body, Topic="themes/update")
                self.assertEqual(event["kind"], kind)

    def test_removal_is_believed_of_a_body_of_this_shop_only(self):
        shop = {"id": 77, "myshopify_domain": DOMAIN.upper(), "domain": "shop.example"}
        event = self.deliver(shop, Topic="app/uninstalled")
        self.assertEqual(event["kind"], "gone")
        # the same shop's settings changed
        self.assertEqual(self.deliver(shop, Topic="shop/update")["kind"], "other")
        with self.assertRaises(webhook.Forged):
            other = {**shop, "myshopify_domain": "other-shop.myshopify.com"}
            self.deliver(other, Topic="app/uninstalled")
        for body in (BODY, {"id": 5}, [], {"shop_id": 1, "shop_domain": DOMAIN}):
            event = self.deliver(body, Topic="app/uninstalled")
            self.assertNotEqual(event["kind"], "gone")

    def test_header_that_names_the_shops_own_domain_loses_no_delivery(self):
        """Seen of genuine deliveries when an app was removed."""
        shop = {"id": 77, "myshopify_domain": DOMAIN}
        event = self.deliver(shop, Topic="app/uninstalled", Shop_Domain="www.shop.com")
        self.assertEqual(event["kind"], "gone")

    def test_privacy_request_is_of_the_shop_and_the_kind_that_its_body_says(self):
        head = {"shop_id": 77, "shop_domain": DOMAIN}
        for body, topic in (
            (
                {**head, "orders_requested": [1], "data_request": {"id": 1}},
                "data_request",
            ),
            ({**head, "customer": {"id": 1}, "orders_to_redact": []}, "redact"),
        ):
            for claimed in ("customers/redact", "shop/redact", "orders/create"):
                event = self.deliver(body, Topic=claimed)
                self.assertEqual(event["topic"], f"customers/{topic}")
                self.assertEqual(event["kind"], "privacy")
        self.assertEqual(self.deliver(head, Topic="a/b")["topic"], "shop/redact")
        with self.assertRaises(webhook.Forged):
            self.deliver(
                {**head, "shop_domain": "b.myshopify.com"}, Topic="shop/redact"
            )
        for body in (BODY, {"id": 5}, {"customer": {"id": 1}}):
            event = self.deliver(body, Topic="customers/redact")
            self.assertNotEqual(event["kind"], "privacy")

    def test_order_of_another_shop_of_the_same_app_is_refused(self):
        """Whose header says that it is of this one."""
        page = "https://%s/%s/orders/0b1c/authenticate?key=1"
        ours, other = (DOMAIN, "77"), ("other-shop.myshopify.com", "78")
        for (host, number), known, refused in (
            (ours, "77", False),
            (ours, "", False),
            (("shop.example.com", "77"), "77", False),
            (("shop.example.com", "78"), "", False),
            # renamed: the number is what stays
            (("old-name.myshopify.com", "77"), "77", False),
            (other, "77", True),
            (other, "", True),
            (("shop.example.com", "78"), "77", True),
        ):
            body = {**BODY, "order_status_url": page % (host, number)}
            with self.subTest(host=host, number=number, known=known):
                if refused:
                    with self.assertRaises(webhook.Forged):
                        self.deliver(body, number=known)
                else:
                    self.deliver(body, number=known)
        for odd in (None, 5, "", "https://[::1", "//", "https://shop.example.com/x"):
            self.deliver({**BODY, "order_status_url": odd}, number="77")

    def test_time_that_is_none_is_no_reason_to_refuse(self):
        for time in ("now", "", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z"):
            self.assertIsNone(self.deliver(Triggered_At=time)["occurred_at"])

    def test_topic_tells_where_the_body_does_not(self):
        for topic, kind in (
            ("orders/delete", "order"),
            ("inventory_levels/disconnect", "level"),
            ("products/delete", "catalogue"),
            ("carts/update", "other"),
        ):
            self.assertEqual(self.deliver({"id": 5}, Topic=topic)["kind"], kind)

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
            {"line_items": [{**BODY["line_items"][0], "current_quantity": "two"}]},
            {"line_items": None},
        ):
            with self.subTest(change=change), self.assertRaises(Malformed):
                mapper.rest_order({**BODY, **change})
        for body in ({}, [], None, {"order_id": "x"}):
            with self.subTest(body=body), self.assertRaises(Malformed):
                mapper.rest_order(body)
