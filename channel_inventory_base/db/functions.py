# SPDX-License-Identifier: AGPL-3.0-or-later
"""Functions of the database that statements of several models call."""

from odoo.tools import SQL

from .divide import DIVIDE, SIGNATURE

# The smallest buffer b with P(N > b) <= chance, for N Poisson with this mean: terms of
# the distribution added up until enough of it is covered. By their logarithms, or the
# first would be too small for a double where the mean is large.
POISSON_BUFFER = """
CREATE OR REPLACE FUNCTION channel_poisson_buffer(mean float8, chance float8)
RETURNS integer LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $body$
DECLARE
    units integer := 0;
    log_term float8 := -mean;
    covered float8;
BEGIN
    IF mean IS NULL OR mean <= 0 OR chance IS NULL OR chance >= 1 THEN
        RETURN 0;
    END IF;
    covered := CASE WHEN mean < 700 THEN exp(log_term) ELSE 0 END;
    -- chances below one in a billion are beyond what doubles can tell apart
    WHILE 1 - covered > GREATEST(chance, 1e-9) AND units < 1000000 LOOP
        units := units + 1;
        log_term := log_term + ln(mean / units);
        IF log_term > -700 THEN
            covered := covered + exp(log_term);
        END IF;
    END LOOP;
    RETURN units;
END $body$
"""

# Products that are demanded with a product: it alone. An addon that sells products made
# of others replaces it; outboxes of demand ask it for whom there is news.
DEMANDED = """
CREATE OR REPLACE FUNCTION channel_demanded(product integer)
RETURNS SETOF integer LANGUAGE sql STABLE AS $body$
    SELECT product
$body$
"""


def create_functions(cr):
    for function in (POISSON_BUFFER, DIVIDE, DEMANDED):
        cr.execute(SQL(function.replace("%", "%%")))


def drop_functions(cr):
    cr.execute(
        SQL("DROP FUNCTION IF EXISTS channel_poisson_buffer(float8, float8) CASCADE")
    )
    cr.execute(SQL(f"DROP FUNCTION IF EXISTS {SIGNATURE} CASCADE"))
    cr.execute(SQL("DROP FUNCTION IF EXISTS channel_demanded(integer) CASCADE"))
