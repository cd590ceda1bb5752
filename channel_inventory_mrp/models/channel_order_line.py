# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class ChannelOrderLine(models.Model):
    """The components of a kit at the time of sale: its bill of materials may change,
    its delivery does not."""

    _inherit = "channel.order.line"

    pieces = fields.Json(
        readonly=True,
        help="The product in the sale order, and the stock units of each component in "
        "one sold unit of it",
    )

    def _get_pieces(self):
        known = self.pieces or {}
        if known.get("product") != self._sale_lines().product_id[-1:].id:
            return self._find_pieces()
        return {int(each): quantity for each, quantity in known["takes"].items()}

    def _find_pieces(self):
        """As of now: product id -> stock units in one sold unit."""
        product = self._sale_lines().product_id[-1:]
        if not product.is_kits:
            return {}
        counted = product._get_counted(self.company_id)
        return {each: number * self._get_factor() for each, number in counted.items()}

    def _freeze_pieces(self):
        for line in self:
            product = line._sale_lines().product_id[-1:]
            known = line.pieces or {}
            if product.is_kits and known.get("product") != product.id:
                line.pieces = {"product": product.id, "takes": line._find_pieces()}
