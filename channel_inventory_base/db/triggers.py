# SPDX-License-Identifier: AGPL-3.0-or-later
"""Triggers that write the change outbox.

Triggers, because a change must leave a row however it is made: by the ORM, by another
addon's SQL, by hand. An UPDATE that leaves the watched expressions as they were writes
nothing. What is watched: ``watches``.
"""

import hashlib
from dataclasses import dataclass

from odoo.tools import SQL

LONGEST_NAME = 63
"""Bytes: PostgreSQL cuts longer names off, without a word."""

_TRANSITION = {
    "insert": "NEW TABLE AS new_rows",
    "update": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "delete": "OLD TABLE AS old_rows",
}


@dataclass(frozen=True)
class Watch:
    """A table watched by statement, with transition tables: one may touch thousands of
    rows, and each product is wanted once.

    ``columns``: expressions over the table whose change matters; ``targets``: a query
    of (product_id, listing_id, channel_id) over ``changed``, which has them and ``id``
    for old and new rows alike.
    """

    table: str
    columns: tuple
    targets: str
    keyed: bool = True
    # tells an addon's watch of a table from ours
    label: str = ""
    outbox: str = "channel_change (product_id, listing_id, channel_id)"

    def name(self, operation):
        return short_name(f"channel_watch{self.label}_{self.table}", operation)

    @property
    def operations(self):
        # a row of a relation table is made and deleted, never updated
        return ("insert", "update", "delete") if self.keyed else ("insert", "delete")

    def definition(self, operation):
        return _definition(
            self,
            operation,
            f"REFERENCING {_TRANSITION[operation]} FOR EACH STATEMENT",
            f"""
            WITH changed AS ({self._changed(operation)})
            INSERT INTO {self.outbox}
            {self.targets};
            """,
        )

    def _changed(self, operation):
        """Rows that came or went, in what matters.

        Of an UPDATE those that are not there twice, as they were and as they are: one
        aggregate costs half of two set differences. A join of the transition tables
        would be planned for one row and then, from the session's plan cache, be run
        with ten thousand.
        """
        columns = ("id",) * self.keyed + self.columns
        old = f"SELECT {', '.join(columns)} FROM old_rows"
        new = f"SELECT {', '.join(columns)} FROM new_rows"
        places = ", ".join(str(place) for place, _column in enumerate(columns, start=1))
        return {
            "insert": new,
            "delete": old,
            "update": f"SELECT * FROM ({old} UNION ALL {new}) row_versions"
            f" GROUP BY {places} HAVING count(*) = 1",
        }[operation]


@dataclass(frozen=True)
class RowWatch:
    """A table watched by row: each has a ``product_id``, they come in ones and twos,
    and every stock operation waits for these triggers.

    Within a delivery that takes half of the time of transition tables; in a statement
    of thousands of rows twice as long, and a product is named once a row. What matters
    is asked in the function: PostgreSQL would read the condition of a trigger anew for
    each statement, which takes longer than to call it.

    ``columns``, ``counts``: expressions that begin with a column; a row is looked at
    while ``counts`` is true for it. ``ended``: one that is true of a row that has done
    what it was made for; the change is then traced to it, unless it has a trace.
    """

    table: str
    columns: tuple
    counts: str = ""
    ended: str = ""

    operations = ("insert", "update", "delete")

    def name(self, operation):
        return short_name(f"channel_watch_{self.table}", operation)

    def definition(self, operation):
        row = "OLD" if operation == "delete" else "NEW"
        return _definition(
            self,
            operation,
            "FOR EACH ROW",
            f"""
            IF {self._matters(operation)} THEN
                {self._note(operation, row)}
                {_NOTE_OLD if operation == "update" else ""}
            END IF;
            """,
        )

    def _note(self, operation, row):
        if not self.ended or operation == "delete":
            return _note(row)
        return f"""
            INSERT INTO channel_change (product_id, trace) VALUES (
                {row}.product_id,
                COALESCE(NULLIF(current_setting('channel.trace', true), ''),
                         CASE WHEN {row}.{self.ended} THEN 'move:' || {row}.id END));
        """

    def _matters(self, operation):
        old, new = (
            f"{row}.{self.counts}" if self.counts else "true" for row in ("OLD", "NEW")
        )
        if operation != "update":
            return old if operation == "delete" else new
        before, after = (
            ", ".join(f"{row}.{column}" for column in self.columns)
            for row in ("OLD", "NEW")
        )
        matters = (
            f"({old} OR {new}) AND ({before}, {old}) IS DISTINCT FROM ({after}, {new})"
        )
        if not self.ended:
            return matters
        # made and done in one go, it was never open
        return f"{matters} OR NEW.{self.ended} AND NOT OLD.{self.ended}"


def short_name(name, operation):
    """A name that PostgreSQL takes whole, and that no other has.

    >>> short_name("channel_watch_stock_quant", "insert")
    'channel_watch_stock_quant_insert'
    >>> len(short_name("channel_watch_" + 60 * "x", "insert"))
    63
    >>> short_name(70 * "x" + "1", "insert") == short_name(70 * "x" + "2", "insert")
    False
    """
    whole = f"{name}_{operation}"
    if len(whole.encode()) <= LONGEST_NAME:
        return whole
    end = f"_{hashlib.sha256(name.encode()).hexdigest()[:8]}_{operation}"
    return name.encode()[: LONGEST_NAME - len(end)].decode(errors="ignore") + end


def _note(row):
    return f"INSERT INTO channel_change (product_id) VALUES ({row}.product_id);"


_NOTE_OLD = f"IF OLD.product_id <> NEW.product_id THEN {_note('OLD')} END IF;"


def _definition(watch, operation, rows, body):
    # identifiers and query texts come from watches alone, never from data
    name = watch.name(operation)
    return f"""
        CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $body$
        BEGIN
            {body}
            RETURN NULL;
        END $body$;
        DROP TRIGGER IF EXISTS {name} ON {watch.table};
        CREATE TRIGGER {name} AFTER {operation.upper()} ON {watch.table}
            {rows} EXECUTE FUNCTION {name}();
    """


def create_triggers(cr, watches):
    _check_names(watches)
    for watch in watches:
        for operation in watch.operations:
            cr.execute(SQL(watch.definition(operation).replace("%", "%%")))


def _check_names(watches):
    """One that replaces another would leave that unwatched, without a word.

    :raise ValueError: two have one name, or one is too long
    """
    names = [watch.name(each) for watch in watches for each in watch.operations]
    bad = {
        name
        for name in names
        if names.count(name) > 1 or len(name.encode()) > LONGEST_NAME
    }
    if bad:
        raise ValueError(f"names of triggers are not unique or too long: {bad}")


def drop_triggers(cr, watches):
    for watch in watches:
        for operation in watch.operations:
            name = SQL.identifier(watch.name(operation))
            cr.execute(SQL("DROP FUNCTION IF EXISTS %s CASCADE", name))
