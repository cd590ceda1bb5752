# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models


class ChannelRefunder(models.AbstractModel):
    """What is invoiced stays sold: its refund is credited."""

    _inherit = "channel.refunder"

    def _is_sold_for_good(self, order, line_ref):
        if super()._is_sold_for_good(order, line_ref):
            return True
        line = order.line_ids.filtered(lambda each: each.external_id == line_ref)
        return order.sale_order_id.state == "sale" and any(
            each._count_posted() > 0 for each in line._sale_lines()
        )

    def _is_charge_for_good(self, order, ref):
        if super()._is_charge_for_good(order, ref):
            return True
        return order.sale_order_id.state == "sale" and any(
            line._count_posted() > 0 for line in self._find_charge_lines(order, ref)
        )
