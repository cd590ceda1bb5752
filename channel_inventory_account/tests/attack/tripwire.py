# SPDX-License-Identifier: AGPL-3.0-or-later
"""Triggers that tell which rows a try has written, whatever way it took."""

from odoo.tools import SQL

_FUNCTION = """
CREATE TEMP TABLE attack_hit (
    relation text NOT NULL, operation text NOT NULL, old jsonb, new jsonb
);
CREATE FUNCTION pg_temp.attack_tripwire() RETURNS trigger AS $$
BEGIN
    INSERT INTO attack_hit VALUES (
        TG_TABLE_NAME, TG_OP,
        CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END,
        CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END
    );
    RETURN NULL;
END $$ LANGUAGE plpgsql;
"""


class Hit:
    """One row that was written: ``old`` and ``new`` as PostgreSQL has them."""

    def __init__(self, relation, operation, old, new):
        self.relation, self.operation = relation, operation
        self.old, self.new = old or {}, new or {}

    def changed(self, column):
        return self.old.get(column) != self.new.get(column)

    def __repr__(self):
        columns = sorted(
            name for name in self.old.keys() | self.new.keys() if self.changed(name)
        )
        row = self.old.get("id") or self.new.get("id")
        return f"{self.operation} {self.relation} {row}: {', '.join(columns)}"


class Tripwire:
    """Watches tables for the rest of the transaction."""

    def __init__(self, env, relations):
        self.env = env
        env.cr.execute(_FUNCTION)
        # what made the records was impatient, in this very transaction; vacuum, which
        # may be at one of the tables, gives way after a second
        env.cr.execute("SET LOCAL lock_timeout = 0")
        for relation in sorted(relations):
            env.cr.execute(
                SQL(
                    "CREATE TRIGGER attack_tripwire AFTER INSERT OR UPDATE OR DELETE "
                    "ON %s FOR EACH ROW EXECUTE FUNCTION pg_temp.attack_tripwire()",
                    SQL.identifier(relation),
                )
            )

    def hits(self):
        """What was written since the last savepoint that is still held."""
        self.env.cr.execute("SELECT relation, operation, old, new FROM attack_hit")
        return [Hit(*row) for row in self.env.cr.fetchall()]

    def forget(self):
        """For tries that are not rolled back."""
        self.env.cr.execute("DELETE FROM attack_hit")
