# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tools import SQL

# Whether a ``listing`` has a number at a ``node``: what is planned, queued and sent.
PUBLISHED = SQL(
    """(listing.state = 'mapped' AND listing.active AND listing.tracked
        AND listing.uncounted IS NOT TRUE
        AND node.active AND node.publish AND node.fulfilled_by_channel IS NOT TRUE
        AND EXISTS (SELECT FROM channel_node_stock_warehouse_rel served
                     WHERE served.channel_node_id = node.id))"""
)
