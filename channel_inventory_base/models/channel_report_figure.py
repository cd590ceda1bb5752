# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models, tools
from odoo.tools import SQL

from ..db.views import create_view_at_end
from ..tools.actions import open_form
from .channel_level import EXPECTED_REMOTE

DAYS = 92
"""What is over is shown for so long; hourly metrics go back further."""


class ChannelReportFigure(models.Model):
    """What the business asks of its channels, as one list of facts: units by kind, day,
    channel, warehouse and category. A SQL view; STOCK units.

    Each kind is a query of its own (``_get_figures``), to which addons add theirs: a
    report stands on this one model, whatever is installed beside. Values are at list
    prices, margins at list prices less costs, in the currency of the company.
    """

    _name = "channel.report.figure"
    _description = "Channel Figure"
    _inherit = ["channel.sql.view"]
    _auto = False
    _order = "at desc, id desc"
    _rec_name = "product_id"

    kind = fields.Selection(
        [
            ("hidden", "Held back by rules"),
            ("prevented", "Oversell prevented"),
            ("differing", "Not current"),
        ],
        readonly=True,
    )
    at = fields.Datetime(string="When", readonly=True)
    channel_id = fields.Many2one("channel.channel", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    warehouse_id = fields.Many2one("stock.warehouse", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    categ_id = fields.Many2one("product.category", string="Category", readonly=True)
    order_id = fields.Many2one("channel.order", readonly=True)
    units = fields.Float(readonly=True, digits="Product Unit", help="Stock units")
    value = fields.Monetary(readonly=True, help="At list prices")
    margin = fields.Monetary(readonly=True, help="At list prices less costs")
    res_model = fields.Char(readonly=True)
    res_id = fields.Many2oneReference(model_field="res_model", readonly=True)

    def init(self):
        # at the end, when all the tables it stands on are there
        create_view_at_end(self, self._create_view)

    def _create_view(self):
        tools.drop_view_if_exists(self.env.cr, self._table)
        figures = self._get_figures()
        self.env.cr.execute(
            SQL(
                "CREATE VIEW channel_report_figure AS %s",
                SQL(" UNION ALL ").join(
                    self._figure_query(kind, query, len(figures), place)
                    for place, (kind, query) in enumerate(figures.items())
                ),
            )
        )

    def _figure_query(self, kind, query, count, place):
        """The facts of a kind with their value, and ids that no two kinds share."""
        return SQL(
            """
            SELECT fact.key::bigint * %(count)s + %(place)s AS id,
                   %(kind)s::varchar AS kind, fact.at, fact.channel_id,
                   fact.company_id, fact.warehouse_id, fact.product_id,
                   template.categ_id, fact.order_id, fact.units,
                   COALESCE(fact.value, fact.units * template.list_price) AS value,
                   fact.units * (template.list_price - COALESCE((
                       product.standard_price ->> fact.company_id::text)::numeric, 0))
                       AS margin,
                   fact.res_model::varchar AS res_model, fact.res_id
              FROM (%(query)s) AS fact (
                   key, at, channel_id, company_id, warehouse_id, product_id, order_id,
                   units, value, res_model, res_id)
              LEFT JOIN product_product product ON product.id = fact.product_id
              LEFT JOIN product_template template
                ON template.id = product.product_tmpl_id
            """,
            count=count,
            place=place,
            kind=kind,
            query=query,
        )

    @api.model
    def _get_figures(self):
        """:return: {kind: query of its facts}, of one list of columns (see
        ``_figure_query``); an addon adds its own"""
        return {
            "hidden": self._hidden_query(),
            "prevented": self._prevented_query(),
            "differing": self._differing_query(),
        }

    @api.model
    def _place_query(self):
        """The warehouse of each node that sells from one alone."""
        return SQL(
            """
            SELECT channel_node_id AS node_id, min(stock_warehouse_id) AS warehouse_id
              FROM channel_node_stock_warehouse_rel
             GROUP BY channel_node_id HAVING count(*) = 1
            """
        )

    def _hidden_query(self):
        """A row is a level of which a rule holds something back: what is available
        less what is offered. The same units may be held back on several channels."""
        return SQL(
            """
            SELECT level.id, level.planned_at, level.channel_id, level.company_id,
                   place.warehouse_id, listing.product_id, NULL::int,
                   (known.inputs ->> 'available')::float8
                       - level.target * COALESCE(
                           (known.inputs ->> 'factor')::float8, 1),
                   NULL::numeric, 'channel.level', level.id
              FROM channel_level level
              JOIN channel_level_inputs known ON known.level_id = level.id
              JOIN channel_listing listing ON listing.id = level.listing_id
              LEFT JOIN (%(place)s) place ON place.node_id = level.node_id
             WHERE listing.state = 'mapped' AND listing.active
               AND known.inputs ?| ARRAY['fixed_id', 'percent_id', 'cover_id',
                   'risk_id', 'share_id', 'threshold_id', 'cap_id', 'freeze_id']
               AND (known.inputs ->> 'available')::float8
                   >= (level.target + 1) * COALESCE(
                       (known.inputs ->> 'factor')::float8, 1)
            """,
            place=self._place_query(),
        )

    def _prevented_query(self):
        """A row is a quantity that a channel has refused because of a sale that was not
        known here: sent without comparing, it would have sold that unit again."""
        return SQL(
            """
            SELECT line.id, publication.acked_at, publication.channel_id,
                   publication.company_id, place.warehouse_id, listing.product_id,
                   NULL::int, listing.stock_factor, NULL::numeric,
                   'channel.publication.line', line.id
              FROM channel_publication publication
              JOIN channel_publication_line line
                ON line.publication_id = publication.id
              JOIN channel_level level ON level.id = line.level_id
              JOIN channel_listing listing ON listing.id = level.listing_id
              LEFT JOIN (%(place)s) place ON place.node_id = level.node_id
             WHERE line.result = 'stale'
               AND publication.acked_at > now() AT TIME ZONE 'UTC'
                                          - make_interval(days => %(days)s)
            """,
            place=self._place_query(),
            days=DAYS,
        )

    def _differing_query(self):
        """A row is a level that is pending, or whose quantity there is not known."""
        return SQL(
            """
            SELECT level.id, waiting.since, level.channel_id, level.company_id,
                   place.warehouse_id, listing.product_id, NULL::int,
                   abs(level.target - COALESCE(%(expected)s, 0))
                       * listing.stock_factor,
                   NULL::numeric, 'channel.level', level.id
              FROM (SELECT level_id, min(since) AS since FROM (
                        SELECT level_id, since FROM channel_level_pending
                         UNION ALL
                        SELECT remote.level_id, level.planned_at
                          FROM channel_level_remote remote
                          JOIN channel_level level ON level.id = remote.level_id
                         WHERE remote.state IN ('unknown', 'stale')) behind
                     GROUP BY level_id) waiting
              JOIN channel_level level ON level.id = waiting.level_id
              JOIN channel_listing listing ON listing.id = level.listing_id
              LEFT JOIN channel_level_remote remote ON remote.level_id = level.id
              LEFT JOIN (%(place)s) place ON place.node_id = level.node_id
            """,
            expected=EXPECTED_REMOTE,
            place=self._place_query(),
        )

    def action_open_record(self):
        self.ensure_one()
        if not self.res_model:
            return False
        return open_form(self.res_model, self.res_id)
