# SPDX-License-Identifier: AGPL-3.0-or-later
"""What went wrong elsewhere, tried here. Each test names the public report."""

import json
from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.channel_api_order import ChannelApiOrder
from ..models.channel_api_reservation import ChannelApiReservation
from .common_api import ApiCase


@tagged("post_install", "-at_install")
class TestReports(ApiCase):
    def setUp(self):
        super().setUp()
        self.publish()

    def test_sku_with_odd_letters(self):
        """magento/magento2#8615, #25467, woocommerce/woocommerce#7592: SKUs with a
        slash or a dot cannot be asked for."""
        skus = ["A/B", "A.B", "A B+C%2F", "Ä&ö=#", "50% off?"]
        for number, sku in enumerate(skus, 20):
            product = self.make_product(self.env, number, number, self.warehouse)
            self.make_listing(
                self.env, self.channel, product, number, external_id=sku, stock_ref=sku
            )
        self.publish()
        for number, sku in enumerate(skus, 20):
            response = self.opener.get(
                self.base_url() + "/channel/api/v1/availability",
                params={"sku": sku},
                headers={"Authorization": f"Bearer {self.token}"},
                timeout=60,
            )
            [item] = self.good(response)["items"]
            self.assertEqual((item["sku"], item["available"]), (sku, number))
        body = self.order_body("R-1", *[(sku, 1) for sku in skus])
        told = self.good(self.post("/orders", body), 201)
        self.assertEqual({line["status"] for line in told["lines"]}, {"known"})

    def test_refused_request_leaves_nothing_behind(self):
        """itpp-labs/sync-addons#319: what was written before the error stayed."""
        body = {
            "reference": "R-2",
            "ttl": 60,
            "lines": [
                {"sku": "SKU-1", "quantity": 5},
                {"sku": "SKU-2", "quantity": 99},
            ],
        }
        headers = {"Idempotency-Key": "r-2"}
        self.refused(self.post("/holds", body, **headers), "insufficient")
        self.assertEqual(self.position().held, 0)
        self.refused(self.get("/holds/R-2"), "unknown_hold")
        # the key was not burnt by it: the same request may be tried when there is more
        product = self.channel.listing_ids.sorted("id")[1].product_id
        self.add_stock(self.env, product, self.warehouse, 99)
        self.env.flush_all()
        self.good(self.post("/holds", body, **headers), 201)

    def test_conflict_of_two_transactions_is_tried_again(self):
        """OCA/rest-framework#422: conflicts were answered as errors instead of being
        tried again."""
        take, calls = ChannelApiReservation._take, []

        def conflicting(reservation, *args):
            calls.append(1)
            if len(calls) < 3:
                raise SerializationFailure("could not serialize access")
            return take(reservation, *args)

        body = {
            "reference": "R-3",
            "ttl": 60,
            "lines": [{"sku": "SKU-1", "quantity": 1}],
        }
        with patch.object(ChannelApiReservation, "_take", conflicting):
            self.good(self.post("/holds", body), 201)
        self.assertEqual(len(calls), 3)

    def test_order_whose_stock_cannot_be_held_now_is_not_lost(self):
        """vendure-ecommerce/vendure#3508, shopperlabs/shopper#581: an order is stored
        and its stock held in two steps, and nobody makes up for the second."""

        def failing(_orders, *_args):
            raise SerializationFailure("could not serialize access")

        with patch.object(ChannelApiOrder, "_capture", failing):
            told = self.good(self.post("/orders", self.order_body("R-4")), 202)
        self.assertEqual(told["state"], "received")
        self.assertEqual(self.good(self.get("/orders/R-4"))["state"], "received")
        self.refused(self.post("/orders/R-4/cancel", {}), "not_captured_yet")
        self.work()
        self.assertEqual(self.good(self.get("/orders/R-4"))["state"], "confirmed")

    @mute_logger("odoo.addons.channel_connector_api.controllers.api")
    def test_error_of_ours_is_a_problem_without_a_traceback(self):
        """odoo/odoo: /json/2 answers errors with ``debug`` tracebacks."""

        def broken(*_args):
            raise RuntimeError("the database is at /var/secret")

        with patch.object(ChannelApiReservation, "_take", broken):
            body = {
                "reference": "R-5",
                "ttl": 60,
                "lines": [{"sku": "SKU-1", "quantity": 1}],
            }
            answer = self.post("/holds", body)
        self.refused(answer, "internal")
        self.assertNotIn("secret", answer.text)
        self.assertNotIn("Traceback", answer.text)

    def test_same_item_twice_in_one_order_or_hold(self):
        """vendure-ecommerce/vendure#2702: two lines of a variant pass the check of its
        stock one by one."""
        body = {
            "reference": "R-6",
            "ttl": 60,
            "lines": [{"sku": "SKU-1", "quantity": 6}] * 2,
        }
        self.refused(self.post("/holds", body), "insufficient")
        order = self.order_body("R-6", ("SKU-1", 6), ("SKU-1", 4))
        self.good(self.post("/orders", order), 201)
        self.assertEqual(self.position().held, 10)

    def test_piece_and_carton_in_one_hold_are_the_same_goods(self):
        """medusajs/medusa#16502: each line passes by itself, and the sum is more than
        there is."""
        self.make_listing(
            self.env,
            self.channel,
            self.product,
            9,
            external_id="CARTON",
            stock_ref="CARTON",
            pack_qty=4,
        )
        self.publish()

        def body(pieces):
            pairs = (("SKU-1", pieces), ("CARTON", 1), ("SKU-2", 1))
            lines = [{"sku": sku, "quantity": quantity} for sku, quantity in pairs]
            return {"reference": f"R-10-{pieces}", "ttl": 60, "lines": lines}

        found = self.refused(self.post("/holds", body(7)), "insufficient")
        self.assertEqual([line["sku"] for line in found["lines"]], ["CARTON"])
        self.assertEqual(self.position().held, 0)
        self.good(self.post("/holds", body(6)), 201)
        self.assertEqual(self.position().held, 10)

    def test_order_that_is_not_shipped_leaves_the_rest_to_the_next(self):
        """saleor/apps#1175: an order that waits for its shipment makes the next one
        short, although enough is shown."""
        self.good(self.post("/orders", self.order_body("R-11", ("SKU-1", 4))), 201)
        self.publish()
        self.assertEqual(self.available(), 6)
        lines = [{"sku": "SKU-1", "quantity": 6}]
        body = {"reference": "R-12", "ttl": 60, "lines": lines}
        self.good(self.post("/holds", body), 201)
        body = {**body, "reference": "R-13", "lines": [{"sku": "SKU-1", "quantity": 1}]}
        self.refused(self.post("/holds", body), "insufficient")

    def test_bodies_that_two_readers_read_in_two_ways(self):
        """A name twice in an object, not UTF-8, nested, packed, no JSON, NaN."""
        good = json.dumps(self.order_body("R-7"))
        for text in (
            good[:-1] + ', "reference": "R-8"}',
            b"\xff\xfe",
            "[" * 100_000,
            "",
            "null",
            '{"reference": NaN}',
            good + "x",
        ):
            answer = self.post("/orders", text)
            self.assertIn(answer.json()["code"], ("malformed", "invalid"))
        self.refused(
            self.post("/orders", good, **{"Content-Type": "text/plain"}), "media_type"
        )
        self.refused(
            self.post("/orders", good, **{"Content-Encoding": "gzip"}), "media_type"
        )
        self.assertFalse(self.order("R-7") | self.order("R-8"))

    def test_body_that_is_too_large_is_refused_unread(self):
        answer = self.post("/orders", "x" * 1_000_001)
        self.assertEqual(answer.status_code, 413)

    def test_tag_comes_back_as_a_proxy_has_changed_it(self):
        """rails/rails#19056, fastify/fastify-etag#108: a proxy that packs answers says
        so in the tag (Apache, Jetty) or calls it weak (nginx), and nothing is ever
        unchanged."""
        first = self.get("/availability?sku=SKU-1")
        tag = first.headers["ETag"].strip('"')
        for sent in (
            f'"{tag}-gzip"',
            f'"{tag}--gzip"',
            f'W/"{tag}-br"',
            f'"other", W/"{tag}"',
            "*",
        ):
            with self.subTest(sent):
                again = self.get("/availability?sku=SKU-1", **{"If-None-Match": sent})
                self.assertEqual(again.status_code, 304)
        other = "0" * 32
        for sent in (f'"{other}-gzip"', f'"{tag[:-1]}"', f'"x{tag}"', tag, "W/", ""):
            with self.subTest(sent):
                again = self.get("/availability?sku=SKU-1", **{"If-None-Match": sent})
                self.assertEqual(again.status_code, 200)

    def test_reference_of_a_removed_event_is_still_known(self):
        """A retried order of long ago must not become a second one when the log of what
        came in has been cleared."""
        body = self.order_body("R-9")
        self.good(self.post("/orders", body), 201)
        self.env["channel.inbox.event"].search([("ref", "=", "R-9")]).unlink()
        self.good(self.post("/orders", body), 200)
        self.assertEqual(self.position().held, 2)
