# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields
from odoo.tests import tagged
from odoo.tools import SQL

from ..db.sources import AUDIT, PUBLICATION, PUBLICATION_LINE, RULE_VERSION, Source
from .common_seal import SealCase

# Columns of sealed tables that are not sealed, and why that is right.
OPEN = {
    "channel_audit": set(),
    # what becomes of a request; the trail says it too
    "channel_publication": set(
        "state answer error attempts again ticket ask_at watch_at is_stuck acked_at "
        "discard_reason noted create_uid create_date write_uid write_date".split()
    ),
    # what became of it, what the channel was seen to show then, and where it spent its
    # time on the way
    "channel_publication_line": set(
        "result shown stood due_at applied_at code message queued_at frozen_at".split()
    ),
    # when it counts, and that it was retired, which is in the trail; how specific it is
    # follows from what is sealed and from where its category stands today
    "channel_rule_version": set("state retired_at in_effect specificity".split()),
}
OTHER = {
    "integer": "COALESCE({0}, 0) + 1",
    "character varying": "COALESCE({0}, '') || 'x'",
    "text": "COALESCE({0}, '') || 'x'",
    "jsonb": "'{{\"changed\": true}}'",
    "boolean": "NOT COALESCE({0}, false)",
    "numeric": "COALESCE({0}, 0) + 1",
    "double precision": "COALESCE({0}, 0) + 1",
    "timestamp without time zone": (
        "COALESCE({0}, '2020-01-01') + interval '1 microsecond'"
    ),
}


@tagged("post_install", "-at_install")
class TestColumns(SealCase):
    """Nothing of a row can be changed unnoticed: column by column, also those that an
    upgrade has added."""

    def columns(self, table):
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT column_name, data_type FROM information_schema.columns
                     WHERE table_name = %s AND table_schema = current_schema()
                       AND column_name <> 'id'
                    """,
                    table,
                )
            )
        )

    def text(self, source, row_id, form=None):
        rows = self.env.execute_query(
            SQL(
                'SELECT %s FROM %s WHERE "row".id = %s',
                source.text(form or source.form),
                source.frm,
                row_id,
            )
        )
        # a line that has lost its publication reads as removed
        return rows[0][0] if rows else None

    def make_rows(self):
        self.make_rule(self.env, "fixed", 2.5)
        now = fields.Datetime.now()
        self.env.flush_all()
        self.env["channel.planner"]._run()
        level = self.env["channel.level"].search([("listing_id", "=", self.listing.id)])
        publication = self.env["channel.publication"].create(
            {
                "channel_id": self.channel.id,
                "key": "columns",
                "trace": "columns",
                "payload": "{}",
                "state": "done",
                "sent_at": now,
            }
        )
        self.env["channel.publication.line"]._insert(
            publication,
            [(level.id, 7, 12, 1, now.isoformat(), "columns", now.isoformat())],
        )
        self.env.flush_all()

    def test_each_column_of_each_table_is_sealed_or_open_for_a_reason(self):
        self.make_rows()
        self.drop_constraints()
        faults = []
        for source in (AUDIT, PUBLICATION, PUBLICATION_LINE, RULE_VERSION):
            table = source.table
            [[row_id]] = self.env.execute_query(
                SQL("SELECT max(id) FROM %s", SQL.identifier(table))
            )
            before = self.text(source, row_id)
            for column, kind in self.columns(table).items():
                if column in OPEN[table]:
                    continue
                with self.env.cr.savepoint() as point:
                    value = OTHER[kind].format(f'"{column}"')
                    self.env.cr.execute(
                        f'UPDATE {table} SET "{column}" = {value} WHERE id = %s',
                        [row_id],
                    )
                    changed = self.text(source, row_id) != before
                    point.rollback()
                # the fields of other addons are theirs to seal
                if not changed and not self.is_of_another_addon(source, column):
                    faults.append(f"{table}.{column} ({kind})")
        self.assertFalse(faults)

    def drop_constraints(self):
        """What would refuse a value that is only another one."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT conrelid::regclass::text, conname FROM pg_constraint
                 WHERE conrelid = ANY(%s::regclass[]) AND contype IN ('f', 'c')
                """,
                list(OPEN),
            )
        )
        self.env.cr.execute("ALTER TABLE channel_audit DISABLE TRIGGER USER")
        for table, name in rows:
            self.env.cr.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')

    def is_of_another_addon(self, source, column):
        field = self.env[source.name]._fields[column]
        return "channel_inventory_base" not in field._modules

    def test_a_column_that_an_upgrade_adds_changes_no_old_text(self):
        rows, _seal = self.seal("before the upgrade")
        self.env.cr.execute(
            "ALTER TABLE channel_audit ADD COLUMN added varchar DEFAULT 'new'"
        )
        self.assertOnly(self.verify())
        self.assertTrue(rows)

    def test_a_new_form_leaves_old_leaves_as_they_were(self):
        row = self.log("both forms")
        newer = Source(
            AUDIT.name,
            AUDIT.table,
            {**AUDIT.forms, 2: SQL('%s, "row".kind', AUDIT.forms[1])},
            AUDIT.at,
            AUDIT.company,
        )
        self.assertEqual(newer.form, 2)
        self.assertEqual(self.text(newer, row.id, 1), self.text(AUDIT, row.id))
        self.assertNotEqual(self.text(newer, row.id), self.text(AUDIT, row.id))

    def test_the_text_is_the_same_in_every_session(self):
        """Time zones, styles of dates, digits of floats and languages are settings."""
        self.make_rows()
        row = self.log("Übergröße – 4½\n„naïve“ \u2028 \x07 \ttab", data={"a": 0.1})
        [[version_id]] = self.env.execute_query(
            SQL("SELECT max(id) FROM channel_rule_version")
        )
        wanted = self.text(AUDIT, row.id), self.text(RULE_VERSION, version_id)
        for setting in (
            "TimeZone = 'Pacific/Chatham'",
            "DateStyle = 'German, DMY'",
            "IntervalStyle = 'iso_8601'",
            "extra_float_digits = -10",
            "bytea_output = 'escape'",
            "lc_numeric = 'C'",
        ):
            self.env.cr.execute(f"SET LOCAL {setting}")
            found = self.text(AUDIT, row.id), self.text(RULE_VERSION, version_id)
            self.assertEqual(found, wanted, setting)
        self.assertNotIn("\n", wanted[0])
        self.assertNotIn("\t", wanted[0])

    def test_a_number_reads_the_same_whatever_type_its_column_has(self):
        self.make_rows()
        [[version_id]] = self.env.execute_query(
            SQL("SELECT max(id) FROM channel_rule_version")
        )
        before = self.text(RULE_VERSION, version_id)
        for kind in ("numeric(16, 4)", "double precision", "numeric"):
            self.env.cr.execute(
                f"ALTER TABLE channel_rule_version ALTER COLUMN value TYPE {kind}"
            )
            self.assertEqual(self.text(RULE_VERSION, version_id), before, kind)
