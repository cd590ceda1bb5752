from odoo import models


class SaleOrderLine(models.Model):
    """The quantity of a kit in delivery is the number of kits that its moves make
    up."""

    _inherit = "sale.order.line"

    def _count_carried(self, moves):
        bom = self._get_sold_bom(moves)
        if not bom:
            return super()._count_carried(moves)
        kits = min(self._count_kits_by_component(bom, moves), default=0.0)
        return bom.product_uom_id._compute_quantity(
            kits, self.product_uom_id, round=False
        )

    def _get_sold_bom(self, moves):
        """The kit that the line was delivered by; none for what is no kit."""
        # sudo: salespeople and the warehouse need not see bills of materials
        boms = moves.sudo().bom_line_id.bom_id.filtered(
            lambda bom: bom.type == "phantom"
        )
        own = boms.filtered(
            lambda bom: bom.product_tmpl_id == self.product_id.product_tmpl_id
        )
        if own or not boms:
            return own[:1]
        # a kit of kits: its moves name the bills of those
        return boms._bom_find(
            self.product_id, company_id=self.company_id.id, bom_type="phantom"
        )[self.product_id]

    def _count_kits_by_component(self, bom, moves):
        """For each component how many kits its moves are enough for, in the unit of
        the bill. What was added to the bill after the sale has no moves and counts not.
        """
        _boms, parts = bom.explode(self.product_id, 1)
        for part, figures in parts:
            own = moves.filtered(lambda move, one=part: move.bom_line_id == one)
            need = part.product_uom_id._compute_quantity(
                figures["qty"] / bom.product_qty,
                part.product_id.uom_id,
                round=False,
            )
            if own and need and part.product_id.type == "consu":
                yield sum(move._get_carried() for move in own) / need
