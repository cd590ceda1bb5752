# SPDX-License-Identifier: AGPL-3.0-or-later
"""What was received of settlements is append-only: the database refuses the rest."""


def create_guard(cr):
    """Refuse to change or delete what was received. Blanked it can be, by retention:
    the digest that stays proves what was there."""
    cr.execute(
        """
        CREATE OR REPLACE FUNCTION channel_settlement_file_guard() RETURNS trigger
        LANGUAGE plpgsql AS $body$
        BEGIN
            IF TG_OP = 'UPDATE'
               AND (NEW.data IS NULL OR NEW.data IS NOT DISTINCT FROM OLD.data)
               AND (NEW.channel_id, NEW.key, NEW.digest, NEW.name)
                   IS NOT DISTINCT FROM
                   (OLD.channel_id, OLD.key, OLD.digest, OLD.name)
            THEN RETURN NEW; END IF;
            RAISE EXCEPTION 'what was received cannot be changed (%)', TG_OP
                USING ERRCODE = 'insufficient_privilege';
        END $body$;
        CREATE OR REPLACE TRIGGER channel_settlement_file_guard_row
            BEFORE UPDATE OR DELETE ON channel_settlement_file
            FOR EACH ROW EXECUTE FUNCTION channel_settlement_file_guard();
        CREATE OR REPLACE TRIGGER channel_settlement_file_guard_truncate
            BEFORE TRUNCATE ON channel_settlement_file
            FOR EACH STATEMENT EXECUTE FUNCTION channel_settlement_file_guard();
        """
    )


def drop_guard(cr):
    cr.execute(
        "DROP TRIGGER IF EXISTS channel_settlement_file_guard_row "
        "ON channel_settlement_file"
    )
    cr.execute(
        "DROP TRIGGER IF EXISTS channel_settlement_file_guard_truncate "
        "ON channel_settlement_file"
    )
    cr.execute("DROP FUNCTION IF EXISTS channel_settlement_file_guard()")
