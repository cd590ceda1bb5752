# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models


class ChannelOrderAmender(models.AbstractModel):
    _inherit = "channel.order.amender"

    def _follow_changes(self, order, data):
        result = super()._follow_changes(order, data)
        order.line_ids._freeze_pieces()
        return result
