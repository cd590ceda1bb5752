# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from ..models.channel_api_version import KEY
from ..schemas import ApiVersion
from .common import ChannelCase


@tagged("post_install", "-at_install")
class TestApiVersion(ChannelCase):
    def setUp(self):
        super().setUp()
        self.today = fields.Date.today()
        self.channel.exception_user_id = self.make_user(self.env, "manager", "versions")
        self.versions = []
        adapter = type(self.env["channel.adapter"])
        self.enterContext(
            patch.object(adapter, "_get_api_versions", lambda _s, _c: self.versions)
        )
        self.fake._get_api_versions = lambda _channel: self.versions

    def ends_in(self, *days):
        self.versions = [
            ApiVersion(f"v{number}", self.today + timedelta(days=each))
            for number, each in enumerate(days, 1)
        ]
        self.channel.invalidate_recordset()
        self.channel._watch_health()

    def told(self, state="open"):
        return self.env["channel.exception"].search(
            [
                ("channel_id", "=", self.channel.id),
                ("key", "=", KEY),
                ("state", "=", state),
            ]
        )

    def test_versions_in_use_are_named(self):
        self.ends_in(400, 500)
        self.assertEqual(self.channel.api_versions, "v1, v2")
        self.assertEqual(
            self.channel.api_version_ends_on, self.today + timedelta(days=400)
        )

    def test_nothing_is_said_more_than_three_months_before(self):
        self.ends_in(91)
        self.assertFalse(self.told())

    def test_one_exception_gets_more_urgent(self):
        for days, left in ((90, 60), (31, 1), (30, 23), (7, 7), (1, 1)):
            self.ends_in(days)
            due = self.today + timedelta(days=left)
            self.assertEqual(self.told().deadline.date(), due, days)

    def test_first_one_that_ends_counts(self):
        self.ends_in(300, 20)
        self.assertIn("v2", self.told().message)
        self.assertNotIn("v1", self.told().message)

    def test_end_that_has_passed_is_told_as_such(self):
        self.ends_in(-3)
        self.assertIn("ended", self.told().message)

    def test_later_version_closes_it(self):
        self.ends_in(20)
        self.ends_in(300)
        self.assertFalse(self.told())
        self.assertTrue(self.told("resolved"))

    def test_version_without_an_end_is_no_matter(self):
        self.versions = [ApiVersion("v3")]
        self.channel.invalidate_recordset()
        self.channel._watch_health()
        self.assertFalse(self.told())
        self.assertFalse(self.channel.api_version_ends_on)

    def test_connection_test_does_not_close_it(self):
        self.ends_in(20)
        self.env["channel.exception"]._resolve_keys(
            self.channel, ["auth", "configuration"]
        )
        self.assertTrue(self.told())
