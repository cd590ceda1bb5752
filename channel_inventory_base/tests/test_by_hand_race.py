# SPDX-License-Identifier: AGPL-3.0-or-later
import threading

from psycopg2.errors import SerializationFailure

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common_committed import CommittedCase

UPLOADED = ("uploaded", {"told"})


@tagged("post_install", "-at_install")
class TestByHandRace(CommittedCase):
    """Two people say at the same moment what became of a file: with two connections."""

    def setUp(self):
        super().setUp()
        self.go_live(shown=10)
        self.plan()
        with self.commit() as env:
            self.upload_id = env["channel.hand.upload"]._export(self.channel(env)).id

    def press(self, action, start, outcomes):
        """What one request does; both have looked before either writes."""
        try:
            with self.commit() as env:
                upload = env["channel.hand.upload"].browse(self.upload_id)
                self.assertEqual(upload.state, "exported")
                start.wait(20)
                getattr(upload, action)()
            outcomes.append("done")
        except SerializationFailure:
            outcomes.append("conflict")  # Odoo repeats the request
        except UserError:
            outcomes.append("refused")

    def race(self, *actions):
        start, outcomes = threading.Barrier(len(actions)), []
        self.in_threads(
            *(lambda each=each: self.press(each, start, outcomes) for each in actions)
        )
        self.assertEqual(outcomes.count("done"), 1, outcomes)
        with self.commit() as env:
            upload = env["channel.hand.upload"].browse(self.upload_id)
            # and the request that is repeated is told so
            with self.assertRaisesRegex(UserError, "no longer open"):
                upload.action_uploaded()
            told = env["channel.audit"].search_count(
                [("res_model", "=", upload._name), ("res_id", "=", upload.id)]
            )
            return upload.state, set(upload.line_ids.mapped("state")), told

    def test_two_who_have_uploaded_tell_it_once(self):
        self.assertEqual(self.race("action_uploaded", "action_uploaded")[:2], UPLOADED)

    def test_uploaded_and_not_used_exclude_each_other(self):
        state, lines, told = self.race("action_uploaded", "action_drop")
        self.assertIn((state, lines), (UPLOADED, ("dropped", {"exported"})))
        self.assertEqual(told, 2, "the export, and what became of it")

    def test_who_comes_meanwhile_is_told_and_waits_for_nobody(self):
        with self.commit() as first:
            first["channel.hand.upload"].browse(self.upload_id).action_uploaded()
            with self.commit() as second:
                upload = second["channel.hand.upload"].browse(self.upload_id)
                with self.assertRaisesRegex(UserError, "right now"):
                    upload.action_uploaded()
