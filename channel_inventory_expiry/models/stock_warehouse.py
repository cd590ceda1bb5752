# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.db.transaction import own_transaction


class StockWarehouse(models.Model):
    """Settings for lots: when they are no longer sold on channels."""

    _inherit = "stock.warehouse"

    channel_expiry_basis = fields.Selection(
        [("removal", "Removal date"), ("expiration", "Expiration date")],
        string="Lots Are Sold until",
        default="removal",
        required=True,
        help="The date of the lot that counts. A lot without a removal date is sold "
        "until it expires.",
    )
    channel_expiry_days = fields.Integer(
        string="Less Days",
        default=0,
        required=True,
        help="Days before that date when a lot is no longer sold: time for the "
        "customer to use it.",
    )
    channel_expiry_checked = fields.Datetime(
        readonly=True,
        copy=False,
        help="Expired lots have been deducted until then.",
    )

    _channel_expiry_days = models.Constraint(
        "CHECK (channel_expiry_days BETWEEN 0 AND 3650)",
        "The safety days of lots must be between 0 and 3650.",
    )

    def _expiry_limit(self):
        """When ``lot`` stops being sold by ``warehouse``; null for never.

        What is ordered leaves after the product's customer lead time, and Odoo reserves
        no lot for a delivery that has to be removed before that.
        """
        return SQL(
            """(CASE WHEN warehouse.channel_expiry_basis = 'expiration'
                     THEN lot.expiration_date
                     ELSE LEAST(lot.removal_date, lot.expiration_date) END
                - make_interval(days => warehouse.channel_expiry_days + COALESCE((
                      SELECT template.sale_delay FROM product_product product
                        JOIN product_template template
                          ON template.id = product.product_tmpl_id
                       WHERE product.id = lot.product_id
                         AND template.use_expiration_date), 0)))"""
        )

    @api.model
    def _recover_expiry(self):
        """Time passing fires no trigger: have planned what came to its limit since.

        A warehouse's mark moves only when something did, so nothing is written in most
        minutes, and nothing is skipped by a break of any length.
        """
        with own_transaction(self.env) as env:
            rows = env.execute_query(self._crossing_query())
            if rows:
                env["channel.change"]._wake_planner()
        self.invalidate_model(["channel_expiry_checked"])

    def _crossing_query(self):
        return SQL(
            """
            WITH crossed AS MATERIALIZED (
                SELECT DISTINCT quant.product_id, warehouse.id AS warehouse_id
                  FROM stock_warehouse warehouse
                  JOIN stock_location location
                    ON location.warehouse_id = warehouse.id
                  JOIN stock_quant quant ON quant.location_id = location.id
                  JOIN stock_lot lot ON lot.id = quant.lot_id
                 WHERE %(limit)s <= now() AT TIME ZONE 'UTC'
                   AND %(limit)s
                       > COALESCE(warehouse.channel_expiry_checked, '-infinity')
            ),
            marked AS (
                UPDATE stock_warehouse
                   SET channel_expiry_checked = now() AT TIME ZONE 'UTC'
                 WHERE id IN (SELECT warehouse_id FROM crossed)
            )
            INSERT INTO channel_change (product_id)
            SELECT DISTINCT product_id FROM crossed RETURNING id
            """,
            limit=self._expiry_limit(),
        )
