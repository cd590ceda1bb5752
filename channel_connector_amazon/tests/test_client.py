# SPDX-License-Identifier: AGPL-3.0-or-later
import gzip
import json
import threading

import requests

from odoo.addons.channel_inventory_base.lib import errors

from ..const import OPERATIONS
from ..lib import lwa
from .common import (
    API,
    DE,
    FakeResponse,
    FakeSession,
    PureCase,
    Shared,
    asked,
    make_client,
    refusal,
)
from .orders import order

DENIED = refusal(403, "Unauthorized", "Access to requested resource is denied.")
OVER = refusal(429, "QuotaExceeded", "You exceeded your quota.")


class TestClient(PureCase):
    def error(self, answer, name="getOrder", **params):
        client, _session, _clock = make_client(answer)
        with self.assertRaises(errors.ClientError) as caught:
            client.call(name, **(params or {"orderId": "1"}))
        return caught.exception

    # ------------------------------------------------------------- requests
    def test_token_is_in_its_header_and_lists_are_separated_by_commas(self):
        client, session, _clock = make_client({"orders": []})
        client.call("searchOrders", marketplaceIds=[DE, "A b"], paginationToken=None)
        [sent] = session.sent
        self.assertEqual(sent["headers"]["x-amz-access-token"], "Atza|1")
        self.assertNotIn("Authorization", sent["headers"])
        path, query = asked(sent)
        self.assertEqual(path, "/orders/2026-01-01/orders")
        self.assertEqual(query, {"marketplaceIds": f"{DE},A%20b"})
        self.assertFalse(sent["allow_redirects"])

    def test_sku_with_a_slash_stays_one_part_of_the_path(self):
        client, session, _clock = make_client({"sku": "a/b"})
        client.call(
            "getListingsItem", sellerId="A1", sku="a/../b?c", marketplaceIds=[DE]
        )
        self.assertIn("/A1/a%2F..%2Fb%3Fc?", session.sent[0]["url"])

    def test_request_that_lacks_a_part_of_its_path_is_never_sent(self):
        client, session, _clock = make_client({})
        with self.assertRaises(ValueError):
            client.call("getListingsItem", sellerId="A1")
        self.assertEqual(session.sent, [])

    def test_what_belongs_to_no_seller_has_the_application_s_token(self):
        client, session, _clock = make_client({"payload": []})
        client.call("getDestinations")
        self.assertEqual(session.sent[0]["headers"]["x-amz-access-token"], "Atc|1")

    def test_no_content_is_an_empty_answer(self):
        client, _session, _clock = make_client(FakeResponse(204))
        self.assertEqual(client.call("confirmShipment", {}, orderId="1"), {})

    def test_amounts_stay_what_they_were_written_as(self):
        client, _session, _clock = make_client(FakeResponse(body=b'{"amount": 0.10}'))
        self.assertEqual(client.call("getOrder", orderId="1"), {"amount": "0.10"})

    # --------------------------------------------------------------- errors
    def test_what_each_status_means(self):
        for answer, kind in (
            (refusal(400, "InvalidInput"), "Refused"),
            (refusal(401, "MissingAuthenticationToken"), "Unauthorized"),
            (refusal(403, "InvalidInput"), "Forbidden"),
            (FakeResponse(403, b"<html>blocked</html>"), "Unavailable"),
            (refusal(404, "NotFound"), "NotFound"),
            (FakeResponse(404, b"<html>"), "Misconfigured"),
            (refusal(409, "Conflict"), "Refused"),
            (refusal(413, "RequestTooLarge"), "Refused"),
            (FakeResponse(301, b"", {"Location": "https://x"}), "Misconfigured"),
            (OVER, "Throttled"),
            (refusal(500, "InternalFailure"), "Unavailable"),
            (FakeResponse(503, b"busy"), "Unavailable"),
            (FakeResponse(200, b"<html>"), "Unavailable"),
            (FakeResponse(200, b"[]"), "Unavailable"),
        ):
            with self.subTest(kind, status=answer.status_code):
                self.assertEqual(type(self.error(answer)).__name__, kind)

    def test_code_words_and_request_id_of_a_refusal_are_told(self):
        answer = refusal(
            400, "InvalidInput", "Wrong", "shipDate", **{"x-amzn-RequestId": "r-1"}
        )
        error = self.error(answer)
        self.assertEqual((error.code, str(error)), ("InvalidInput", "Wrong (shipDate)"))
        self.assertEqual(error.request_id, "r-1")

    def test_words_of_what_is_not_amazon_are_told_to_nobody(self):
        inner = "secrets is forbidden: db01 has 10.0.0.7"
        for status in (400, 403, 404, 429, 500):
            for body in (
                {"message": inner},
                {"errors": inner},
                {"errors": [inner]},
                {"errors": [{"code": inner, "message": inner}]},
                {"errors": [{"code": "X", "message": {"a": inner}}]},
                inner.encode(),
            ):
                with self.subTest(status=status, body=body):
                    error = self.error(FakeResponse(status, body))
                    self.assertNotIn("db01", f"{error} {error.detail} {error.code}")

    def test_no_error_shows_a_token(self):
        error = self.error(refusal(400, "InvalidInput", "no such token Atza|1"))
        self.assertNotIn("Atza|1", f"{error} {error.detail}")
        error = self.error(requests.ConnectionError("x-amz-access-token: Atza|1"))
        self.assertNotIn("Atza|1", f"{error} {error.__context__}")

    def test_order_that_was_cut_off_is_not_quoted(self):
        body = json.dumps({"order": order()}).encode()[:-9]
        error = self.error(FakeResponse(200, body))
        self.assertEqual(error.code, "NOT_JSON")
        self.assertNotIn("Street 1", f"{error} {error.detail}")
        self.assertNotIn("Ada", f"{error} {error.detail}")

    def test_lost_answer_is_uncertain_where_something_was_changed(self):
        lost = requests.ConnectionError("reset")
        self.assertFalse(self.error(lost).uncertain)
        shipped = self.error(lost, "confirmShipment", orderId="1")
        self.assertTrue(shipped.uncertain)

    def test_only_what_may_be_done_twice_is_sent_again(self):
        lost = requests.ConnectionError("reset")
        for name, params, times in (
            ("getOrder", {"orderId": "1"}, 3),
            ("patchListingsItem", {"sellerId": "A", "sku": "a"}, 1),
            ("confirmShipment", {"orderId": "1"}, 1),
            ("createFeed", {}, 1),
        ):
            with self.subTest(name):
                client, session, _clock = make_client(lost)
                with self.assertRaises(errors.Unavailable):
                    client.call(name, {}, **params)
                self.assertEqual(len(session.sent), times)

    # --------------------------------------------------------------- tokens
    def test_token_that_has_ended_is_renewed(self):
        client, session, _clock = make_client(DENIED, {"order": {}})
        client.call("getOrder", orderId="1")
        tokens = [each["headers"]["x-amz-access-token"] for each in session.sent]
        self.assertEqual(tokens, ["Atza|1", "Atza|2"])

    def test_refused_with_new_tokens_as_well_the_role_is_missing(self):
        error = self.error(DENIED)
        self.assertIsInstance(error, errors.Forbidden)
        self.assertIn("getOrder", str(error))

    def test_seller_that_withdrew_is_told_apart_from_a_secret_that_ended(self):
        for code in (lwa.REVOKED, *lwa.SECRET_ENDED):
            session = FakeSession(FakeResponse(400, {"error": code}))
            grant = lwa.seller_grant("id", "secret", session=session)
            with self.assertRaises(errors.Unauthorized) as caught:
                grant("Atzr|1")
            self.assertEqual(caught.exception.code, code)

    def test_token_of_the_application_has_a_scope(self):
        answer = {"access_token": "Atc|1", "expires_in": 3600}
        session = FakeSession(FakeResponse(body=answer))
        lwa.application_grant("id", "secret", session=session)(None)
        self.assertIn(b"scope=sellingpartnerapi%3A%3Anoti", session.sent[0]["data"])
        self.assertEqual(session.sent[0]["url"], "https://api.amazon.com/auth/o2/token")


