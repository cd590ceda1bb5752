# SPDX-License-Identifier: AGPL-3.0-or-later
import psycopg2

from odoo.modules.registry import Registry
from odoo.sql_db import close_db
from odoo.tests import tagged
from odoo.tools import config, mute_logger

from ..db.audit_guard import lifted_guard
from .common_committed import CommittedCase

ADDON = "channel_inventory_base"
# What of a schema an addon makes itself, in words that two databases have in common.
SCHEMA = """
    SELECT 'view', viewname, definition FROM pg_views
     WHERE schemaname = 'public' AND starts_with(viewname, 'channel')
    UNION ALL
    SELECT 'function', proname, prosrc FROM pg_proc
     WHERE pronamespace = 'public'::regnamespace AND starts_with(proname, 'channel')
    UNION ALL
    SELECT 'trigger', tgrelid::regclass || '.' || tgname,
           pg_get_triggerdef(oid) || ' ' || tgenabled::text
      FROM pg_trigger WHERE NOT tgisinternal AND starts_with(tgname, 'channel')
    UNION ALL
    SELECT 'index', indexname, indexdef FROM pg_indexes
     WHERE schemaname = 'public' AND starts_with(tablename, 'channel')
    UNION ALL
    SELECT 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
      FROM pg_constraint WHERE starts_with(conrelid::regclass::text, 'channel')
    UNION ALL
    SELECT 'column', table_name || '.' || column_name,
           concat_ws(' ', udt_name, is_nullable, column_default)
      FROM information_schema.columns
     WHERE table_schema = 'public' AND starts_with(table_name, 'channel')
"""


@tagged("post_install", "-at_install")
class TestUpgrade(CommittedCase):
    """A database that an older version has made becomes what a new one would be."""

    def tearDown(self):
        # connections of the registry that an upgrade has replaced
        close_db(self.database)
        super().tearDown()

    def upgrade(self):
        """As ``-u`` does, here; the addons that depend on this one are upgraded too."""
        enabled = config["test_enable"]
        config["test_enable"] = False
        try:
            type(self).registry = Registry.new(
                self.database, update_module=True, upgrade_modules=[ADDON]
            )
        finally:
            config["test_enable"] = enabled

    def schema(self, env):
        env.cr.execute(SCHEMA)
        return {(kind, name): text for kind, name, text in env.cr.fetchall()}

    def memory(self, env):
        env.cr.execute("SELECT id, target FROM channel_level ORDER BY id")
        levels = env.cr.fetchall()
        env.cr.execute("SELECT id, message, trace FROM channel_audit ORDER BY id")
        return levels, env.cr.fetchall()

    def grow_older(self, cr):
        """What versions differ by: views, functions, triggers; columns of tables that
        views stand on or that are guarded; a default and what must not be empty."""
        cr.execute(
            """
            DO $$ DECLARE name text; BEGIN
                FOR name IN SELECT viewname FROM pg_views
                             WHERE starts_with(viewname, 'channel') LOOP
                    EXECUTE 'DROP VIEW IF EXISTS ' || name || ' CASCADE';
                END LOOP;
            END $$;
            DROP FUNCTION channel_audit_guard CASCADE;
            ALTER TABLE channel_level DROP CONSTRAINT channel_level_target_positive,
                ALTER COLUMN target TYPE float8;
            ALTER TABLE channel_audit DROP COLUMN data;
            ALTER TABLE channel_channel ALTER COLUMN state DROP NOT NULL;
            DO $$ DECLARE name regprocedure; BEGIN
                FOR name IN SELECT oid::regprocedure FROM pg_proc
                             WHERE starts_with(proname, 'channel_watch') LOOP
                    EXECUTE 'DROP FUNCTION ' || name || ' CASCADE';
                END LOOP;
            END $$;
            """
        )

    def test_older_database_becomes_as_a_new_one_and_keeps_what_it_knows(self):
        self.go_live(50)
        with self.commit() as env:
            channel = self.channel(env)
            env["channel.audit"]._log("channel", channel, "before", trace="t")
        with self.commit() as env:
            schema, memory = self.schema(env), self.memory(env)
            self.grow_older(env.cr)
        with self.commit() as env:
            self.assertNotEqual(self.schema(env), schema)
        self.upgrade()
        with self.commit() as env:
            upgraded = self.schema(env)
            different = {
                name: (schema.get(name), upgraded.get(name))
                for name in {*schema, *upgraded}
                if schema.get(name) != upgraded.get(name)
            }
            self.assertEqual(different, {})
            self.assertEqual(self.memory(env), memory)
        # it is at work: a change is noticed and planned, the trail is guarded
        self.change_stock(-8)
        self.plan()
        self.assertEqual(self.target(), 42)
        self.assertGuarded()

    def test_migration_script_may_rewrite_the_trail_and_nobody_else(self):
        with self.commit() as env:
            row = env["channel.audit"]._log("channel", self.channel(env), "misspelt")
            env.flush_all()
            with lifted_guard(env.cr):
                env.cr.execute(
                    "UPDATE channel_audit SET message = 'corrected' WHERE id = %s",
                    [row.id],
                )
                self.assertWaits()
        self.assertGuarded()
        with self.commit() as env:
            self.assertEqual(env["channel.audit"].browse(row.id).message, "corrected")

    def test_migration_script_that_fails_leaves_the_guard_on(self):
        with self.assertRaises(ZeroDivisionError), self.commit() as env:
            with lifted_guard(env.cr):
                raise ZeroDivisionError
        self.assertGuarded()

    def assertGuarded(self):
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(psycopg2.errors.InsufficientPrivilege),
            self.commit() as env,
        ):
            env.cr.execute("UPDATE channel_audit SET message = 'changed'")

    def assertWaits(self):
        """Nobody else gets at the table while the guard is off."""
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(psycopg2.errors.LockNotAvailable),
            self.commit() as env,
        ):
            env.cr.execute("SET LOCAL lock_timeout = '100ms'")
            env.cr.execute("UPDATE channel_audit SET message = 'changed'")
