# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models


class StockMove(models.Model):
    _inherit = "stock.move"

    def _is_same_piece(self, other):
        """A kit may have one component in several lines of its bill."""
        result = super()._is_same_piece(other)
        # sudo: the warehouse need not see bills of materials
        own, others = self.sudo().bom_line_id, other.sudo().bom_line_id
        return result and (own == others or not own or not others)
