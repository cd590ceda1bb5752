# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models


class ChannelOrderImporter(models.AbstractModel):
    _inherit = "channel.order.importer"

    def _on_sale_confirmed(self, order):
        order.line_ids._freeze_pieces()
        return super()._on_sale_confirmed(order)
