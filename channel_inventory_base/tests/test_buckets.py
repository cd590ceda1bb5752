# SPDX-License-Identifier: AGPL-3.0-or-later
import time

from odoo.tests import tagged

from ..exceptions import ThrottledError
from ..lib.errors import Throttled
from .common import ChannelCase
from .common_committed import CommittedCase
from .common_wakeups import WakeUps


def take(env, channel, operation="getOrder", scope="", maximum=5):
    """One request of an operation. :return: whether it may be sent now"""
    bucket = env["channel.adapter"]._bucket(
        channel, operation, rate=0.001, maximum=maximum, scope=scope, max_wait=0
    )
    try:
        bucket.settle(bucket.reserve(operation, 1), operation)
    except Throttled as error:
        assert error.retry_after > 1
        return False
    return True


@tagged("post_install", "-at_install")
class TestBuckets(WakeUps, ChannelCase):
    """Operations with limits of their own, counted by account or by application."""

    def setUp(self):
        super().setUp()
        self.other = self.make_channel(self.env, code="BU2")

    def empty(self, **bucket):
        while take(self.env, self.channel, **bucket):
            pass

    def test_operation_without_requests_left_leaves_the_others_theirs(self):
        self.empty(operation="getReports")
        self.assertFalse(take(self.env, self.channel, "getReports"))
        self.assertTrue(take(self.env, self.channel, "getOrder"))

    def test_channels_of_one_application_share_its_requests(self):
        taken = [
            take(self.env, channel, scope="app-1/seller-1")
            for channel in (self.channel, self.other) * 3
        ]
        self.assertEqual(taken, [True] * 5 + [False])

    def test_other_scopes_and_the_channels_own_are_counted_apart(self):
        self.empty(scope="app-1/seller-1")
        self.assertTrue(take(self.env, self.channel, scope="app-1/seller-2"))
        self.assertTrue(take(self.env, self.channel))
        self.empty()
        self.assertTrue(take(self.env, self.other))

    def test_bucket_of_several_channels_outlives_one_of_them(self):
        self.empty(scope="app-1")
        self.channel._forget_secrets()
        self.assertFalse(take(self.env, self.other, scope="app-1"))

    def test_job_that_has_to_wait_delays_no_other(self):
        self.go_live(8)

        def throttled(_channel):
            raise ThrottledError("the queue for points is 178 s long", retry_after=178)

        self.fake._iter_listings = throttled
        self.forget_wakeups()
        self.channel._job_fetch_listings()
        self.assertEqual(self.wanted("_job_fetch_listings"), 178)
        self.channel._job_publish()
        self.assertEqual(self.fake.levels["item-1", "node-1"], 10)


@tagged("post_install", "-at_install")
class TestBucketRace(CommittedCase):
    def test_workers_of_two_channels_take_no_more_than_there_is(self):
        with self.commit() as env:
            other_id = self.make_channel(env, code="BU3").id
        taken = []

        def work(channel_id):
            with self.commit() as env:
                channel = env["channel.channel"].browse(channel_id)
                for _request in range(10):
                    taken.append(take(env, channel, scope="app-2", maximum=20))
                    time.sleep(0)

        self.in_threads(*(lambda c=c: work(c) for c in (self.channel_id, other_id) * 2))
        self.assertEqual((len(taken), sum(taken)), (40, 20))

    def test_what_was_taken_stays_taken_where_the_job_fails(self):
        """It is committed at once: the request may have been sent."""
        with self.assertRaises(ZeroDivisionError), self.commit() as env:
            while take(env, self.channel(env), scope="app-3"):
                pass
            raise ZeroDivisionError
        with self.commit() as env:
            self.assertFalse(take(env, self.channel(env), scope="app-3"))
