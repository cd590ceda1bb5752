# SPDX-License-Identifier: AGPL-3.0-or-later
import json

import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError

from odoo.addons.channel_inventory_base.lib import retry, transport
from odoo.addons.channel_inventory_base.lib.errors import (
    ClientError,
    Forbidden,
    Malformed,
    Misconfigured,
    Refused,
    Throttled,
    Unauthorized,
    Unavailable,
)
from odoo.addons.channel_inventory_base.lib.throttle import Report

from ..lib.answers import cost_report
from ..queries import BULK_START, SET_QUANTITIES, SHOP
from . import common
from .common import FakeClock, FakeResponse, FakeSession, FakeStore, PureCase

GOOD = common.answer({"shop": {"name": "Shop"}})
LOST = requests.exceptions.ReadTimeout("read timed out")
UNREACHED = requests.exceptions.ConnectionError(
    MaxRetryError(None, "/", NewConnectionError(None, "refused"))
)
KEYED = {"input": {"name": "available"}, "key": "k-1"}


class TestClient(PureCase):
    def setUp(self):
        super().setUp()
        self.clock = FakeClock()

    def client(self, *answers, **options):
        self.session = FakeSession(*answers)
        return common.make_client(self.session, self.clock, **options)

    def fail(self, document, *answers, kind=ClientError, **options):
        client = self.client(*answers, **options)
        with self.assertRaises(kind) as caught:
            client.execute(document, KEYED)
        return caught.exception

    # ------------------------------------------------------------- request
    def test_request_names_version_and_carries_token_in_header_only(self):
        self.client(GOOD).execute(SHOP)
        [sent] = self.session.sent
        self.assertEqual(sent["url"], f"{common.SHOP}/admin/api/2026-07/graphql.json")
        self.assertEqual(sent["headers"]["X-Shopify-Access-Token"], common.TOKEN)
        self.assertNotIn(common.TOKEN.encode(), sent["data"])
        self.assertFalse(sent["allow_redirects"])
        self.assertTrue(sent["timeout"])

    def test_served_version_is_noticed(self):
        reply = FakeResponse(body=GOOD, headers={"X-Shopify-API-Version": "2026-10"})
        client = self.client(reply)
        client.execute(SHOP)
        self.assertEqual(client.served_version, "2026-10")

    # ------------------------------------------------------------- retries
    def test_outage_is_waited_out_with_growing_delays(self):
        down = FakeResponse(503, b"<html>down</html>")
        self.client(down, down, GOOD).execute(SHOP)
        self.assertEqual(self.clock.slept, [0.5, 1.0])

    def test_attempts_are_bounded(self):
        error = self.fail(SHOP, FakeResponse(502), kind=Unavailable)
        self.assertEqual(len(self.session.sent), 4)
        self.assertEqual(error.status, 502)

    def test_retry_after_is_honoured(self):
        busy = FakeResponse(429, headers={"Retry-After": "2.0"})
        self.client(busy, GOOD).execute(SHOP)
        self.assertIn(2.0, self.clock.slept)

    def test_long_wait_is_left_to_the_caller(self):
        busy = FakeResponse(429, headers={"Retry-After": "600"})
        error = self.fail(SHOP, busy, kind=Throttled)
        self.assertEqual(error.retry_after, 600)
        self.assertEqual(len(self.session.sent), 1)

    def test_throttled_in_200_waits_until_the_points_are_there(self):
        empty = common.graphql_error(
            "THROTTLED", extensions={"cost": common.costs(10, 110)}
        )
        self.client(empty, GOOD).execute(SHOP)
        self.assertAlmostEqual(sum(self.clock.slept), 1.0, 1)

    def test_security_rejection_and_locked_shop_are_not_hammered(self):
        for status, kind in ((430, Throttled), (423, Unavailable)):
            error = self.fail(SHOP, FakeResponse(status), kind=kind)
            self.assertEqual(len(self.session.sent), 1)
            self.assertEqual(error.retry_after, 60)

    def test_wait_of_years_is_an_hour(self):
        reply = FakeResponse(429, headers={"Retry-After": "999999999"})
        self.assertEqual(self.fail(SHOP, reply, kind=Throttled).retry_after, 3600)

    def test_refusals_are_final(self):
        for reply, kind in (
            (FakeResponse(403, b"no"), Forbidden),
            (FakeResponse(402, b"pay"), Misconfigured),
            (FakeResponse(404, b"?"), Misconfigured),
            (FakeResponse(301, headers={"Location": "//x"}), Misconfigured),
            (FakeResponse(400, b"?"), Refused),
            (common.graphql_error("ACCESS_DENIED"), Forbidden),
            (common.graphql_error("SHOP_INACTIVE"), Misconfigured),
            (common.graphql_error("INVALID_FIELD_ARGUMENTS"), Refused),
            ({"errors": "[API] Invalid API key"}, Refused),
            ({"errors": [None], "data": None}, Refused),
            ({"data": None}, Refused),
        ):
            with self.subTest(reply=reply):
                self.fail(SET_QUANTITIES, reply, kind=kind)
                self.assertEqual(len(self.session.sent), 1)

    def test_half_an_answer_is_none(self):
        half = dict(common.graphql_error("ACCESS_DENIED"), data={"shop": {"name": "x"}})
        self.fail(SHOP, half, kind=Forbidden)

    def test_worst_error_counts(self):
        errors = common.graphql_error("THROTTLED")["errors"]
        errors = [{"message": "odd"}, *errors]
        self.fail(SHOP, {"errors": errors}, kind=Throttled)

    # ------------------------------------------------------ lost mutations
    def test_lost_mutation_is_repeated_byte_for_byte(self):
        done = common.answer({"inventorySetQuantities": {"userErrors": []}})
        self.client(LOST, FakeResponse(500), done).execute(SET_QUANTITIES, KEYED)
        bodies = {sent["data"] for sent in self.session.sent}
        self.assertEqual((len(self.session.sent), len(bodies)), (3, 1))
        self.assertEqual(json.loads(bodies.pop())["variables"]["key"], "k-1")

    def test_lost_mutation_is_uncertain(self):
        for reply in (
            LOST,
            FakeResponse(500),
            FakeResponse(200, b"<html>proxy</html>"),
            FakeResponse(200, b'{"data": {"inventorySet'),
            FakeResponse(200, b"{", error=requests.exceptions.ChunkedEncodingError()),
            common.graphql_error("INTERNAL_SERVER_ERROR"),
        ):
            with self.subTest(reply=reply):
                error = self.fail(SET_QUANTITIES, reply, kind=Unavailable)
                self.assertTrue(error.uncertain)

    def test_uncertain_once_is_uncertain_for_good(self):
        busy = FakeResponse(429, headers={"Retry-After": "600"})
        error = self.fail(SET_QUANTITIES, LOST, busy, kind=Throttled)
        self.assertTrue(error.uncertain)

    def test_mutation_without_key_is_not_repeated_when_lost(self):
        error = self.fail(BULK_START, LOST, kind=Unavailable)
        self.assertTrue(error.uncertain)
        self.assertEqual(len(self.session.sent), 1)

    def test_what_never_left_is_certain(self):
        error = self.fail(BULK_START, UNREACHED, kind=Unavailable)
        self.assertFalse(error.uncertain)
        self.assertEqual(len(self.session.sent), 4)

    def test_lost_query_is_certain(self):
        self.assertFalse(self.fail(SHOP, LOST).uncertain)

    def test_words_of_what_is_no_shopify_are_told_to_nobody(self):
        """The address may be that of a service of the house."""
        inner = "db01 at 10.0.0.7"
        for errors in (
            inner,
            [{"message": inner}],
            [{"message": inner, "extensions": {"code": inner}}],
            {"x": inner},
            [inner],
        ):
            for data in ({}, {"data": None}, {"data": {"a": inner}}):
                error = self.fail(SHOP, {"errors": errors, **data})
                with self.subTest(errors=errors):
                    self.assertNotIn("db01", f"{error} {error.code} {error.detail}")
            head = {"X-Shopify-API-Version": "2026-07"}
            told = self.fail(SHOP, FakeResponse(200, {"errors": errors}, head))
            self.assertIn(inner if isinstance(errors, str) else "", str(told))

    # -------------------------------------------------------------- bounds
    def test_endless_answer_is_cut(self):
        big = FakeResponse(body=b" " * (transport.MAX_BYTES + 1))
        self.assertEqual(self.fail(SHOP, big).code, "TOO_LARGE")

    def test_trickling_answer_is_given_up(self):
        client = self.client(FakeResponse(body=b" " * 200_000), attempts=1)
        real = FakeResponse.read1

        def trickle(response, size, decode_content):
            self.clock.now += 40
            return real(response, size, decode_content)

        self.patch(FakeResponse, "read1", trickle)
        with self.assertRaisesRegex(Unavailable, "too long"):
            client.execute(SHOP)

    # -------------------------------------------------------------- tokens
    def test_refused_static_token_is_final(self):
        self.fail(SHOP, FakeResponse(401), kind=Unauthorized)
        self.assertEqual(len(self.session.sent), 1)

    def test_refused_token_is_renewed_and_then_is_final(self):
        class Tokens:
            asked = 0

            def get(self):
                return "old"

            def renew(self, rejected):
                self.asked += 1
                return f"new-{self.asked}"

        tokens = Tokens()
        client = self.client(FakeResponse(401), GOOD, tokens=tokens)
        client.execute(SHOP)
        self.assertEqual(tokens.asked, 1)
        sent = [each["headers"]["X-Shopify-Access-Token"] for each in self.session.sent]
        self.assertEqual(sent, ["old", "new-1"])
        refused = [FakeResponse(401)] * 3
        client = self.client(*refused, tokens=tokens)
        self.assertRaises(Unauthorized, client.execute, SHOP)
        self.assertEqual((tokens.asked, len(self.session.sent)), (3, 3))

    def test_what_another_worker_got_may_have_expired_as_well(self):
        """A job that runs for long knows the token before last; that the next one is
        refused too must not stop the channel until a person has acted."""

        class Tokens:
            def get(self):
                return "before-last"

            def renew(self, rejected):
                return {"before-last": "last", "last": "new"}[rejected]

        client = self.client(
            FakeResponse(401), FakeResponse(401), GOOD, tokens=Tokens()
        )
        client.execute(SHOP)
        sent = [each["headers"]["X-Shopify-Access-Token"] for each in self.session.sent]
        self.assertEqual(sent, ["before-last", "last", "new"])

    def test_errors_and_logs_hold_no_token(self):
        leaky = requests.exceptions.ConnectionError(f"token={common.TOKEN}")
        with self.assertLogs(retry._logger, "DEBUG") as logs:
            error = self.fail(SHOP, leaky)
        self.assertIsNone(error.__cause__)
        self.assertIsNone(error.__context__)
        texts = [str(error), repr(error.__dict__), *logs.output]
        self.assertFalse([text for text in texts if common.TOKEN in text])

    # ------------------------------------------------------------ throttle
    def test_points_are_reserved_before_and_learned_after(self):
        store = FakeStore()
        self.client(common.answer({}, available=123, cost=77), store=store).execute(
            SHOP
        )
        self.assertEqual(store.value["level"], 123)
        self.assertEqual(store.value["taken"], {})
        self.assertEqual(store.value["costs"], {"Shop": 77})

    def test_429_pauses_every_worker(self):
        store = FakeStore()
        busy = FakeResponse(429, headers={"Retry-After": "600"})
        self.fail(SHOP, busy, kind=Throttled, store=store)
        error = self.fail(SHOP, GOOD, kind=Throttled, store=store)
        self.assertGreater(error.retry_after, 500)
        self.assertEqual(len(self.session.sent), 0)

    # ---------------------------------------------------------------- bulk
    def test_bulk_lines_are_streamed_without_token(self):
        body = b'{"id": 1}\n{"id": 2}\n\n{"id": 3}'
        client = self.client(FakeResponse(body=body))
        lines = list(client.stream_lines("https://storage.example.com/f?sig=1"))
        self.assertEqual([line["id"] for line in lines], [1, 2, 3])
        self.assertEqual(self.session.sent[0]["headers"], {"Accept-Encoding": "gzip"})

    def test_bad_bulk_files_are_refused(self):
        for url, reply, kind in (
            ("http://storage.example.com/f", FakeResponse(), Malformed),
            ("file:///etc/passwd", FakeResponse(), Malformed),
            ("https://s.example.com/f", FakeResponse(body=b"{}\nno"), Malformed),
            ("https://s.example.com/f", FakeResponse(body=b"[]"), Malformed),
            ("https://s.example.com/f", FakeResponse(403), Unavailable),
            ("https://s.example.com/f", FakeResponse(body=b"x" * 2_000_000), Malformed),
        ):
            with self.subTest(url=url), self.assertRaises(kind):
                list(self.client(reply).stream_lines(url))

    def test_figures_that_cannot_be_are_not_believed(self):
        """They are shared by all workers: believed once, they would stop the shop."""
        good = common.costs(1300, 400)["throttleStatus"]
        for name, value in (
            ("maximumAvailable", "2000"),
            ("maximumAvailable", 10**30),
            ("maximumAvailable", -1),
            ("currentlyAvailable", float("-inf")),
            ("currentlyAvailable", -(10**12)),
            ("restoreRate", 0),
            ("restoreRate", True),
            ("restoreRate", float("nan")),
        ):
            cost = {"throttleStatus": {**good, name: value}}
            with self.subTest(name=name, value=value):
                self.assertIsNone(cost_report({"extensions": {"cost": cost}}))
        for cost in ("7", 10**12, -1, [1]):
            broken = {"throttleStatus": good, "requestedQueryCost": cost}
            self.assertIsNone(cost_report({"extensions": {"cost": broken}}))
        whole = {"throttleStatus": good}
        self.assertEqual(
            cost_report({"extensions": {"cost": whole}}), Report(1300, 2000, 100)
        )
