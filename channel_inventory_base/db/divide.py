# SPDX-License-Identifier: AGPL-3.0-or-later
"""The division of stock that hangs together: kits and the components they are made of.

Of a plain product each level has one claim, and windows divide it, a million at once
(``channel_plan_exclusive``). A level with several claims gets as much as the
scarcest of them allows, what it takes is missing in all of them, and what that leaves
is for others: one after the other, hence a procedure.
"""

# What levels get of what they share. Arrays, so that PostgreSQL plans nothing; levels,
# resources and claims are numbered from one.
#
# wanted    what each level may show at most, sold units; the order is that of grants
# showing   what its channel may be showing, sold units; -1 for one not seen yet
# supply    what there is of each resource, stock units
# of_level, of_resource, units, weight
#           the claims, in the order of their levels: a sold unit of ``of_level`` takes
#           so many stock units of ``of_resource``, and this is its part of that
#
# A row a level: ``entitled`` is its share, ``number`` what it may show now, both whole
# sold units. ``claim_no`` is its claim that gives it least, ``room`` what is free there
# of what may be shown already. For each resource:
#
# - the sum of entitled * units is not more than its supply;
# - whoever is not seen yet may be showing all of it, so there is no room;
# - the sum of greatest(showing, number) * units is not more than its supply, or nothing
#   is raised that takes of it.
DIVIDE = """
CREATE OR REPLACE FUNCTION channel_divide(
    wanted float8[], showing float8[], supply float8[],
    of_level integer[], of_resource integer[], units float8[], weight float8[])
RETURNS TABLE (level_no integer, entitled float8, number float8, claim_no integer,
               room float8)
LANGUAGE plpgsql IMMUTABLE AS $body$
DECLARE
    -- digits that absorb the rounding of thirds, not stock
    noise CONSTANT float8 := 1e-6;
    levels integer := COALESCE(cardinality(wanted), 0);
    claims integer := COALESCE(cardinality(of_level), 0);
    zeros float8[] := array_fill(0::float8, ARRAY[COALESCE(cardinality(supply), 0)]);
    weights float8[] := zeros;
    rest float8[] := supply;
    before float8[];
    unmet float8[];
    share float8[] := wanted;
    -- by level: its first claim and the one after its last, and whether it may get more
    start integer[] := array_fill(0, ARRAY[levels + 1]);
    may boolean[] := array_fill(false, ARRAY[levels]);
    -- its part of what it is bound by, in stock units of that, and a sold unit's
    due float8[] := array_fill(0::float8, ARRAY[levels]);
    takes float8[] := array_fill(1::float8, ARRAY[levels]);
    binding integer[] := array_fill(0, ARRAY[levels]);
    part float8;
    least_part float8;
    gain float8;
    gained boolean;
    nearest boolean := true;
    fits boolean;
    i integer;
    k integer;
    r integer;
BEGIN
    IF levels = 0 OR claims = 0 THEN
        RETURN;
    END IF;
    FOR k IN 1 .. claims LOOP
        r := of_resource[k];
        weights[r] := weights[r] + weight[k];
        IF start[of_level[k]] = 0 THEN
            start[of_level[k]] := k;
        END IF;
    END LOOP;
    start[levels + 1] := claims + 1;

    -- whole packs of each one's part, as far as it may show them
    FOR i IN 1 .. levels LOOP
        least_part := NULL;
        FOR k IN start[i] .. start[i + 1] - 1 LOOP
            r := of_resource[k];
            part := CASE WHEN weights[r] > 0
                         THEN supply[r] * weight[k] / weights[r] ELSE 0 END;
            IF least_part IS NULL OR part / units[k] < least_part THEN
                least_part := part / units[k];
                due[i] := part;
                takes[i] := units[k];
                binding[i] := k;
            END IF;
        END LOOP;
        share[i] := GREATEST(0, LEAST(wanted[i], floor(least_part)));
        FOR k IN start[i] .. start[i + 1] - 1 LOOP
            r := of_resource[k];
            rest[r] := rest[r] - share[i] * units[k];
        END LOOP;
    END LOOP;

    LOOP
        gained := false;
        -- what the satisfied leave, among those that are not and could take it
        unmet := zeros;
        FOR i IN 1 .. levels LOOP
            fits := share[i] < wanted[i];
            FOR k IN start[i] .. start[i + 1] - 1 LOOP
                EXIT WHEN NOT fits;
                fits := weight[k] > 0 AND units[k] <= rest[of_resource[k]] + noise;
            END LOOP;
            may[i] := fits;
            IF fits THEN
                FOR k IN start[i] .. start[i + 1] - 1 LOOP
                    r := of_resource[k];
                    unmet[r] := unmet[r] + weight[k];
                END LOOP;
            END IF;
        END LOOP;
        before := rest;
        FOR i IN 1 .. levels LOOP
            -- not before those have got one whose part makes the most of a pack
            CONTINUE WHEN nearest OR NOT may[i];
            gain := wanted[i] - share[i];
            FOR k IN start[i] .. start[i + 1] - 1 LOOP
                r := of_resource[k];
                gain := LEAST(gain,
                              floor(before[r] * weight[k] / unmet[r] / units[k]));
            END LOOP;
            IF gain >= 1 THEN
                gained := true;
                share[i] := share[i] + gain;
                FOR k IN start[i] .. start[i + 1] - 1 LOOP
                    r := of_resource[k];
                    rest[r] := rest[r] - gain * units[k];
                END LOOP;
            END IF;
        END LOOP;
        CONTINUE WHEN gained;
        -- and what rounding leaves, a pack each, to those it has cost most
        FOR i IN SELECT numbered.no
                   FROM unnest(due, share, takes, may) WITH ORDINALITY
                        AS numbered (due, share, takes, may, no)
                  WHERE numbered.may
                    AND (NOT nearest OR numbered.due - numbered.share * numbered.takes
                                        >= numbered.takes / 2)
                  ORDER BY round((numbered.due - numbered.share * numbered.takes
                                  )::numeric, 6) DESC, numbered.no LOOP
            fits := true;
            FOR k IN start[i] .. start[i + 1] - 1 LOOP
                EXIT WHEN NOT fits;
                fits := units[k] <= rest[of_resource[k]] + noise;
            END LOOP;
            IF fits THEN
                gained := true;
                share[i] := share[i] + 1;
                FOR k IN start[i] .. start[i + 1] - 1 LOOP
                    r := of_resource[k];
                    rest[r] := rest[r] - units[k];
                END LOOP;
            END IF;
        END LOOP;
        EXIT WHEN NOT gained AND NOT nearest;
        nearest := false;
    END LOOP;

    -- what may be shown already takes up room, lowered or not
    rest := supply;
    FOR k IN 1 .. claims LOOP
        r := of_resource[k];
        rest[r] := rest[r] - CASE WHEN showing[of_level[k]] < 0 THEN supply[r]
                                  ELSE showing[of_level[k]] * units[k] END;
    END LOOP;
    before := rest;
    FOR i IN 1 .. levels LOOP
        level_no := i;
        entitled := share[i];
        number := share[i];
        claim_no := binding[i];
        -- one not seen yet is not sent to: it is told its share, and judged again as
        -- soon as it is seen
        IF showing[i] >= 0 AND share[i] > showing[i] THEN
            gain := share[i] - showing[i];
            FOR k IN start[i] .. start[i + 1] - 1 LOOP
                r := of_resource[k];
                part := GREATEST(0, floor((rest[r] + noise) / units[k]));
                IF part < gain THEN
                    gain := part;
                    claim_no := k;
                END IF;
            END LOOP;
            number := showing[i] + gain;
            IF gain > 0 THEN
                FOR k IN start[i] .. start[i + 1] - 1 LOOP
                    r := of_resource[k];
                    rest[r] := rest[r] - gain * units[k];
                END LOOP;
            END IF;
        END IF;
        room := GREATEST(0, before[of_resource[claim_no]]);
        RETURN NEXT;
    END LOOP;
END $body$
"""

SIGNATURE = (
    "channel_divide(float8[], float8[], float8[], integer[], integer[], float8[], "
    "float8[])"
)
