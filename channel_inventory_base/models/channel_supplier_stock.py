# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class ChannelSupplierStock(models.Model):
    """A vendor's reported stock, with its lead time.

    It is in no position. A backorder rule may promise it, as long as it is not older
    than the vendor's reports may be (``res.partner.channel_fresh_days``). ``is_stale``
    is stored, so that time that passes is a change like any other: see ``_age``.
    """

    _name = "channel.supplier.stock"
    _description = "Supplier Stock"
    _inherit = ["channel.reported.stock"]
    _order = "product_id, lead_days, id"
    _rec_name = "product_id"
    _check_company_auto = True

    _report_key = ("partner_id", "product_id", "company_id")

    partner_id = fields.Many2one(
        "res.partner", string="Vendor", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    quantity = fields.Float(digits="Product Unit", required=True, help="Stock units")
    is_stale = fields.Boolean(
        string="Outdated",
        readonly=True,
        help="Older than the vendor's reports may be: not promised.",
    )
    lead_days = fields.Integer(
        compute="_compute_lead_days",
        store=True,
        readonly=False,
        aggregator="max",
        help="Days from purchase order to receipt; by default the vendor's delivery "
        "lead time on the product.",
    )

    _product_uniq = models.UniqueIndex(
        "(partner_id, product_id, company_id)", "The vendor has this product already."
    )
    _positive = models.Constraint(
        "CHECK (quantity >= 0 AND lead_days >= 0)",
        "Supplier stock and lead time cannot be negative.",
    )

    @api.depends(
        "partner_id",
        "product_id.seller_ids.delay",
        "product_id.seller_ids.partner_id",
        "product_id.seller_ids.company_id",
    )
    def _compute_lead_days(self):
        for stock in self:
            sellers = stock.product_id.seller_ids.filtered(
                lambda seller, stock=stock: (
                    seller.partner_id == stock.partner_id
                    and seller.company_id in (stock.company_id, stock.company_id[:0])
                    and seller.product_id in (stock.product_id, stock.product_id[:0])
                )
            )
            # whichever of several applies: a promise counts on the slowest
            stock.lead_days = max(sellers.mapped("delay"), default=0)

    def _prepare_imported_vals(self, vals):
        company = self.env.company.id
        return {"company_id": company, **super()._prepare_imported_vals(vals)}

    @api.model
    def report(self, partner_id, rows, as_of, source="", complete=False):
        """For other systems: see ``_report``. It is about the user's company.

        :return: dict with the counts of what was taken, and ``problems`` in words
        """
        self.check_access("create")
        partner = self.env["res.partner"].browse(partner_id).exists()
        if not partner:
            raise UserError(self.env._("There is no vendor %s.", partner_id))
        partner.check_access("read")
        report = self._report(partner, rows, as_of, source, complete=complete)
        return report._get_answer()

    @api.model
    def _report(self, partner, rows, as_of, source="", company=None, complete=False):
        """Take what vendor ``partner`` says to have; any number of rows.

        An older report never overwrites a newer one, product by product.

        :param rows: dicts of ``product`` (the vendor's code, our reference or the
            barcode) or ``product_id``, and ``quantity`` in stock units
        :param complete: whether the vendor has nothing of a product that is not in it
        :return: the ``channel.stock.report``, with what could not be taken
        """
        company = company or self.env.company
        # sudo: who may report need not be able to change the log of reports
        log = self.env["channel.stock.report"].sudo()
        moment, good, problems = log._read_report(rows, as_of, ("quantity",))
        found, unknown = log._find_products(company, good, partner)
        accepted = self._upsert(partner, company, found, moment, source)
        if complete and not (problems or unknown):
            # a row that cannot be read may be that of any product
            self._empty_others(partner, company, found, moment, source)
        self._age()
        self.env["channel.change"]._wake_planner()
        return log._log(
            problems + unknown,
            accepted,
            len(found) - accepted,
            company_id=company.id,
            partner_id=partner.id,
            source=source,
            as_of=moment,
            row_count=len(rows),
        )

    def _upsert(self, partner, company, found, as_of, source):
        """:return: how many rows were not known newer"""
        self.flush_model()
        products = sorted(found)
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO channel_supplier_stock AS known
                       (partner_id, company_id, product_id, quantity, as_of, source,
                        lead_days, received_at, create_date, write_date, create_uid,
                        write_uid)
                SELECT %(partner)s, %(company)s, row.product_id, row.quantity,
                       %(as_of)s, %(source)s, 0, now() AT TIME ZONE 'UTC',
                       now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC',
                       %(uid)s, %(uid)s
                  FROM unnest(%(products)s::int[], %(quantities)s::numeric[])
                       AS row (product_id, quantity)
                 ORDER BY row.product_id
                ON CONFLICT (partner_id, product_id, company_id) DO UPDATE
                   SET quantity = EXCLUDED.quantity, as_of = EXCLUDED.as_of,
                       source = EXCLUDED.source, received_at = EXCLUDED.received_at,
                       write_date = EXCLUDED.write_date, write_uid = EXCLUDED.write_uid
                 WHERE known.as_of <= EXCLUDED.as_of
                RETURNING id, known.xmax = 0
                """,
                partner=partner.id,
                company=company.id,
                as_of=as_of,
                source=source or None,
                uid=self.env.uid,
                products=products,
                quantities=[found[product][0] for product in products],
            )
        )
        self.invalidate_model()
        self.browse(row[0] for row in rows if row[1])._compute_lead_days()
        return len(rows)

    def _empty_others(self, partner, company, found, as_of, source):
        """A product missing from a complete report is not to be had."""
        self.env.execute_query(
            SQL(
                """
                UPDATE channel_supplier_stock
                   SET quantity = 0, as_of = %(as_of)s, source = %(source)s,
                       received_at = now() AT TIME ZONE 'UTC',
                       write_date = now() AT TIME ZONE 'UTC', write_uid = %(uid)s
                 WHERE partner_id = %(partner)s AND company_id = %(company)s
                   AND as_of < %(as_of)s AND NOT product_id = ANY(%(named)s)
                RETURNING id
                """,
                as_of=as_of,
                source=source or None,
                uid=self.env.uid,
                partner=partner.id,
                company=company.id,
                named=list(found),
            )
        )
        self.invalidate_model()

    # ----------------------------------------------------------------- age
    @api.model
    def _age(self):
        """Bring ``is_stale`` of all rows up to date with their age and their vendor's
        setting. Rows that a report is writing at this moment get it there."""
        self.flush_model()
        self.env["res.partner"].flush_model(["channel_fresh_days"])
        self.env.execute_query(
            SQL(
                """
                WITH aged AS (
                    SELECT stock.id, judged.is_stale
                      FROM channel_supplier_stock stock
                      JOIN res_partner vendor ON vendor.id = stock.partner_id
                     CROSS JOIN LATERAL (
                        SELECT COALESCE(vendor.channel_fresh_days, 0) > 0
                               AND stock.as_of < now() AT TIME ZONE 'UTC'
                                   - make_interval(days => vendor.channel_fresh_days)
                               AS is_stale
                      ) judged
                     WHERE COALESCE(stock.is_stale, false) <> judged.is_stale
                       FOR UPDATE OF stock SKIP LOCKED
                )
                UPDATE channel_supplier_stock stock SET is_stale = aged.is_stale
                  FROM aged WHERE aged.id = stock.id
                RETURNING stock.id
                """
            )
        )
        self.invalidate_model(["is_stale"])
        self.env["channel.change"]._wake_planner()
