# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models


class SaleOrderLine(models.Model):
    """The quantity of a kit in delivery is the number of kits that its moves make
    up."""

    _inherit = "sale.order.line"

    # ------------------------------------------------------------ as it was sold
    def _get_sold_pieces(self):
        """Components of a kit as they were when a channel sold it.

        :return: product id -> stock units in one unit of the line; empty where they
            are not known
        """
        # sudo: salespeople need not see channels
        sold = self.sudo().channel_order_line_id
        known = sold.pieces or {}
        if known.get("product") != self.product_id.id:
            return {}
        units = sold._sale_units(self, 1)
        return {int(each): n * units for each, n in known["takes"].items() if n}

    def _get_parts(self):
        pieces = self._get_sold_pieces()
        if not pieces:
            return super()._get_parts()
        products = self.env["product.product"].browse(pieces)
        return {product: pieces[product.id] for product in products}

    def _action_launch_stock_rule(self, *, previous_product_uom_qty=False):
        """Odoo compares with the bill of materials as it is now. What is changed of a
        kit that was sold is so many of the pieces that were sold."""
        before = previous_product_uom_qty or {}
        kits = self.filtered(
            lambda line: (
                line.id in before
                and line.state == "sale"
                and not line.order_id.locked
                and line._get_sold_pieces()
            )
        )
        if kits and not self.env.context.get("skip_procurement"):
            procurements = [
                each
                for line in kits
                for each in line._procure_pieces(line.product_uom_qty - before[line.id])
            ]
            self.env["stock.rule"].run(procurements)
            kits.order_id.picking_ids.filtered(
                lambda picking: picking.state not in ("done", "cancel")
            ).action_confirm()
        return super(SaleOrderLine, self - kits)._action_launch_stock_rule(
            previous_product_uom_qty=previous_product_uom_qty
        )

    def _procure_pieces(self, units):
        """:param units: more units of the line, or, negative, fewer"""
        carried = self._count_carried_by_product()
        pieces = {}
        for product, quantity in self._get_parts().items():
            pieces[product] = units * quantity
            if units < 0:
                # what is in no open delivery cannot be taken off one
                over = carried[product] - self.product_uom_qty * quantity
                over = min(over, self._count_open(product))
                pieces[product] = max(pieces[product], -max(over, 0))
        return self.with_company(self.company_id)._prepare_pieces(pieces)

    def _count_open(self, product):
        moves = self._get_open_moves().filtered(lambda move: move.product_id == product)
        return sum(move._get_carried() for move in moves)

    def _prepare_missing(self, quantity):
        """Of a kit that was sold the pieces that are missing: some may have left."""
        parts = self._get_sold_pieces() and self._get_parts()
        if not parts:
            return super()._prepare_missing(quantity)
        carried = self._count_carried_by_product()
        return self._prepare_pieces(
            {
                product: max(0, self.product_uom_qty * units - carried[product])
                for product, units in parts.items()
            }
        )

    def _prepare_pieces(self, pieces):
        """:param pieces: product -> stock units, negative for fewer
        :return: list of procurements"""
        return [
            self._prepare_piece(product, wanted, bom_line)
            for product, units in pieces.items()
            for bom_line, part in self._split_by_bom_line(product)
            if (wanted := product.uom_id.round(units * part))
        ]

    def _prepare_piece(self, product, units, bom_line):
        values = self._prepare_procurement_values()
        values["channel_bom_line_id"] = bom_line.id
        return self.env["stock.rule"].Procurement(
            product,
            units,
            product.uom_id,
            self._get_location_final(),
            product.display_name,
            self.order_id.name,
            self.company_id,
            values,
        )

    def _move_to(self, warehouse):
        """A kit that was sold is what it was in another warehouse as well."""
        if not self._get_sold_pieces():
            return super()._move_to(warehouse)
        self._get_open_moves()._action_cancel()
        self.channel_warehouse_id = warehouse
        return self._deliver_again()

    def _split_by_bom_line(self, product):
        """A component that the bill has in several lines, as it was delivered first.

        :return: list of (mrp.bom.line, its part of the component)
        """
        # sudo: salespeople need not see bills of materials
        moves = self.sudo().move_ids.filtered(lambda move: move.product_id == product)
        first = moves.sorted("id")[:1]
        moves = moves.filtered(
            lambda move: (
                move.picking_id == first.picking_id and move.rule_id == first.rule_id
            )
        )
        lines = {}
        for move in moves:
            found = move.bom_line_id
            lines[found] = lines.get(found, 0) + move.product_qty
        if len(lines) < 2 or not sum(lines.values()):
            return [(first.bom_line_id, 1)]
        return [(found, n / sum(lines.values())) for found, n in lines.items()]

    # ------------------------------------------------------------------ counted
    def _count_left(self):
        """Kits that have left with all that was in them when they were sold."""
        if not self._get_sold_pieces():
            return super()._count_left()
        moves = self.move_ids.filtered(
            lambda move: move.state == "done" and move._leaves_for_customer()
        )
        left = min(self._count_by_piece(moves), self.product_uom_qty)
        return max(left, self._count_booked("out_invoice"))

    def _count_by_piece(self, moves):
        """Units of the line that ``moves`` have all pieces of, done or to come."""
        carried = {}
        for move in moves:
            product = move.product_id.id
            carried[product] = carried.get(product, 0) + move._get_carried()
        return min(
            carried.get(product, 0) / n
            for product, n in self._get_sold_pieces().items()
        )

    def _count_carried(self, moves):
        if self._get_sold_pieces():
            return self._count_by_piece(moves)
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
