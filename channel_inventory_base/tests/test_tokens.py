# SPDX-License-Identifier: AGPL-3.0-or-later
import threading
import time
from contextlib import contextmanager, suppress
from unittest.mock import patch
from urllib.parse import parse_qs

import requests

from ..lib.errors import Misconfigured, Unauthorized, Unavailable
from ..lib.oauth2 import TokenEndpoint
from ..lib.tokens import LEASE, SHORT_LEASE, RenewingToken
from .common_http import FakeClock, FakeResponse, FakeSession, FakeStore, PureCase

URL = "https://shop.example.com/oauth/token"
SECRET = "shpss_secret"


def seal(text):
    return text[::-1]


class TokenCase(PureCase):
    def setUp(self):
        super().setUp()
        self.clock = FakeClock()
        self.store = FakeStore()
        self.asked = []

    def grant(self, refresh):
        self.asked.append(refresh)
        number = len(self.asked)
        answer = {"access_token": f"token-{number}", "expires_in": 86399}
        return dict(answer, refresh_token=f"next-{number}") if refresh else answer

    def tokens(self, **options):
        values = {
            "identity": "one",
            "seal": lambda _name, text: seal(text),
            "unseal": lambda _name, text: seal(text),
            "clock": self.clock,
            "sleep": self.clock.sleep,
            **options,
        }
        return RenewingToken(values.pop("grant", self.grant), self.store, **values)


