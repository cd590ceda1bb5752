# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.db.triggers import create_triggers

from ..db.watches import WATCHES

DAYS = 365
FEWEST = 5
"""Of fewer receipts nothing is concluded: the vendor's dates are believed."""


class ChannelVendorRecord(models.Model):
    """How well a vendor keeps its dates, from its receipts of a year. Written nightly.

    ``late_days`` is what four receipts of five were late by at most, so that a date
    with so many days added is kept in four cases of five. Days early are days on time:
    nothing is promised sooner than the vendor itself says. What is overdue and has not
    come counts as late by now, or a vendor that delivers nothing would be punctual.

    A receipt is measured against the date that its order line had in the end, as in
    Odoo's own report of vendors: a vendor that says in time that it will be late does
    not count as late.
    """

    _name = "channel.vendor.record"
    _description = "Vendor Reliability"
    _inherit = ["channel.guarded"]
    _order = "late_days desc, id"
    _log_access = False
    _rec_name = "partner_id"

    partner_id = fields.Many2one(
        "res.partner", string="Vendor", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade", index=True
    )
    receipt_count = fields.Integer(
        string="Receipts", readonly=True, help="Of the last year; overdue ones included"
    )
    on_time_rate = fields.Float(
        string="On Time (%)",
        readonly=True,
        digits=(5, 1),
        aggregator="avg",
        help="Percentage of the units that came on the promised day or before.",
    )
    late_days = fields.Integer(
        string="Likely Delay (Days)",
        readonly=True,
        aggregator="max",
        help="Four of five receipts were late by so many days at most. Backorder "
        "rules by likely dates add them to the due date.",
    )
    measured_at = fields.Datetime(readonly=True)

    _vendor_uniq = models.UniqueIndex("(partner_id, company_id)")

    def init(self):
        # at the end, when all the tables they stand on are there
        self.pool.post_init(create_triggers, self.env.cr, WATCHES)

    @api.model
    def _cron_measure(self):
        self._measure()

    @api.model
    def _measure(self):
        """Bring all records up to date in one statement; what stays the same is not
        written, so that nothing is planned because of it."""
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                """
                WITH record AS MATERIALIZED (
                    SELECT partner_id, company_id, count(*) AS receipt_count,
                           round(100 * sum(quantity) FILTER (WHERE late <= 0)
                                 / NULLIF(sum(quantity), 0), 1) AS on_time_rate,
                           percentile_disc(0.8) WITHIN GROUP (
                               ORDER BY GREATEST(0, late)) AS late_days
                      FROM (%(receipts)s) receipt
                     GROUP BY partner_id, company_id
                    HAVING count(*) >= %(fewest)s
                ),
                gone AS (
                    DELETE FROM channel_vendor_record old
                     WHERE NOT EXISTS (
                           SELECT FROM record
                            WHERE record.partner_id = old.partner_id
                              AND record.company_id = old.company_id)
                )
                INSERT INTO channel_vendor_record AS old
                       (partner_id, company_id, receipt_count, on_time_rate, late_days,
                        measured_at)
                SELECT partner_id, company_id, receipt_count,
                       COALESCE(on_time_rate, 0), late_days, now() AT TIME ZONE 'UTC'
                  FROM record
                ON CONFLICT (partner_id, company_id) DO UPDATE
                   SET receipt_count = EXCLUDED.receipt_count,
                       on_time_rate = EXCLUDED.on_time_rate,
                       late_days = EXCLUDED.late_days,
                       measured_at = EXCLUDED.measured_at
                 WHERE (old.receipt_count, old.on_time_rate, old.late_days)
                       IS DISTINCT FROM (EXCLUDED.receipt_count,
                                         EXCLUDED.on_time_rate, EXCLUDED.late_days)
                RETURNING id
                """,
                receipts=self._receipts_query(),
                fewest=FEWEST,
            )
        )
        self.invalidate_model()
        self.env["channel.change"]._wake_planner()

    def _receipts_query(self):
        """A row is a receipt of a purchase line that has come or is overdue, with the
        days that it is late by (negative: early)."""
        return SQL(
            """
            SELECT vendor.commercial_partner_id AS partner_id, purchase.company_id,
                   move.product_qty::numeric AS quantity,
                   CASE WHEN move.state = 'done' THEN move.date::date
                        ELSE (now() AT TIME ZONE 'UTC')::date END
                       - line.date_planned::date AS late
              FROM stock_move move
              JOIN stock_location source
                ON source.id = move.location_id AND source.usage = 'supplier'
              JOIN purchase_order_line line ON line.id = move.purchase_line_id
              JOIN purchase_order purchase ON purchase.id = line.order_id
              JOIN res_partner vendor ON vendor.id = purchase.partner_id
             WHERE line.date_planned IS NOT NULL AND move.product_qty > 0
               AND (move.state = 'done'
                    AND move.date > now() AT TIME ZONE 'UTC'
                                    - make_interval(days => %(days)s)
                    OR move.state NOT IN ('draft', 'done', 'cancel')
                    AND line.date_planned::date < (now() AT TIME ZONE 'UTC')::date)
            """,
            days=DAYS,
        )
