# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models
from odoo.tools import SQL


class ChannelSold(models.AbstractModel):
    """What is in a confirmed sale order stays what it was sold as."""

    _inherit = "channel.sold"

    def _is_confirmed(self):
        return SQL(
            """
            EXISTS (SELECT FROM sale_order_line sold
                     WHERE sold.channel_order_line_id = line.id
                       AND sold.state NOT IN ('draft', 'sent'))
            """
        )

    def _assign_further(self):
        return SQL(
            """
            %s, substitute_id = CASE WHEN line.product_id = listing.product_id
                                THEN line.substitute_id END
            """,
            super()._assign_further(),
        )
