# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models
from odoo.tools import SQL


class ChannelRouter(models.AbstractModel):
    """What quotations hold is there for an order that has been sold."""

    _inherit = "channel.router"

    def _weak_query(self):
        held = self.env["channel.promise"]._open_holds(SQL("hold.cause = 'quotation'"))
        return SQL(
            """
            SELECT product_id, warehouse_id, quantity FROM (%s) quoted
            UNION ALL %s
            """,
            held,
            super()._weak_query(),
        )
