# SPDX-License-Identifier: AGPL-3.0-or-later
"""Records what counts of other systems differ by, any number of products at once.

Quantities are STOCK units.
"""

from odoo.tools import SQL

from ..const import PENDING


def record(run, rows, standard_price, certain):
    """A row a product: a new difference, or one that is pending and seen again.

    One that was decided on stays decided while it differs by the same; what was decided
    of another quantity is not decided of this one.

    :param run: channel.reconcile.run of a warehouse
    :param rows: list of (product id, class, counted, expected, difference, note,
        explanation)
    :param standard_price: SQL of the cost of ``product``, in the run's company
    :param certain: in so many snapshots it has to differ before it is a person's
    """
    columns = [list(column) for column in zip(*rows, strict=True)]
    return SQL(
        """
        INSERT INTO channel_reconcile_difference AS known
               (run_id, trace, company_id, warehouse_id, product_id, stock_ref,
                node_ref, sku, kind, state, shown, expected, target, units, stock_units,
                value, changed_at, note, explanation, times, first_seen, last_seen,
                create_uid, write_uid, create_date, write_date)
        SELECT %(run)s, %(trace)s, %(company)s, %(warehouse)s, product.id,
               'product:' || product.id, 'warehouse:' || %(warehouse)s,
               COALESCE(NULLIF(product.default_code, ''),
                        template.name ->> %(lang)s, template.name ->> 'en_US'),
               told.kind,
               CASE WHEN told.kind = 'stock_timing' THEN 'watched'
                    WHEN %(certain)s > 1 THEN 'checking' ELSE 'open' END,
               round(told.counted), round(told.expected), 0, round(told.units),
               told.units,
               round(abs(told.units) * COALESCE(%(price)s, 0)::numeric, %(digits)s),
               %(as_of)s, told.note, told.explanation, 1, moment.now, moment.now,
               %(uid)s, %(uid)s, moment.now, moment.now
          FROM unnest(%(products)s::int[], %(kinds)s::varchar[], %(counted)s::numeric[],
                      %(expected)s::numeric[], %(units)s::numeric[],
                      %(notes)s::varchar[], %(explanations)s::text[])
               AS told (product_id, kind, counted, expected, units, note, explanation)
          JOIN product_product product ON product.id = told.product_id
          JOIN product_template template ON template.id = product.product_tmpl_id
         CROSS JOIN (SELECT now() AT TIME ZONE 'UTC' AS now) moment
         ORDER BY product.id
        ON CONFLICT (COALESCE(channel_id, 0), company_id, kind, stock_ref,
                     COALESCE(node_ref, '')) WHERE state IN %(pending)s
        DO UPDATE
           SET run_id = EXCLUDED.run_id, trace = EXCLUDED.trace, sku = EXCLUDED.sku,
               shown = EXCLUDED.shown, expected = EXCLUDED.expected,
               units = EXCLUDED.units, stock_units = EXCLUDED.stock_units,
               value = EXCLUDED.value, changed_at = EXCLUDED.changed_at,
               note = EXCLUDED.note, explanation = EXCLUDED.explanation,
               last_seen = EXCLUDED.last_seen, write_date = EXCLUDED.write_date,
               times = %(times)s,
               state = CASE WHEN %(stays)s THEN known.state
                            WHEN EXCLUDED.state = 'watched' THEN 'watched'
                            WHEN %(times)s >= %(certain)s THEN 'open'
                            ELSE 'checking' END,
               decision = CASE WHEN %(stays)s THEN known.decision END,
               decided_by_id = CASE WHEN %(stays)s THEN known.decided_by_id END
        """,
        run=run.id,
        trace=run.trace,
        company=run.company_id.id,
        warehouse=run.warehouse_id.id,
        lang=run.env.lang or "en_US",
        certain=certain,
        price=standard_price,
        digits=run.currency_id.decimal_places,
        as_of=run.noted_at,
        uid=run.env.uid,
        pending=tuple(PENDING),
        times=SQL(
            "(known.times + (known.run_id IS DISTINCT FROM EXCLUDED.run_id)::int)"
        ),
        stays=SQL(
            "(known.state IN ('decided', 'booking') "
            "AND known.stock_units = EXCLUDED.stock_units)"
        ),
        **dict(
            zip(
                (
                    "products",
                    "kinds",
                    "counted",
                    "expected",
                    "units",
                    "notes",
                    "explanations",
                ),
                columns,
                strict=True,
            )
        ),
    )


def close_unseen(run, product_ids):
    """What a snapshot has looked at and not found is over."""
    return SQL(
        """
        UPDATE channel_reconcile_difference
           SET state = 'closed', last_seen = now() AT TIME ZONE 'UTC'
         WHERE warehouse_id = %s AND run_id IS DISTINCT FROM %s
           AND state IN ('checking', 'watched', 'open', 'decided', 'booking')
           AND product_id = ANY(%s)
        """,
        run.warehouse_id.id,
        run.id,
        list(product_ids),
    )


def find_movements(product_ids, place_ids, since, until, most):
    """Of each product the first movements between two counts.

    :param most: so many of a product
    :return: rows of (product id, time, reference, quantity in and out of the places)
    """
    return SQL(
        """
        SELECT product_id, date, reference, quantity
          FROM (SELECT line.product_id, line.date, line.id,
                       COALESCE(move.reference, '') AS reference,
                       (CASE WHEN line.location_id = ANY(%(places)s) THEN -1 ELSE 1 END
                        * line.quantity_product_uom)::float8 AS quantity,
                       row_number() OVER (PARTITION BY line.product_id
                                          ORDER BY line.date, line.id) AS place
                  FROM stock_move_line line
                  LEFT JOIN stock_move move ON move.id = line.move_id
                 WHERE line.product_id = ANY(%(products)s) AND line.state = 'done'
                   AND line.date > %(since)s AND line.date <= %(until)s
                   AND (line.location_id = ANY(%(places)s)
                        OR line.location_dest_id = ANY(%(places)s))) moved
         WHERE place <= %(most)s ORDER BY product_id, date, id
        """,
        products=list(product_ids),
        places=list(place_ids),
        since=since,
        until=until,
        most=most,
    )
