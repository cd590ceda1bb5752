# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models
from odoo.tools import SQL


class ChannelPosition(models.Model):
    """Demand on a kit is demand on its components."""

    _inherit = "channel.position"

    def _open_demand(self, fact):
        demand = super()._open_demand(fact)
        if self.env.context.get("without_kits"):
            return demand
        return SQL(
            """
            SELECT demand.product_id, demand.warehouse_id, demand.kind, demand.quantity
              FROM (%(demand)s) demand
              JOIN stock_warehouse warehouse ON warehouse.id = demand.warehouse_id
             WHERE NOT EXISTS (
                   SELECT FROM channel_kit_component kit
                    WHERE kit.product_id = demand.product_id
                      AND kit.company_id = warehouse.company_id)
            UNION ALL
            SELECT kit.component_id, demand.warehouse_id, demand.kind,
                   demand.quantity * kit.quantity
              FROM channel_kit_component kit
              JOIN (%(demand)s) demand ON demand.product_id = kit.product_id
              JOIN stock_warehouse warehouse
                ON warehouse.id = demand.warehouse_id
               AND warehouse.company_id = kit.company_id
             WHERE kit.component_id IS NOT NULL
            """,
            demand=demand,
        )
