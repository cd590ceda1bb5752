# SPDX-License-Identifier: AGPL-3.0-or-later
import inspect
import re
from datetime import datetime, timedelta
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import SQL

from ..models import channel_retention
from .common import ChannelCase
from .test_metrics import add_publication

LONG_AGO = datetime.now() - timedelta(days=400)
REMOVED = re.compile(r"DELETE FROM (channel_\w+)")
# Rows of what refers to a table and would be looked through for each that goes.
UNINDEXED = """
    SELECT link.conrelid::regclass::text, part.attname, link.confrelid::regclass::text
      FROM pg_constraint link
      JOIN pg_attribute part
        ON part.attrelid = link.conrelid AND part.attnum = link.conkey[1]
     WHERE link.contype = 'f' AND link.confrelid::regclass::text = ANY(%s)
       AND NOT EXISTS (
            SELECT FROM pg_index way
             WHERE way.indrelid = link.conrelid AND way.indkey[0] = part.attnum)
"""


class RetentionCase(ChannelCase):
    def setUp(self):
        super().setUp()
        self.go_live(shown=10)

    def run_kind(self, kind):
        retention = self.env["channel.retention"].search([("kind", "=", kind)])
        self.assertEqual(len(retention), 1, f"{kind} has no days")
        self.env["channel.retention"].search([]).days = 0
        retention.days = 90
        self.env.flush_all()
        retention._cron_retention()
        self.env.invalidate_all()
        return retention.last_count

    def age(self, records):
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE %s SET create_date = %s, write_date = %s WHERE id = ANY(%s)",
                SQL.identifier(records._table),
                LONG_AGO,
                LONG_AGO,
                records.ids,
            )
        )


@tagged("post_install", "-at_install")
class TestRetention(RetentionCase):
    """What is over is removed in the end, however much of it there is."""

    def test_backlog_of_publications_is_removed_in_one_night(self):
        for place in range(3):
            self.age(add_publication(self.env, self.level, LONG_AGO, seconds=place))
        with patch.object(channel_retention, "FEW", 1):
            self.assertEqual(self.run_kind("publication"), 3)
        left = self.env["channel.publication"].search([("trace", "=", "metrics")])
        self.assertFalse(left)

    def test_what_refers_to_a_removed_row_is_found_by_an_index(self):
        """Else each row that goes is a walk through all of another table, and what a
        day brings is more than a night takes away (OCA/server-tools#2639)."""
        classes = type(self.env["channel.retention"]).__mro__
        sources = [
            inspect.getsource(each)
            for each in classes
            if each.__module__.startswith("odoo.addons.channel_")
        ]
        removed = set(REMOVED.findall("\n".join(sources)))
        self.assertIn("channel_publication", removed)
        # wizards are few, and gone the next day
        wizards = {model._table for model in self.env.values() if model.is_transient()}
        self.env.cr.execute(UNINDEXED, [[*removed, "channel_publication_line"]])
        found = [row for row in self.env.cr.fetchall() if row[0] not in wizards]
        self.assertFalse(found)


@tagged("post_install", "-at_install")
class TestRetentionByHand(RetentionCase):
    """Files that people have carried out."""

    def setUp(self):
        super().setUp()
        self.add_stock(self.env, self.product, self.warehouse, 5)
        self.plan()
        self.upload = self.env["channel.hand.upload"]._export(self.channel)
        self.file = self.env["ir.attachment"].search(
            [
                ("res_model", "=", self.upload._name),
                ("res_field", "=", "data"),
                ("res_id", "=", self.upload.id),
            ]
        )
        self.assertTrue(self.file)

    def test_old_file_is_removed_with_its_quantities(self):
        lines = self.upload.line_ids
        self.upload.action_drop()
        self.age(self.upload)
        self.assertEqual(self.run_kind("by_hand"), 1)
        self.assertFalse(self.upload.exists() or lines.exists() or self.file.exists())

    def test_what_was_not_read_on_the_channel_since_stays(self):
        self.upload.action_uploaded()
        self.age(self.upload)
        self.assertEqual(self.run_kind("by_hand"), 0)
        self.assertTrue(self.upload.exists())
        self.upload.line_ids._settle(self.level.ids)
        self.assertEqual(self.run_kind("by_hand"), 1)

    def test_young_file_stays(self):
        self.assertEqual(self.run_kind("by_hand"), 0)
        self.assertTrue(self.upload.exists())
