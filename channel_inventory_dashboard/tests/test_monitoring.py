# SPDX-License-Identifier: AGPL-3.0-or-later
import json
import re
from pathlib import Path

import yaml

from odoo.tests import BaseCase, tagged

from ..lib import families

DOCS = Path(__file__).parents[2] / "docs" / "monitoring"
SERIES = re.compile(r"\b(?:channel_[a-z_]+|queue_job_[a-z]+)\b")
LABELS = re.compile(r"\b(?:by|on|group_left|group_right|without)\s*\([^)]*\)|\{[^}]*\}")


def series_of(expression):
    """Names of series in an expression, without labels and recorded rules."""
    text = LABELS.sub(" ", expression)
    return set(SERIES.findall(re.sub(r"\w+:\w+:\w+", " ", text)))


@tagged("post_install", "-at_install")
class TestMonitoring(BaseCase):
    """What the alert rules and the dashboard of Grafana name is what a scrape has."""

    def test_series_are_found(self):
        self.assertEqual(
            series_of(
                'sum by (channel) (rate(channel_x_total{kind="a"}[5m])) '
                "> a:channel_b:c and queue_job_jobs"
            ),
            {"channel_x_total", "queue_job_jobs"},
        )

    def test_alert_rules_name_what_exists(self):
        groups = yaml.safe_load((DOCS / "alerts.yml").read_text())["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        recorded = {rule["record"] for rule in rules if "record" in rule}
        alerts = [rule["alert"] for rule in rules if "alert" in rule]
        self.assertEqual(len(alerts), len(set(alerts)))
        for rule in rules:
            with self.subTest(rule.get("alert") or rule["record"]):
                used = series_of(rule["expr"])
                self.assertLessEqual(used, families.names())
                for name in re.findall(r"\w+:\w+:\w+", rule["expr"]):
                    self.assertIn(name, recorded)
                if "alert" in rule:
                    self.assertIn(rule["labels"]["severity"], ("page", "ticket"))
                    self.assertTrue(rule["annotations"]["summary"])

    def test_freshness_burns_over_two_windows_each(self):
        text = (DOCS / "alerts.yml").read_text()
        groups = yaml.safe_load(text)["groups"]
        burns = [
            rule["expr"]
            for group in groups
            for rule in group["rules"]
            if "Burns" in rule.get("alert", "")
        ]
        self.assertEqual(len(burns), 2)
        for expression in burns:
            windows = re.findall(r"ratio_rate(\w+)", expression)
            self.assertEqual(len(set(windows)), 2)

    def test_grafana_names_what_exists(self):
        board = json.loads((DOCS / "grafana.json").read_text())
        seen = set()
        for panel in board["panels"]:
            for target in panel["targets"]:
                with self.subTest(panel["title"]):
                    used = series_of(target["expr"])
                    self.assertTrue(used)
                    self.assertLessEqual(used, families.names())
                    seen |= used
        self.assertGreater(len(seen), 15)
