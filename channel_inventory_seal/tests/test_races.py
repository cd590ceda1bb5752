# SPDX-License-Identifier: AGPL-3.0-or-later
import os
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.channel_inventory_base.tests.common_committed import CommittedCase
from odoo.addons.channel_inventory_base.tests.common_killed import (
    at_commit,
    die,
    run_in_child,
)

from .. import verify
from ..lib.signing import ENVIRONMENT_VARIABLE
from ..models.channel_audit_sealer import ChannelAuditSealer
from .common_seal import key


@tagged("post_install", "-at_install")
class TestRaces(CommittedCase):
    """Transactions that overlap, workers at the same time, workers that die."""

    def setUp(self):
        super().setUp()
        self.enterContext(patch.dict(os.environ, {ENVIRONMENT_VARIABLE: key(1)}))
        self.seal()

    def log(self, env, message):
        row = env["channel.audit"]._log("channel", self.channel(env), message)
        env.flush_all()
        return row.id

    def seal(self, everything=False):
        with self.commit() as env:
            return env["channel.audit.sealer"]._seal_all(everything)

    def seal_of(self, row_id):
        with self.commit() as env:
            return env["channel.audit"].browse(row_id).seal_number

    def verify(self):
        with self.commit() as env:
            exporter = env["channel.audit.exporter"]
            return verify.verify(
                exporter._iter_seals(), exporter._iter_rows(), exporter._iter_loose()
            )

    def test_what_commits_late_is_sealed_late_and_nothing_waits_for_it(self):
        """The lower id is still open when the higher one is sealed."""
        with self.commit() as slow:
            low = self.log(slow, "open for an hour")
            with self.commit() as env:
                high = self.log(env, "at once")
            self.assertGreater(high, low)
            self.assertTrue(self.seal())
            first = self.seal_of(high)
            self.assertTrue(first)
            self.assertFalse(self.seal_of(low))
        self.assertTrue(self.seal())
        self.assertEqual(self.seal_of(low), first + 1)
        self.assertTrue(self.verify().is_clean)

    def test_a_row_below_the_marks_is_sealed_once_a_day(self):
        """Open for longer than every minute looks back."""
        with self.commit() as slow:
            low = self.log(slow, "open for a day")
            with self.commit() as env:
                high = self.log(env, "at once")
            self.seal()
        with patch.object(
            ChannelAuditSealer, "_get_marks", lambda _self: {"channel.audit": high}
        ):
            self.assertFalse(self.seal())
            self.assertFalse(self.seal_of(low))
            self.assertTrue(self.seal(everything=True))
        self.assertTrue(self.seal_of(low))

    def test_marks_come_from_seals_that_are_old_enough(self):
        with self.commit() as env:
            self.assertEqual(env["channel.audit.sealer"]._get_marks(), {})
            env.cr.execute("ALTER TABLE channel_audit_seal DISABLE TRIGGER USER")
            env.cr.execute(
                "UPDATE channel_audit_seal SET sealed_at = sealed_at - interval '1 day'"
            )
            marks = env["channel.audit.sealer"]._get_marks()
            env.cr.execute("SELECT max(id) FROM channel_audit")
            self.assertEqual(marks["channel.audit"], env.cr.fetchone()[0])
            env.cr.rollback()

    def test_a_transaction_that_sits_idle_elsewhere_holds_nothing_up(self):
        with self.commit() as idle:
            # it has an id, and so it holds back the oldest one of the cluster
            idle.cr.execute("SELECT pg_current_xact_id()")
            with self.commit() as env:
                row_id = self.log(env, "sealed all the same")
            self.assertTrue(self.seal())
        self.assertTrue(self.seal_of(row_id))

    def test_two_workers_at_once_make_one_chain(self):
        for number in range(4):
            with self.commit() as env:
                for each in range(20):
                    self.log(env, f"{number} {each}")
            self.in_threads(self.seal, self.seal, self.seal)
        self.seal()
        report = self.verify()
        self.assertTrue(report.is_clean, report.findings)
        self.assertFalse(report.loose)

    def test_a_worker_that_finds_the_lock_taken_goes_away(self):
        with self.commit() as env:
            self.assertTrue(env["channel.audit.sealer"]._lock())
            with self.commit() as other:
                self.log(other, "waits for the next minute")
            self.assertFalse(self.seal())
        self.assertTrue(self.seal())

    def test_seal_that_was_sent_while_the_lock_was_waited_for_is_not_sent_again(self):
        sent, anchors = [], self.registry["channel.audit.anchor"]

        def deliver(_self, name, _data):
            sent.append(name)
            return "there"

        with self.commit() as env:
            anchor_id = env["channel.audit.anchor"].create({"name": "Elsewhere"}).id
        with patch.object(anchors, "_deliver", deliver), self.commit() as late:
            self.assertTrue(late["channel.audit.seal"]._get_last())
            with self.commit() as env:
                env["channel.audit.anchor"].browse(anchor_id)._send()
            late["channel.audit.anchor"].browse(anchor_id)._send()
        self.assertEqual(len(sent), 1)

    def test_killed_between_leaves_and_seal_nothing_is_half_done(self):
        with self.commit() as env:
            row_id = self.log(env, "survives")

        def work(env):
            env["channel.audit.sealer"]._seal_all()

        def killed_before_the_seal(_self, _stated, _signers):
            die()

        fates = (
            patch.object(ChannelAuditSealer, "_insert_seal", killed_before_the_seal),
            at_commit(0, "before"),
        )
        for fate in fates:
            self.assertTrue(run_in_child(self.registry, work, fate))
            self.assertFalse(self.seal_of(row_id))
        self.assertTrue(self.seal())
        self.assertTrue(self.seal_of(row_id))
        report = self.verify()
        self.assertTrue(report.is_clean, report.findings)

    def test_killed_behind_the_commit_the_seal_stands(self):
        with self.commit() as env:
            row_id = self.log(env, "stands")

        def work(env):
            env["channel.audit.sealer"]._seal_all()

        self.assertTrue(run_in_child(self.registry, work, at_commit(0, "after")))
        self.assertTrue(self.seal_of(row_id))
        self.assertFalse(self.seal())
        self.assertTrue(self.verify().is_clean)
