# SPDX-License-Identifier: AGPL-3.0-or-later
import json

from odoo.tests import tagged

from .common_api import ApiCase


@tagged("post_install", "-at_install")
class TestAvailability(ApiCase):
    def setUp(self):
        super().setUp()
        self.publish()

    def test_published_number_is_what_is_answered(self):
        self.assertEqual(self.available(), 10)
        self.assertEqual(self.available("NOBODY"), None)
        found = self.good(self.get("/availability?sku=SKU-2&sku=NOBODY&sku=SKU-1"))
        self.assertEqual(
            [(each["sku"], each["status"]) for each in found["items"]],
            [("SKU-2", "offered"), ("NOBODY", "unknown"), ("SKU-1", "offered")],
        )
        self.assertIs(found["live"], True)

    def test_number_that_was_not_published_yet_is_not_shown(self):
        self.add_stock(self.env, self.product, self.warehouse, 5)
        self.env.flush_all()
        self.env["channel.planner"]._run()
        self.assertEqual(self.available(), 10)
        self.publish()
        self.assertEqual(self.available(), 15)

    def test_unchanged_answer_is_304_and_a_changed_one_is_not(self):
        first = self.get("/availability?sku=SKU-1")
        tag = first.headers["ETag"]
        again = self.get("/availability?sku=SKU-1", **{"If-None-Match": tag})
        self.assertEqual((again.status_code, again.content), (304, b""))
        weak = self.get("/availability?sku=SKU-1", **{"If-None-Match": f'"x", W/{tag}'})
        self.assertEqual(weak.status_code, 304)
        self.add_stock(self.env, self.product, self.warehouse, -1)
        self.publish()
        changed = self.get("/availability?sku=SKU-1", **{"If-None-Match": tag})
        self.assertEqual(changed.status_code, 200)
        self.assertNotEqual(changed.headers["ETag"], tag)

    def test_why_is_the_levels_own_explanation(self):
        self.make_rule(self.env, "fixed", 3)
        self.publish()
        found = self.good(self.get("/availability?sku=SKU-1&why=true"))
        [node] = found["items"][0]["nodes"]
        self.assertEqual(node["available"], 7)
        kinds = [(step["kind"], step["left"]) for step in node["why"]]
        self.assertEqual(
            kinds,
            [
                ("on_hand", 10),
                ("allocated", 10),
                ("held", 10),
                ("fixed", 7),
                ("pack", 7),
            ],
        )
        self.assertTrue(all(step["words"] for step in node["why"]))
        _key, token = self.make_key(self.env, self.channel, may_explain=False)
        answer = self.get("/availability?sku=SKU-1&why=true", token=token)
        self.refused(answer, "scope_missing")

    def test_regions_count_each_warehouse_once(self):
        other = self.make_warehouse(self.env, "AP2")
        self.add_stock(self.env, self.product, other, 4)
        self.env["channel.node"].create(
            [
                {
                    "name": "Both",
                    "external_id": "both",
                    "channel_id": self.channel.id,
                    "warehouse_ids": [(6, 0, (self.warehouse | other).ids)],
                    "api_region": "EU",
                },
                {
                    "name": "Other",
                    "external_id": "other",
                    "channel_id": self.channel.id,
                    "warehouse_ids": [(6, 0, other.ids)],
                    "api_region": "EU",
                },
            ]
        )
        self.publish()
        [item] = self.good(self.get("/availability?sku=SKU-1&region=EU"))["items"]
        self.assertEqual(
            [(each["node"], each["available"]) for each in item["nodes"]],
            [("both", 14), ("other", 4)],
        )
        # 14 are there, of which 4 are in both
        self.assertEqual(item["available"], 14)
        self.assertEqual(self.available(), 14)
        [item] = self.good(self.get("/availability?sku=SKU-1&node=other"))["items"]
        self.assertEqual(item["available"], 4)
        self.refused(self.get("/availability?sku=SKU-1&node=x"), "unknown_node")
        self.refused(self.get("/availability?sku=SKU-1&region=x"), "unknown_region")

    def test_what_is_offered_no_more_is_null_at_once_and_news(self):
        page = self.good(self.get("/availability/changes"))
        self.assertEqual(len(page["changes"]), 3)
        cursor = page["cursor"]
        self.listing.write({"state": "ignored"})
        self.env.flush_all()
        [item] = self.good(self.get("/availability?sku=SKU-1"))["items"]
        self.assertEqual((item["status"], item["available"]), ("not_offered", None))
        self.env["channel.api.level"]._follow_offers()
        page = self.good(self.get(f"/availability/changes?since={cursor}"))
        self.assertEqual(
            [(each["sku"], each["available"]) for each in page["changes"]],
            [("SKU-1", None)],
        )
        self.listing.write({"state": "mapped"})
        self.env.flush_all()
        self.env["channel.api.level"]._follow_offers()
        page = self.good(self.get(f"/availability/changes?since={page['cursor']}"))
        self.assertEqual([each["available"] for each in page["changes"]], [10])

    def test_changes_come_page_by_page_and_end(self):
        seen, path = [], "/availability/changes?limit=1"
        while True:
            page = self.good(self.get(path))
            seen += [each["sku"] for each in page["changes"]]
            path = f"/availability/changes?limit=1&since={page['cursor']}"
            if not page["more"]:
                break
        self.assertEqual(sorted(seen), ["SKU-1", "SKU-2", "SKU-3"])
        self.assertEqual(self.good(self.get(path))["changes"], [])

    def test_number_that_changes_between_two_pages_is_skipped_by_none(self):
        """airbytehq/airbyte#21500, 1f916-ai/1f916#29: what changes while it is read
        page by page pushes another one across the end of a page."""
        first = self.good(self.get("/availability/changes?limit=1"))
        [seen] = [each["sku"] for each in first["changes"]]
        # the one that was read, and the next one, move to the end
        for listing in self.channel.listing_ids.sorted("id")[:2]:
            self.add_stock(self.env, listing.product_id, self.warehouse, 5)
        self.publish()
        told, cursor = {seen: 10}, first["cursor"]
        for _page in range(10):
            page = self.good(self.get(f"/availability/changes?limit=1&since={cursor}"))
            told.update((each["sku"], each["available"]) for each in page["changes"])
            cursor = page["cursor"]
            if not page["more"]:
                break
        self.assertEqual(told, {"SKU-1": 15, "SKU-2": 15, "SKU-3": 10})

    def test_cursor_of_another_counting_is_gone(self):
        for cursor in ("deadbeef.1", "00000000.9"):
            answer = self.get(f"/availability/changes?since={cursor}")
            self.refused(answer, "cursor_unknown")
            self.refused(self.get(f"/events?since={cursor}"), "cursor_unknown")
        cursor = self.good(self.get("/availability/changes"))["cursor"]
        epoch = cursor.partition(".")[0]
        # a database that was restored has not counted so far yet
        answer = self.get(f"/availability/changes?since={epoch}.999999999")
        self.refused(answer, "cursor_unknown")

    def test_more_skus_than_an_address_takes(self):
        skus = [f"SKU-{number}" for number in range(1, 501)]
        found = self.good(self.post("/availability/query", {"skus": skus}))
        self.assertEqual([each["sku"] for each in found["items"]], skus)
        answer = self.post("/availability/query", {"skus": [*skus, "one more"]})
        self.refused(answer, "invalid")
        answer = self.post("/availability/query", {"skus": ["a"], "location": "x"})
        problem = self.refused(answer, "invalid")
        self.assertEqual(problem["errors"][0]["pointer"], "/location")

    def test_many_skus_cost_as_many_statements_as_one(self):
        few, many = (
            self.count(f"/availability?{'&'.join(f'sku=S-{n}' for n in range(number))}")
            for number in (1, 500)
        )
        self.assertEqual(few, many)
        self.assertLess(few, 25)

    def count(self, path):
        """:return: how many statements a request takes"""
        self.good(self.get(path))
        before = self.env.cr.sql_log_count
        self.good(self.get(path))
        return self.env.cr.sql_log_count - before


