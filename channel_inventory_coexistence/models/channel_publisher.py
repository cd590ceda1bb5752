# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models
from odoo.tools import SQL


class ChannelPublisher(models.AbstractModel):
    """While the authority of a warehouse is changed, what is sold from it is lowered,
    and not raised."""

    _inherit = "channel.publisher"

    def _unplanned_conditions(self):
        return [
            *super()._unplanned_conditions(),
            SQL(
                """EXISTS (
                    SELECT FROM channel_node_stock_warehouse_rel served
                      JOIN stock_warehouse warehouse
                        ON warehouse.id = served.stock_warehouse_id
                     WHERE served.channel_node_id = level.node_id
                       AND warehouse.channel_frozen_until > now() AT TIME ZONE 'UTC')"""
            ),
        ]
