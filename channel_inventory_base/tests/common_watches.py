# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tools import SQL

from ..db.triggers import LONGEST_NAME

OTHER = {
    "bool": "NOT COALESCE({column}, false)",
    "int4": "COALESCE({column}, 0) + 100000",
    "int8": "COALESCE({column}, 0) + 100000",
    "numeric": "COALESCE({column}, 0) + 100000",
    "float8": "COALESCE({column}, 0) + 100000",
    "varchar": "COALESCE({column}, '') || 'x'",
    "text": "COALESCE({column}, '') || 'x'",
    "timestamp": "COALESCE({column}, now()) + interval '1 day'",
    "date": "COALESCE({column}, now()::date) + 1",
}
"""Another value of a column, by its type."""


class WatchContract:
    """What a test of an addon's watches checks. Mixed into a case with an open
    transaction.

    ``watches``: of the addon; ``rows``: table -> id of a row whose changes concern
    something that is sold; ``links``: relation table -> the same, of a row of it.
    """

    watches = ()
    # the exact value that another one becomes: (table, column) -> SQL
    values = {}

    def rows(self):
        raise NotImplementedError

    def links(self):
        """:return: relation table -> dict of the columns of one of its rows"""
        return {}

    def test_contract_each_watch_has_a_trigger_for_each_of_its_operations(self):
        wanted = {
            (watch.table, watch.name(each), each.upper())
            for watch in self.watches
            for each in watch.operations
        }
        self.env.cr.execute(
            """
            SELECT tgrelid::regclass::text, tgname,
                   CASE WHEN tgtype::int & 4 > 0 THEN 'INSERT'
                        WHEN tgtype::int & 8 > 0 THEN 'DELETE'
                        WHEN tgtype::int & 16 > 0 THEN 'UPDATE' END
              FROM pg_trigger WHERE NOT tgisinternal
            """
        )
        self.assertLessEqual(wanted, set(self.env.cr.fetchall()))
        count = sum(len(watch.operations) for watch in self.watches)
        self.assertEqual(len(wanted), count)
        for _table, name, _operation in wanted:
            self.assertLessEqual(len(name.encode()), LONGEST_NAME)

    def test_contract_each_watched_column_that_changes_leaves_a_row(self):
        rows, unseen = self.rows(), []
        self.env.flush_all()
        for watch in self.watches:
            if not getattr(watch, "keyed", True):
                continue
            for expression in watch.columns:
                column = expression.split("::")[0].split(" ")[0]
                if not self.is_seen(watch, column, rows[watch.table]):
                    unseen.append(f"{watch.table}.{column}")
        self.assertEqual(unseen, [])

    def test_contract_each_link_that_is_made_or_deleted_leaves_a_row(self):
        links, unseen = self.links(), []
        self.env.flush_all()
        for watch in self.watches:
            if getattr(watch, "keyed", True):
                continue
            for words, query in self.queries(watch.table, links[watch.table]):
                with self.env.cr.savepoint():
                    self.empty(watch)
                    # made again by the second
                    self.env.cr.execute(query)
                    if not self.left(watch):
                        unseen.append(f"{watch.table}: {words}")
            # the savepoint of both is released: what was deleted is there again
        self.assertEqual(unseen, [])

    def queries(self, table, values):
        where = SQL(" AND ").join(
            SQL("%s = %s", SQL.identifier(name), value)
            for name, value in values.items()
        )
        yield "deleted", SQL("DELETE FROM %s WHERE %s", SQL.identifier(table), where)
        yield (
            "made",
            SQL(
                "INSERT INTO %s (%s) VALUES (%s)",
                SQL.identifier(table),
                SQL(", ").join(SQL.identifier(name) for name in values),
                SQL(", ").join(SQL("%s", value) for value in values.values()),
            ),
        )

    def is_seen(self, watch, column, row_id):
        savepoint = self.env.cr.savepoint()
        try:
            # whom it belongs to is not checked here
            self.env.cr.execute("SET CONSTRAINTS ALL DEFERRED")
            self.drop_keys(watch.table, column)
            self.empty(watch)
            self.env.cr.execute(
                SQL(
                    "UPDATE %s SET %s = %s WHERE id = %s",
                    SQL.identifier(watch.table),
                    SQL.identifier(column),
                    SQL(self.other_value(watch.table, column)),
                    row_id,
                )
            )
            self.assertEqual(self.env.cr.rowcount, 1, watch.table)
            return self.left(watch)
        finally:
            savepoint.close(rollback=True)

    def drop_keys(self, table, column):
        """Foreign keys of the column, so that any other number will do."""
        self.env.cr.execute(
            SQL(
                """
                SELECT con.conname FROM pg_constraint con
                  JOIN pg_attribute att ON att.attrelid = con.conrelid
                                       AND att.attnum = ANY(con.conkey)
                 WHERE con.conrelid = %s::regclass AND att.attname = %s
                   AND con.contype IN ('f', 'c')
                """,
                table,
                column,
            )
        )
        for (name,) in self.env.cr.fetchall():
            self.env.cr.execute(
                SQL(
                    "ALTER TABLE %s DROP CONSTRAINT %s",
                    SQL.identifier(table),
                    SQL.identifier(name),
                )
            )

    def other_value(self, table, column):
        if (table, column) in self.values:
            return self.values[table, column]
        self.env.cr.execute(
            "SELECT udt_name FROM information_schema.columns "
            "WHERE table_name = %s AND column_name = %s",
            (table, column),
        )
        [[kind]] = self.env.cr.fetchall()
        return OTHER[kind].format(column=column)

    @staticmethod
    def outbox(watch):
        return getattr(watch, "outbox", "channel_change").split(" ")[0]

    def empty(self, watch):
        query = "DELETE FROM %s"
        self.env.cr.execute(SQL(query, SQL.identifier(self.outbox(watch))))

    def left(self, watch):
        query = "SELECT count(*) FROM %s"
        self.env.cr.execute(SQL(query, SQL.identifier(self.outbox(watch))))
        return self.env.cr.fetchone()[0]
