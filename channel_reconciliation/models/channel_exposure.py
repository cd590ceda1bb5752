# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models, tools
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.db.published import PUBLISHED
from odoo.addons.channel_inventory_base.db.views import create_view_at_end
from odoo.addons.channel_inventory_base.models.channel_level import EXPECTED_REMOTE

# E[min(max(N - available, 0), surplus)] for N Poisson with this mean: each unit beyond
# what is there counts with the chance that it is asked for.
EXPECTED_OVERSELL = """
CREATE OR REPLACE FUNCTION channel_expected_oversell(
    mean float8, available float8, surplus float8)
RETURNS float8 LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $body$
DECLARE
    units integer := 0;
    first integer := floor(GREATEST(available, 0))::integer;
    last integer := LEAST(floor(GREATEST(available, 0))::integer
                          + ceil(surplus)::integer, 1000000) - 1;
    log_term float8 := -mean;
    covered float8;
    total float8 := 0;
BEGIN
    IF mean IS NULL OR mean <= 0 OR surplus IS NULL OR surplus <= 0 THEN
        RETURN 0;
    END IF;
    covered := CASE WHEN mean < 700 THEN exp(log_term) ELSE 0 END;
    WHILE units <= last LOOP
        IF units >= first THEN
            EXIT WHEN 1 - covered < 1e-15 AND units > mean;
            total := total + GREATEST(0, 1 - covered);
        END IF;
        units := units + 1;
        log_term := log_term + ln(mean / units);
        IF log_term > -700 THEN
            covered := covered + exp(log_term);
        END IF;
    END LOOP;
    RETURN LEAST(total, surplus);
END $body$
"""


class ChannelExposure(models.Model):
    """What all channels together could still sell of a product this minute, beside what
    is there. A SQL view; STOCK units.

    The same stock is shown on several channels, and each sale takes a moment to reach
    the others. ``surplus`` is what could be sold and is not there; ``expected_units``
    how much of it, as things sell, in the time that a publication takes.
    """

    _name = "channel.exposure"
    _description = "Exposure"
    _inherit = ["channel.sql.view"]
    _auto = False
    _order = "expected_value desc, surplus desc, id"
    _rec_name = "product_id"

    product_id = fields.Many2one("product.product", readonly=True)
    categ_id = fields.Many2one(related="product_id.categ_id")
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    channel_count = fields.Integer(string="Channels", readonly=True)
    exposure = fields.Float(
        string="Sellable Units", readonly=True, digits="Product Unit"
    )
    available = fields.Float(readonly=True, digits="Product Unit")
    surplus = fields.Float(
        readonly=True,
        digits="Product Unit",
        help="Units that could be sold now and are not there",
    )
    per_day = fields.Float(
        string="Sales per Day", readonly=True, digits=(16, 2), aggregator=None
    )
    latency = fields.Float(
        string="Latency (s)",
        readonly=True,
        aggregator=None,
        help="Seconds until the slowest of its channels shows a change",
    )
    expected_units = fields.Float(
        string="Expected Oversell",
        readonly=True,
        digits=(16, 6),
        help="Units that are sold beyond stock, on average, each time stock ends",
    )
    expected_value = fields.Float(
        string="Expected Loss", readonly=True, digits=(16, 4), help="At list price"
    )

    def init(self):
        self.env.cr.execute(SQL(EXPECTED_OVERSELL.replace("%", "%%")))
        # at the end, when all the tables it stands on are there
        create_view_at_end(self, self._create_view, after=["channel.position"])

    def _create_view(self):
        tools.drop_view_if_exists(self.env.cr, self._table)
        self.env.cr.execute(SQL("CREATE VIEW channel_exposure AS %s", self._query()))

    def _query(self):
        """A row is a product that live channels of a company show."""
        return SQL(
            """
            WITH shown AS (
                SELECT level.id, listing.product_id, level.company_id, level.channel_id,
                       level.node_id,
                       GREATEST(%(expected)s, 0) * listing.stock_factor AS units,
                       channel.publish_latency AS latency
                  FROM channel_level level
                  JOIN channel_listing listing ON listing.id = level.listing_id
                  JOIN channel_node node ON node.id = level.node_id
                  JOIN channel_channel channel ON channel.id = level.channel_id
                  JOIN channel_level_remote remote ON remote.level_id = level.id
                 WHERE channel.state = 'live' AND channel.active AND %(published)s
                   AND remote.state <> 'unknown'
            ),
            summed AS (
                SELECT min(id) AS id, product_id, company_id,
                       count(DISTINCT channel_id) AS channels,
                       sum(units) AS exposure, max(latency) AS latency
                  FROM shown GROUP BY product_id, company_id
            ),
            place AS (
                SELECT DISTINCT shown.product_id, shown.company_id,
                       served.stock_warehouse_id AS warehouse_id
                  FROM shown
                  JOIN channel_node_stock_warehouse_rel served
                    ON served.channel_node_id = shown.node_id
            ),
            there AS (
                SELECT place.product_id, place.company_id,
                       sum(position.available) AS available
                  FROM place
                  JOIN channel_position position USING (product_id, warehouse_id)
                 GROUP BY place.product_id, place.company_id
            ),
            joined AS (
                SELECT summed.*, COALESCE(there.available, 0)::float8 AS available,
                       GREATEST(summed.exposure - GREATEST(
                           COALESCE(there.available, 0), 0), 0)::float8 AS surplus,
                       COALESCE(rate.per_day, 0)::float8 AS per_day
                  FROM summed
                  LEFT JOIN there USING (product_id, company_id)
                  LEFT JOIN channel_sales_rate rate
                    ON rate.product_id = summed.product_id
                   AND rate.company_id = summed.company_id
                   AND rate.channel_id IS NULL
            ),
            judged AS (
                SELECT joined.*, channel_expected_oversell(
                           per_day * latency / 86400, available, surplus) AS oversell
                  FROM joined
            )
            SELECT judged.id, judged.product_id, judged.company_id,
                   channels AS channel_count, exposure, available, surplus, per_day,
                   latency, oversell AS expected_units,
                   oversell * template.list_price::float8 AS expected_value
              FROM judged
              JOIN product_product product ON product.id = judged.product_id
              JOIN product_template template ON template.id = product.product_tmpl_id
             WHERE judged.surplus > 0
            """,
            expected=EXPECTED_REMOTE,
            published=PUBLISHED,
        )

    # ------------------------------------------------------------- actions
    def action_open_levels(self):
        self.ensure_one()
        return self.product_id.action_channel_levels()

    def action_suggest_rule(self):
        """A draft of a buffer that limits the chance of overselling to 1 in 100."""
        self.ensure_one()
        rule = self.env["channel.rule"].create(
            {
                "name": self.env._("Risk buffer: %s", self.product_id.display_name),
                "company_id": self.company_id.id,
                "kind": "risk",
                "value": 1,
                "product_id": self.product_id.id,
            }
        )
        return {
            "type": "ir.actions.act_window",
            "res_model": "channel.rule",
            "res_id": rule.id,
            "view_mode": "form",
        }
