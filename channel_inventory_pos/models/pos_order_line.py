# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models


class PosOrderLine(models.Model):
    _name = "pos.order.line"
    _inherit = ["pos.order.line", "channel.wakes.planner"]
    _wakes_when_gone = True
    _waking_fields = frozenset({"product_id", "qty"})

    # a position asks for the lines of its product
    _channel_product_idx = models.Index("(product_id)")
