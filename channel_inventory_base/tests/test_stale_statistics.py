# SPDX-License-Identifier: AGPL-3.0-or-later
from contextlib import closing

import psycopg2

from odoo.sql_db import connection_info_for
from odoo.tests import tagged

from .common import ChannelCase
from .common_levels import ManyLevels

QUEUES = ("channel_change", "channel_level_pending")
LEVELS = 2000
CHANGES = 20_000
SECONDS = 5
"""Of one statement. What runs a subquery for each row takes hours."""


@tagged("post_install", "-at_install")
class TestStaleStatistics(ManyLevels, ChannelCase):
    """A vacuum that comes by while a queue is empty, as it is most of the time, tells
    PostgreSQL to expect no row in it. Then thousands come at once."""

    @classmethod
    def setUpClass(cls):
        # the last of all: when the rows of these tests are dead
        cls.addClassCleanup(cls._maintain, "VACUUM")
        super().setUpClass()

    @classmethod
    def _maintain(cls, command):
        """As the autovacuum daemon would, on a connection of its own."""
        _name, info = connection_info_for(cls.registry.db_name)
        with closing(psycopg2.connect(**info)) as connection:
            connection.autocommit = True
            for table in QUEUES:
                connection.cursor().execute(f"{command} {table}")

    def assertEnds(self, prepare, work):
        savepoint = self.env.cr.savepoint()
        prepare()
        savepoint.rollback()
        self.env.invalidate_all()
        self._maintain("ANALYZE")
        prepare()
        self.env.cr.execute(
            "SELECT set_config('statement_timeout', %s, true)", [f"{SECONDS}s"]
        )
        work()
        for table in QUEUES:
            self.env.cr.execute(f"SELECT FROM {table}")
            self.assertFalse(self.env.cr.rowcount, table)

    def change_often(self):
        self.env.cr.execute(
            "INSERT INTO channel_change (product_id, since) "
            "SELECT %s, now() AT TIME ZONE 'UTC' FROM generate_series(1, %s)",
            [self.product.id, CHANGES],
        )

    # --------------------------------------------------------------- tests
    def test_many_numbers(self):
        publisher = self.env["channel.publisher"]
        self.assertEnds(
            lambda: self.queue_levels(LEVELS), lambda: publisher._run(self.channel)
        )
        self.assertTrue(self.fake.requests)

    def test_many_changes(self):
        self.queue_levels(1)
        self.env["channel.level.pending"].search([]).unlink()
        self.assertEnds(self.change_often, self.env["channel.planner"]._run)

    def test_many_rows_of_a_paused_channel(self):
        level = self.queue_levels(1)[0]
        self.channel.state = "paused"
        pending = self.env["channel.level.pending"]

        def change_while_paused():
            self.env.cr.execute(
                "INSERT INTO channel_level_pending "
                "(level_id, channel_id, urgent, force, since) "
                "SELECT %s, %s, false, false, now() AT TIME ZONE 'UTC' "
                "FROM generate_series(1, %s)",
                [level.id, self.channel.id, CHANGES],
            )

        def compact():
            pending._compact()
            [left] = pending.search([])
            left.unlink()

        pending.search([]).unlink()
        self.assertEnds(change_while_paused, compact)
