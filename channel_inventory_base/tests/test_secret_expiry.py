# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from ..models.channel_secret_expiry import KEY
from .common import ChannelCase


@tagged("post_install", "-at_install")
class TestSecretExpiry(ChannelCase):
    def setUp(self):
        super().setUp()
        self.today = fields.Date.today()
        owner = self.make_user(self.env, "manager", "owner")
        self.channel.write({"state": "live", "exception_user_id": owner.id})
        self.channel.connection_state = "ok"

    def ends_in(self, days):
        self.channel.secret_expires_on = self.today + timedelta(days=days)
        self.env.flush_all()
        self.channel._watch_health()

    def told(self):
        return self.env["channel.exception"].search(
            [("channel_id", "=", self.channel.id), ("key", "=", KEY)]
        )

    def test_nothing_is_said_more_than_a_month_before(self):
        self.ends_in(31)
        self.assertFalse(self.told())
        self.assertFalse(self.channel.secret_warning)

    def test_one_exception_gets_more_urgent(self):
        """30 days before until the 14th, until the 3rd, until the day itself."""
        for days, left in ((30, 16), (20, 6), (14, 11), (5, 2), (3, 3), (1, 1)):
            self.ends_in(days)
            told = self.told()
            self.assertEqual(len(told), 1)
            due = self.today + timedelta(days=left)
            self.assertEqual((told.deadline.date(), told.state), (due, "open"))

    def test_owner_hears_of_each_stage_once(self):
        self.ends_in(30)
        posts = len(self.told().message_ids)
        count = self.told().count
        for _minute in range(3):
            self.channel._watch_health()
        self.assertEqual((self.told().count, len(self.told().message_ids)), (1, posts))
        # time goes by, not the date
        self.env.cr.execute(
            "UPDATE channel_exception SET deadline = deadline - interval '16 days' "
            "WHERE id = %s",
            [self.told().id],
        )
        self.env.invalidate_all()
        self.channel._watch_health()
        self.assertEqual(self.told().count, count + 1)
        self.assertGreater(len(self.told().message_ids), posts)
        owner = self.channel.exception_user_id.partner_id
        self.assertIn(owner, self.told().message_ids[0].partner_ids)

    def test_secret_that_has_ended_is_said_so(self):
        self.ends_in(0)
        self.assertIn("ended", self.told().message)
        self.assertTrue(self.told().is_late)

    def test_health_tells_it(self):
        for days, health in ((31, "ok"), (30, "late"), (3, "bad"), (-1, "bad")):
            self.channel.secret_expires_on = self.today + timedelta(days=days)
            self.env.flush_all()
            judged = self.channel._judge_secret() or ("ok", "")
            self.assertEqual(judged[0], health)

    def test_later_date_closes_it(self):
        self.ends_in(3)
        self.ends_in(180)
        self.assertEqual(self.told().state, "resolved")

    def test_new_date_within_the_month_is_another_word(self):
        self.ends_in(3)
        self.ends_in(20)
        self.assertEqual((self.told().state, len(self.told())), ("open", 1))
        self.assertIn(str(self.channel.secret_expires_on), self.told().message)

    # -------------------------------------------------------------- rotation
    def as_secret(self, stored=False):
        """The channel's name stands for a secret of a connector."""
        model = type(self.channel)
        self.patch(model, "_secret_lifetimes", lambda _self: {"name": 180})
        self.patch(model, "_secret_fields", lambda _self: {"name": "fake"})
        self.patch(model, "_get_secret", lambda _self, _name: stored)

    def test_secret_that_is_entered_anew_moves_the_date_and_closes_it(self):
        self.as_secret()
        self.ends_in(3)
        self.channel.name = "a new secret"
        ends = self.today + timedelta(days=180)
        self.assertEqual(self.channel.secret_expires_on, ends)
        self.channel._watch_health()
        self.assertEqual(self.told().state, "resolved")

    def test_date_that_is_entered_with_it_counts(self):
        self.as_secret()
        ends = self.today + timedelta(days=90)
        self.channel.write({"name": "a new secret", "secret_expires_on": ends})
        self.assertEqual(self.channel.secret_expires_on, ends)

    def test_secret_that_is_entered_again_has_not_become_younger(self):
        self.as_secret("the old one")
        self.ends_in(3)
        for value in ("the old one", "••••••••"):
            self.channel.name = value
            self.assertEqual(
                self.channel.secret_expires_on, self.today + timedelta(days=3)
            )
