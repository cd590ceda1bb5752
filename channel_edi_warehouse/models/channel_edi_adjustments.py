# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, models

from odoo.addons.channel_edi.models.channel_edi_worker import Held, Parked
from odoo.addons.channel_inventory_base import schemas as base_schemas

SELLABLE = "available"
NOT_SOLD = ("hold", "quality", "damaged")
"""States of stock in a warehouse's documents that are kept apart here as damaged."""


class ChannelEdiAdjustments(models.AbstractModel):
    """Posts what a warehouse has corrected (947): stock that is more or less than was
    known, or that is sellable or not any more.

    What corrects an earlier shipment or receipt is a person's: not only the stock was
    wrong, but also what a customer or supplier was told.
    """

    _name = "channel.edi.adjustments"
    _description = "Stock Corrections of Warehouses"
    _inherit = ["channel.edi.goods"]

    @api.model
    def _take(self, document, adjustment):
        """:param adjustment: schemas.Adjustment"""
        if self._is_repeated(document, adjustment):
            return None
        warehouse = self._find_warehouse(document, adjustment)
        for line in adjustment.lines:
            self._check_line(line)
        document.payload = base_schemas.dumps(adjustment)
        for line in adjustment.lines:
            self._post_line(document, adjustment, warehouse, line)
        return document._finish(warehouse)

    def _check_line(self, line):
        """:raise Held: a person has to decide"""
        values = {"reason": line.reason or "?", "quantity": f"{line.quantity:f}"}
        if line.effect in ("shipment", "receipt"):
            raise Held(
                self.env._(
                    "Reason %(reason)s corrects an earlier shipment or receipt: change "
                    "that one by hand, and discard the document.",
                    **values,
                )
            )
        if line.effect not in ("total", "state"):
            raise Held(
                self.env._("Nobody knows what reason %(reason)s means.", **values)
            )
        if line.contradicts:
            raise Held(
                self.env._(
                    "Reason %(reason)s and the sign of %(quantity)s contradict each "
                    "other. Ask the warehouse whether it is more or less.",
                    **values,
                )
            )

    def _post_line(self, document, adjustment, warehouse, line):
        product, packaging = self._find_product(document, line.ids)
        quantity = self._to_stock(
            document, product, line.quantity, line.unit, packaging
        )
        source, target = self._get_places(warehouse, product, line, quantity)
        if not quantity or source == target:
            return
        if target.usage == "inventory":
            self._check_there(warehouse, product, -quantity)
        lot = self._find_lot(document, product, line.lot)
        move = self.env["stock.move"].create(
            {
                "product_id": product.id,
                "product_uom": product.uom_id.id,
                "product_uom_qty": abs(quantity),
                "location_id": source.id,
                "location_dest_id": target.id,
                "company_id": warehouse.company_id.id,
                "origin": document.display_name,
                "is_inventory": line.effect == "total",
                "channel_told": True,
            }
        )
        move._action_confirm(merge=False)
        move.move_line_ids.unlink()
        if source.usage == "internal":
            self._add_line(move, lot, abs(quantity))
        else:
            values = move._prepare_move_line_vals()
            values.update(lot_id=lot.id, quantity=abs(quantity), picked=True)
            self.env["stock.move.line"].create(values)
        move.picked = True
        move._action_done()
        move._set_done_at(self._get_moment(document, line.at or adjustment.date))

    def _check_there(self, warehouse, product, quantity):
        """A warehouse loses no more than it has: a receipt has not been told yet, or
        the number is wrong. What has left and was not told makes Odoo's stock more.

        :raise Parked: there is less
        """
        quants = self.env["stock.quant"].search(
            [
                ("product_id", "=", product.id),
                ("location_id", "child_of", warehouse.view_location_id.id),
                ("location_id.usage", "=", "internal"),
            ]
        )
        there = sum(quants.mapped("quantity"))
        if product.uom_id.compare(quantity, max(there, 0)) > 0:
            raise Parked(
                self.env._(
                    "It takes %(units)g of %(product)s off, and there are %(there)g: a "
                    "receipt has not been told, or the number is wrong.",
                    units=quantity,
                    product=product.display_name,
                    there=there,
                )
            )

    def _get_places(self, warehouse, product, line, quantity):
        """:return: (location from, location to)"""
        stock = warehouse.lot_stock_id
        if line.effect == "total":
            lost = product.with_company(warehouse.company_id).property_stock_inventory
            return (stock, lost) if quantity < 0 else (lost, stock)
        return (
            self._get_place(warehouse, line.source),
            self._get_place(warehouse, line.target),
        )

    def _get_place(self, warehouse, state):
        if state == SELLABLE:
            return warehouse.lot_stock_id
        if state in NOT_SOLD:
            return self._get_damaged(warehouse)
        raise Held(self.env._("Stock in state %s is kept nowhere here.", state))
