# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.db.views import create_view_at_end


class ChannelInbound(models.Model):
    """The day that goods are likely to come in, by their vendor's own record."""

    _inherit = "channel.inbound"

    def init(self):
        result = super().init()
        # at the end, when all the tables it stands on are there
        create_view_at_end(self, self._create_view)
        return result

    def _late_days(self):
        if self.env.context.get("without_vendors"):
            return super()._late_days()
        return SQL(
            """
            COALESCE((
                SELECT record.late_days FROM stock_move receipt
                  JOIN purchase_order_line line ON line.id = receipt.purchase_line_id
                  JOIN purchase_order purchase ON purchase.id = line.order_id
                  JOIN res_partner vendor ON vendor.id = purchase.partner_id
                  JOIN channel_vendor_record record
                    ON record.partner_id = vendor.commercial_partner_id
                   AND record.company_id = purchase.company_id
                 WHERE receipt.id = inbound.move_id), 0)
            """
        )
