# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools.counted import unpack_rows
from ..tools.gtin import write_gtin
from ..tools.reported import (
    Problem,
    Told,
    find_elsewhere,
    find_latest_due,
    find_negative,
    find_twins,
    find_unknown_columns,
    find_wrong_dates,
    has_column,
    read_rows,
    read_time,
)

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
    is_short = fields.Boolean(
        readonly=True,
        help="It lacks most of what was there, says that there is none, or tells of "
        "many times as much: that is not believed until a second one says the same.",
    )
    state = fields.Selection(
        [
            ("taken", "Taken"),
            ("waiting", "To be decided"),
            ("believed", "Believed"),
            ("dropped", "Dropped"),
            ("superseded", "Superseded"),
        ],
        default="taken",
        required=True,
        readonly=True,
        index=True,
        help="A complete report that lacks most of what was there waits for a person.",
    )
    is_complete = fields.Boolean(
        string="Complete",
        readonly=True,
        help="A product that is not in the report is not there.",
    )
    sequence = fields.Char(
        string="Number", readonly=True, help="The sender's number of the report"
    )
    digest = fields.Char(readonly=True, index="btree_not_null")
    repeat_count = fields.Integer(
        string="Received Again",
        readonly=True,
        help="So many times the same report came once more. It was taken once.",
    )
    reading = fields.Binary(
        readonly=True, attachment=False, help="The rows of a report that waits"
    )
    problem_count = fields.Integer(string="Rejected Rows", readonly=True)
    problems = fields.Text(readonly=True)

    def _get_answer(self):
        """What another system that has sent the report is told."""
        self.ensure_one()
        return {
            "id": self.id,
            "accepted": self.accepted_count,
            "outdated": self.outdated_count,
            "problem_count": self.problem_count,
            "problems": (self.problems or "").splitlines(),
            "state": self.state,
            "repeats": self.repeat_count,
        }

    # -------------------------------------------------------------- decide
    def action_believe(self):
        """What waits is right: most of what was there is gone."""
        self._require_role("manager")
        for report in self:
            report._require_waiting()
            report._decide("believed")
            report._log_decision(self.env._("a person says that the report is right"))
            # sudo: counts are the report's to write, whoever believes it
            self.env["channel.external.stock"].sudo()._report(
                report.warehouse_id,
                unpack_rows(report.reading),
                report.as_of,
                report.source or "",
                complete=True,
                believed=True,
            )
            # sudo: as above
            report.sudo().reading = False

    def action_drop(self):
        """What waits is wrong, and is used for nothing."""
        self._require_role("operator")
        for report in self:
            report._require_waiting()
            report._log_decision(self.env._("a person says that the report is wrong"))
        self._decide("dropped")
        # sudo: what was read is the server's
        self.sudo().reading = False

    def _require_waiting(self):
        # sudo: two people may have pressed, neither of whom writes reports
        locked = self.sudo().try_lock_for_update()
        if locked != self or self.state != "waiting":
            raise UserError(
                self.env._(
                    "The report of %(warehouse)s was decided on meanwhile, or a newer "
                    "one has replaced it: open the last report.",
                    warehouse=self.warehouse_id.display_name,
                )
            )

    def _decide(self, state):
        # sudo: the state is the buttons' to write
        self.sudo().state = state
        for report in self:
            self.env["channel.exception"]._resolve_keys(
                report._responsible_channel(),
                [report._waiting_key()],
                company=report.company_id,
            )

    def _log_decision(self, message):
        self.env["channel.audit"]._log(
            "control",
            self._responsible_channel(),
            message,
            record=self,
            company=self.company_id,
        )

    @api.model
    def _supersede(self, warehouse):
        """A complete report was taken: what waits is older news."""
        waiting = self.search(
            [("warehouse_id", "=", warehouse.id), ("state", "=", "waiting")]
        )
        if waiting:
            waiting.reading = False
            waiting._decide("superseded")

    def _waiting_key(self):
        return f"stock_waiting:{self.warehouse_id.id}"

    # ---------------------------------------------------------------- read
    @api.model
    def _find_same(self, warehouse, told_digest):
        """:return: the report that said exactly the same, as of the same time: it was
        delivered twice, and is no second word"""
        same = self.search(
            [("warehouse_id", "=", warehouse.id), ("digest", "=", told_digest)], limit=1
        )
        if same:
            same.repeat_count += 1
        return same

    @api.model
    def _find_reused(self, warehouse, source, sequence):
        """:return: list of Problem: the sender's number was that of another report"""
        known = sequence and self.search(
            [
                ("warehouse_id", "=", warehouse.id),
                ("sequence", "=", sequence),
                ("source", "=", source or False),
            ],
            limit=1,
        )
        if not known:
            return []
        return [Problem(0, sequence, "sequence", str(known.as_of))]

    @api.model
    def _read_told(self, warehouse, rows, as_of, complete):
        """Read a report of a warehouse.

        :return: Told; raises for a report that is none
        """
        columns = ("on_hand", "damaged", "allocated", "in_transit")
        told = rows if isinstance(rows, list | tuple) else []
        twins = find_twins(told)
        names = (warehouse.code, warehouse.name, str(warehouse.id))
        elsewhere = find_elsewhere(told, {name.lower() for name in names})
        skipped = {problem.line for problem in [*twins, *elsewhere]}
        moment, good, problems = self._read_report(
            rows, as_of, columns, skipped, signed=True
        )
        bound, unknown = self._bind(warehouse.company_id, good)
        sums, due = _add_up(bound), find_latest_due(bound)
        negative = find_negative(bound, sums)
        ignored = (warehouse.channel_ignored_columns or "").split(",")
        ignored = [name.strip() for name in ignored]
        return Told(
            as_of=moment,
            is_complete=complete,
            counts={key: each[:2] for key, each in sums.items()},
            flows={key: (*each[2:], due.get(key)) for key, each in sums.items()},
            tells_demand=has_column(rows, "allocated"),
            problems=(
                *find_unknown_columns(rows, columns, ignored),
                *problems,
                *twins,
                *elsewhere,
                *find_wrong_dates(rows),
                *unknown,
                *negative,
            ),
        )

    @api.model
    def _read_report(self, rows, as_of, columns, skipped=(), signed=False):
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
        good, problems = read_rows(rows, columns, skipped, signed)
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
        bound, problems = self._bind(company, rows, partner)
        return _add_up(bound), problems

    def _bind(self, company, rows, partner=None):
        """:return: (list of (product id, row), problems)"""
        by_code = self._products_by_code(
            company, [row.code for row in rows if row.code], partner
        )
        by_id = self._known_products(
            company, [row.product_id for row in rows if row.product_id]
        )
        packagings = self._find_packagings(
            [row.code for row in rows if row.code and row.code not in by_code]
        )
        bound, problems = [], []
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
            bound.append((product_id, row))
        return bound, problems

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
        # numbers of articles have several
        forms = [
            (code, form)
            for code in set(codes)
            for form in write_gtin(code)
            if form != code
        ]
        rows = self.env.execute_query(
            SQL(
                """
                WITH wanted AS (SELECT DISTINCT unnest(%(codes)s::varchar[]) AS code),
                written AS (
                    SELECT code, code AS form FROM wanted
                    UNION ALL
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
        if report.state != "waiting":
            # that one has an exception of its own
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
            "short": self.env._(
                "it says it is complete and lacks most products that were in stock: "
                "they keep their counts, unless the next report lacks them, too"
            ),
            "nothing": self.env._(
                "it says of most products that were in stock that there are none: they "
                "keep their counts, unless the next report says the same"
            ),
            "half": self.env._(
                "it says it is complete and lacks most of what was there: nothing of "
                "it is taken until a person says that it is right"
            ),
            "column": self.env._("this column is not known, and was not read"),
            "column_gone": self.env._(
                "earlier reports had this column: what they said of it still counts"
            ),
            "elsewhere": self.env._("this row is of another warehouse"),
            "not_a_date": self.env._("what is on its way is due on no known day"),
            "twice": self.env._(
                "the same as another row, and counted once. Where both are meant, name "
                "the lot or place of each"
            ),
            "sequence": self.env._(
                "another report had this number: this one was taken by its time"
            ),
            "jump": self.env._(
                "it tells of more than ten times as much as there was: nothing of it "
                "is taken, unless the next report says the same"
            ),
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

    def _report_waiting(self):
        """A person has to look: most of what was there is not in a complete report."""
        self.ensure_one()
        self.env["channel.exception"]._report(
            self._responsible_channel(),
            "stock_report",
            key=self._waiting_key(),
            record=self,
            company=self.company_id,
            message=self.env._(
                "A complete stock report for %(place)s lacks most of the products or "
                "units that were there. Nothing was changed because of it.",
                place=self.warehouse_id.display_name,
            ),
            suggestion=self.env._(
                "Ask the sender whether the export is whole and of this warehouse. "
                "Open the report and press Believe Report if the stock is gone, or "
                "Drop Report if it is wrong. A complete report that can be believed "
                "ends it, too."
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


def _add_up(bound):
    """:param bound: list of (product id, Row)
    :return: {product id: quantities, summed}"""
    sums = {}
    for product_id, row in bound:
        before = sums.get(product_id)
        sums[product_id] = (
            row.quantities
            if before is None
            else tuple(map(sum, zip(before, row.quantities, strict=True)))
        )
    return sums
