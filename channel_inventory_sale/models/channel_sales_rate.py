# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.models.channel_sales_rate import WINDOW_DAYS


class ChannelSalesRate(models.Model):
    """Rates from confirmed sales, known before the goods leave and by channel."""

    _inherit = "channel.sales.rate"

    def _counts_transfers(self):
        return False

    def _sales_query(self):
        return SQL(
            """
            SELECT line.product_id, sale.company_id, sale.channel_id,
                   line.product_uom_qty::numeric * sold_in.factor::numeric
                       / stocked_in.factor::numeric AS quantity
              FROM sale_order_line line
              JOIN sale_order sale ON sale.id = line.order_id
              JOIN product_product product ON product.id = line.product_id
              JOIN product_template template
                ON template.id = product.product_tmpl_id
              JOIN uom_uom sold_in ON sold_in.id = line.product_uom_id
              JOIN uom_uom stocked_in ON stocked_in.id = template.uom_id
             WHERE sale.state = 'sale' AND template.is_storable
               AND sale.fulfilled_by_channel IS NOT TRUE
               AND sale.date_order > now() AT TIME ZONE 'UTC'
                                     - make_interval(days => %s)
               AND line.product_uom_qty > 0
            """,
            WINDOW_DAYS,
        )
