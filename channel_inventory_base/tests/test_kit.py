# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import TransactionCase, tagged

from .. import exceptions
from ..lib import errors, events
from ..lib.reader import JsonValue, parse
from ..lib.retry import Retry
from ..lib.webhooks import Subscription
from .common_http import FakeClock, PureCase

OURS = "https://odoo.example.com/channel/webhook/0a"
OLD = "https://old.example.com/channel/webhook/0a"
OTHER = "https://odoo.example.com/channel/webhook/0b"


class TestReader(PureCase):
    def test_null_and_empty_text_mean_the_same(self):
        for nothing in (None, ""):
            value = JsonValue(nothing, "here")
            with self.subTest(nothing):
                self.assertFalse(value)
                self.assertEqual(value.text(), "")
                self.assertEqual(value.number(0), 0)
                self.assertEqual(JsonValue({"x": nothing}).all("x"), [])
                for read in (value.whole, value.number, value.flag, value.items):
                    with self.assertRaisesRegex(errors.Malformed, "here"):
                        read()

    def test_zero_and_false_are_something(self):
        for told in (0, False, "0", []):
            with self.subTest(told):
                self.assertTrue(JsonValue(told))

    def test_numbers_that_have_lost_digits_are_refused(self):
        for value in (1.1, True, "NaN", "1,5", "x", []):
            with self.subTest(value), self.assertRaises(errors.Malformed):
                JsonValue(value).number()

    def test_whole_numbers_may_be_texts_and_nothing_else(self):
        self.assertEqual(JsonValue("-12").whole(), -12)
        for value in ("1.5", "--5", "²", "", True, 1.0):
            with self.subTest(value), self.assertRaises(errors.Malformed):
                JsonValue(value).whole()

    def test_body_that_is_no_object_is_malformed(self):
        for body in ("", "[]", "null", "{", b"\xff", '{"a": NaN}'):
            with self.subTest(body), self.assertRaises(errors.Malformed):
                parse(body)


class TestRetry(PureCase):
    def setUp(self):
        super().setUp()
        self.clock = FakeClock()
        self.retry = Retry(
            attempts=3, clock=self.clock, sleep=self.clock.sleep, jitter=lambda: 0.5
        )

    def run_all(self, *outcomes, **options):
        """:return: (result or error, number of attempts)"""
        left = list(outcomes)

        def attempt():
            outcome = left.pop(0)
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        try:
            result = self.retry.run("x", attempt, **options)
        except errors.ClientError as error:
            result = error
        return result, len(outcomes) - len(left)

    def test_outage_is_waited_out_with_growing_delays(self):
        down = errors.Unavailable("down")
        self.assertEqual(self.run_all(down, down, "good"), ("good", 3))
        self.assertEqual(self.clock.slept, [0.5, 1.0])

    def test_attempts_and_time_are_bounded(self):
        down = errors.Unavailable("down")
        self.assertEqual(self.run_all(*[down] * 9)[1], 3)
        self.retry.budget = 0.2
        self.assertEqual(self.run_all(down, "good")[1], 1)

    def test_refusals_are_final(self):
        for error in (errors.Refused("no"), errors.Unauthorized("no")):
            self.assertEqual(self.run_all(error, "good"), (error, 1))

    def test_server_says_how_long_and_long_waits_are_the_queues(self):
        short, long = (errors.Throttled("slow", retry_after=n) for n in (2, 600))
        self.assertEqual(self.run_all(short, "good"), ("good", 2))
        self.assertEqual(self.clock.slept, [2])
        self.assertEqual(self.run_all(long, "good")[1], 1)

    def test_what_may_have_been_carried_out_is_repeated_by_key_only(self):
        lost = errors.Unavailable("lost", uncertain=True)
        self.assertEqual(self.run_all(lost, "good", repeatable=False)[1], 1)
        self.assertEqual(self.run_all(lost, "good"), ("good", 2))

    def test_uncertain_once_is_uncertain_for_good(self):
        lost = errors.Unavailable("lost", uncertain=True)
        refused = errors.Refused("no")
        self.assertTrue(self.run_all(lost, refused)[0].uncertain)


class TestEvents(PureCase):
    def test_same_content_at_the_same_time_is_the_same_event(self):
        def key(content, ref="7", moment="2026-12-01T10:00:00Z"):
            return events.order_event(content, "orders", ref, moment)["key"]

        self.assertEqual(key({"a": 1, "b": 2}), key({"b": 2, "a": 1}))
        others = {key({"a": 2}), key({"a": 1}, ref="8"), key({"a": 1}, moment=None)}
        self.assertEqual(len(others | {key({"a": 1})}), 4)


@tagged("post_install", "-at_install")
class TestRepairedWebhooks(TransactionCase):
    def repair(self, *found, refused=(), takes_one=False):
        self.log = log = []

        def subscribe(topic):
            if topic in refused:
                raise errors.Refused("not reachable")
            log.append(("+", topic))

        def unsubscribe(old):
            log.append(("-", old.topic))

        return self.env["channel.adapter"]._repair_webhooks(
            found, ("a", "b"), OURS, subscribe, unsubscribe, takes_one=takes_one
        )

    def test_right_ones_are_kept_and_nothing_is_done(self):
        found = [Subscription("a", OURS), Subscription("b", OURS)]
        self.assertEqual(self.repair(*found), [])
        self.assertEqual(self.log, [])

    def test_new_ones_are_made_before_old_ones_go(self):
        done = self.repair(Subscription("a", OLD), Subscription("b", OLD))
        self.assertEqual(self.log, [("+", "a"), ("+", "b"), ("-", "a"), ("-", "b")])
        self.assertEqual(len(done), 4)

    def test_nothing_is_removed_when_the_address_is_refused(self):
        with self.assertRaisesRegex(exceptions.RejectedError, "not reachable"):
            self.repair(Subscription("a", OLD), refused="a")
        self.assertEqual(self.log, [])

    def test_others_of_the_same_account_are_left_alone(self):
        self.repair(Subscription("a", OTHER), Subscription("z", OTHER))
        self.assertNotIn("-", [sign for sign, _topic in self.log])

    def test_what_is_not_wanted_doubled_or_broken_goes(self):
        self.repair(
            Subscription("a", OURS),
            Subscription("a", OURS),
            Subscription("b", OURS, fits=False),
            Subscription("z", OURS),
        )
        self.assertEqual(self.log, [("+", "b"), ("-", "a"), ("-", "b"), ("-", "z")])

    def test_broken_one_makes_room_where_a_second_is_refused(self):
        broken = Subscription("a", OURS, fits=False)
        self.repair(broken, Subscription("b", OLD), takes_one=True)
        self.assertEqual(self.log, [("-", "a"), ("+", "a"), ("+", "b"), ("-", "b")])
