# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models, tools
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.db.views import create_view_at_end

WORST = 5
"""So many products are named."""
DAYS = 30
"""What differed longer ago says nothing of today."""


class ChannelShadow(models.Model):
    """Warehouses that another system reports of and Odoo counts: how long both have
    agreed. A SQL view; a row a warehouse.

    Each report is a run of reconciliation; one in which nothing differs but what open
    documents explain is without difference. Nothing of a report is published.
    """

    _name = "channel.shadow"
    _description = "Shadow of Another System"
    _inherit = ["channel.sql.view", "channel.guarded"]
    _auto = False
    _order = "clean_days, warehouse_id"
    _rec_name = "warehouse_id"

    warehouse_id = fields.Many2one("stock.warehouse", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    last_at = fields.Datetime(string="Last Report", readonly=True)
    run_count = fields.Integer(string="Reports Compared", readonly=True)
    differing_at = fields.Datetime(
        string="Last Difference",
        readonly=True,
        help="Time of the last report that differed, or was not believable",
    )
    clean_days = fields.Integer(
        string="Days without Difference",
        readonly=True,
        aggregator="min",
        help="Days with reports since the last one that differed",
    )
    open_count = fields.Integer(string="Products That Differ", readonly=True)
    worst = fields.Char(
        compute="_compute_worst",
        string="Worst Products",
        help="Products that differed by most units of the last 30 days",
    )

    def init(self):
        # at the end, when all the tables it stands on are there
        create_view_at_end(self, self._create_view)

    def _create_view(self):
        tools.drop_view_if_exists(self.env.cr, self._table)
        self.env.cr.execute(SQL("CREATE VIEW channel_shadow AS %s", self._query()))

    def _query(self):
        """``is_clean``: whether a report differs in nothing that is not explained."""
        return SQL(
            """
            WITH run AS (
                SELECT warehouse_id, noted_at, state = 'done' AND NOT EXISTS (
                           SELECT FROM jsonb_each_text(COALESCE(counts, '{}')::jsonb)
                                    AS found (kind, number)
                            WHERE kind NOT IN ('equal', 'stock_timing')
                              AND number::int > 0) AS is_clean
                  FROM channel_reconcile_run
                 WHERE kind = 'counts' AND state IN ('done', 'refused')
            ),
            judged AS (
                SELECT warehouse_id, max(noted_at) AS last_at, count(*) AS run_count,
                       max(noted_at) FILTER (WHERE NOT is_clean) AS differing_at
                  FROM run GROUP BY warehouse_id
            )
            SELECT warehouse.id, warehouse.id AS warehouse_id, warehouse.company_id,
                   judged.last_at, COALESCE(judged.run_count, 0) AS run_count,
                   judged.differing_at,
                   (SELECT count(DISTINCT run.noted_at::date) FROM run
                     WHERE run.warehouse_id = warehouse.id
                       AND run.noted_at::date > COALESCE(
                           judged.differing_at::date, '-infinity')) AS clean_days,
                   (SELECT count(*) FROM channel_reconcile_difference difference
                     WHERE difference.warehouse_id = warehouse.id
                       AND difference.state IN ('checking', 'open', 'decided'))
                       AS open_count
              FROM stock_warehouse warehouse
              LEFT JOIN judged ON judged.warehouse_id = warehouse.id
             WHERE warehouse.channel_compares
               AND warehouse.channel_authority <> 'external'
            """
        )

    @api.depends("warehouse_id")
    def _compute_worst(self):
        differences = self.env["channel.reconcile.difference"]
        since = fields.Datetime.subtract(fields.Datetime.now(), days=DAYS)
        for shadow in self:
            found = differences.search(
                self._worst_domain(shadow.warehouse_id, since)
            ).sorted(lambda each: -abs(each.stock_units))
            shadow.worst = ", ".join(
                f"{each.sku} {each.stock_units:+g}" for each in found[:WORST]
            )

    @api.model
    def _worst_domain(self, warehouse, since):
        return Domain("warehouse_id", "=", warehouse.id) & Domain(
            "last_seen", ">=", since
        )

    def action_open_differences(self):
        """All that has differed, the worst first."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "channel_reconciliation.channel_reconcile_difference_action"
        )
        return dict(
            action, domain=[("warehouse_id", "=", self.warehouse_id.id)], context={}
        )

    def action_cut_over(self):
        """Begin a cut-over of this warehouse."""
        self.ensure_one()
        self._require_role("operator")
        return {
            "type": "ir.actions.act_window",
            "res_model": "channel.cut.over",
            "view_mode": "form",
            "context": {
                "default_warehouse_id": self.warehouse_id.id,
                "default_authority": "external",
            },
        }
