# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import datetime

from lxml import etree

from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from .common import ChannelCase

INTERVALS = {"year", "quarter", "month", "week", "day"}
"""What a search view may group by: at any other Odoo's client ends in an error."""


@tagged("post_install", "-at_install")
class TestScreens(ChannelCase):
    """Rules for the screens of the suite, of whichever addons are installed."""

    def find_views(self, *kinds):
        """:return: list of (view, its whole arch)"""
        views = self.env["ir.ui.view"].search(
            [
                ("model", "=like", "channel.%"),
                ("type", "in", kinds),
                ("mode", "=", "primary"),
            ]
        )
        return [(view, etree.fromstring(view.get_combined_arch())) for view in views]

    def label_hours(self, hours, **context):
        metrics = self.env["channel.metric"].with_context(**context)
        metrics.search([]).sudo().unlink()
        metrics.sudo().create(
            [
                {
                    "channel_id": self.channel.id,
                    "company_id": self.channel.company_id.id,
                    "hour": hour,
                    "name": "published",
                    "count": 1,
                    "sum": 1,
                }
                for hour in hours
            ]
        )
        groups = metrics.formatted_read_group([], ["hour:hour"], ["__count"])
        return [group["hour:hour"][1] for group in groups]

    def test_each_hour_of_a_graph_has_a_name_of_its_own(self):
        """Points of one name are one point: the second covers the first."""
        hours = [
            datetime(2025, 12, 3, 17),
            datetime(2026, 12, 3, 5),
            datetime(2026, 12, 3, 17),
        ]
        self.assertEqual(
            self.label_hours(hours),
            ["03 Dec 2025 17:00", "03 Dec 2026 05:00", "03 Dec 2026 17:00"],
        )

    def test_hours_of_a_graph_are_those_of_the_reader(self):
        self.assertEqual(
            self.label_hours([datetime(2026, 12, 3, 18)], tz="Europe/Berlin"),
            ["03 Dec 2026 19:00"],
        )

    def test_group_of_an_hour_opens_its_rows(self):
        hours = [datetime(2026, 12, 3, 5), datetime(2026, 12, 3, 17)]
        self.label_hours(hours)
        metrics = self.env["channel.metric"]
        groups = metrics.formatted_read_group([], ["hour:hour"], ["__count"])
        found = [metrics.search(group["__extra_domain"]).hour for group in groups]
        self.assertEqual(found, hours)

    def test_models_shown_by_hour_tell_hours_apart(self):
        noon = [datetime(2026, 12, 3, 5), datetime(2026, 12, 3, 17)]
        found = set()
        for view, arch in self.find_views("graph", "pivot"):
            for field in arch.iter("field"):
                if field.get("interval") == "hour":
                    found.add((view.model, field.get("name")))
        self.assertIn(("channel.metric", "hour"), found)
        for model, name in sorted(found):
            label = self.env[model]._web_read_group_groupby_formatter(
                f"{name}:hour", noon
            )
            with self.subTest(model=model, field=name):
                self.assertEqual(len({label(each)[0][1] for each in noon}), 2)

    def test_search_views_group_by_intervals_that_the_client_knows(self):
        found = {}
        for view, arch in self.find_views("search"):
            for node in arch.iter("filter"):
                if "group_by" in (node.get("context") or ""):
                    names = {"uid": self.env.uid, "context": {}}
                    group_by = safe_eval(node.get("context"), names)["group_by"]
                    for each in [group_by] if isinstance(group_by, str) else group_by:
                        field, _colon, interval = each.partition(":")
                        if interval:
                            found[view.name, node.get("name")] = interval
        self.assertTrue(found)
        self.assertEqual(
            {key: each for key, each in found.items() if each not in INTERVALS}, {}
        )
