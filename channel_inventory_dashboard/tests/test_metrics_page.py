# SPDX-License-Identifier: AGPL-3.0-or-later
import os
from datetime import timedelta
from unittest.mock import patch

from prometheus_client.parser import text_string_to_metric_families

from odoo.tests import HttpCase, tagged
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.tests.common import ChannelCase

from ..controllers import metrics
from ..lib import families
from .common import MeasuredSetup

TOKEN = "scrape-me-ä"
PATH = "/channel/metrics"


def series(text):
    """:return: {(name, labels): value}; raises where it is not Prometheus' text"""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            key = sample.name, tuple(sorted(sample.labels.items()))
            assert key not in found, f"{key} is there twice"
            found[key] = sample.value
    return found


class PageSetup(MeasuredSetup):
    def read_page(self):
        self.env.flush_all()
        return series(self.env["channel.exporter"]._write_page().decode())

    def value_of(self, page, series_name, channel, **labels):
        known = {"channel": str(channel.id), "type": channel.channel_type or ""}
        return page.get((series_name, tuple(sorted({**known, **labels}.items()))))


@tagged("post_install", "-at_install")
class TestMetricsPage(PageSetup, ChannelCase):
    """What Prometheus is told, and that it never loses count."""

    def test_names_and_labels_are_fixed(self):
        self.go_live()
        self.make_publication(self.level)
        page = self.read_page()
        allowed = {"channel", "type", "name", "kind", "category", "hop", "quantile"}
        for name, labels in page:
            with self.subTest(name):
                self.assertIn(name.removesuffix("_created"), families.names())
                if name != "queue_job_jobs":
                    self.assertLessEqual({label for label, _value in labels}, allowed)

    def test_every_family_is_there_with_its_addons(self):
        sources = self.env["channel.metric.source"]
        metric = dict(self.env["channel.metric"]._fields["name"].selection)
        gauges = sources._get_gauges()
        self.assertLessEqual(set(gauges), set(families.GAUGES))
        if "channel.reconcile.run" in self.env:
            self.assertEqual(set(gauges), set(families.GAUGES))
            self.assertLessEqual(set(families.counted()), set(metric))

    def test_counter_does_not_fall_when_retention_deletes(self):
        self.go_live()
        now_count = self.make_publication(self.level, count=3)
        old = self.make_publication(self.level, ago=timedelta(hours=5), count=4)
        self.env["channel.metric"]._cron_roll_up()
        name = "channel_published_total"
        before = self.value_of(self.read_page(), name, self.channel)
        self.assertEqual(before, 7)
        old.unlink()
        self.env.flush_all()
        self.assertEqual(self.value_of(self.read_page(), name, self.channel), before)
        self.env["channel.metric"]._cron_roll_up()
        self.assertEqual(self.value_of(self.read_page(), name, self.channel), before)
        self.assertTrue(now_count)

    def test_counter_is_the_same_before_and_after_a_roll_up(self):
        self.go_live()
        self.make_publication(self.level, ago=timedelta(hours=1), count=2)
        self.make_publication(self.level, count=3)
        metrics_ = self.env["channel.metric"]
        metrics_._cron_roll_up()
        self.make_publication(self.level, seconds=1000, count=1)
        name = "channel_published_total"
        before = self.value_of(self.read_page(), name, self.channel)
        # the hour is over: what was counted by rows is counted by the roll-up
        with patch.object(type(metrics_), "_roll_up_chunk", self.roll_up_all(metrics_)):
            metrics_._roll_up_next()
        self.assertEqual(before, 6)
        self.assertEqual(self.value_of(self.read_page(), name, self.channel), before)
        late = "channel_published_late_total"
        self.assertEqual(self.value_of(self.read_page(), late, self.channel), 1)

    def roll_up_all(self, metrics_):
        """As if the present hour had just ended."""

        def chunk(self):
            [[until]] = self.env.execute_query(
                SQL(
                    "SELECT interval '1 hour' + date_trunc("
                    "'hour', clock_timestamp() AT TIME ZONE 'UTC')"
                )
            )
            state = self.env["channel.shared.state"]._lock_scoped("metrics")
            self._count_hours(until - timedelta(hours=3), until)
            state.value["until"] = until.isoformat()
            state._save()
            return False

        return chunk

    def test_latency_is_of_the_last_hour(self):
        self.go_live()
        self.make_publication(self.level, seconds=2, count=3)
        self.make_publication(self.level, seconds=900, ago=timedelta(hours=3))
        page = self.read_page()
        name = "channel_publish_latency_seconds"
        self.assertEqual(self.value_of(page, name, self.channel, quantile="0.5"), 2)
        self.assertEqual(self.value_of(page, f"{name}_count", self.channel), 3)

    def test_pending_and_late_quantities(self):
        self.go_live()
        self.channel.freshness_target = 60
        self.env.cr.execute(
            "UPDATE channel_level_pending SET since = since - interval '10 minutes'"
        )
        page = self.read_page()
        self.assertEqual(self.value_of(page, "channel_pending_levels", self.channel), 1)
        self.assertEqual(self.value_of(page, "channel_numbers_late", self.channel), 1)
        oldest = self.value_of(page, "channel_oldest_pending_seconds", self.channel)
        self.assertGreaterEqual(oldest, 600)
        self.channel.freshness_target = 0
        page = self.read_page()
        self.assertEqual(self.value_of(page, "channel_numbers_late", self.channel), 0)

    def test_what_is_over_is_zero_and_not_the_last_value(self):
        dead = self.env["channel.inbox.event"]
        page = self.read_page()
        self.assertEqual(self.value_of(page, "channel_dead_letters", self.channel), 0)
        dead._receive_unreadable(self.channel, b"{", "No JSON")
        page = self.read_page()
        self.assertEqual(self.value_of(page, "channel_dead_letters", self.channel), 1)
        dead.search([("state", "=", "dead")]).action_discard()
        page = self.read_page()
        self.assertEqual(self.value_of(page, "channel_dead_letters", self.channel), 0)

    def test_channel_that_is_gone_has_no_series_and_a_renamed_one_has_one(self):
        """digitalocean/ceph_exporter#102, solacecommunity/solace-prometheus-exporter
        #84: what was deleted is told for ever, and what has another label twice."""
        self.go_live()
        self.make_publication(self.level, count=3)

        def told():
            mine = ("channel", str(self.channel.id))
            return {key: value for key, value in page.items() if mine in key[1]}

        page = self.read_page()
        before = told()
        self.assertTrue(before)
        self.channel.name = "Renamed"
        page = self.read_page()
        after = told()
        infos = [key for key in after if key[0] == "channel_info"]
        self.assertEqual(len(infos), 1)
        self.assertIn(("name", "Renamed"), infos[0][1])
        rest = [set(each) for each in (before, after)]
        for keys in rest:
            keys -= {key for key in keys if key[0] == "channel_info"}
        self.assertEqual(*rest)
        self.channel.active = False
        page = self.read_page()
        self.assertFalse(told())

    def test_odd_names_do_not_break_the_page(self):
        self.channel.name = 'Shop "A"\\ new\nline ä'
        page = self.read_page()
        self.assertEqual(
            self.value_of(page, "channel_info", self.channel, name=self.channel.name), 1
        )

    def test_exceptions_of_companies_do_no_harm(self):
        self.env["channel.exception"]._report(
            self.env["channel.channel"],
            "stock_report",
            key="x",
            message="No",
            company=self.env.company,
        )
        self.env["channel.exception"]._report(
            self.channel, "drift", key="x", message="No"
        )
        page = self.read_page()
        found = self.value_of(
            page, "channel_exceptions_open", self.channel, category="drift"
        )
        self.assertEqual(found, 1)


