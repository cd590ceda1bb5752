# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from odoo.addons.channel_inventory_base.tests.common import ChannelCase

from ..models.channel_channel import NEWS
from .common import MeasuredSetup


@tagged("post_install", "-at_install")
class TestBoard(MeasuredSetup, ChannelCase):
    def setUp(self):
        super().setUp()
        self.env["channel.channel"].search([("id", "!=", self.channel.id)]).write(
            {"active": False}
        )
        self.user = self.make_user(self.env, "user", "board_user")

    def board(self, user=None):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env["channel.live"].with_user(user or self.user).get_board()

    def test_sentence_never_rounds_up_to_all_is_well(self):
        rows = {1: {"numbers": 10000, "late": 1, "oldest_seconds": None}}
        sentence = self.env["channel.live"]._get_sentence(rows)
        self.assertIn("99.9 %", sentence)

    def test_sentence_names_what_waits_longest(self):
        self.go_live()
        self.env.cr.execute(
            "UPDATE channel_level_pending SET since = since - interval '1 hour'"
        )
        sentence = self.board()["sentence"]
        self.assertIn("SKU-1", sentence)
        self.assertIn("0 %", sentence)

    def test_all_is_well(self):
        self.go_live(shown=10)
        self.env["channel.level.pending"].search([]).unlink()
        board = self.board()
        self.assertIn("100 %", board["sentence"])
        [card] = board["channels"]
        self.assertEqual((card["numbers"], card["late"]), (1, 0))

    def test_hours_are_of_the_reader(self):
        self.make_publication(
            self._planned_level(), seconds=3, ago=timedelta(hours=1), count=2
        )
        self.env["channel.metric"]._cron_roll_up()
        hours = self.board()["hours"]
        self.assertEqual(len(hours["labels"]), 24)
        self.assertEqual((hours["published"][-1], hours["seconds"][-1]), (2, 3))
        board = self.env["channel.live"].with_context(tz="Asia/Kolkata").get_board()
        shifted = board["hours"]["labels"]
        self.assertEqual({each[-2:] for each in shifted}, {"30"})

    def test_exception_of_a_company_is_not_all_is_well(self):
        """It is on no channel's card."""
        healthy = ("ok", "Healthy")
        self.patch(type(self.channel), "_judge_health", lambda *_args: healthy)
        before = self.board()
        self.assertEqual((before["health"], before["exceptions"]), ("ok", 0))
        self.env["channel.exception"]._report(
            self.env["channel.channel"],
            "stock_report",
            key="board",
            message="Two rows were rejected",
            company=self.env.company,
        )
        board = self.board()
        self.assertEqual(board["exceptions"], 1)
        self.assertEqual(board["health"], "late")

    def report(self, category, key, channel=None, company=None):
        return self.env["channel.exception"]._report(
            self.channel if channel is None else channel,
            category,
            key=key,
            message=f"Look at {key}",
            company=company,
        )

    def reasons(self):
        return [each["text"] for each in self.board()["reasons"]]

    def test_all_is_well_needs_no_reason(self):
        healthy = ("ok", "Healthy")
        self.patch(type(self.channel), "_judge_health", lambda *_args: healthy)
        self.assertEqual(self.reasons(), [])

    def test_what_is_not_well_is_named_the_worst_first(self):
        other = self.make_channel(self.env, code="BRD2", name="Other")

        def judge(channel, _facts):
            late = ("late", "Orders were never pulled")
            return ("bad", "Authentication failed") if channel == other else late

        self.patch(type(self.channel), "_judge_health", judge)
        self.assertEqual(
            self.reasons(),
            [
                "Other: Authentication failed",
                f"{self.channel.name}: Orders were never pulled",
            ],
        )
        first = self.board()["reasons"][0]
        self.assertEqual(
            (first["res_model"], first["res_id"]), ("channel.channel", other.id)
        )

    def test_exceptions_are_named_instead_of_their_number(self):
        self.go_live(shown=10)
        judge = type(self.channel)._judge_people
        self.patch(
            type(self.channel),
            "_judge_health",
            lambda each, _facts: judge(each) or ("ok", "Healthy"),
        )
        drift = self.report("drift", "SKU-1")
        self.report("tax", "VAT 7")
        self.report("tax", "VAT 19")
        reasons = {each["text"]: each for each in self.board()["reasons"]}
        one = f"{self.channel.name}: Changed on the channel: Look at SKU-1"
        several = f"{self.channel.name}: Tax (2)"
        self.assertEqual(set(reasons), {one, several})
        self.assertEqual(
            (reasons[one]["res_model"], reasons[one]["res_id"]),
            ("channel.exception", drift.id),
        )
        self.assertEqual(reasons[several]["context"]["search_default_category"], "tax")
        self.assertEqual(
            reasons[several]["context"]["search_default_channel_id"], self.channel.id
        )

    def test_exception_of_a_company_is_named_by_it(self):
        none = self.env["channel.channel"]
        self.report("stock_report", "WH", channel=none, company=self.env.company)
        self.assertIn(
            f"{self.env.company.name}: Stock report: Look at WH", self.reasons()
        )

    def test_only_the_most_urgent_causes_are_named(self):
        for category in ("drift", "tax", "address", "phone", "duplicate", "auth"):
            self.report(category, category)
        named = [each for each in self.reasons() if "Look at" in each]
        self.assertEqual(len(named), 5)
        self.assertTrue(named[0].endswith("Look at auth"))

    def test_values_are_in_the_currency_of_the_company_that_is_looked_from(self):
        """Whoever works for two companies sees sums of both: in one currency."""
        self.rule("fixed", 4)
        self.product.list_price = 10
        self.go_live()
        own = self.env.company
        abroad = self.env.ref(
            "base.EUR" if own.currency_id.name != "EUR" else "base.USD"
        )
        abroad.active = True
        other = self.env["res.company"].create(
            {"name": "Abroad", "currency_id": abroad.id}
        )
        self.env["res.currency.rate"].create(
            {
                "name": "2020-01-01",
                "currency_id": own.currency_id.id,
                "company_id": other.id,
                "rate": 2,
            }
        )
        self.user.company_ids |= other
        self.env.flush_all()
        self.env.invalidate_all()
        live = self.env["channel.live"].with_user(self.user)
        values = {}
        for company in (own, other):
            chosen = [company.id, *(own + other - company).ids]
            board = live.with_context(allowed_company_ids=chosen).get_board()
            self.assertEqual(board["currency_id"], company.currency_id.id)
            [tile] = [each for each in board["tiles"] if each["kind"] == "hidden"]
            values[company] = tile["value"]
        self.assertEqual(values, {own: 40, other: 20})

    def _planned_level(self):
        self.plan()
        return self.level

    def test_company_sees_its_own_alone(self):
        other = self.env["res.company"].create({"name": "B"})
        stranger = new_test_user(
            self.env,
            "board_stranger",
            groups="channel_inventory_base.group_channel_user",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        self.rule("fixed", 4)
        self.go_live()
        self.make_publication(self.level, ago=timedelta(hours=1))
        self.env["channel.metric"]._cron_roll_up()
        board = self.board(stranger)
        self.assertEqual(board["channels"], [])
        self.assertEqual({tile["count"] for tile in board["tiles"]}, {0})
        self.assertEqual(sum(board["hours"]["published"]), 0)
        for model in ("channel.metric", "channel.report.figure"):
            with self.subTest(model):
                records = self.env[model].with_user(stranger)
                self.assertFalse(records.search_count([]))
                self.assertTrue(self.env[model].with_user(self.user).search_count([]))

    def test_auditor_sees_and_changes_nothing(self):
        auditor = self.make_user(self.env, "auditor", "board_auditor")
        self.go_live()
        self.make_publication(self.level, ago=timedelta(hours=1))
        self.env["channel.metric"]._cron_roll_up()
        self.assertEqual(len(self.board(auditor)["channels"]), 1)
        metric = self.env["channel.metric"].with_user(auditor).search([], limit=1)
        with self.assertRaises(AccessError):
            metric.count = 0
        with self.assertRaises(AccessError):
            metric.unlink()

    def test_outsider_is_refused(self):
        outsider = new_test_user(self.env, "board_outsider", groups="base.group_user")
        with self.assertRaises(AccessError):
            self.board(outsider)

    def test_news_once_for_a_change_of_health(self):
        sent = []
        groups = type(self.env["res.groups"])
        self.patch(
            groups,
            "_bus_send",
            lambda group, kind, payload, **_more: sent.append((kind, payload)),
        )
        self.channel._tell_health()
        self.env.invalidate_all()
        first = len(sent)
        self.channel._tell_health()
        self.assertEqual(len(sent), first)
        self.channel.connection_state = "auth_failed"
        self.env.flush_all()
        self.env.invalidate_all()
        self.channel._tell_health()
        self.assertEqual(len(sent), first + 2)
        self.assertEqual(sent[-1], (NEWS, {"channel_id": self.channel.id}))
