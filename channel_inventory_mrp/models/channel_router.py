# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models
from odoo.tools import SQL


class ChannelRouter(models.AbstractModel):
    """An order that holds a kit holds its components."""

    _inherit = "channel.router"

    def _held_query(self):
        return SQL(
            """
            SELECT held.order_id, held.line_id,
                   COALESCE(kit.component_id, held.product_id) AS product_id,
                   held.warehouse_id, held.company_id,
                   held.quantity * COALESCE(kit.quantity, 1) AS quantity
              FROM (%s) held
              LEFT JOIN channel_kit_component kit
                     ON kit.product_id = held.product_id
                    AND kit.company_id = held.company_id
             WHERE kit.problem IS NULL
            """,
            super()._held_query(),
        )
