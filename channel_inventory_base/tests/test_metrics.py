# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import datetime, timedelta

from odoo.tests import tagged
from odoo.tools import SQL

from .common import ChannelCase
from .common_committed import CommittedCase

COLUMNS = "name, hour, channel_id, count, sum, p50, p95, max"


def add_publication(env, level, acked_at, seconds=10, count=1, result="acked"):
    """``count`` quantities that were answered so long after their cause."""
    publication = env["channel.publication"].create(
        {
            "channel_id": level.channel_id.id,
            "key": f"{acked_at}-{seconds}-{count}-{result}",
            "trace": "metrics",
            "payload": "{}",
            "state": "done",
            "sent_at": acked_at,
            "acked_at": acked_at,
        }
    )
    env["channel.publication.line"].create(
        [
            {
                "publication_id": publication.id,
                "level_id": level.id,
                "quantity": 5,
                "base": 3,
                "deducted": 0,
                "since": acked_at - timedelta(seconds=seconds),
                "result": result,
            }
        ]
        * count
    )
    env.flush_all()
    return publication


def read_rows(env, name="published"):
    return env.execute_query(
        SQL(
            "SELECT %s FROM channel_metric WHERE name = %s ORDER BY hour, channel_id",
            SQL(COLUMNS),
            name,
        )
    )


