# SPDX-License-Identifier: AGPL-3.0-or-later
from dataclasses import replace

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from ..tools.counted import digest, pack_rows
from ..tools.reported import Problem, read_quantity

FEW, SHORT = 3, 0.10
"""So many products, and this part of those in stock, a complete report may lack."""
NOTHING = 0.20
"""Of this part of those in stock a report may say that there is nothing left."""
JUMP, UNITS = 10, 1000
"""All it tells of may be so many times, and so many units, what there was."""


class ChannelExternalStock(models.Model):
    """Stock counted by a warehouse's external authority (a 3PL, a legacy ERP).

    One row per product: its newest count. Positions of such a warehouse are computed
    from it instead of from quants, see ``_external_facts``. ``confidence`` is stored,
    so that a threshold of age that passes is a change like any other: ``_age`` flips
    it, and the trigger has exactly those products planned again.
    """

    _name = "channel.external.stock"
    _description = "External Stock"
    _inherit = ["channel.reported.stock"]
    _order = "warehouse_id, product_id"
    _rec_name = "product_id"
    _check_company_auto = True

    _report_key = ("warehouse_id", "product_id")

    warehouse_id = fields.Many2one(
        "stock.warehouse",
        required=True,
        ondelete="cascade",
        domain=[("channel_authority", "=", "external")],
    )
    company_id = fields.Many2one(
        related="warehouse_id.company_id", store=True, index=True, precompute=True
    )
    on_hand = fields.Float(
        digits="Product Unit", required=True, help="Sellable, in stock units"
    )
    damaged = fields.Float(
        digits="Product Unit", help="In addition to the quantity on hand"
    )
    allocated = fields.Float(
        digits="Product Unit",
        help="Open demand that the authority knows of, in addition to Odoo's own: "
        "orders that Odoo has told it count once.",
    )
    allocated_as_of = fields.Datetime(
        string="Allocated as of",
        readonly=True,
        help="A report that says nothing of it leaves it as it was.",
    )
    in_transit = fields.Float(
        digits="Product Unit",
        help="On its way to the warehouse, as the authority says. What Odoo has open "
        "receipts for counts once.",
    )
    due = fields.Date(
        help="When all that is on its way is there. Without it, none is promised."
    )
    as_of = fields.Datetime(
        help="Time of the count. Shipments in Odoo since then are subtracted."
    )
    confidence = fields.Integer(
        string="Confidence (%)",
        default=0,
        readonly=True,
        aggregator="min",
        help="Percentage that may be promised, by its age and the warehouse's policy.",
    )

    _product_uniq = models.UniqueIndex(
        "(warehouse_id, product_id)", "The warehouse has this product already."
    )
    _foreign_idx = models.Index("(warehouse_id) WHERE allocated > 0 OR in_transit > 0")
    _positive = models.Constraint(
        "CHECK (on_hand >= 0 AND damaged >= 0)",
        "A counted quantity cannot be negative.",
    )
    _told_positive = models.Constraint(
        "CHECK (allocated >= 0 AND in_transit >= 0)",
        "A reported quantity cannot be negative.",
    )

    @api.constrains("on_hand", "damaged", "allocated", "in_transit")
    def _check_quantities(self):
        for row in self:
            for value in (row.on_hand, row.damaged, row.allocated, row.in_transit):
                if read_quantity(value)[1]:
                    raise ValidationError(
                        self.env._(
                            "%(quantity)s of %(product)s is not a quantity that a "
                            "warehouse can hold.",
                            quantity=value,
                            product=row.product_id.display_name,
                        )
                    )

    @api.model_create_multi
    def create(self, vals_list):
        rows = super().create(vals_list)
        rows._date_demand([bool(vals.get("allocated")) for vals in vals_list])
        return rows

    def write(self, vals):
        result = super().write(vals)
        if "allocated" in vals:
            self._date_demand([True] * len(self))
        return result

    def _date_demand(self, stated):
        """What a person states of demand is as of the count that it is stated with."""
        for row, is_stated in zip(self, stated, strict=True):
            if is_stated:
                # sudo: the time is not for people to write
                row.sudo().allocated_as_of = row.as_of

    # -------------------------------------------------------------- report
    @api.model
    def report(self, warehouse_id, rows, as_of, source="", complete=False, sequence=""):
        """For other systems: see ``_report``.

        :return: dict with the counts of what was taken, and ``problems`` in words;
            ``state`` *waiting*: nothing was taken until a person decides; ``repeats``
            above 0: it was received before
        """
        self.check_access("create")
        warehouse = self._get_warehouse(warehouse_id)
        report = self._report(
            warehouse, rows, as_of, source, complete, sequence=str(sequence or "")
        )
        return report._get_answer()

    @api.model
    def acknowledge(self, warehouse_id, references, known_at=None):
        """For other systems: they have these orders or deliveries of Odoo, so that what
        they report as allocated from then on has them in it.

        :param references: names of deliveries, or of the orders they are for
        :param known_at: a datetime or ISO text, UTC without a zone; now by default
        :return: dict with ``known``, how many moves are, and ``unknown``, the
            references that nothing goes out for
        """
        self.check_access("create")
        warehouse = self._get_warehouse(warehouse_id)
        # sudo: whoever may report what is there may report what is known of
        return warehouse.sudo()._acknowledge(references, known_at)

    def _get_warehouse(self, warehouse_id):
        warehouse = self.env["stock.warehouse"].browse(warehouse_id).exists()
        if not warehouse:
            raise UserError(self.env._("There is no warehouse %s.", warehouse_id))
        warehouse.check_access("read")
        return warehouse

    @api.model
    def _report(
        self,
        warehouse,
        rows,
        as_of,
        source="",
        complete=False,
        believed=False,
        sequence="",
    ):
        """Take what the authority of ``warehouse`` has counted; any number of rows.

        An older report never overwrites a newer one, product by product. The same one
        once more is no second word. A warehouse's reports are taken one at a time.

        :param rows: dicts of ``product`` (reference or barcode) or ``product_id``,
            ``on_hand`` and perhaps ``damaged``, ``allocated``, ``in_transit`` with
            ``due``, in stock units; several rows of one product are added up, unless
            they are the same to the letter: ``lot`` or ``place`` tells them apart
        :param as_of: when it was counted; a datetime or ISO text, UTC without a zone
        :param complete: whether a product that is not in it is not there at all
        :param believed: whether it was asked already that much of it is missing
        :param sequence: the sender's number of the report
        :return: the ``channel.stock.report``, with what could not be taken
        """
        warehouse._take_channel_turn()
        if not self._is_awaited(warehouse):
            raise UserError(
                self.env._(
                    "The stock of %s is counted by Odoo. Set Stock Is Counted By to "
                    "External on the warehouse first.",
                    warehouse.display_name,
                )
            )
        # sudo: who may report need not be able to change the log of reports
        log = self.env["channel.stock.report"].sudo()
        told = log._read_told(warehouse, rows, as_of, complete)
        vals = {
            "company_id": warehouse.company_id.id,
            "warehouse_id": warehouse.id,
            "source": source,
            "as_of": told.as_of,
            "row_count": len(rows),
            "is_complete": complete,
            "sequence": sequence or False,
        }
        if not believed:
            vals["digest"] = digest(rows, told.as_of, complete)
            if same := log._find_same(warehouse, vals["digest"]):
                return same
            reused = log._find_reused(warehouse, source, sequence)
            told = replace(told, problems=(*reused, *told.problems))
        if warehouse.channel_authority == "external":
            return self._take_as_stock(warehouse, told, rows, believed, vals)
        return self._take_beside(warehouse, told, vals)

    @api.model
    def _is_awaited(self, warehouse):
        """Hook: whether anybody wants to know what another system says is there."""
        return warehouse.channel_authority == "external"

    @api.model
    def _tells_foreign(self):
        """Whether any report tells of orders, or of goods on their way."""
        [[told]] = self.env.execute_query(
            SQL(
                "SELECT EXISTS (SELECT FROM channel_external_stock "
                "WHERE allocated > 0 OR in_transit > 0)"
            )
        )
        return told

    # ---------------------------------------------------------------- take
    def _take_as_stock(self, warehouse, told, rows, believed, vals):
        """The report is the stock."""
        # sudo: who may report need not be able to change the log of reports
        log = self.env["channel.stock.report"].sudo()
        problems = [*told.problems, *self._find_lost_columns(warehouse, told)]
        doubt = not believed and self._find_doubt(warehouse, told)
        if doubt:
            problems.append(Problem(0, "", doubt, str(len(told.counts))))
        if doubt == "half":
            waiting = dict(vals, state="waiting", reading=pack_rows(rows))
            log._supersede(warehouse)
            report = log._log(problems, 0, 0, **waiting)
            report._report_waiting()
            return report
        found = self._keep_believed(told.counts, doubt)
        # sudo: what is kept of a comparison is the server's, whoever reports
        snapshots = self.env["channel.stock.snapshot"].sudo()
        begun = snapshots._begin(
            warehouse.sudo(), found, told.as_of, told.is_complete and not doubt
        )
        accepted = self._store(
            warehouse, replace(told, counts=found), vals, told.empties and not doubt
        )
        if told.is_complete and not doubt:
            log._supersede(warehouse)
        report = log._log(
            problems, accepted, len(found) - accepted, **vals, is_short=bool(doubt)
        )
        snapshots._end(begun, report)
        return report

    def _take_beside(self, warehouse, told, vals):
        """Odoo counts, and the report is compared as of its time. What it says is kept,
        so that it can be seen what would be if it were the stock."""
        # sudo: runs and differences are the server's
        snapshots = self.env["channel.stock.snapshot"].sudo()
        is_believed = snapshots._take(
            warehouse.sudo(), told.counts, told.as_of, told.empties, vals["source"]
        )
        if is_believed:
            self._store(warehouse, told, vals, told.empties)
        # sudo: who may report need not be able to change the log of reports
        log = self.env["channel.stock.report"].sudo()
        return log._log(list(told.problems), len(told.counts), 0, **vals)

    def _store(self, warehouse, told, vals, empties):
        """:return: how many rows were not known newer"""
        accepted = self._upsert(warehouse, told, vals["source"])
        if empties:
            self._empty_others(warehouse, told, vals["source"])
        self.invalidate_model()
        self.env["channel.change"]._wake_planner()
        return accepted

    def _find_lost_columns(self, warehouse, told):
        """:return: list of Problem: orders of the other system that it told of do not
        end because a report has no column for them"""
        if told.tells_demand or not self.search_count(
            [("warehouse_id", "=", warehouse.id), ("allocated", ">", 0)], limit=1
        ):
            return []
        return [Problem(0, "allocated", "column_gone")]

    # --------------------------------------------------------------- doubt
    def _find_doubt(self, warehouse, told):
        """Why a report is not believed: an export that broke off, a wrong filter, or
        another unit is more likely than that. The second one in a row is, but for half
        of what was there: then a person says so.

        :return: ``half``: it says it is complete, and has less than the warehouse's
            part of products or units; ``short``: it lacks most of what was there;
            ``nothing``: it says of too much that there is none; ``jump``: it tells of
            many times as much as there was; "" where it is believed
        """
        known, missing, nothing, before, units = self._compare_known(warehouse, told)
        after = float(sum(pair[0] for pair in told.counts.values()))
        least = warehouse.channel_least_percent / 100
        if told.is_complete and known > FEW:
            if known - missing < least * known or after < least * units:
                return "half"
        last = self.env["channel.stock.report"].search(
            [("warehouse_id", "=", warehouse.id)], limit=1
        )
        if last.is_short:
            return ""
        lacks = missing > max(FEW, SHORT * known) or missing == known > 1
        if told.is_complete and lacks:
            return "short"
        named = known - missing
        if nothing > max(FEW, NOTHING * named) or nothing == named > FEW:
            return "nothing"
        if named > FEW and after > JUMP * before and after - before > UNITS:
            return "jump"
        return ""

    def _compare_known(self, warehouse, told):
        """:return: of the products that were there: how many, how many the report
        lacks, of how many it says that there is none; units of those it names, and of
        all"""
        self.flush_model()
        [row] = self.env.execute_query(
            SQL(
                """
                SELECT count(*), count(*) FILTER (WHERE told.id IS NULL),
                       count(*) FILTER (WHERE told.quantity = 0),
                       COALESCE(sum(on_hand) FILTER (
                           WHERE told.id IS NOT NULL), 0)::float8,
                       COALESCE(sum(on_hand), 0)::float8
                  FROM channel_external_stock
                  LEFT JOIN unnest(%s::int[], %s::numeric[]) AS told (id, quantity)
                         ON told.id = product_id
                 WHERE warehouse_id = %s AND on_hand > 0 AND as_of < %s
                """,
                list(told.counts),
                [pair[0] for pair in told.counts.values()],
                warehouse.id,
                told.as_of,
            )
        )
        return row

    @staticmethod
    def _keep_believed(found, doubt):
        """:return: what is taken of a report that is doubted; the rest keeps its count,
        and ages"""
        if doubt == "jump":
            return {}
        if doubt == "nothing":
            return {key: pair for key, pair in found.items() if pair[0]}
        return found

    # --------------------------------------------------------------- store
    def _upsert(self, warehouse, told, source):
        """:return: how many rows were not known newer"""
        self.flush_model()
        products = sorted(told.counts)
        flows = [told.flows[product] for product in products]
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO channel_external_stock AS known
                       (warehouse_id, company_id, product_id, on_hand, damaged,
                        allocated, allocated_as_of, in_transit, due, as_of,
                        received_at, source, confidence, create_date, write_date,
                        create_uid, write_uid)
                SELECT warehouse.id, warehouse.company_id, row.product_id, row.on_hand,
                       row.damaged, row.allocated, %(as_of)s, row.in_transit, row.due,
                       %(as_of)s, now() AT TIME ZONE 'UTC', %(source)s,
                       %(confidence)s, now() AT TIME ZONE 'UTC',
                       now() AT TIME ZONE 'UTC', %(uid)s, %(uid)s
                  FROM unnest(%(products)s::int[], %(on_hand)s::numeric[],
                              %(damaged)s::numeric[], %(allocated)s::numeric[],
                              %(in_transit)s::numeric[], %(due)s::date[])
                       AS row (product_id, on_hand, damaged, allocated, in_transit, due)
                 CROSS JOIN stock_warehouse warehouse
                 WHERE warehouse.id = %(warehouse)s
                 ORDER BY row.product_id
                ON CONFLICT (warehouse_id, product_id) DO UPDATE
                   SET on_hand = EXCLUDED.on_hand, damaged = EXCLUDED.damaged,
                       allocated = CASE WHEN %(tells)s THEN EXCLUDED.allocated
                                        ELSE known.allocated END,
                       allocated_as_of = CASE WHEN %(tells)s
                                              THEN EXCLUDED.allocated_as_of
                                              ELSE known.allocated_as_of END,
                       in_transit = EXCLUDED.in_transit, due = EXCLUDED.due,
                       as_of = EXCLUDED.as_of, received_at = EXCLUDED.received_at,
                       source = EXCLUDED.source, confidence = EXCLUDED.confidence,
                       write_date = EXCLUDED.write_date, write_uid = EXCLUDED.write_uid
                 WHERE known.as_of <= EXCLUDED.as_of
                RETURNING id
                """,
                as_of=told.as_of,
                source=source or None,
                confidence=self._confidence(SQL("%s::timestamp", told.as_of)),
                uid=self.env.uid,
                tells=told.tells_demand,
                products=products,
                on_hand=[told.counts[product][0] for product in products],
                damaged=[told.counts[product][1] for product in products],
                allocated=[flow[0] for flow in flows],
                in_transit=[flow[1] for flow in flows],
                due=[flow[2] for flow in flows],
                warehouse=warehouse.id,
            )
        )
        return len(rows)

    def _empty_others(self, warehouse, told, source):
        """A product missing from a complete report has no stock, and none on its way;
        of its orders only a report that tells of orders says anything."""
        self.env.execute_query(
            SQL(
                """
                UPDATE channel_external_stock external
                   SET on_hand = 0, damaged = 0, in_transit = 0, due = NULL,
                       allocated = CASE WHEN %(tells)s THEN 0
                                        ELSE external.allocated END,
                       as_of = %(as_of)s,
                       source = %(source)s, received_at = now() AT TIME ZONE 'UTC',
                       confidence = %(confidence)s
                  FROM stock_warehouse warehouse
                 WHERE warehouse.id = external.warehouse_id
                   AND warehouse.id = %(warehouse)s AND external.as_of < %(as_of)s
                   AND NOT external.product_id = ANY(%(named)s)
                RETURNING external.id
                """,
                as_of=told.as_of,
                source=source or None,
                confidence=self._confidence(SQL("%s::timestamp", told.as_of)),
                tells=told.tells_demand,
                warehouse=warehouse.id,
                named=list(told.counts),
            )
        )

    # ----------------------------------------------------------------- age
    def _confidence(self, as_of):
        """How much a count of that time is believed, by the policy of ``warehouse``."""
        age = SQL("(now() AT TIME ZONE 'UTC' - %s)", as_of)
        return SQL(
            """
            CASE WHEN %(age)s <= make_interval(mins => warehouse.channel_fresh_minutes)
                 THEN 100
                 WHEN %(age)s
                      <= make_interval(mins => warehouse.channel_silent_minutes)
                 THEN 100 - warehouse.channel_stale_percent
                 ELSE 0 END
            """,
            age=age,
        )

    @api.model
    def _age(self):
        """Bring the confidence of all rows up to date with their age and policy.

        Rows that a report is writing at this moment are left out: they get theirs
        there.
        """
        self.flush_model()
        self.env["stock.warehouse"].flush_model()
        self.env.execute_query(
            SQL(
                """
                WITH aged AS (
                    SELECT external.id, %(confidence)s AS confidence
                      FROM channel_external_stock external
                      JOIN stock_warehouse warehouse
                        ON warehouse.id = external.warehouse_id
                     WHERE external.confidence IS DISTINCT FROM %(confidence)s
                       FOR UPDATE OF external SKIP LOCKED
                )
                UPDATE channel_external_stock external
                   SET confidence = aged.confidence
                  FROM aged WHERE aged.id = external.id
                RETURNING external.id
                """,
                confidence=self._confidence(SQL("external.as_of")),
            )
        )
        self.invalidate_model(["confidence"])
        self.env["channel.change"]._wake_planner()
