# SPDX-License-Identifier: AGPL-3.0-or-later
from dataclasses import replace

from odoo.tests import tagged

from ..db.transaction import own_transaction
from ..exceptions import UncertainError
from ..schemas import BEING_SENT, LineResult
from .common import ChannelCase
from .common_levels import ManyLevels
from .test_accepted import Accepting


@tagged("post_install", "-at_install")
class TestNotedBatch(Accepting, ManyLevels, ChannelCase):
    """A batch that is sent by a request for each number, whose worker has died: what it
    has noted (``Capabilities.notes_sent``) is settled, the rest was not sent."""

    def setUp(self):
        super().setUp()
        self.accept_later()
        self.fake.more = {"notes_sent": True}
        self.go_live()
        self.queue_levels(4)

    def die(self, *statuses):
        """While it sends.

        :param statuses: noted of its first lines
        :return: its publication
        """
        publication_id = self.env["channel.publisher"]._freeze(self.channel)
        with own_transaction(self.env) as env:
            publication = env["channel.publication"].browse(publication_id)
            publication.state = "sending"
            lines = publication.line_ids
            self.assertEqual(len(lines), 4)
            noted = [
                LineResult(line.id, status, shown=0)
                for line, status in zip(lines, statuses, strict=False)
            ]
            publication.flush_recordset()
            for each in noted:
                # what has become of it replaces that it is being sent
                for status in (BEING_SENT, each.status):
                    news = [replace(each, status=status)]
                    env["channel.adapter"]._note_push(publication.key, news)
        self.env.invalidate_all()
        return self.env["channel.publication"].browse(publication_id)

    def take_over(self, publication):
        self.publish()
        later = self.env["channel.publication"].search([]) - publication
        lines = publication.line_ids
        again = [line in later.line_ids.level_id for line in lines.level_id]
        return list(zip(lines.mapped("result"), again, strict=True))

    def test_what_was_answered_is_settled_and_only_the_rest_is_sent(self):
        publication = self.die("accepted", "rejected", BEING_SENT)
        self.assertEqual(
            self.take_over(publication),
            [
                ("accepted", False),
                ("rejected", False),
                # it may be applied at any time, also after the one that follows
                ("accepted", True),
                ("retry", True),
            ],
        )
        self.assertEqual(publication.state, "accepted")
        self.assertFalse(publication.noted)
        self.assertTrue(publication.line_ids[2].due_at)
        [remote] = self.env["channel.level.remote"].search(
            [("level_id", "=", publication.line_ids[0].level_id.id)]
        )
        self.assertEqual(remote.base_qty, publication.line_ids[0].quantity)

    def test_batch_of_which_nothing_was_sent_is_sent_as_if_it_had_not_been(self):
        publication = self.die()
        self.assertEqual(self.take_over(publication), [("retry", True)] * 4)
        self.assertEqual(publication.state, "done")

    def test_without_notes_nothing_is_known_of_any(self):
        self.fake.more = {}
        publication = self.die("accepted")
        self.assertEqual(self.take_over(publication), [("accepted", True)] * 4)
        self.assertEqual(publication.state, "accepted")

    def test_worker_from_whom_a_batch_was_taken_over_sends_nothing_more(self):
        publication = self.die("accepted")
        self.publish()
        line = publication.line_ids[1]
        with self.assertRaises(UncertainError):
            self.env["channel.adapter"]._note_push(
                publication.key, [LineResult(line.id, BEING_SENT)]
            )
        self.env.invalidate_all()
        self.assertFalse(publication.noted)
