# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models
from odoo.tools import SQL


class ChannelPosition(models.Model):
    """A hold on a kit is demand on its components."""

    _inherit = "channel.position"

    def _hold_facts(self):
        holds = super()._hold_facts()
        if self.env.context.get("without_kits"):
            return holds
        return SQL(
            """
            SELECT hold.product_id, hold.warehouse_id, hold.kind, hold.quantity
              FROM (%(holds)s) hold
              JOIN stock_warehouse warehouse ON warehouse.id = hold.warehouse_id
             WHERE NOT EXISTS (
                   SELECT FROM channel_kit_component kit
                    WHERE kit.product_id = hold.product_id
                      AND kit.company_id = warehouse.company_id)
            UNION ALL
            SELECT kit.component_id, hold.warehouse_id, hold.kind,
                   hold.quantity * kit.quantity
              FROM channel_kit_component kit
              JOIN (%(holds)s) hold ON hold.product_id = kit.product_id
              JOIN stock_warehouse warehouse
                ON warehouse.id = hold.warehouse_id
               AND warehouse.company_id = kit.company_id
             WHERE kit.component_id IS NOT NULL
            """,
            holds=holds,
        )