class TestRenewingToken(TokenCase):
    def test_token_is_fetched_once_and_kept(self):
        self.assertEqual(self.tokens().get(), "token-1")
        self.assertEqual(self.tokens().get(), "token-1")
        self.assertEqual(len(self.asked), 1)

    def test_token_is_stored_sealed(self):
        self.tokens(refresh="first").get()
        self.assertNotIn("token-1", str(self.store.value))
        self.assertNotIn("next-1", str(self.store.value))
        self.assertNotIn("first", str(self.store.value))

    def test_token_is_renewed_before_its_end(self):
        self.tokens().get()
        self.clock.now += 86399 - 299
        self.assertEqual(self.tokens().get(), "token-2")

    def test_refresh_token_is_replaced_by_the_next(self):
        self.tokens(refresh="first").get()
        self.clock.now += 90_000
        self.tokens(refresh="first").get()
        self.assertEqual(self.asked, ["first", "next-1"])

    def test_other_credentials_forget_the_old_token(self):
        self.tokens(refresh="first").get()
        token = self.tokens(refresh="other", identity="two").get()
        self.assertEqual((token, self.asked), ("token-2", ["first", "other"]))

    def test_refused_token_is_renewed_once_for_all_who_had_it(self):
        tokens = self.tokens()
        old = tokens.get()
        self.assertEqual({tokens.renew(old) for _worker in range(5)}, {"token-2"})
        self.assertEqual(len(self.asked), 2)

    def test_many_workers_make_one_renewal(self):
        """Real threads, a slow endpoint, and all start at the same moment."""
        barrier, found = threading.Barrier(12), []

        def slow(refresh):
            time.sleep(0.1)
            return self.grant(refresh)

        def work():
            tokens = self.tokens(grant=slow, clock=time.time, sleep=time.sleep)
            barrier.wait()
            found.append(tokens.renew("expired"))

        threads = [threading.Thread(target=work) for _worker in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(found, ["token-1"] * 12)
        self.assertEqual(len(self.asked), 1)

    def test_nobody_calls_out_while_the_state_is_locked(self):
        def grant(refresh):
            self.assertFalse(self.store._lock.locked())
            return self.grant(refresh)

        self.tokens(grant=grant).get()

    def test_dead_renewer_is_waited_for_and_then_replaced(self):
        self.store.value = {
            "identity": "one",
            "lease": "dead",
            "lease_until": self.clock.now + 10,
        }
        self.assertEqual(self.tokens().get(), "token-1")
        self.assertAlmostEqual(sum(self.clock.slept), 10, 0)

    def test_dead_renewer_is_waited_for_no_longer_than_a_second_one_could_harm(self):
        """All that a channel is told waits for him."""

        def die(refresh):
            raise SystemExit

        for options, seconds in (
            ({}, SHORT_LEASE),
            ({"refresh": "first"}, LEASE),
            ({"refresh": "first", "lease": SHORT_LEASE}, SHORT_LEASE),
        ):
            with self.subTest(options):
                self.store.value, self.asked = {}, []
                with self.assertRaises(SystemExit):
                    self.tokens(grant=die, **options).get()
                self.clock.slept.clear()
                # whoever is asked again and again, as a job is
                with suppress(Unavailable):
                    self.tokens(**options).get()
                self.assertEqual(self.tokens(**options).get(), "token-1")
                self.assertAlmostEqual(sum(self.clock.slept), seconds, 0)

    def test_waiting_has_an_end(self):
        self.store.value = {
            "identity": "one",
            "lease": "slow",
            "lease_until": self.clock.now + 3 * LEASE,
        }
        with self.assertRaises(Unavailable):
            self.tokens().get()

    def test_failed_renewal_lets_the_next_worker_try(self):
        def refuse(refresh):
            raise Unauthorized("no")

        with self.assertRaises(Unauthorized):
            self.tokens(grant=refuse).get()
        self.assertEqual(self.tokens().get(), "token-1")

    def test_late_renewer_does_not_overwrite_its_successor(self):
        def late(refresh):
            self.clock.now += LEASE + 1
            self.store.value.update(lease="successor")
            return {"access_token": "late", "expires_in": 3600}

        self.assertEqual(self.tokens(grant=late).get(), "late")
        self.assertNotIn("access", self.store.value)
        self.assertEqual(self.store.value["lease"], "successor")


class TestRefreshTokenOfOneUse(TokenCase):
    """A channel that takes each refresh token once, and gives the next one."""

    def once(self, refresh):
        self.assertIsNotNone(refresh)
        self.asked.append(refresh)
        if self.asked.count(refresh) > 1:
            raise Unauthorized("it is used up")
        number = len(set(self.asked))
        answer = {"access_token": f"token-{number}", "refresh_token": f"next-{number}"}
        return dict(answer, expires_in=3600)

    def worker(self, grant=None, **options):
        return self.tokens(grant=grant or self.once, refresh="first", **options)

    def test_answer_that_is_late_is_kept(self):
        """It has the only refresh token that is still good."""

        def slow(refresh):
            answer = self.once(refresh)
            self.clock.now += LEASE + 1
            # no person has to enter anything
            with self.assertRaises(Unavailable):
                self.worker().get()
            return answer

        self.assertEqual(self.worker(slow).get(), "token-1")
        self.assertEqual(self.worker().get(), "token-1")
        self.clock.now += 4000
        self.assertEqual(self.worker().get(), "token-2")
        self.assertEqual(self.asked, ["first", "first", "next-1"])

    def test_answer_that_comes_while_another_worker_asks_is_his_too(self):
        asking, overtaken = threading.Event(), threading.Event()

        def slow(refresh):
            answer = self.once(refresh)
            asking.set()
            overtaken.wait(10)
            return answer

        def second(refresh):
            overtaken.set()
            first.join(10)
            return self.once(refresh)

        first = threading.Thread(target=self.worker(slow).get)
        first.start()
        asking.wait(10)
        self.clock.now += LEASE + 1
        self.assertEqual(self.worker(second).get(), "token-1")

    def test_answer_that_is_late_replaces_no_newer_one(self):
        def slow(_refresh):
            self.clock.now += LEASE + 1
            self.assertEqual(self.worker().get(), "token-1")
            return {"access_token": "a", "refresh_token": "b", "expires_in": 9999}

        self.assertEqual(self.worker(slow).get(), "a")
        self.assertEqual(self.worker().get(), "token-1")
        self.clock.now += 4000
        self.assertEqual(self.worker().get(), "token-2")
        self.assertEqual(self.asked, ["first", "next-1"])

    def test_refusal_of_what_nobody_else_has_used_is_told(self):
        self.asked.append("first")
        with self.assertRaises(Unauthorized):
            self.worker().get()

    def test_worker_that_was_held_up_asks_no_more(self):
        lock, meanwhile = self.store.lock, [self.worker()]

        @contextmanager
        def held_up():
            with lock() as state:
                yield state
            if meanwhile:
                self.clock.now += LEASE + 1
                self.assertEqual(meanwhile.pop().get(), "token-1")

        worker = self.worker()
        with patch.object(self.store, "lock", held_up), suppress(Unavailable):
            worker.get()
        self.assertEqual(worker.get(), "token-1")
        self.assertEqual(self.asked, ["first"])

    def test_short_lease_is_not_for_what_changes_each_time(self):
        self.worker(lease=SHORT_LEASE).get()
        self.clock.now += 4000

        def die(_refresh):
            raise SystemExit

        with self.assertRaises(SystemExit):
            self.worker(die, lease=SHORT_LEASE).get()
        self.clock.slept.clear()
        with suppress(Unavailable):
            self.worker(lease=SHORT_LEASE).get()
        self.assertEqual(self.worker(lease=SHORT_LEASE).get(), "token-2")
        self.assertAlmostEqual(sum(self.clock.slept), LEASE, 0)


class TestTokenEndpoint(PureCase):
    def ask(self, reply, kind=None):
        self.session = FakeSession(reply)
        endpoint = TokenEndpoint(URL, "id", SECRET, session=self.session)
        if kind is None:
            return endpoint.client_credentials()
        with self.assertRaises(kind) as caught:
            endpoint.refresh("shprt_old")
        return caught.exception

    def test_credentials_are_sent_in_the_body(self):
        self.ask(FakeResponse(body={"access_token": "t", "expires_in": 86399}))
        [sent] = self.session.sent
        self.assertEqual(sent["url"], URL)
        self.assertEqual(
            parse_qs(sent["data"].decode()),
            {
                "grant_type": ["client_credentials"],
                "client_id": ["id"],
                "client_secret": [SECRET],
            },
        )

    def test_scope_is_asked_for_where_the_channel_wants_one(self):
        session = FakeSession(
            FakeResponse(body={"access_token": "t", "expires_in": 3600})
        )
        TokenEndpoint(
            URL, "id", SECRET, session=session, scope="api::notifications"
        ).client_credentials()
        [sent] = session.sent
        form = parse_qs(sent["data"].decode())
        self.assertEqual(form["scope"], ["api::notifications"])

    def test_refusals_are_told_apart(self):
        wrong = {"error": "invalid_client", "error_description": SECRET}
        for reply, kind in (
            (FakeResponse(401, wrong), Unauthorized),
            (FakeResponse(400, {"error": "invalid_grant"}), Unauthorized),
            # what passes stops nothing
            (FakeResponse(400, {"error": "server_error"}), Unavailable),
            (FakeResponse(403, {"error": "temporarily_unavailable"}), Unavailable),
            (FakeResponse(404, b"<html>"), Misconfigured),
            (FakeResponse(500, SECRET.encode()), Unavailable),
            (FakeResponse(200, b"<html>"), Unavailable),
            (FakeResponse(200, {"access_token": "t"}), Unavailable),
            (FakeResponse(200, {"access_token": "", "expires_in": 5}), Unavailable),
            (FakeResponse(200, {"access_token": 5, "expires_in": 5}), Unavailable),
            # what no header takes
            (
                FakeResponse(200, {"access_token": "t\u200b", "expires_in": 5}),
                Unavailable,
            ),
            (
                FakeResponse(200, {"access_token": "t\r\nX: 1", "expires_in": 5}),
                Unavailable,
            ),
            (FakeResponse(200, [1]), Unavailable),
            (requests.exceptions.ReadTimeout(SECRET), Unavailable),
        ):
            with self.subTest(reply=reply):
                error = self.ask(reply, kind)
                self.assertNotIn(SECRET, f"{error} {error.code}")
                self.assertFalse(error.uncertain)

    def test_life_of_a_token_is_believed_for_a_year(self):
        for lifetime in (b"1e999", b"9" * 400, b"86400"):
            body = b'{"access_token": "t", "expires_in": %s}' % lifetime
            answer = self.ask(FakeResponse(body=body))
            self.assertLessEqual(answer["expires_in"], 366 * 86400)
        self.ask(
            FakeResponse(body=b'{"access_token": "t", "expires_in": NaN}'), Unavailable
        )

    def test_error_code_that_repeats_what_was_sent_is_not_shown(self):
        error = self.ask(FakeResponse(401, {"error": "shprt_old 5"}), Unauthorized)
        self.assertEqual(error.code, "401")
