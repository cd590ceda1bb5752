# SPDX-License-Identifier: AGPL-3.0-or-later
"""Leaves, seals and receipts are append-only: the database refuses the rest."""

from odoo.tools import SQL

from odoo.addons.channel_inventory_base.db.audit_guard import GUARD_OF_ROWS

TABLES = ("channel_audit_leaf", "channel_audit_seal", "channel_audit_receipt")


def create_guard(cr, table):
    """Refuse every UPDATE, DELETE and TRUNCATE. An upgrade that adds a field lifts it:
    ``lifted_guard`` of the base."""
    cr.execute(
        SQL(
            """
            CREATE OR REPLACE FUNCTION channel_audit_seal_guard() RETURNS trigger
            LANGUAGE plpgsql AS $body$
            BEGIN
                RAISE EXCEPTION 'what was sealed cannot be changed (%%)', TG_OP
                    USING ERRCODE = 'insufficient_privilege';
            END $body$;
            CREATE OR REPLACE TRIGGER %(row)s
                BEFORE UPDATE OR DELETE ON %(table)s
                FOR EACH ROW EXECUTE FUNCTION channel_audit_seal_guard();
            CREATE OR REPLACE TRIGGER %(truncate)s
                BEFORE TRUNCATE ON %(table)s
                FOR EACH STATEMENT EXECUTE FUNCTION channel_audit_seal_guard();
            """,
            table=SQL.identifier(table),
            row=SQL.identifier(GUARD_OF_ROWS % table),
            truncate=SQL.identifier(f"{table}_guard_truncate"),
        )
    )


def drop_guard(cr, tables):
    for table in tables:
        for name in (GUARD_OF_ROWS % table, f"{table}_guard_truncate"):
            cr.execute(
                SQL(
                    "DROP TRIGGER IF EXISTS %s ON %s",
                    SQL.identifier(name),
                    SQL.identifier(table),
                )
            )
    cr.execute("DROP FUNCTION IF EXISTS channel_audit_seal_guard()")
