# SPDX-License-Identifier: AGPL-3.0-or-later
from decimal import Decimal

from odoo import api, fields, models, tools
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.db.views import create_view_at_end
from odoo.addons.channel_inventory_base.lib.figures import KILOGRAMS

NAMED = 5
"""So many listings an exception names."""
TOLERANCE = Decimal("0.005")
"""Kilograms: Odoo rounds weights to two places, in kilograms or pounds."""


class ChannelMasterDrift(models.Model):
    """Product data that a channel and Odoo say differently. A SQL view; a row a
    matched listing and figure.

    SKU and barcode are compared where a listing is one unit of its product: a pack has
    others of its own. Titles are texts for buyers, weights what a parcel is charged
    by: they are compared where somebody owns the product master of that channel
    (``channel.ownership``). Prices are where somebody owns those: the sales price of
    the product, where both sides have the same currency. What either side does not
    tell is not compared.
    """

    _name = "channel.master.drift"
    _description = "Product Data That Differs"
    _inherit = ["channel.sql.view"]
    _auto = False
    _order = "channel_id, listing_id, figure"
    _rec_name = "listing_id"

    channel_id = fields.Many2one("channel.channel", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    listing_id = fields.Many2one("channel.listing", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    figure = fields.Selection(
        [
            ("sku", "SKU"),
            ("barcode", "Barcode"),
            ("title", "Title"),
            ("weight", "Weight"),
            ("price", "Price"),
        ],
        readonly=True,
    )
    there = fields.Char(string="On the Channel", readonly=True)
    here = fields.Char(string="In Odoo", readonly=True)

    def init(self):
        # at the end, when all the tables it stands on are there
        create_view_at_end(self, self._create_view)

    def _create_view(self):
        tools.drop_view_if_exists(self.env.cr, self._table)
        self.env.cr.execute(
            SQL("CREATE VIEW channel_master_drift AS %s", self._query())
        )

    def _query(self):
        return SQL(
            """
            SELECT listing.id::bigint * 8 + told.place AS id, listing.channel_id,
                   listing.company_id, listing.id AS listing_id, listing.product_id,
                   told.figure, told.there, told.here
              FROM channel_listing listing
              JOIN product_product product ON product.id = listing.product_id
              JOIN product_template template
                ON template.id = product.product_tmpl_id
              JOIN channel_channel channel ON channel.id = listing.channel_id
              JOIN res_company company ON company.id = listing.company_id
             CROSS JOIN LATERAL (
                   SELECT product.weight::numeric * %(kilograms)s AS weight,
                          round(template.list_price::numeric
                                + COALESCE(%(extra)s, 0), 2) AS price) here
             CROSS JOIN LATERAL (VALUES
                   (1, 'sku', listing.sku, product.default_code,
                    trim(listing.sku) = trim(product.default_code)),
                   -- a GTIN has leading zeros or has not
                   (2, 'barcode', listing.barcode, product.barcode,
                    ltrim(listing.barcode, '0') = ltrim(product.barcode, '0')),
                   (3, 'title', listing.title, template.name ->> 'en_US',
                    NOT %(is_product_owned)s OR EXISTS (
                        SELECT FROM jsonb_each_text(template.name) AS name (lang, words)
                         WHERE lower(trim(words)) = lower(trim(listing.title)))),
                   (4, 'weight', trim_scale(NULLIF(listing.told_weight, 0)) || ' kg',
                    trim_scale(round(NULLIF(here.weight, 0), 6)) || ' kg',
                    NOT %(is_product_owned)s
                    OR abs(listing.told_weight - here.weight) <= %(tolerance)s),
                   (5, 'price', round(listing.told_price, 2)::text, here.price::text,
                    NOT %(is_price_owned)s
                    OR channel.currency_id IS DISTINCT FROM company.currency_id
                    OR round(listing.told_price, 2) = here.price)
                   ) AS told (place, figure, there, here, is_same)
             WHERE listing.state = 'mapped' AND listing.active
               AND listing.stock_factor = 1
               AND told.there <> '' AND told.here <> '' AND NOT told.is_same
            """,
            is_product_owned=self._is_owned("product"),
            is_price_owned=self._is_owned("price"),
            kilograms=SQL(
                """CASE WHEN (SELECT value FROM ir_config_parameter
                               WHERE key = 'product.weight_in_lbs') = '1'
                        THEN %s ELSE 1 END""",
                KILOGRAMS["lbs"],
            ),
            extra=SQL(
                """(SELECT sum(chosen.price_extra)::numeric
                      FROM product_variant_combination combination
                      JOIN product_template_attribute_value chosen
                        ON chosen.id = combination.product_template_attribute_value_id
                     WHERE combination.product_product_id = product.id)"""
            ),
            tolerance=TOLERANCE,
        )

    def _is_owned(self, domain):
        """Condition: somebody has said who owns this of the channel of ``listing``."""
        return SQL(
            """EXISTS (
                SELECT FROM channel_ownership owned
                 WHERE owned.company_id = listing.company_id
                   AND owned.effect ->> 'domain' = %s
                   AND owned.effect ->> 'channel_id'
                       IN ('false', listing.channel_id::text))""",
            domain,
        )

    @api.model
    def _tell(self, channel):
        """One exception a channel, after its catalogue was read, as long as anything
        differs."""
        self.env.flush_all()
        exceptions, key = self.env["channel.exception"], "master_data"
        domain = [("channel_id", "=", channel.id)]
        found = self.search(domain, limit=NAMED)
        if not found:
            exceptions._resolve_keys(channel, [key])
            return
        exceptions._report(
            channel,
            "master_data",
            key=key,
            record=channel,
            message=self.env._(
                "%(count)s figures of products are others on %(channel)s than in Odoo: "
                "%(names)s",
                count=self.search_count(domain),
                channel=channel.name,
                names=", ".join(
                    f"{each.there} / {each.here}"  # the other side first
                    for each in found
                ),
            ),
            suggestion=self.env._(
                "Under Reconciliation, Product Data: correct the side that does not "
                "own the figure, by the ownership matrix. It ends when the catalogue "
                "is read and nothing differs."
            ),
        )
