# SPDX-License-Identifier: AGPL-3.0-or-later
from urllib.parse import parse_qs, urlsplit

import requests

from odoo.addons.channel_inventory_base.lib import errors, oauth1

from ..lib import site
from .common import FakeResponse, PureCase, html, make_client, refusal


class TestClient(PureCase):
    def error(self, answer, method="GET"):
        client, _session, _slept = make_client(answer)
        with self.assertRaises(errors.ClientError) as caught:
            if method == "GET":
                client.get("wc/v3/orders")
            else:
                client.change(method, "wc/v3/orders", {})
        return caught.exception

    # ---------------------------------------------------------------- keys
    def test_basic_over_https(self):
        client, session, _slept = make_client([])
        client.get("wc/v3/orders", page=2)
        [sent] = session.sent
        url, _mark, query = sent["url"].partition("?")
        self.assertEqual(url, "https://shop.example.com/wp-json/wc/v3/orders")
        self.assertEqual(parse_qs(query)["page"], ["2"])
        self.assertEqual(sent["headers"]["Authorization"], "Basic Y2tfMTpjc18x")
        self.assertFalse(sent["allow_redirects"])

    def test_oauth_over_http_and_the_secret_never_travels(self):
        client, session, _slept = make_client([], base_url="http://shop.test/wp")
        client.get("wc/v3/orders", search="a b")
        [sent] = session.sent
        self.assertNotIn("Authorization", sent["headers"])
        self.assertNotIn("cs_1", sent["url"])
        query = {k: v for k, [v] in parse_qs(urlsplit(sent["url"]).query).items()}
        signature = query.pop("oauth_signature")
        url = "http://shop.test/wp/wp-json/wc/v3/orders"
        self.assertEqual(signature, oauth1.sign("GET", url, query, "cs_1"))

    def test_plain_permalinks_are_part_of_the_signature(self):
        client, session, _slept = make_client(
            [], base_url="http://shop.test", plain=True
        )
        client.get("wc/v3/orders")
        query = parse_qs(urlsplit(session.sent[0]["url"]).query)
        self.assertEqual(query["rest_route"], ["/wc/v3/orders"])
        params = {k: v for k, [v] in query.items() if k != "oauth_signature"}
        wanted = oauth1.sign("GET", "http://shop.test/", params, "cs_1")
        self.assertEqual(query["oauth_signature"], [wanted])

    def test_index_is_asked_without_keys(self):
        client, session, _slept = make_client({"namespaces": []})
        client.index()
        self.assertNotIn("Authorization", session.sent[0]["headers"])

    def test_no_error_shows_a_key(self):
        failure = requests.ConnectionError("https://x?consumer_secret=cs_1")
        error = self.error(failure)
        self.assertNotIn("cs_1", f"{error} {error.detail} {error.__context__}")

    # -------------------------------------------------------------- refusals
    def test_what_each_status_means(self):
        for answer, kind in [
            (refusal(401, "woocommerce_rest_authentication_error"), "Unauthorized"),
            (
                refusal(
                    401, "x", "The API key provided does not have write permissions."
                ),
                "Forbidden",
            ),
            (refusal(403, "woocommerce_rest_cannot_view"), "Forbidden"),
            (html(403), "Unavailable"),
            (refusal(404, "rest_no_route"), "Misconfigured"),
            (refusal(404, "woocommerce_rest_shop_order_invalid_id"), "NotFound"),
            (html(404), "Misconfigured"),
            (refusal(409, "wc_chansync_key_reused"), "BurntKey"),
            (refusal(413, "woocommerce_rest_request_entity_too_large"), "Refused"),
            (refusal(400, "rest_invalid_param"), "Refused"),
            (html(429), "Throttled"),
            (html(502), "Unavailable"),
            (refusal(500, "internal_server_error"), "Unavailable"),
            (FakeResponse(301, b"", {"Location": "https://x/"}), "Misconfigured"),
        ]:
            with self.subTest(kind):
                self.assertEqual(type(self.error(answer, "POST")).__name__, kind)

    def test_words_of_what_is_no_wordpress_are_told_to_nobody(self):
        """The address may be that of a service of the house."""
        inner = "secrets is forbidden: db01 has 10.0.0.7"
        for status in (400, 401, 403, 404, 409, 422, 429, 500, 503):
            for body in (
                {"kind": "Status", "message": inner, "code": status},
                {"message": inner, "status": status},
                {"code": "PGRST301", "message": inner, "data": {"status": status}},
                {"code": "error", "message": inner},
                {"code": inner, "message": inner, "data": {"status": status}},
                {"error": {"code": "x", "message": inner}},
                [inner],
                inner,
            ):
                with self.subTest(status=status, body=body):
                    self.assertNotIn(
                        "db01", str(self.error(FakeResponse(status, body)))
                    )
        told = FakeResponse(301, b"", {"Location": "https://x.example/a?token=secret"})
        self.assertEqual(str(self.error(told)), "https://x.example/a")

    def test_words_of_plugins_are_told(self):
        for code in (
            "rest_forbidden",
            "woocommerce_rest_x",
            "wc_chansync_y",
            "acme-no",
        ):
            error = self.error(refusal(400, code, "Out of luck"))
            self.assertIn("Out of luck", str(error))

    def test_500_of_woocommerce_itself_is_permanent(self):
        """A refund that a gateway cannot do, or of more than was paid."""
        answer = refusal(500, "woocommerce_rest_cannot_create_order_refund")
        self.assertIsInstance(self.error(answer, "POST"), errors.Refused)

    def test_lost_answers_of_writes_are_uncertain_and_of_reads_are_not(self):
        for answer in (
            requests.ReadTimeout(),
            html(),
            FakeResponse(200, b'{"update": ['),
            html(502),
        ):
            with self.subTest(type(answer).__name__):
                self.assertTrue(self.error(answer, "POST").uncertain)
                self.assertFalse(self.error(answer).uncertain)

    def test_what_never_arrived_is_certain(self):
        error = self.error(requests.ConnectTimeout(), "POST")
        self.assertFalse(error.uncertain)
        rolled_back = refusal(503, "wc_chansync_failed")
        self.assertFalse(self.error(rolled_back, "POST").uncertain)

    def test_html_and_broken_json_are_told_apart(self):
        self.assertEqual(self.error(html()).code, "HTML")
        self.assertEqual(self.error(FakeResponse(200, b'[{"id": 1')).code, "NOT_JSON")

    def test_json_behind_warnings_of_php_is_read(self):
        text = b"<br />\n<b>Warning</b>: x in <b>y</b><br />\n" + b'{"id": 1}'
        client, _session, _slept = make_client(FakeResponse(200, text))
        self.assertEqual(client.get("wc/v3/orders/1"), {"id": 1})

    def test_json_is_read_where_it_is_the_only_one(self):
        comment = b"\n<!-- Page generated in 0.4 seconds -->\n"
        for text in (
            b'Notice: Undefined index: a in /srv/x.php on line [8]\n{"id": 1}',
            b'<!-- warm --> {"id": 1}',
            b'{"id": 1}' + comment,
            b"\xef\xbb\xbf" + b'\n\n{"id": 1}<br />\n<b>Warning</b>: x<br />',
        ):
            client, _session, _slept = make_client(FakeResponse(200, text))
            self.assertEqual(client.get("x"), {"id": 1}, text)
        for text in (
            b'{"id": 1}\n{"id": 2}',
            b'[\n{"id": 1},\n{"id"',
            b"<html><body>\n[1]\n</body></html>",
            b"<script>\n[1]\n</script>",
            b'{"items": [\n{"id": 1}\n',
            b"true" + comment,
        ):
            error = self.error(FakeResponse(200, text))
            self.assertIn(error.code, ("NOT_JSON", "HTML"), text)
            self.assertTrue(error.detail)

    def test_answer_of_a_cache_is_none(self):
        for headers in (
            {"Age": "12"},
            {"X-Cache": "HIT from edge"},
            {"X-WC-Cache": "HIT"},
            {"CF-Cache-Status": "STALE"},
            {"X-LiteSpeed-Cache": "hit,private"},
        ):
            error = self.error(FakeResponse(200, b"[]", headers))
            self.assertEqual(error.code, "CACHED", headers)
        for headers in (
            {"Age": "0"},
            {"X-Cache": "MISS"},
            {"CF-Cache-Status": "BYPASS"},
        ):
            client, _session, _slept = make_client(FakeResponse(200, b"[]", headers))
            self.assertEqual(client.get("x"), [])

    def test_no_two_reads_are_the_same_to_a_cache_and_writes_are_none(self):
        client, session, _slept = make_client([], [], [])
        nonces = iter("ab")
        client._nonce = lambda: next(nonces)
        client.get("x")
        client.get("x")
        client.change("POST", "x", {})
        first, second, write = session.sent
        self.assertNotEqual(first["url"], second["url"])
        self.assertEqual(first["headers"]["Cache-Control"], "no-cache")
        self.assertIn("_skip_cache=true", first["url"])
        self.assertNotIn("_nocache", write["url"])

    def test_shop_that_is_silent_is_not_asked_again_by_this_worker(self):
        client, session, slept = make_client(requests.ReadTimeout(), [7])
        times = iter((0, 20.5))
        client._retry.clock = lambda: next(times)
        with self.assertRaises(errors.Unavailable):
            client.get("wc/v3/orders")
        self.assertEqual((len(session.sent), slept), (1, []))

    def test_amounts_keep_their_digits(self):
        client, _session, _slept = make_client(FakeResponse(200, b'{"a": 8.2644630}'))
        self.assertEqual(client.get("x"), {"a": "8.2644630"})

    # -------------------------------------------------------------- retrying
    def test_reads_are_tried_again_and_writes_are_not(self):
        client, session, slept = make_client(html(502), html(503), [7])
        self.assertEqual(client.get("wc/v3/orders"), [7])
        self.assertEqual((len(session.sent), slept), (3, [0.5, 1.0]))
        client, session, _slept = make_client(html(502), [7])
        with self.assertRaises(errors.Unavailable):
            client.change("POST", "wc/v3/orders", {})
        self.assertEqual(len(session.sent), 1)

    def test_each_attempt_is_signed_anew(self):
        """The shop remembers nonces: an equal one would be refused."""
        nonces = iter("abcd")
        client, session, _slept = make_client(html(502), [], base_url="http://s.test")
        client._nonce = lambda: next(nonces)
        client.get("wc/v3/orders")
        first, second = (each["url"] for each in session.sent)
        self.assertNotEqual(first, second)

    def test_long_waits_are_left_to_the_queue(self):
        answer = html(503, **{"Retry-After": "600"})
        client, _session, slept = make_client(answer)
        with self.assertRaises(errors.Unavailable) as caught:
            client.get("wc/v3/orders")
        self.assertEqual((caught.exception.retry_after, slept), (600, []))

    # ----------------------------------------------------------------- pages
    def page(self, items, total, pages):
        headers = {"X-WP-Total": str(total), "X-WP-TotalPages": str(pages)}
        return FakeResponse(200, items, headers)

    def test_all_pages_are_read(self):
        client, _session, _slept = make_client(
            self.page([1, 2], 3, 2), self.page([3], 3, 2)
        )
        self.assertEqual(list(client.pages("wc/v3/products")), [[1, 2], [3]])

    def test_a_list_that_changes_while_it_is_read_is_no_list(self):
        """Something deleted moves all others up by one: one would be missed."""
        client, _session, _slept = make_client(
            self.page([1, 2], 4, 2), self.page([4], 3, 2)
        )
        with self.assertRaises(errors.Unavailable):
            list(client.pages("wc/v3/products"))

    def test_headers_that_only_paging_needs_may_be_missing(self):
        self.assertEqual(make_client([1])[0].page("x"), ([1], None, None))
        self.assertEqual(list(make_client([1, 2])[0].pages("x")), [[1, 2]])
        with self.assertRaises(errors.Malformed):
            list(make_client([1, 2])[0].pages("x", per_page=2))


class TestSite(PureCase):
    INDEX = {"namespaces": ["wc/v3"], "name": "Shop"}

    def find(self, pretty, plain):
        def ask(is_plain):
            answer = plain if is_plain else pretty
            if isinstance(answer, Exception):
                raise answer
            return answer

        return site.find(ask)

    def test_plain_permalinks_are_found(self):
        for error in (
            errors.Misconfigured("", code="NO_REST"),
            errors.Unavailable("", code="HTML"),
        ):
            self.assertEqual(self.find(error, self.INDEX), (True, ["wc/v3"], "Shop"))

    def test_no_rest_at_either(self):
        error = errors.Misconfigured("", code="NO_REST")
        with self.assertRaises(errors.Misconfigured):
            self.find(error, errors.Unavailable("", code="HTML"))

    def test_wordpress_without_woocommerce(self):
        with self.assertRaises(errors.Misconfigured) as caught:
            self.find({"namespaces": ["wp/v2"]}, self.INDEX)
        self.assertEqual(caught.exception.code, "NO_WOOCOMMERCE")

    def test_a_site_that_is_down_is_not_asked_twice(self):
        with self.assertRaises(errors.Unavailable):
            self.find(errors.Unavailable("", code="NO_ANSWER"), self.INDEX)