@tagged("post_install", "-at_install")
class TestOrders(ApiCase):
    def setUp(self):
        super().setUp()
        self.publish()

    def events(self, ref):
        return self.env["channel.inbox.event"].search(
            [("channel_id", "=", self.channel.id), ("ref", "=", ref)]
        )

    def test_order_is_held_when_the_answer_goes_out_and_kept_as_it_came(self):
        body = self.order_body("A-1", ("SKU-1", 3))
        text = json.dumps(body, indent=3)
        told = self.good(self.post("/orders", text), 201)
        self.assertEqual(told["state"], "accepted")
        self.assertEqual(self.position().held, 3)
        self.assertIn(text, self.events("A-1").body)
        self.assertEqual(self.events("A-1").state, "done")
        self.publish()
        self.assertEqual(self.available(), 7)

    def test_same_order_again_is_the_same_and_another_one_is_not(self):
        body = self.order_body("A-2")
        self.good(self.post("/orders", body), 201)
        turned = dict(reversed(body.items()))
        again = self.post("/orders", json.dumps(turned, indent=1))
        self.good(again, 200)
        self.assertEqual(again.headers["Idempotent-Replayed"], "true")
        other = self.order_body("A-2", ("SKU-1", 4))
        self.refused(self.post("/orders", other), "order_conflict")
        self.assertEqual(self.position().held, 2)
        self.assertEqual(len(self.events("A-2")), 1)

    def test_idempotency_key_is_of_one_request(self):
        first = self.order_body("A-3")
        sent = {"Idempotency-Key": "k-1"}
        self.good(self.post("/orders", first, **sent), 201)
        self.good(self.post("/orders", first, **sent), 200)
        answer = self.post("/orders", self.order_body("A-4"), **sent)
        self.refused(answer, "idempotency_key_reused")
        self.refused(self.get("/orders/A-4"), "unknown_order")

    def test_unknown_sku_is_held_as_a_blocked_order_and_not_lost(self):
        body = self.order_body("A-5", ("NOBODY", 1), ("SKU-1", 2))
        told = self.good(self.post("/orders", body), 201)
        self.assertEqual(
            [line["status"] for line in told["lines"]], ["unknown_sku", "known"]
        )
        self.assertEqual(self.position().held, 2)
        self.work()
        told = self.good(self.get("/orders/A-5"))
        self.assertEqual(told["state"], "blocked")
        self.assertEqual(told["problems"], ["unknown_sku"])

    def test_order_is_cancelled_before_and_after_its_sale_order(self):
        for ref, works in (("A-6", False), ("A-7", True)):
            self.good(self.post("/orders", self.order_body(ref)), 201)
            if works:
                self.work()
                self.assertEqual(
                    self.good(self.get(f"/orders/{ref}"))["state"], "confirmed"
                )
            answer = self.post(f"/orders/{ref}/cancel", {"reason": "customer"})
            told = self.good(answer, 200)
            self.work()
            told = self.good(self.get(f"/orders/{ref}"))
            self.assertEqual(told["state"], "cancelled")
            self.assertEqual([line["cancelled"] for line in told["lines"]], [2])
            self.assertEqual(told["cancellations"][0]["by"], "you")
            self.assertEqual(self.position().held, 0)
            self.assertEqual(self.position().available, 10)
            # once more is no news
            self.good(self.post(f"/orders/{ref}/cancel", {}), 200)
        self.refused(self.post("/orders/none/cancel", {}), "unknown_order")

    def test_order_that_has_left_is_not_cancelled(self):
        self.good(self.post("/orders", self.order_body("A-8")), 201)
        self.work()
        self.ship("A-8")
        self.work()
        answer = self.post("/orders/A-8/cancel", {})
        self.refused(answer, "already_shipped")

    def test_payment_is_told_later(self):
        body = self.order_body("A-9", payment={"status": "pending"})
        told = self.good(self.post("/orders", body), 201)
        self.assertEqual(told["payment"], "pending")
        answer = self.post("/orders/A-9/payment", {"status": "paid", "gateway": "card"})
        self.assertEqual(self.good(answer)["payment"], "paid")
        self.work()
        self.assertEqual(self.good(self.get("/orders/A-9"))["state"], "confirmed")

    def test_line_ids_are_each_once_and_nodes_are_known(self):
        body = self.order_body("A-10", ("SKU-1", 1), ("SKU-2", 1))
        body["lines"][1].update(id="L1", node="nowhere")
        problem = self.refused(self.post("/orders", body), "invalid")
        self.assertEqual(
            [each["pointer"] for each in problem["errors"]],
            ["/lines/1/id", "/lines/1/node"],
        )
        self.assertFalse(self.events("A-10"))


