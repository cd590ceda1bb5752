# SPDX-License-Identifier: AGPL-3.0-or-later
"""The database's guard of the audit trail, and the one way past it: an upgrade."""

from contextlib import contextmanager

from odoo.tools import SQL

TABLE = "channel_audit"
GUARD_OF_ROWS = "%s_guard_row"
"""Name of the trigger that ``lifted_guard`` lifts, by its table."""


def create_guard(cr, days):
    """Refuse every UPDATE and TRUNCATE, and the DELETE of what is not old enough.

    :param days: how old a row is when it may be deleted
    """
    cr.execute(
        SQL(
            """
            CREATE OR REPLACE FUNCTION channel_audit_guard() RETURNS trigger
            LANGUAGE plpgsql AS $body$
            BEGIN
                IF TG_OP = 'DELETE' AND
                   OLD.at < now() AT TIME ZONE 'UTC' - make_interval(days => %s)
                THEN RETURN OLD; END IF;
                RAISE EXCEPTION 'the audit trail cannot be changed (%%)', TG_OP
                    USING ERRCODE = 'insufficient_privilege';
            END $body$;
            CREATE OR REPLACE TRIGGER channel_audit_guard_row
                BEFORE UPDATE OR DELETE ON channel_audit
                FOR EACH ROW EXECUTE FUNCTION channel_audit_guard();
            CREATE OR REPLACE TRIGGER channel_audit_guard_truncate
                BEFORE TRUNCATE ON channel_audit
                FOR EACH STATEMENT EXECUTE FUNCTION channel_audit_guard();
            """,
            days,
        )
    )


@contextmanager
def lifted_guard(cr, table=TABLE):
    """Let an upgrade rewrite rows of the trail, or of another table that is guarded::

        from odoo.addons.channel_inventory_base.db.audit_guard import lifted_guard


        def migrate(cr, version):
            with lifted_guard(cr):
                cr.execute("UPDATE channel_audit SET ...")

    The guard is off for these statements and for nobody else: the lock that this takes
    keeps all others out until the transaction has ended. Where the block fails, its
    transaction does not commit, and the guard was never off.
    """
    # none yet where the table has just been made
    cr.execute(
        SQL(
            "SELECT FROM pg_trigger WHERE tgrelid = to_regclass(%s) AND tgname = %s",
            table,
            GUARD_OF_ROWS % table,
        )
    )
    guarded = bool(cr.rowcount)
    if guarded:
        _switch(cr, table, "DISABLE")
    yield
    if guarded:
        _switch(cr, table, "ENABLE")


def _switch(cr, table, verb):
    guard = SQL.identifier(GUARD_OF_ROWS % table)
    cr.execute(
        SQL("ALTER TABLE %s %s TRIGGER %s", SQL.identifier(table), SQL(verb), guard)
    )