class TestBuckets(PureCase):
    def test_search_that_was_refused_waits_for_a_token_and_delays_nobody_else(self):
        shared = Shared()
        client, session, clock = make_client(OVER, shared=shared)
        with self.assertRaises(errors.Throttled) as caught:
            client.call("searchOrders")
        self.assertAlmostEqual(caught.exception.retry_after, 1 / 0.0056, places=3)
        # no worker of any process asks again before: not even Amazon is asked
        with self.assertRaises(errors.Throttled):
            make_client({}, shared=shared)[0].call("searchOrders")
        self.assertEqual(len(session.sent), 1)
        other, session, _clock = make_client({}, shared=shared)
        other.call("getOrder", orderId="1")
        self.assertEqual((len(session.sent), clock.slept), (1, []))

    def test_burst_is_used_but_for_one_and_then_the_rate(self):
        shared = Shared()
        client, session, clock = make_client({}, shared=shared)
        operation = OPERATIONS["patchListingsItem"]
        for _each in range(operation.burst - 1):
            client.call("patchListingsItem", {}, sellerId="A", sku="a")
        self.assertEqual(clock.slept, [])
        for _each in range(10):
            client.call("patchListingsItem", {}, sellerId="A", sku="a")
        self.assertAlmostEqual(sum(clock.slept), 10 / operation.rate)
        self.assertEqual(len(session.sent), operation.burst + 9)

    def test_workers_share_one_bucket(self):
        """At Amazon's own count of it no request is one too many."""
        shared, counted, lock = Shared(), [], threading.Lock()
        operation = OPERATIONS["getFeed"]

        def amazon(_sent):
            with lock:
                now = shared.clock.now
                counted.append(now)
                recent = [each for each in counted if each > now - 1]
                over = len(recent) > operation.burst + operation.rate
            return OVER if over else FakeResponse(body={})

        def work():
            client, _session, _clock = make_client(amazon, shared=shared)
            for _each in range(20):
                client.call("getFeed", feedId="1")

        workers = [threading.Thread(target=work) for _each in range(3)]
        for each in workers:
            each.start()
        for each in workers:
            each.join()
        self.assertEqual(len(counted), 60)

    def test_rate_of_the_header_is_believed_within_reason(self):
        for told, rate in (("10", 10), ("nan", 5), ("0", 5), ("1e9", 5), ("", 5)):
            with self.subTest(told):
                shared = Shared()
                answer = FakeResponse(body={}, headers={"x-amzn-RateLimit-Limit": told})
                client, _session, _clock = make_client(answer, shared=shared)
                client.call("patchListingsItem", {}, sellerId="A", sku="a")
                store = shared.stores["patchListingsItem"]
                self.assertEqual(store.value["rate"], rate)

    def test_what_never_left_the_house_costs_nothing(self):
        shared = Shared()
        refused = requests.exceptions.ConnectTimeout()
        client, _session, _clock = make_client(refused, shared=shared)
        with self.assertRaises(errors.Unavailable):
            client.call("createFeed", {})
        operation = OPERATIONS["createFeed"]
        level = shared.stores["createFeed"].value["level"]
        self.assertEqual(level, operation.bucket)


