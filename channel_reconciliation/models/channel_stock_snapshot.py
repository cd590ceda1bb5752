# SPDX-License-Identifier: AGPL-3.0-or-later
from collections import Counter, defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.tools.counted import pack, unpack

from ..db import counts as statements
from ..tools.believe import WAREHOUSE, Reading
from ..tools.counts import Count, classify

CERTAIN = 2
"""Of a warehouse that reports its movements, what differs in so many snapshots."""
NAMED = 10
"""So many products an exception names."""
MOVES = 20
"""So many movements an explanation names."""


class ChannelStockSnapshot(models.AbstractModel):
    """Snapshots are compared, and what differs is classified and recorded.

    Each snapshot is a run. What open deliveries or receipts explain is watched: the
    goods have moved there, and that was not told yet. The rest is a person's: to have
    it counted, or to adjust Odoo's stock with a reason, which a second person approves
    where the company or the warehouse's limit asks for it.

    Where Odoo counts, a snapshot by which most of its stock would be wrong is more
    likely to be wrong itself. It is refused as a whole and kept; where a person says
    that it is right, it is recorded as any other.
    """

    _inherit = "channel.stock.snapshot"

    @api.model
    def _begin(self, warehouse, counted, as_of, complete):
        expected = self._get_counted_at(warehouse, as_of)
        since = self.env.execute_query(
            SQL(
                "SELECT min(as_of) FROM channel_external_stock WHERE warehouse_id = %s "
                "AND as_of <= %s",
                warehouse.id,
                as_of,
            )
        )[0][0]
        return warehouse, _as_floats(counted), as_of, complete, expected, since

    @api.model
    def _end(self, begun, report):
        warehouse, counted, as_of, complete, expected, since = begun
        # without an earlier count there is nothing to compare with
        known = {key: pair for key, pair in counted.items() if key in expected}
        run = self._begin_run(warehouse, as_of, report.source)
        # it is the stock already
        self._compare(run, known, complete, expected, since, believed=True)

    @api.model
    def _take(self, warehouse, counted, as_of, complete, source, stock=None):
        told = _as_floats(self._keep_stocked(counted))
        run = self._begin_run(warehouse, as_of, source)
        return self._compare(run, told, complete, self._expect(run, told, stock))

    @api.model
    def _believe(self, run):
        """A person says that a snapshot is right that was refused: it is compared as of
        its time, with all that was told since.

        :raise UserError: it is not known any more what it said, or a newer one is there
        """
        self._require_newest(run)
        told = unpack(run.reading)
        run.write({"reading": False, "message": False})
        self._compare(
            run, told, run.is_complete, self._expect(run, told), believed=True
        )

    def _require_newest(self, run):
        newest = run.search(
            [("warehouse_id", "=", run.warehouse_id.id), ("kind", "=", "counts")],
            limit=1,
        )
        refused = run.state == "refused" and run.reading
        if not refused or newest != run:
            raise UserError(
                self.env._(
                    "%s is not the last report, or is not refused any more. Open the "
                    "last run of the warehouse.",
                    run.display_name,
                )
            )

    def _begin_run(self, warehouse, as_of, source):
        self.env.flush_all()
        return self.env["channel.reconcile.run"]._begin(
            "counts",
            "report",
            company=warehouse.company_id,
            warehouse_id=warehouse.id,
            noted_at=as_of,
            source=source,
        )

    def _expect(self, run, told, stock=None):
        """:param stock: as of ``_take``
        :return: {product id: (on hand, damaged)} of a warehouse that Odoo counts"""
        if stock is None:
            stock = self._get_at(run.warehouse_id, run.noted_at)
        expected = dict.fromkeys(told, (0.0, 0.0))
        expected.update(
            (product_id, (units, 0.0)) for product_id, units in stock.items()
        )
        for product_id, units in self._get_booked_after(run):
            expected[product_id] = (expected.get(product_id, (0.0,))[0] + units, 0.0)
        return expected

    def _get_booked_after(self, run):
        """What earlier counts have shown, and was booked after this one was made: it
        was so by then, whenever a person has agreed.

        :return: list of (product id, stock units)
        """
        differences = self.env["channel.reconcile.difference"]
        differences.flush_model()
        return self.env.execute_query(
            SQL(
                """
                SELECT product_id, sum(stock_units)::float8
                  FROM channel_reconcile_difference
                 WHERE warehouse_id = %(warehouse)s AND decision = 'adjust'
                   AND state = 'accepted'
                   AND changed_at <= %(moment)s AND last_seen > %(moment)s
                 GROUP BY product_id
                """,
                warehouse=run.warehouse_id.id,
                moment=run.noted_at,
            )
        )

    # -------------------------------------------------------------- compare
    def _compare(self, run, counted, complete, expected, since=None, believed=False):
        """Record what differs, unless all of it is not to be believed.

        :param believed: it is not asked whether it can be
        :return: whether it was believed
        """
        wanted = set(counted)
        if complete:
            wanted |= {key for key, (on_hand, _bad) in expected.items() if on_hand > 0}
        run.write({"expected_count": len(expected), "read_count": len(counted)})
        found = self._classify(run.warehouse_id, wanted, counted, expected)
        reading = _read(found, wanted, counted, expected)
        kinds = Counter(kind for _product, kind, *_rest in found)
        kinds["equal"] = len(wanted) - len(found)
        run.write({"counts": dict(kinds), "coverage": reading.coverage})
        fault = not believed and reading.find_fault(WAREHOUSE)
        if fault:
            self._refuse(run, counted, complete, fault, reading)
            return False
        self._record(run, found, since, believed)
        run._end("done")
        self.env.cr.execute(statements.close_unseen(run, wanted))
        self.env["channel.reconcile.difference"].invalidate_model()
        self.env["channel.exception"]._resolve_keys(
            self.env["channel.channel"], [_key(run)], company=run.company_id
        )
        self._tell(run.warehouse_id)
        return True

    def _classify(self, warehouse, wanted, counted, expected):
        """:return: list of (product id, class, Count, names of documents) of what
        differs"""
        differing = []
        for product_id in sorted(wanted):
            good = counted.get(product_id, (0.0,))[0]
            # most agree
            if good != expected[product_id][0]:
                differing.append(product_id)
        differing = self._make_counts(differing, counted, expected)
        documents = self._get_open_documents(
            warehouse, [product_id for product_id, _count in differing]
        )
        found = []
        for product_id, count in differing:
            way = "in" if count.difference > 0 else "out"
            transfers = documents.get((way, product_id), ())
            quantities = [quantity for quantity, _name in transfers]
            kind, places = classify(count, quantities, quantities)
            names = [transfers[place][1] for place in places]
            found.append((product_id, kind, count, names))
        return found

    def _make_counts(self, product_ids, counted, expected):
        """:return: list of (product id, Count) of those that differ"""
        factors, found = self._get_factors(product_ids), []
        for product_id in product_ids:
            good, bad = counted.get(product_id, (None, 0.0))
            packs = factors.get(product_id, ())
            count = Count(good, bad, *expected[product_id], packs)
            if count.difference:
                found.append((product_id, count))
        return found

    def _get_open_documents(self, warehouse, product_ids):
        """{("out" or "in", product id): list of (quantity, name), oldest first} of
        transfers that Odoo waits for."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT kind.code, move.product_id, sum(move.product_qty)::float8,
                       picking.name
                  FROM stock_move move
                  JOIN stock_picking picking ON picking.id = move.picking_id
                  JOIN stock_picking_type kind ON kind.id = picking.picking_type_id
                 WHERE kind.warehouse_id = %s AND kind.code IN ('outgoing', 'incoming')
                   AND move.product_id = ANY(%s)
                   AND move.state IN ('confirmed', 'partially_available', 'assigned',
                                      'waiting')
                 GROUP BY picking.id, kind.code, move.product_id
                 ORDER BY picking.scheduled_date, picking.id
                """,
                warehouse.id,
                list(product_ids),
            )
        )
        found = defaultdict(list)
        for code, product_id, quantity, name in rows:
            way = "out" if code == "outgoing" else "in"
            found[way, product_id].append((quantity, name))
        return found

    def _get_factors(self, product_ids):
        """{product id: stock units of the packs that it is sold in}, of those that are
        sold in packs"""
        rows = self.env.execute_query(
            SQL(
                "SELECT product_id, array_agg(DISTINCT stock_factor) "
                "FROM channel_listing WHERE product_id = ANY(%s) AND stock_factor > 1 "
                "GROUP BY product_id",
                list(product_ids),
            )
        )
        return {product_id: tuple(factors) for product_id, factors in rows}

    # --------------------------------------------------------------- refuse
    def _refuse(self, run, counted, complete, fault, reading):
        """Nothing of it is used; what it says is kept, should it be right after all."""
        words = self.env["channel.reconciler"]._get_fault_message(fault, reading)
        run.write({"reading": pack(counted), "is_complete": complete})
        run._end("refused", words)
        self.env["channel.exception"]._report(
            self.env["channel.channel"],
            "reconcile",
            key=_key(run),
            record=run,
            company=run.company_id,
            message=self.env._(
                "What %(sender)s reports of %(warehouse)s is not believable: %(why)s",
                sender=run.source or self.env._("another system"),
                warehouse=run.warehouse_id.name,
                why=words,
            ),
            suggestion=self.env._(
                "Nothing was changed because of it. Ask the sender whether its export "
                "is whole, and of this warehouse and unit. If the report is right, "
                "open the run and press Believe Report: what differs is recorded, and "
                "Odoo's stock can be adjusted to all of it at once. It ends with the "
                "next report that can be believed."
            ),
        )

    # --------------------------------------------------------------- record
    def _record(self, run, found, since, believed):
        """In a few statements, whatever the number of products."""
        if not found:
            return
        warehouse = run.warehouse_id
        once = believed or warehouse.channel_authority != "reported"
        moves = self._find_movements(run, found, since)
        rows = [
            (
                product_id,
                kind,
                count.counted or 0.0,
                count.expected,
                count.difference,
                self._get_note(documents),
                self._explain(count, since, moves.get(product_id, ())),
            )
            for product_id, kind, count, documents in found
        ]
        products = self.env["product.product"].with_company(run.company_id)
        price = products._field_to_sql("product", "standard_price")
        self.env.flush_all()
        self.env.cr.execute(statements.record(run, rows, price, 1 if once else CERTAIN))

    def _get_note(self, documents):
        if not documents:
            return None
        return self.env._("Not told yet: %s", ", ".join(documents))

    def _find_movements(self, run, found, since):
        """:return: {product id: list of (time, reference, quantity)} between the last
        count and this one, as they were counted"""
        moves = defaultdict(list)
        if not since:
            return moves
        rows = self.env.execute_query(
            statements.find_movements(
                [product_id for product_id, *_rest in found],
                self._get_places(run.warehouse_id).ids,
                since,
                run.noted_at,
                MOVES,
            )
        )
        for product_id, *move in rows:
            moves[product_id].append(move)
        return moves

    def _explain(self, count, since, moves):
        if not since:
            return self.env._("Odoo's stock at that time: %g", count.expected)
        words = [
            f"{fields.Datetime.to_string(moment)} {reference}: {quantity:+g}"
            for moment, reference, quantity in moves
        ]
        words.append(self.env._("expected at that time: %g", count.expected))
        return "\n".join(words)

    @api.model
    def _tell(self, warehouse):
        """One exception for all that a warehouse has more or less of."""
        if warehouse.channel_authority == "reported":
            # its documents' own exception says so
            return
        domain = [("warehouse_id", "=", warehouse.id), ("state", "=", "open")]
        differences = self.env["channel.reconcile.difference"]
        open_ones = differences.search(domain, limit=NAMED)
        exceptions, key = self.env["channel.exception"], f"count:{warehouse.id}"
        channel = self.env["channel.channel"]
        if not open_ones:
            exceptions._resolve_keys(channel, [key], company=warehouse.company_id)
            return
        exceptions._report(
            channel,
            "reconcile",
            key=key,
            record=open_ones[0],
            company=warehouse.company_id,
            message=self.env._(
                "%(warehouse)s counts other quantities than were expected of %(count)s "
                "products: %(names)s",
                warehouse=warehouse.name,
                count=differences.search_count(domain),
                names=", ".join(
                    f"{each.sku} {each.stock_units:+g}" for each in open_ones
                ),
            ),
            suggestion=self.env._(
                "Under Reconciliation, Differences: ask for the shipment or receipt "
                "that is missing, have it counted, or adjust Odoo's stock with a "
                "reason. It ends with them."
            ),
        )


def _key(run):
    """What the exception of a report that is not believable is known by."""
    return f"snapshot:{run.warehouse_id.id}"


def _read(found, wanted, counted, expected):
    """:return: Reading of a snapshot; what open documents explain does not differ"""
    differing = [
        (product_id, count)
        for product_id, kind, count, _names in found
        if kind != "stock_timing"
    ]
    known = [product_id for product_id in wanted if expected[product_id][0] > 0]
    return Reading(
        known=len(known),
        read=sum(1 for product_id in known if product_id in counted),
        nothing=sum(
            1
            for product_id, count in differing
            if count.counted == 0 and count.expected > 0
        ),
        differing=len(differing),
        total=len(wanted),
        expected=round(sum(expected[product_id][0] for product_id in counted)),
        shown=round(sum(good for good, _bad in counted.values())),
    )


def _as_floats(counted):
    return {key: (float(good), float(bad)) for key, (good, bad) in counted.items()}
