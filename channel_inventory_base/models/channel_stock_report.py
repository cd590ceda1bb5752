# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools.gtin import write_gtin
from ..tools.reported import Problem, read_rows, read_time

# A clock may be wrong; a report of tomorrow would silence all of today's.
FUTURE_MINUTES = 10
SHOWN_PROBLEMS = 200


class ChannelStockReport(models.Model):
    """An external stock report: its rows, accepted and rejected.

    How to use: ``channel.external.stock._report`` for a warehouse with externally
    counted stock, ``channel.supplier.stock._report`` for a vendor's stock.
    """

    _name = "channel.stock.report"
    _description = "External Stock Report"
    _inherit = ["channel.guarded"]
    _order = "id desc"
    _rec_name = "source"

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    warehouse_id = fields.Many2one(
        "stock.warehouse", readonly=True, ondelete="cascade", index="btree_not_null"
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Vendor",
        readonly=True,
        ondelete="cascade",
        index="btree_not_null",
    )
    source = fields.Char(readonly=True, help="Source of the report")
    as_of = fields.Datetime(readonly=True, help="Time of the count")
    received_at = fields.Datetime(readonly=True, default=fields.Datetime.now)
    row_count = fields.Integer(string="Rows", readonly=True)
    accepted_count = fields.Integer(string="Products Accepted", readonly=True)
    outdated_count = fields.Integer(
        string="Products Superseded",
        readonly=True,
        help="A newer report was already received.",
    )
    problem_count = fields.Integer(string="Rejected Rows", readonly=True)
    problems = fields.Text(readonly=True)

    # ---------------------------------------------------------------- read
    @api.model
    def _read_report(self, rows, as_of, columns):
        """:return: (as_of in UTC, rows, problems); raises for a report that is none"""
        moment = read_time(as_of)
        if not moment:
            raise UserError(
                self.env._(
                    "A stock report needs the time of the count, such as "
                    "2026-03-01T10:00:00Z; this one has %s.",
                    as_of or "-",
                )
            )
        self._check_moment(moment)
        if not isinstance(rows, list | tuple):
            raise UserError(self.env._("A stock report must be a list of rows."))
        good, problems = read_rows(rows, columns)
        return moment, good, problems

    @api.model
    def _check_moment(self, moment):
        """:raise UserError: it has not come yet: no report would be taken until then,
        and this one would be believed all the time"""
        if moment > fields.Datetime.now() + timedelta(minutes=FUTURE_MINUTES):
            raise UserError(
                self.env._(
                    "The stock report was counted at %s UTC, which is in the future. "
                    "Correct the sender's clock or time zone and send it again: "
                    "nothing was accepted.",
                    moment,
                )
            )

    @api.model
    def _find_products(self, company, rows, partner=None):
        """Bind ``rows`` to products by id, vendor code, reference or barcode.

        :return: (product id -> summed quantities, problems); several rows of one
            product are its lots or places
        """
        by_code = self._products_by_code(
            company, [row.code for row in rows if row.code], partner
        )
        by_id = self._known_products(
            company, [row.product_id for row in rows if row.product_id]
        )
        packagings = self._find_packagings(
            [row.code for row in rows if row.code and row.code not in by_code]
        )
        found, problems = {}, []
        for row in rows:
            ids = by_code.get(row.code, []) if row.code else by_id & {row.product_id}
            if len(ids) != 1:
                reason = "ambiguous" if ids else "unknown"
                if row.code in packagings:
                    reason = "packaging"
                problems.append(
                    Problem(row.line, row.code or str(row.product_id), reason)
                )
                continue
            [product_id] = ids
            before = found.get(product_id, (0,) * len(row.quantities))
            found[product_id] = tuple(
                sum(pair) for pair in zip(before, row.quantities, strict=True)
            )
        return found, problems

    def _find_packagings(self, codes):
        """:return: those of ``codes`` that are barcodes of packagings: their rows may
        count packagings or pieces, and nobody has said which"""
        if not codes:
            return set()
        variants = {form: code for code in codes for form in write_gtin(code)}
        packagings = self.env["product.uom"].search([("barcode", "in", list(variants))])
        return {variants[each.barcode] for each in packagings}

    def _known_products(self, company, ids):
        rows = self.env.execute_query(
            SQL(
                """
                SELECT product.id FROM product_product product
                  JOIN product_template template
                    ON template.id = product.product_tmpl_id
                 WHERE product.id = ANY(%s)
                   AND COALESCE(template.company_id, %s) = %s
                """,
                [each for each in ids if each < 2**31],
                company.id,
                company.id,
            )
        )
        return {row[0] for row in rows}

    def _products_by_code(self, company, codes, partner):
        """:return: code -> ids of the products of the best kind of match"""
        self.env["product.product"].flush_model(["default_code", "barcode", "active"])
        self.env["product.supplierinfo"].flush_model()
        forms = [(code, form) for code in set(codes) for form in write_gtin(code)]
        rows = self.env.execute_query(
            SQL(
                """
                WITH wanted AS (SELECT DISTINCT unnest(%(codes)s::varchar[]) AS code),
                written AS (
                    SELECT * FROM unnest(%(named)s::varchar[], %(forms)s::varchar[])
                        AS row (code, form)
                ),
                matched AS (
                    SELECT wanted.code, product.id, 1 AS rank
                      FROM wanted
                      JOIN product_supplierinfo info ON info.product_code = wanted.code
                       AND info.partner_id = %(partner)s
                      JOIN product_product product
                        ON product.product_tmpl_id = info.product_tmpl_id
                       AND product.id = COALESCE(info.product_id, product.id)
                    UNION
                    SELECT wanted.code, product.id, 2 FROM wanted
                      JOIN product_product product
                        ON product.default_code = wanted.code
                    UNION
                    SELECT written.code, product.id, 3 FROM written
                      JOIN product_product product ON product.barcode = written.form
                ),
                ranked AS (
                    SELECT matched.code, matched.id, matched.rank,
                           min(matched.rank) OVER (PARTITION BY matched.code) AS best
                      FROM matched
                      JOIN product_product product ON product.id = matched.id
                      JOIN product_template template
                        ON template.id = product.product_tmpl_id
                     WHERE product.active
                       AND COALESCE(template.company_id, %(company)s) = %(company)s
                )
                SELECT code, array_agg(id) FROM ranked WHERE rank = best GROUP BY code
                """,
                codes=list(codes),
                named=[code for code, _form in forms],
                forms=[form for _code, form in forms],
                partner=partner.id if partner else None,
                company=company.id,
            )
        )
        return dict(rows)

    # ----------------------------------------------------------------- log
    @api.model
    def _log(self, problems, accepted, outdated, **vals):
        """Keep what became of a report, and ask a person about what is wrong in it."""
        report = self.create(
            {
                **vals,
                "accepted_count": accepted,
                "outdated_count": outdated,
                "problem_count": len(problems),
                "problems": self._describe(problems),
            }
        )
        report._report_rejected()
        return report

    def _describe(self, problems):
        words = self._reasons()
        lines = [
            f"{problem.line}: {problem.code or '-'}: {words[problem.reason]}"
            + (f" ({problem.value})" if problem.value else "")
            for problem in sorted(problems, key=lambda each: each.line)[:SHOWN_PROBLEMS]
        ]
        if len(problems) > SHOWN_PROBLEMS:
            lines.append(self.env._("and %s more", len(problems) - SHOWN_PROBLEMS))
        return "\n".join(lines)

    def _reasons(self):
        return {
            "not_a_row": self.env._("not a row with named columns"),
            "no_product": self.env._("no product code"),
            "not_a_number": self.env._("the quantity is not a number"),
            "negative": self.env._("the quantity is negative"),
            "absurd": self.env._("the quantity is more than any warehouse holds"),
            "unknown": self.env._(
                "no product has this code as reference, barcode or vendor code"
            ),
            "ambiguous": self.env._("several products have this code"),
            "packaging": self.env._(
                "this is the barcode of a packaging: report units, by the code of the "
                "product"
            ),
        }

    def _report_rejected(self):
        """One open exception a sender, while its last report had problems."""
        self.ensure_one()
        channel = self._responsible_channel()
        key = f"stock:{self.warehouse_id.id}:{self.partner_id.id}"
        exceptions = self.env["channel.exception"]
        if not self.problem_count:
            exceptions._resolve_keys(channel, [key], company=self.company_id)
        else:
            exceptions._report(
                channel,
                "stock_report",
                key=key,
                record=self,
                company=self.company_id,
                message=self.env._(
                    "%(count)s of %(rows)s rows of a stock report for %(place)s were "
                    "rejected.",
                    count=self.problem_count,
                    rows=self.row_count,
                    place=(self.warehouse_id or self.partner_id).display_name,
                ),
                suggestion=self.env._(
                    "Open the report for the error of each row. Correct the product or "
                    "the sender; the next report is processed as usual."
                ),
            )

    def _responsible_channel(self):
        # sudo: a user who imports a report need not see the channels
        channels = self.env["channel.channel"].sudo()
        domain = [("company_id", "=", self.company_id.id), ("state", "!=", "draft")]
        if self.warehouse_id:
            served = [("node_ids.warehouse_ids", "in", self.warehouse_id.ids)]
            found = channels.search(domain + served, order="id", limit=1)
            if found:
                return found
        return channels.search(domain, order="id", limit=1)