@tagged("post_install", "-at_install")
class TestMetrics(ChannelCase):
    """The roll-up: whatever runs when, each hour is counted once and stays."""

    def setUp(self):
        super().setUp()
        self.plan()
        self.metrics = self.env["channel.metric"]
        [[self.hour]] = self.env.execute_query(
            SQL("SELECT date_trunc('hour', now() AT TIME ZONE 'UTC')")
        )
        self.env.cr.execute(
            "DELETE FROM channel_shared_state WHERE channel_id IS NULL "
            "AND key = 'metrics'; DELETE FROM channel_metric"
        )

    def ago(self, hours, minutes=0):
        return self.hour - timedelta(hours=hours) + timedelta(minutes=minutes)

    def add(self, *args, **options):
        return add_publication(self.env, self.level, *args, **options)

    def roll_up(self):
        self.env.flush_all()
        self.metrics._cron_roll_up()
        self.env.invalidate_all()

    def rows(self, name="published"):
        return read_rows(self.env, name)

    def set_until(self, until):
        state = self.env["channel.shared.state"]._lock_scoped("metrics")
        state.value["until"] = until.isoformat()
        state._save()

    def test_an_hour_has_count_sum_and_percentiles(self):
        for seconds in (1, 2, 3, 4, 100):
            self.add(self.ago(1, 5), seconds=seconds)
        self.roll_up()
        [row] = self.rows()
        self.assertEqual(row[1], self.ago(1))
        self.assertEqual(row[3:6], (5, 110, 3))
        self.assertAlmostEqual(row[6], 80.8)
        self.assertEqual(row[7], 100)

    def test_run_twice_writes_the_same(self):
        self.add(self.ago(1, 5), count=3)
        self.add(self.ago(2, 5), seconds=9)
        self.roll_up()
        first = self.rows()
        self.roll_up()
        self.set_until(self.ago(3))
        self.roll_up()
        self.assertEqual(self.rows(), first)

    def test_five_missed_hours_are_filled(self):
        self.set_until(self.ago(5))
        for hours in range(1, 6):
            self.add(self.ago(hours, 30), count=hours)
        self.roll_up()
        self.assertEqual(
            [(row[1], row[3]) for row in self.rows()],
            [(self.ago(hours), hours) for hours in range(5, 0, -1)],
        )

    def test_days_without_a_run_are_filled(self):
        self.set_until(self.ago(24 * 4))
        for days in range(1, 4):
            self.add(self.ago(24 * days), count=days)
        self.roll_up()
        self.assertEqual([row[3] for row in self.rows()], [3, 2, 1])

    def test_the_present_hour_waits(self):
        self.add(self.ago(0, 0))
        self.roll_up()
        self.assertEqual(self.rows(), [])

    def test_what_is_committed_late_is_counted_in_its_hour(self):
        self.add(self.ago(1, 59))
        self.roll_up()
        self.add(self.ago(1, 58))
        # what the roll-up of the next hour counts once more
        self.metrics._count_hours(self.ago(1), self.hour)
        [row] = self.rows()
        self.assertEqual((row[1], row[3]), (self.ago(1), 2))

    def test_retention_takes_nothing_off(self):
        gone = self.add(self.ago(2), count=4)
        self.add(self.ago(1))
        self.roll_up()
        first = self.rows()
        gone.unlink()
        self.set_until(self.ago(3))
        self.roll_up()
        self.assertEqual(self.rows(), first)

    def test_hours_are_utc_whatever_the_session_says(self):
        """The day on which the clock goes back in Berlin has its 24 hours, and 02:30
        there, which comes twice, is in two of them."""
        self.env.cr.execute("SET LOCAL TimeZone = 'Europe/Berlin'")
        began = datetime(2026, 10, 24, 22)
        for hours in range(25):
            self.add(began + timedelta(hours=hours, minutes=30), count=1)
        self.metrics._count_hours(began, began + timedelta(hours=25))
        self.assertEqual(
            [row[1] for row in self.rows()],
            [began + timedelta(hours=hours) for hours in range(25)],
        )
        self.assertEqual({row[3] for row in self.rows()}, {1})

    def test_hours_of_an_odd_time_zone_are_utc(self):
        self.env.cr.execute("SET LOCAL TimeZone = 'Asia/Kathmandu'")
        self.add(self.ago(1, 59))
        self.roll_up()
        self.assertEqual(self.rows()[0][1], self.ago(1))

    def test_late_is_what_took_longer_than_the_target(self):
        self.channel.freshness_target = 60
        self.env.flush_all()
        self.add(self.ago(1), seconds=60)
        self.add(self.ago(1), seconds=61)
        self.roll_up()
        self.assertEqual(self.rows("published_late")[0][3:5], (1, 61))

    def test_applied_later_counts_when_it_was_seen(self):
        publication = self.add(self.ago(6), seconds=10)
        publication.line_ids.applied_at = self.ago(1, 10)
        self.roll_up()
        [row] = self.rows()
        self.assertEqual(row[1], self.ago(1))
        self.assertEqual(row[7], 5 * 3600 + 600 + 10)

    def test_refusals_and_repeats(self):
        self.add(self.ago(1), result="stale")
        self.add(self.ago(1), result="rejected", count=2)
        repeated = self.add(self.ago(1))
        repeated.attempts = 4
        self.env["channel.refusal"].create(
            {"channel_id": self.channel.id, "hour": self.ago(1), "count": 7}
        )
        self.roll_up()
        counts = {
            name: self.rows(name)[0][3]
            for name in ("stale", "rejected", "publication_retry", "refused_webhook")
        }
        self.assertEqual(
            counts,
            {
                "stale": 1,
                "rejected": 2,
                "publication_retry": 3,
                "refused_webhook": 7,
            },
        )

    def test_messages_and_orders(self):
        self.go_live(10)
        self.capture(self.fake.sell(1))
        self.env.cr.execute(
            "UPDATE channel_inbox_event SET received_at = %(at)s, "
            "occurred_at = %(at)s - interval '3 s', "
            "processed_at = %(at)s + interval '20 min', source = 'webhook'; "
            "UPDATE channel_order SET create_date = %(at)s",
            {"at": self.ago(1, 5)},
        )
        self.roll_up()
        for name, amount in (("hop_received", 3), ("hop_processed", 1200)):
            with self.subTest(name):
                [row] = self.rows(name)
                self.assertEqual((row[3], row[4]), (1, amount))
        self.assertEqual(self.rows("received_late")[0][3], 1)
        self.assertEqual(self.rows("captured")[0][3], 1)

    def test_states_are_noted_once_an_hour(self):
        self.go_live()
        self.roll_up()
        first = self.rows("waiting")
        self.assertEqual(first[0][3], 1)
        self.env["channel.level.pending"].search([]).unlink()
        self.set_until(self.ago(1))
        self.roll_up()
        self.assertEqual(self.rows("waiting"), first)

    def test_every_source_has_a_label(self):
        sources = self.env["channel.metric.source"]
        labels = dict(self.metrics._fields["name"].selection)
        names = {*sources._get_sources(self.hour, self.hour), *sources._get_samples()}
        self.assertEqual(names, set(labels))

    def test_every_gauge_is_a_query(self):
        self.go_live()
        for name, query in self.env["channel.metric.source"]._get_gauges().items():
            with self.subTest(name):
                for row in self.env.execute_query(query):
                    self.assertEqual(len(row), 3)


@tagged("post_install", "-at_install")
class TestMetricsRace(CommittedCase):
    """Two workers, one roll-up."""

    def test_two_workers_count_once(self):
        self.plan()
        with self.commit() as env:
            [[hour]] = env.execute_query(
                SQL("SELECT date_trunc('hour', now() AT TIME ZONE 'UTC')")
            )
            add_publication(env, self.level(env), hour - timedelta(minutes=30), count=5)

        def roll_up():
            with self.commit() as env:
                env["channel.metric"]._cron_roll_up()

        self.in_threads(roll_up, roll_up, roll_up)
        with self.commit() as env:
            rows = read_rows(env)
            self.assertEqual(
                [(row[1], row[3]) for row in rows], [(hour - timedelta(hours=1), 5)]
            )
