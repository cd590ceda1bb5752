# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from ..db.transaction import own_transaction
from ..tools.reported import read_quantity


class ChannelExternalStock(models.Model):
    """Stock counted by a warehouse's external authority (a 3PL, a legacy ERP).

    One row per product: its newest count. Positions of such a warehouse are computed
    from it instead of from quants, see ``_external_facts``. ``confidence`` is stored,
    so that a threshold of age that passes is a change like any other: ``_age`` flips
    it, and the trigger has exactly those products planned again.
    """

    _name = "channel.external.stock"
    _description = "External Stock"
    _inherit = ["channel.guarded"]
    _order = "warehouse_id, product_id"
    _rec_name = "product_id"
    _check_company_auto = True

    warehouse_id = fields.Many2one(
        "stock.warehouse",
        required=True,
        ondelete="cascade",
        domain=[("channel_authority", "=", "external")],
    )
    company_id = fields.Many2one(
        related="warehouse_id.company_id", store=True, index=True, precompute=True
    )
    product_id = fields.Many2one(
        "product.product",
        required=True,
        ondelete="cascade",
        index=True,
        check_company=True,
    )
    uom_id = fields.Many2one(related="product_id.uom_id")
    on_hand = fields.Float(
        digits="Product Unit", required=True, help="Sellable, in stock units"
    )
    damaged = fields.Float(
        digits="Product Unit", help="In addition to the quantity on hand"
    )
    as_of = fields.Datetime(
        required=True,
        default=fields.Datetime.now,
        help="Time of the count. Shipments in Odoo since then are subtracted.",
    )
    received_at = fields.Datetime(default=fields.Datetime.now, readonly=True)
    source = fields.Char(help="Source of the report")
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
    _positive = models.Constraint(
        "CHECK (on_hand >= 0 AND damaged >= 0)",
        "A counted quantity cannot be negative.",
    )

    @api.constrains("as_of")
    def _check_as_of(self):
        for row in self:
            self.env["channel.stock.report"]._check_moment(row.as_of)

    @api.constrains("on_hand", "damaged")
    def _check_quantities(self):
        for row in self:
            for value in (row.on_hand, row.damaged):
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
        rows._age()
        return rows

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"as_of", "warehouse_id"}:
            self._age()
        self.env["channel.change"]._wake_planner()
        return result

    def unlink(self):
        self.env["channel.change"]._wake_planner()
        return super().unlink()

    def _load_records_create(self, vals_list):
        """An import brings the product's newest word, whether it had one or not."""
        known = {
            (row.warehouse_id.id, row.product_id.id): row
            for row in self.search(
                [
                    ("warehouse_id", "in", [v.get("warehouse_id") for v in vals_list]),
                    ("product_id", "in", [v.get("product_id") for v in vals_list]),
                ]
            )
        }
        found = []
        for vals in vals_list:
            key = vals.get("warehouse_id"), vals.get("product_id")
            vals = {"source": self.env._("Import"), **vals}
            vals.setdefault("as_of", fields.Datetime.now())
            row = known.get(key)
            if not row:
                row = known[key] = super()._load_records_create([vals])
            elif row.as_of <= fields.Datetime.to_datetime(vals["as_of"]):
                row.write(vals)
                # sudo: when it came is not for a file to say
                row.sudo().received_at = fields.Datetime.now()
            found += row.ids
        return self.browse(found)

    # -------------------------------------------------------------- report
    @api.model
    def report(self, warehouse_id, rows, as_of, source="", complete=False):
        """For other systems: see ``_report``.

        :return: dict with the counts of what was taken, and ``problems`` in words
        """
        self.check_access("create")
        warehouse = self.env["stock.warehouse"].browse(warehouse_id).exists()
        if not warehouse:
            raise UserError(self.env._("There is no warehouse %s.", warehouse_id))
        warehouse.check_access("read")
        report = self._report(warehouse, rows, as_of, source, complete)
        return {
            "id": report.id,
            "accepted": report.accepted_count,
            "outdated": report.outdated_count,
            "problem_count": report.problem_count,
            "problems": (report.problems or "").splitlines(),
        }

    @api.model
    def _report(self, warehouse, rows, as_of, source="", complete=False):
        """Take what the authority of ``warehouse`` has counted; any number of rows.

        An older report never overwrites a newer one, product by product.

        :param rows: dicts of ``product`` (reference or barcode) or ``product_id``,
            ``on_hand`` and perhaps ``damaged``, in stock units; several rows of one
            product are added up
        :param as_of: when it was counted; a datetime or ISO text, UTC without a zone
        :param complete: whether a product that is not in it is not there at all
        :return: the ``channel.stock.report``, with what could not be taken
        """
        if warehouse.channel_authority != "external":
            raise UserError(
                self.env._(
                    "The stock of %s is counted by Odoo. Set its authority to "
                    "External on the warehouse first.",
                    warehouse.display_name,
                )
            )
        # sudo: who may report need not be able to change the log of reports
        log = self.env["channel.stock.report"].sudo()
        columns = ("on_hand", "damaged")
        moment, good, problems = log._read_report(rows, as_of, columns)
        company = warehouse.company_id
        found, unknown = log._find_products(company, good)
        accepted = self._upsert(warehouse, found, moment, source)
        if complete:
            self._empty_others(warehouse, found, moment, source, problems + unknown)
        self.invalidate_model()
        self.env["channel.change"]._wake_planner()
        return log._log(
            problems + unknown,
            accepted,
            len(found) - accepted,
            company_id=company.id,
            warehouse_id=warehouse.id,
            source=source,
            as_of=moment,
            row_count=len(rows),
        )

    def _upsert(self, warehouse, found, as_of, source):
        """:return: how many rows were not known newer"""
        self.flush_model()
        products = sorted(found)
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO channel_external_stock AS known
                       (warehouse_id, company_id, product_id, on_hand, damaged, as_of,
                        received_at, source, confidence, create_date, write_date,
                        create_uid, write_uid)
                SELECT warehouse.id, warehouse.company_id, row.product_id, row.on_hand,
                       row.damaged, %(as_of)s, now() AT TIME ZONE 'UTC', %(source)s,
                       %(confidence)s, now() AT TIME ZONE 'UTC',
                       now() AT TIME ZONE 'UTC', %(uid)s, %(uid)s
                  FROM unnest(%(products)s::int[], %(on_hand)s::numeric[],
                              %(damaged)s::numeric[])
                       AS row (product_id, on_hand, damaged)
                 CROSS JOIN stock_warehouse warehouse
                 WHERE warehouse.id = %(warehouse)s
                 ORDER BY row.product_id
                ON CONFLICT (warehouse_id, product_id) DO UPDATE
                   SET on_hand = EXCLUDED.on_hand, damaged = EXCLUDED.damaged,
                       as_of = EXCLUDED.as_of, received_at = EXCLUDED.received_at,
                       source = EXCLUDED.source, confidence = EXCLUDED.confidence,
                       write_date = EXCLUDED.write_date, write_uid = EXCLUDED.write_uid
                 WHERE known.as_of <= EXCLUDED.as_of
                RETURNING id
                """,
                as_of=as_of,
                source=source or None,
                confidence=self._confidence(SQL("%s::timestamp", as_of)),
                uid=self.env.uid,
                products=products,
                on_hand=[found[product][0] for product in products],
                damaged=[found[product][1] for product in products],
                warehouse=warehouse.id,
            )
        )
        return len(rows)

    def _empty_others(self, warehouse, found, as_of, source, problems):
        """A product missing from a complete report has no stock.

        A report with problems may have it in an unreadable row: then the old count is
        kept, and ages.
        """
        if problems:
            return
        self.env.execute_query(
            SQL(
                """
                UPDATE channel_external_stock external
                   SET on_hand = 0, damaged = 0, as_of = %(as_of)s,
                       source = %(source)s, received_at = now() AT TIME ZONE 'UTC',
                       confidence = %(confidence)s
                  FROM stock_warehouse warehouse
                 WHERE warehouse.id = external.warehouse_id
                   AND warehouse.id = %(warehouse)s AND external.as_of < %(as_of)s
                   AND NOT external.product_id = ANY(%(named)s)
                RETURNING external.id
                """,
                as_of=as_of,
                source=source or None,
                confidence=self._confidence(SQL("%s::timestamp", as_of)),
                warehouse=warehouse.id,
                named=list(found),
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

    @api.model
    def _age_reports(self):
        """Time passing fires no trigger: once a minute, in a transaction of its own."""
        with own_transaction(self.env) as env:
            env["channel.external.stock"]._age()