@tagged("post_install", "-at_install")
class TestHolds(ApiCase):
    def setUp(self):
        super().setUp()
        self.publish()

    def hold_body(self, ref, quantity=4, ttl=600, **values):
        lines = [{"sku": "SKU-1", "quantity": quantity}]
        return {"reference": ref, "ttl": ttl, "lines": lines, **values}

    def test_hold_is_taken_extended_and_released(self):
        told = self.good(self.post("/holds", self.hold_body("H-1")), 201)
        self.assertEqual((told["state"], told["complete"]), ("held", True))
        self.assertEqual(told["lines"][0]["held"], 4)
        self.assertEqual(self.position().held, 4)
        self.publish()
        self.assertEqual(self.available(), 6)
        again = self.good(self.post("/holds", self.hold_body("H-1")), 200)
        self.assertEqual(again, told)
        self.assertEqual(self.position().held, 4)
        longer = self.good(self.post("/holds/H-1/extend", {"ttl": 6000}))
        self.assertGreater(longer["expires_at"], told["expires_at"])
        released = self.good(self.call("DELETE", "/holds/H-1"))
        self.assertEqual(released["state"], "released")
        self.assertEqual(self.position().held, 0)
        self.assertEqual(self.good(self.call("DELETE", "/holds/H-1")), released)
        self.refused(self.post("/holds/H-1/extend", {"ttl": 60}), "hold_ended")

    def test_other_contents_under_the_same_reference_are_refused(self):
        self.good(self.post("/holds", self.hold_body("H-2")), 201)
        self.refused(self.post("/holds", self.hold_body("H-2", 5)), "hold_conflict")

    def test_all_or_nothing_unless_a_part_is_welcome(self):
        answer = self.post("/holds", self.hold_body("H-3", 11))
        problem = self.refused(answer, "insufficient")
        self.assertEqual(problem["lines"][0]["available"], 10)
        self.assertEqual(self.position().held, 0)
        told = self.good(
            self.post("/holds", self.hold_body("H-3", 11, partial=True)), 201
        )
        self.assertEqual((told["complete"], told["lines"][0]["held"]), (False, 10))
        told = self.good(
            self.post("/holds", self.hold_body("H-4", 1, partial=True)), 201
        )
        self.assertEqual(told["lines"][0]["held"], 0)

    def test_odd_times_and_names_are_refused_in_words(self):
        for ttl in (0, -5, 315_360_000, "60", 1.5):
            body = self.hold_body("H-5", ttl=ttl)
            answer = self.post("/holds", body)
            self.assertEqual(answer.status_code, 422, ttl)
            self.assertIn(answer.json()["code"], ("invalid", "ttl"))
        problem = self.refused(
            self.post("/holds", self.hold_body("H-5", ttl=14401)), "ttl"
        )
        self.assertEqual(problem["maximum"], 14400)
        body = self.hold_body("H-5")
        body["lines"][0]["sku"] = "NOBODY"
        self.refused(self.post("/holds", body), "unknown_sku")
        body = self.hold_body("H-5")
        body["lines"][0]["node"] = "nowhere"
        self.refused(self.post("/holds", body), "unknown_node")
        for quantity in (0, -1, 1.5, "1", 10**9, True):
            answer = self.post("/holds", self.hold_body("H-5", quantity))
            self.refused(answer, "invalid")
        self.refused(self.get("/holds/H-5"), "unknown_hold")
        self.assertEqual(self.position().held, 0)

    def test_two_lines_of_the_same_goods_share_what_is_there(self):
        body = self.hold_body("H-6", 7, partial=True)
        body["lines"] *= 2
        told = self.good(self.post("/holds", body), 201)
        self.assertEqual([line["held"] for line in told["lines"]], [7, 3])

    def test_order_redeems_its_hold_without_a_gap(self):
        self.good(self.post("/holds", self.hold_body("H-7", 10)), 201)
        body = self.order_body("A-20", ("SKU-1", 10), hold="H-7")
        self.good(self.post("/orders", body), 201)
        self.assertEqual(self.position().held, 10)
        told = self.good(self.get("/holds/H-7"))
        self.assertEqual((told["state"], told["order"]), ("redeemed", "A-20"))
        self.work()
        self.assertEqual(self.good(self.get("/orders/A-20"))["state"], "confirmed")
        self.assertEqual(self.position().available, 0)

    def test_hold_that_has_expired_counts_no_more_and_is_not_extended(self):
        self.good(self.post("/holds", self.hold_body("H-8", 10)), 201)
        self.env.cr.execute(
            "UPDATE channel_api_hold SET expires_at = now() - interval '1 minute';"
            "UPDATE channel_hold SET expires_at = now() - interval '1 minute' "
            " WHERE api_hold_id IS NOT NULL"
        )
        self.env.invalidate_all()
        self.assertEqual(self.good(self.get("/holds/H-8"))["state"], "expired")
        self.refused(self.post("/holds/H-8/extend", {"ttl": 60}), "hold_ended")
        self.assertEqual(self.position().held, 0)
        self.good(self.post("/holds", self.hold_body("H-9", 10)), 201)
        self.env["channel.api.hold"]._sweep()
        self.assertEqual(self.good(self.get("/holds/H-8"))["state"], "expired")
        self.assertEqual(self.good(self.get("/holds/H-9"))["state"], "held")

    def test_frozen_number_does_not_multiply_what_is_there(self):
        terms = {"reason": "Counting", "valid_until": "2099-01-01"}
        self.make_rule(self.env, "freeze", 6, **terms)
        self.publish()
        body = self.hold_body("H-10", 6)
        self.good(self.post("/holds", body), 201)
        told = self.good(
            self.post("/holds", self.hold_body("H-11", 6, partial=True)), 201
        )
        self.assertEqual(told["lines"][0]["held"], 4)

    def test_pack_is_held_in_stock_units(self):
        self.listing.write({"pack_qty": 4})
        self.publish()
        told = self.good(
            self.post("/holds", self.hold_body("H-12", 3, partial=True)), 201
        )
        self.assertEqual(told["lines"][0]["held"], 2)
        self.assertEqual(self.position().held, 8)
