# SPDX-License-Identifier: AGPL-3.0-or-later
import json
from types import SimpleNamespace

from odoo.addons.channel_inventory_base.lib import errors
from odoo.addons.channel_inventory_base.schemas import LevelEntry

from ..lib import push
from .common import PureCase


def entry(line, ref, quantity, base=0):
    return LevelEntry(line, ref, "shop", quantity, base)


class TestPush(PureCase):
    def run_push(self, entries, *answers, protocol=push.REST):
        answers = list(answers)
        self.sent = []

        def change(method, route, body, **params):
            self.assertEqual(method, "POST")
            self.sent.append((route, body))
            answer = answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        client = SimpleNamespace(change=change)
        work = push.Push(push.freeze(entries, protocol), "key", client)
        return {line: (status, code) for line, status, code in work.run()}

    def item(self, number, quantity, **values):
        return {
            "id": number,
            "stock_quantity": quantity,
            "manage_stock": True,
            "type": "simple",
            **values,
        }

    def test_equal_entries_give_equal_text(self):
        entries = [entry(1, "12", 5)]
        self.assertEqual(
            push.freeze(entries, push.REST), push.freeze(entries, push.REST)
        )

    def test_variations_go_through_their_parents(self):
        results = self.run_push(
            [entry(1, "12", 5), entry(2, "20/21", 6), entry(3, "20/22", 7)],
            {"update": [self.item(12, 5)]},
            {"update": [self.item(21, 6), self.item(22, 7)]},
        )
        self.assertEqual(set(results.values()), {("acked", "")})
        routes = [route for route, _body in self.sent]
        self.assertEqual(
            routes, ["wc/v3/products/batch", "wc/v3/products/20/variations/batch"]
        )

    def test_stock_that_variations_share_goes_to_their_product(self):
        results = self.run_push(
            [entry(1, "20/all", 6), entry(2, "30/all", 7), entry(3, "40/all", 8)],
            {
                "update": [
                    self.item(20, 6, type="variable"),
                    self.item(30, 7),
                    self.item(40, None, type="variable", manage_stock=False),
                ]
            },
        )
        self.assertEqual(
            results,
            {
                1: ("acked", ""),
                2: ("rejected", "NOT_SHARED"),
                3: ("rejected", "UNMANAGED"),
            },
        )
        [(route, body)] = self.sent
        self.assertEqual(route, "wc/v3/products/batch")
        self.assertEqual(body["update"][0], {"id": 20, "stock_quantity": 6})

    def test_the_plugin_is_told_that_stock_is_shared(self):
        results = self.run_push(
            [entry(1, "20/all", 6, 4), entry(2, "30/all", 7, 4)],
            {
                "items": [
                    {"id": 20, "status": "ok", "quantity": 6},
                    {"id": 30, "status": "rejected", "code": "variable"},
                ]
            },
            protocol=push.PLUGIN,
        )
        self.assertEqual(results, {1: ("acked", ""), 2: ("rejected", "OLD_COMPANION")})
        self.assertEqual(
            [item["shared"] for item in self.sent[0][1]["items"]], [True] * 2
        )

    def test_a_200_is_no_yes(self):
        """Each value of the answer is compared with what was sent."""
        gone = {"code": "woocommerce_rest_product_invalid_id", "message": "x"}
        moved = {"code": "woocommerce_rest_invalid_product_id", "message": "x"}
        results = self.run_push(
            [entry(number, str(number), 5) for number in range(1, 9)],
            {
                "update": [
                    self.item(1, 5),
                    {"id": 2, "error": gone},
                    {"id": 3, "error": moved},
                    self.item(4, None, manage_stock=False),
                    self.item(5, 9, manage_stock="parent"),
                    self.item(6, 5, type="variable"),
                    self.item(7, 4),
                ]
            },
        )
        self.assertEqual(
            results,
            {
                1: ("acked", ""),
                2: ("rejected", "GONE"),
                3: ("rejected", "VARIATION"),
                4: ("rejected", "UNMANAGED"),
                5: ("rejected", "PARENT"),
                6: ("rejected", "VARIABLE"),
                # it has landed: the shop has sold since
                7: ("acked", ""),
                8: ("retry", "NO_RESULT"),
            },
        )

    def test_only_whole_numbers_are_sent(self):
        payload = json.loads(push.freeze([entry(1, "12", 5.0)], push.REST))
        self.assertIs(type(payload["items"][0]["quantity"]), int)

    def test_an_entry_without_an_id_keeps_nobody_back(self):
        results = self.run_push(
            [entry(1, "x", 5), entry(2, None, 5), entry(3, "12", 5)],
            {"update": [self.item(12, 5)]},
        )
        self.assertEqual(results[1], ("rejected", "INVALID_ID"))
        self.assertEqual(results[2], ("rejected", "INVALID_ID"))
        self.assertEqual(results[3], ("acked", ""))

    def test_a_deleted_parent_takes_its_variations_along(self):
        results = self.run_push(
            [entry(1, "20/21", 6), entry(2, "12", 5)],
            errors.NotFound("no"),
            {"update": [self.item(12, 5)]},
        )
        self.assertEqual(results, {1: ("rejected", "GONE"), 2: ("acked", "")})

    def test_an_outage_half_way_keeps_what_was_done(self):
        results = self.run_push(
            [entry(1, "12", 5), entry(2, "20/21", 6), entry(3, "30/31", 6)],
            {"update": [self.item(12, 5)]},
            errors.Unavailable("down", uncertain=True),
        )
        self.assertEqual(results, {1: ("acked", "")})
        with self.assertRaises(errors.Unavailable):
            self.run_push([entry(1, "12", 5)], errors.Unavailable("down"))

    def test_a_batch_without_results_is_an_outage(self):
        for answer in ({}, [], {"update": None}, None):
            with self.assertRaises(errors.Unavailable) as caught:
                self.run_push([entry(1, "12", 5)], answer)
            self.assertTrue(caught.exception.uncertain)

    def test_the_plugin_is_told_what_we_believe(self):
        results = self.run_push(
            [entry(1, "12", 5, 7), entry(2, "20/21", 6, 4), entry(3, "9", 1)],
            {
                "items": [
                    {"id": 12, "status": "ok", "quantity": 5},
                    {"id": 21, "status": "stale", "quantity": 3},
                    {"id": 9, "status": "rejected", "code": "parent"},
                ]
            },
            protocol=push.PLUGIN,
        )
        self.assertEqual(
            results, {1: ("acked", ""), 2: ("stale", ""), 3: ("rejected", "PARENT")}
        )
        [(route, body)] = self.sent
        self.assertEqual((route, body["key"]), ("wc-chansync/v1/stock", "key"))
        self.assertEqual(
            body["items"][0],
            {"id": 12, "quantity": 5, "compare": 7, "allow_less": True},
        )