class TestDocuments(PureCase):
    URL = "https://tortuga.s3.amazonaws.com/x?X-Amz-Signature=s1"

    def test_feed_is_laid_down_with_its_type_and_without_our_token(self):
        client, session, _clock = make_client(FakeResponse(200))
        document = {"feedDocumentId": "d1", "url": self.URL}
        self.assertEqual(client.upload(document, b"{}", "application/json"), "d1")
        [sent] = session.sent
        self.assertEqual((sent["method"], sent["url"]), ("PUT", self.URL))
        self.assertEqual(sent["data"], b"{}")
        self.assertEqual(sent["headers"]["Content-Type"], "application/json")
        self.assertNotIn("Atza", str(sent["headers"]))

    def test_refusal_of_a_document_shows_no_signature(self):
        for status, kind in ((403, errors.Refused), (503, errors.Unavailable)):
            body = b"<Error>SignatureDoesNotMatch X-Amz-Signature=s1</Error>"
            client, _session, _clock = make_client(FakeResponse(status, body))
            with self.assertRaises(kind) as caught:
                client.upload({"feedDocumentId": "d1", "url": self.URL}, b"", "x")
            error = caught.exception
            self.assertNotIn("s1", f"{error} {error.detail}")

    def test_result_is_read_packed_or_plain(self):
        for packed, body in ((True, gzip.compress(b"a\tb\n")), (False, b"a\tb\n")):
            document = {"url": self.URL}
            if packed:
                document["compressionAlgorithm"] = "GZIP"
            headers = {"Content-Type": "text/plain;charset=Cp1252"}
            client, session, _clock = make_client(FakeResponse(200, body, headers))
            with client.download(document) as found:
                self.assertEqual(found.charset, "cp1252")
                self.assertEqual(list(found.lines()), [b"a\tb"])
            self.assertNotIn("Atza", str(session.sent[0]["headers"]))

    def test_address_that_is_no_address_is_not_asked(self):
        client, session, _clock = make_client({})
        for url in ("file:///etc/passwd", "http://10.0.0.7/", "", None, 5):
            with self.subTest(url), self.assertRaises(errors.Malformed):
                with client.download({"url": url}):
                    self.fail("was opened")
        with self.assertRaises(errors.Malformed):
            with client.download({"url": self.URL, "compressionAlgorithm": "ZIP"}):
                self.fail("was opened")
        self.assertEqual(session.sent, [])

    def test_sandbox_without_tls_lays_its_documents_down_without_it(self):
        client, session, _clock = make_client(
            FakeResponse(200), base_url="http://127.0.0.1:8069"
        )
        document = {"feedDocumentId": "d1", "url": "http://127.0.0.1:8069/d1"}
        client.upload(document, b"", "x")
        self.assertEqual(len(session.sent), 1)
        self.assertTrue(API.startswith("https"))
