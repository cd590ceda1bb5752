# SPDX-License-Identifier: AGPL-3.0-or-later
import contextlib
import threading
from unittest.mock import patch

from odoo.tests import tagged

from ..exceptions import StaleKeyError, UnavailableError
from .common_committed import CommittedCase
from .common_killed import die, run_in_child

WORKERS = 3


class Undone(Exception):
    """What a transaction has done is rolled back."""


@tagged("post_install", "-at_install")
class TestPublisherSnapshotRace(CommittedCase):
    """A partner gets one document a window: whichever workers are at it, whatever their
    transactions can see, and wherever one of them dies."""

    def setUp(self):
        super().setUp()
        self.fake.absolute = True
        self.fake.read_levels = False
        self.fake.more = {"snapshot": True}
        with self.commit() as env:
            self.channel(env).publish_minutes = 60
        self.plan()

    def assertDocuments(self, count):
        self.assertEqual(len(self.fake.requests), count)

    def states(self):
        with self.commit() as env:
            publications = env["channel.publication"].search(
                [("channel_id", "=", self.channel_id)], order="id"
            )
            return publications.mapped("state")

    def test_worker_does_not_go_on_after_its_own_document(self):
        """Its transaction began before the document and shows none."""
        self.publish()
        self.assertDocuments(1)
        self.publish()
        self.assertDocuments(1)

    def test_worker_that_began_before_the_document_of_another(self):
        with self.commit() as late:
            channel = self.channel(late)
            self.assertEqual(channel.publish_minutes, 60)
            self.publish()
            late["channel.publisher"]._run(channel)
        self.assertDocuments(1)

    def test_several_find_it_due_at_the_same_moment(self):
        meeting, made = threading.Barrier(WORKERS, timeout=60), []

        def freeze():
            with self.commit() as env:
                publisher = env["channel.publisher.snapshot"]
                made.append(publisher._freeze(self.channel(env)))

        def meet(*_arguments):
            meeting.wait()

        with patch.object(self.registry["channel.planner"], "_run", meet):
            self.in_threads(*[freeze] * WORKERS)
        self.assertEqual(len([each for each in made if each]), 1)
        self.assertEqual(self.states(), ["ready"])

    def test_killed_between_the_document_and_its_sending(self):
        """The partner is not left without the document of this window."""
        publisher = self.registry["channel.publisher.snapshot"]
        died = run_in_child(
            self.registry,
            lambda env: env["channel.publisher"]._run(self.channel(env)),
            patch.object(publisher, "_send", lambda *_arguments: die()),
        )
        self.assertTrue(died)
        self.assertEqual(self.states(), ["ready"])
        for _round in range(2):
            self.publish()
            self.assertDocuments(1)
        self.assertEqual(self.states(), ["void", "done"])

    def test_channel_that_was_not_told_is_told_in_the_same_window(self):
        for fault in (UnavailableError("down"), StaleKeyError("burnt")):
            with self.subTest(type(fault).__name__):
                self.fake.requests.clear()
                self.fake.faults = [("send", fault)]
                with contextlib.suppress(UnavailableError):
                    self.publish()
                self.assertDocuments(0)
                for _round in range(2):
                    self.publish()
                    self.assertDocuments(1)
                with self.commit() as env:
                    env["channel.publisher.snapshot"]._forget(self.channel(env))

    def test_refusal_that_is_rolled_back_makes_no_document(self):
        self.publish()
        with self.assertRaises(Undone), self.commit() as env:
            env["channel.publisher.snapshot"]._forget(self.channel(env))
            env.flush_all()
            raise Undone
        self.publish()
        self.assertDocuments(1)
        with self.commit() as env:
            env["channel.publisher.snapshot"]._forget(self.channel(env))
        for _round in range(2):
            self.publish()
            self.assertDocuments(2)
