# SPDX-License-Identifier: AGPL-3.0-or-later
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import SQL
from odoo.tools.misc import file_open

from ..db import identity
from ..hooks import uninstall_hook
from .common import ChannelCase

MOVE = "channel.database.move"


class FakeCursor:
    """A server that gives ``answers``, one a statement."""

    dbname = "production"

    def __init__(self, *answers):
        self.answers, self.asked, self.cache = list(answers), [], {}

    def execute(self, statement):
        self.asked.append(statement.code)

    def fetchone(self):
        return [self.answers.pop(0)]


@tagged("post_install", "-at_install")
class TestCopies(ChannelCase):
    """In which databases a channel speaks: restored, renamed, moved, taken over."""

    def in_cluster(self, name):
        return patch.object(identity, "cluster", lambda _cr: name)

    def home(self):
        return self.channel.home_database

    def audits(self, channel):
        return self.env["channel.audit"].search(
            [
                ("channel_id", "=", channel.id),
                ("message", "like", "now runs in the database"),
            ]
        )

    # -------------------------------------------------------------- identity
    def test_database_is_known_by_cluster_name_and_uuid(self):
        cluster, name, uuid = self.home().split("/")
        [[real]] = self.env.execute_query(
            SQL("SELECT system_identifier FROM pg_control_system()")
        )
        self.assertEqual(cluster, str(real))
        self.assertEqual(name, self.env.cr.dbname)
        params = self.env["ir.config_parameter"]
        self.assertEqual(uuid, params.get_param("database.uuid"))

    def test_dump_restored_in_another_cluster_under_the_same_name_is_silent(self):
        self.assertTrue(self.channel._may_publish())
        with self.in_cluster("7714063183665475479"):
            self.assertFalse(self.channel._may_talk())
            self.channel._job_poll()
            self.channel._job_publish()
        self.assertFalse(self.fake.requests)

    def test_renamed_database_is_silent(self):
        cluster, _name, uuid = self.home().split("/")
        self.channel.home_database = f"{cluster}/before/{uuid}"
        self.assertFalse(self.channel._may_talk())

    def test_duplicate_with_a_uuid_of_its_own_is_silent(self):
        self.env["ir.config_parameter"].set_param("database.uuid", "another")
        self.assertFalse(self.channel._may_talk())

    def test_replica_that_takes_over_goes_on(self):
        # it has its primary's identifier, name and uuid; whatever else differs (its
        # address, its timeline, when it was started) is not asked
        before = self.home()
        self.env.cr.cache.clear()
        self.assertEqual(self.channel._database_name(), before)
        self.assertTrue(self.channel._may_talk())

    def test_cluster_that_may_not_be_read_is_no_error_and_has_no_name(self):
        cursor = FakeCursor(False)
        self.assertEqual(identity.database_identity(cursor, "uuid"), "/production/uuid")
        self.assertEqual(len(cursor.asked), 1)
        cursor = FakeCursor(True, 42)
        self.assertEqual(
            identity.database_identity(cursor, "uuid"), "42/production/uuid"
        )
        identity.database_identity(cursor, "uuid")
        self.assertEqual(len(cursor.asked), 2, "asked once a cursor")

    def test_copy_that_left_a_server_which_hides_its_cluster_is_silent(self):
        with self.in_cluster(""):
            self.channel.home_database = self.channel._database_name()
            self.assertTrue(self.channel._may_talk())
        self.assertFalse(self.channel._may_talk())

    # ---------------------------------------------------------------- people
    def test_health_of_a_copy_is_red(self):
        self.assertNotEqual(self.channel.health, "bad")
        with self.in_cluster("other"):
            self.channel.invalidate_recordset()
            self.assertEqual(self.channel.health, "bad")
            self.assertEqual(self.channel.health_text, "Connected in another database")

    def test_buttons_of_a_copy_ask_the_channel_nothing(self):
        with self.in_cluster("other"):
            for button in ("action_fetch_nodes", "action_test_connection"):
                with self.subTest(button), self.assertRaisesRegex(UserError, "moved"):
                    getattr(self.channel, button)()
        self.assertFalse(self.fake.requests)

    # ------------------------------------------------------------------ move
    def test_move_on_purpose_binds_each_channel_and_says_so_in_the_audit(self):
        other = self.make_channel(self.env, "CH2", name="Second")
        here = self.home()
        (self.channel + other).home_database = "1/before/uuid"
        manager = self.make_user(self.env, "manager")
        wizard = (
            self.env[MOVE]
            .with_user(manager)
            .create({"reason": "New server", "old_is_gone": True})
        )
        self.assertEqual(wizard.channel_ids, self.channel + other)
        wizard.action_confirm()
        for channel in self.channel + other:
            self.assertEqual(channel.home_database, here)
            self.assertTrue(channel._may_talk())
            [row] = self.audits(channel)
            self.assertEqual(row.user_id, manager)
            self.assertEqual(
                row.data, {"from": "1/before/uuid", "to": here, "reason": "New server"}
            )

    def test_form_of_the_move_asks_for_what_it_needs(self):
        manager = self.make_user(self.env, "manager")
        wizard = self.env[MOVE].with_user(manager)
        with Form(wizard) as form:
            self.assertFalse(form.channel_ids)
        self.channel.home_database = "1/before/uuid"
        with self.assertRaises(AssertionError), Form(wizard) as form:
            form.old_is_gone = True
        with Form(wizard) as form:
            self.assertEqual(form.here, self.channel._database_name())
            form.reason = "New server"
            form.old_is_gone = True
        form.record.action_confirm()
        self.assertTrue(self.channel._may_talk())

    def test_move_is_confirmed_with_a_reason(self):
        self.channel.home_database = "1/before/uuid"
        for values in (
            {},
            {"old_is_gone": True},
            {"old_is_gone": True, "reason": " "},
            {"reason": "New server"},
        ):
            with self.subTest(values), self.assertRaisesRegex(UserError, "both would"):
                self.env[MOVE].create(values).action_confirm()
        self.assertEqual(self.home(), "1/before/uuid")

    def test_move_leaves_what_works_or_was_neutralized_or_never_connected(self):
        states = {"neutralized": "neutralized", self.home(): self.home(), False: False}
        for before, after in states.items():
            self.channel.home_database = before
            self.env[MOVE].create(
                {
                    "reason": "New server",
                    "old_is_gone": True,
                    "channel_ids": [(6, 0, self.channel.ids)],
                }
            ).action_confirm()
            self.assertEqual(self.home(), after)
        self.assertFalse(self.audits(self.channel))

    def test_move_is_a_managers_and_of_his_companies(self):
        self.channel.home_database = "1/before/uuid"
        for role in ("auditor", "user", "operator"):
            user = self.make_user(self.env, role)
            with self.subTest(role), self.assertRaises(AccessError):
                self.env[MOVE].with_user(user).create(
                    {"reason": "mine", "old_is_gone": True}
                )
        company = self.env["res.company"].create({"name": "Other"})
        stranger = self.make_user(self.env, "manager", "stranger")
        stranger.write({"company_ids": [(6, 0, company.ids)], "company_id": company.id})
        wizard = self.env[MOVE].with_user(stranger).with_company(company)
        wizard = wizard.create({"reason": "mine", "old_is_gone": True})
        self.assertFalse(wizard.channel_ids)
        wizard.action_confirm()
        self.assertEqual(self.home(), "1/before/uuid")

    # ------------------------------------------------------------------ jobs
    def jobs(self):
        """:return: states of the jobs that the test has made, ours and another's"""
        self.env.cr.execute(
            "SELECT name, state FROM queue_job WHERE name LIKE 'copy %' ORDER BY name"
        )
        return dict(self.env.cr.fetchall())

    def make_jobs(self):
        states = ("pending", "enqueued", "started", "failed", "done", "cancelled")
        for model in ("channel.channel", "res.partner"):
            for state in (*states, "wait_dependencies"):
                self.env.cr.execute(
                    "INSERT INTO queue_job (uuid, name, model_name, state, "
                    "date_created) VALUES (gen_random_uuid(), %s, %s, %s, now())",
                    (f"copy {model} {state}", model, state),
                )
        return self.jobs()

    def assertOnlyOursForgotten(self, before):
        kept = {
            name: state
            for name, state in before.items()
            if "res.partner" in name or state in ("done", "cancelled")
        }
        self.assertEqual(self.jobs(), kept)

    def test_neutralized_copy_keeps_none_of_our_waiting_jobs(self):
        before = self.make_jobs()
        with file_open("channel_inventory_base/data/neutralize.sql") as script:
            self.env.cr.execute(script.read())
        self.assertOnlyOursForgotten(before)

    def test_duplicate_made_by_odoo_keeps_none_of_our_waiting_jobs(self):
        before = self.make_jobs()
        self.env["ir.config_parameter"].init()
        self.assertEqual(self.jobs(), before)
        self.env["ir.config_parameter"].init(force=True)
        self.assertOnlyOursForgotten(before)

    def test_uninstall_leaves_no_job_that_nobody_can_run(self):
        before = self.make_jobs()
        uninstall_hook(self.env)
        self.assertOnlyOursForgotten(before)
