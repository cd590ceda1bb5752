# SPDX-License-Identifier: AGPL-3.0-or-later
import threading
import time

from ..lib.errors import Throttled
from ..lib.throttle import Bucket, Report, Throttle
from .common_http import FakeClock, FakeStore, PureCase


def costs(left, cost, rate=100, maximum=2000):
    return Report(left, maximum, rate, cost, cost)


def make_throttle(store, **options):
    return Throttle(store.lock, rate=50, maximum=1000, **options)


class TestThrottle(PureCase):
    def setUp(self):
        super().setUp()
        self.clock = FakeClock()
        self.store = FakeStore()

    def throttle(self, **options):
        return make_throttle(
            self.store, clock=self.clock, sleep=self.clock.sleep, **options
        )

    def learn(self, available, cost=10, rate=100, maximum=2000):
        throttle = self.throttle()
        ticket = throttle.reserve("Other", 1)
        throttle.settle(ticket, "Other", costs(available, cost, rate, maximum))

    def test_points_come_back_with_time_and_not_over_the_rim(self):
        self.learn(1000)
        bucket = Bucket(self.store.value, self.clock.now + 3)
        self.assertEqual(bucket.level, 1300)
        self.assertEqual(Bucket(self.store.value, self.clock.now + 99).level, 2000)

    def test_clock_that_is_behind_takes_nothing_away(self):
        self.learn(1000)
        self.assertEqual(Bucket(self.store.value, self.clock.now - 50).level, 1000)

    def test_rate_alone_leaves_our_own_account_as_it_is(self):
        self.learn(1000)
        throttle = self.throttle()
        ticket = throttle.reserve("Any", 400)
        throttle.settle(ticket, "Any", Report(None, None, 20))
        self.assertEqual(Bucket(self.store.value, self.clock.now).level, 600)
        self.assertEqual(Bucket(self.store.value, self.clock.now + 10).level, 800)

    def test_bucket_that_others_have_emptied_fills_at_its_rate(self):
        self.learn(1000, rate=0.5, maximum=2000)
        throttle = self.throttle()
        self.assertEqual(throttle.drain(), 2.0)
        with self.assertRaises(Throttled) as caught:
            throttle.reserve("Any", 10)
        self.assertEqual(caught.exception.retry_after, 20.0)
        # who is in debt already does not get out of it that way
        self.store.value["level"] = -8.0
        self.assertEqual(throttle.drain(), 18.0)

    def test_first_request_does_not_wait(self):
        self.throttle().reserve("Any", 500)
        self.assertEqual(self.clock.slept, [])

    def test_waits_for_exactly_what_is_missing(self):
        self.learn(100)
        self.throttle().reserve("Any", 400)
        self.assertEqual(self.clock.slept, [3.0])

    def test_worker_queues_behind_those_who_wait_already(self):
        self.learn(0)
        slept = []
        throttle = make_throttle(
            self.store, clock=self.clock, sleep=slept.append, max_wait=9
        )
        for _worker in range(3):
            throttle.reserve("Any", 200)
        self.assertEqual(slept, [2.0, 4.0, 6.0])

    def test_too_long_a_queue_is_an_error_and_takes_nothing(self):
        self.learn(0, rate=10)
        with self.assertRaises(Throttled) as caught:
            self.throttle().reserve("Any", 500)
        self.assertEqual(caught.exception.retry_after, 50)
        self.assertEqual(self.store.value["taken"], {})
        self.assertEqual(self.store.value["level"], 0)

    def test_dearer_than_the_bucket_waits_for_a_full_one_only(self):
        self.learn(900, maximum=1000)
        self.throttle().reserve("Any", 5000)
        self.assertEqual(self.clock.slept, [1.0])

    def test_what_others_have_under_way_is_not_given_out_twice(self):
        self.learn(2000)
        throttle = self.throttle()
        mine, theirs = throttle.reserve("A", 300), throttle.reserve("B", 400)
        throttle.settle(mine, "A", costs(1700, 300))
        self.assertEqual(self.store.value["level"], 1300)
        throttle.settle(theirs, "B", costs(1300, 400))
        self.assertEqual(self.store.value["level"], 1300)

    def test_dead_worker_gives_its_points_back(self):
        self.learn(2000)
        throttle = self.throttle()
        throttle.reserve("Dead", 1500)
        self.clock.now += 121
        ticket = throttle.reserve("A", 10)
        throttle.settle(ticket, "A", costs(1990, 10))
        self.assertEqual(self.store.value["level"], 1990)

    def test_lost_answer_counts_as_spent(self):
        self.learn(1000)
        throttle = self.throttle()
        throttle.settle(throttle.reserve("Any", 250), "Any")
        self.assertEqual(self.store.value["level"], 750)

    def test_what_was_not_carried_out_is_given_back(self):
        for cost in (250, 17):
            with self.subTest(cost):
                self.learn(1000)
                throttle = self.throttle()
                ticket = throttle.reserve("Any", cost)
                throttle.settle(ticket, "Any", ran=False)
                self.assertEqual(self.store.value["level"], 1000)
                self.assertEqual(self.store.value["taken"], {})

    def test_newest_answer_is_believed_also_where_it_says_more(self):
        """What we thought spent was not: by timeouts, or by a worker that died."""
        self.learn(1000)
        throttle = self.throttle()
        for _lost in range(3):
            throttle.settle(throttle.reserve("Any", 250), "Any")
        self.assertEqual(self.store.value["level"], 250)
        throttle.settle(throttle.reserve("Any", 20), "Any", costs(980, 20))
        self.assertEqual(self.store.value["level"], 980)

    def test_older_answer_is_not_believed_where_it_says_more(self):
        self.learn(2000)
        throttle = self.throttle()
        first, second = throttle.reserve("A", 300), throttle.reserve("B", 400)
        throttle.settle(second, "B", costs(1300, 400))
        throttle.settle(first, "A", costs(1700, 300))
        # what the second had not been told of may be counted twice until the next
        self.assertEqual(self.store.value["level"], 1000)
        throttle.settle(throttle.reserve("C", 10), "C", costs(1290, 10))
        self.assertEqual(self.store.value["level"], 1290)

    def test_who_waits_for_points_looks_again_before_sending(self):
        """Meanwhile another worker is told that nobody is to send."""
        for told, after in ((2.0, 0.5), (1.2, 0.9)):
            with self.subTest(told=told):
                self.learn(0)
                allowed = self.clock.now + after + told
                sleep = self.paused_while_asleep(told, after)
                make_throttle(self.store, clock=self.clock, sleep=sleep).reserve(
                    "Any", 100
                )
                self.assertGreaterEqual(self.clock.now, allowed - 1e-6)
                self.clock.now += 60

    def paused_while_asleep(self, told, after):
        """A way to sleep, in whose first nap another worker hears of a pause."""
        naps, other, clock = [], self.throttle(), self.clock

        def sleep(seconds):
            if not naps:
                clock.now += after
                other.pause(told)
                seconds -= after
            naps.append(seconds)
            clock.sleep(seconds)

        return sleep

    def test_who_was_to_wait_too_long_takes_nothing(self):
        self.learn(0)
        other, clock = self.throttle(), self.clock

        def sleep(seconds):
            clock.sleep(seconds)
            other.pause(30)

        throttle = make_throttle(self.store, clock=clock, sleep=sleep)
        with self.assertRaises(Throttled) as caught:
            throttle.reserve("Any", 100)
        self.assertEqual(caught.exception.retry_after, 30)
        self.assertEqual(self.store.value["taken"], {})
        self.assertEqual(self.store.value["level"], 100)

    def test_points_that_go_elsewhere_are_noticed(self):
        """Another app, or the shop itself, takes from the same bucket."""
        self.learn(985)
        throttle = self.throttle()
        throttle.settle(throttle.reserve("Any", 3), "Any", costs(40, 3))
        self.assertEqual(self.store.value["level"], 40)
        throttle.reserve("Dearer", 140)
        self.assertEqual(self.clock.slept, [1.0])

    def test_bucket_of_a_development_store_is_left_to_the_queue_to_fill(self):
        self.learn(40, rate=2, maximum=40)
        throttle = self.throttle()
        sent = 0
        for _attempt in range(40):
            try:
                ticket = throttle.reserve("Any", 30)
            except Throttled as error:
                self.assertLessEqual(error.retry_after, 15)
                self.clock.now += error.retry_after
                continue
            sent += 1
            left = Bucket(self.store.value, self.clock.now).level
            throttle.settle(ticket, "Any", costs(left, 30, rate=2, maximum=40))
        self.assertGreaterEqual(sent, 19)

    def test_real_cost_replaces_the_guess(self):
        throttle = self.throttle()
        throttle.settle(throttle.reserve("Any", 5), "Any", costs(2000, 345))
        throttle.reserve("Any", 5)
        self.assertEqual(self.store.value["level"], 2000 - 345)

    def test_plan_is_learned_and_not_assumed(self):
        self.learn(40_000, rate=2000, maximum=40_000)
        self.assertEqual(self.store.value["rate"], 2000)
        for _request in range(40):
            self.throttle().reserve("Any", 1000)
        self.assertEqual(self.clock.slept, [])

    def test_nobody_sleeps_while_the_state_is_locked(self):
        self.learn(0)
        store, clock = self.store, self.clock

        def sleep(seconds):
            self.assertFalse(store._lock.locked())
            clock.sleep(seconds)

        make_throttle(store, clock=clock, sleep=sleep).reserve("Any", 100)
        self.assertTrue(clock.slept)

    def test_many_workers_never_take_more_than_there_is(self):
        """Threads against a server's bucket, in fifty-fold time: none is refused."""
        server = Bucket({"level": 2000.0, "rate": 100.0, "maximum": 2000.0}, 0.0)
        lock, refused = threading.Lock(), []
        start = time.monotonic()

        def clock():
            return (time.monotonic() - start) * 50

        def sleep(seconds):
            time.sleep(seconds / 50)

        def request(cost):
            with lock:
                passed, server.now = clock() - server.now, clock()
                server.level = min(2000.0, server.level + 100 * passed)
                if server.level < cost:
                    refused.append((cost, server.level))
                server.level -= cost
                return costs(int(server.level), cost)

        def work(name, cost):
            throttle = make_throttle(self.store, clock=clock, sleep=sleep, max_wait=99)
            for _request in range(20):
                ticket = throttle.reserve(name, cost)
                throttle.settle(ticket, name, request(cost))

        threads = [
            threading.Thread(target=work, args=(f"W{cost}", cost))
            for cost in (10, 50, 90, 130)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(refused, [])