@tagged("post_install", "-at_install")
class TestMetricsDoor(PageSetup, HttpCase):
    """The door: off, closed, open."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.channel = cls.make_channel(cls.env)

    def setUp(self):
        super().setUp()
        metrics.RECENT.forget()
        self.addCleanup(metrics.RECENT.forget)

    def scrape(self, token=None, configured=TOKEN):
        headers = {} if token is None else {"Authorization": b"Bearer " + token}
        variables = {metrics.ENVIRONMENT_VARIABLE: configured}
        with patch.dict(os.environ, variables):
            return self.url_open(PATH, headers=headers)

    def test_no_token_wrong_token_right_token(self):
        self.assertEqual(self.scrape(b"", configured="").status_code, 404)
        self.assertEqual(self.scrape(b"any", configured="").status_code, 404)
        self.assertEqual(self.scrape(b"any", configured="  ").status_code, 404)
        self.assertEqual(self.scrape().status_code, 401)
        self.assertEqual(self.scrape(b"scrape-me").status_code, 401)
        self.assertEqual(self.scrape("ä".encode()).status_code, 401)

    def test_right_token(self):
        answer = self.scrape(b"plain", configured="plain")
        self.assertEqual(answer.status_code, 200)
        self.assertIn("text/plain", answer.headers["Content-Type"])
        self.assertIn("version=", answer.headers["Content-Type"])
        page = series(answer.text)
        self.assertEqual(self.value_of(page, "channel_connected", self.channel), 1)

    def test_only_get(self):
        variables = {metrics.ENVIRONMENT_VARIABLE: "plain"}
        with patch.dict(os.environ, variables):
            answer = self.url_open(
                PATH, data=b"x", headers={"Authorization": "Bearer plain"}
            )
        self.assertEqual(answer.status_code, 405)

    def test_read_once_in_five_seconds(self):
        first = self.scrape(b"plain", configured="plain")
        self.channel.name = "Another"
        self.env.flush_all()
        self.assertEqual(self.scrape(b"plain", configured="plain").text, first.text)
        metrics.RECENT.forget()
        self.assertIn("Another", self.scrape(b"plain", configured="plain").text)
