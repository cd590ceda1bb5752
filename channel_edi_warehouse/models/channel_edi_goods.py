# SPDX-License-Identifier: AGPL-3.0-or-later
from collections import defaultdict

from odoo import api, models

from odoo.addons.channel_edi.lib import gs1
from odoo.addons.channel_edi.mapper import GTINS, OURS
from odoo.addons.channel_edi.models.channel_edi_worker import Held
from odoo.addons.channel_inventory_base.tools.inner import inner


class ChannelEdiGoods(models.AbstractModel):
    """What the lines of a warehouse's documents are here: products, lots, and the
    transfers that they are about. Nothing is guessed: what is not known holds the
    document."""

    _name = "channel.edi.goods"
    _description = "Goods in EDI Documents"
    _inherit = ["channel.edi.facts"]

    @api.model
    def _get_warehouses(self, document):
        """:raise Held: the partner runs none"""
        warehouses = document.channel_id.edi_warehouse_ids
        if not warehouses:
            raise Held(
                self.env._(
                    "%s runs no warehouse here. Choose it on the warehouse.",
                    document.channel_id.name,
                )
            )
        return warehouses

    # ----------------------------------------------------------------- items
    @api.model
    def _look_up(self, document, items):
        """All that is to be known of many lines, in a few statements.

        :param items: iterable of tuples of schemas.ItemId
        :return: Known
        """
        ours, gtins = set(), set()
        for ids in items:
            for each in ids:
                if each.qualifier in OURS:
                    ours.add(_bare(each))
                elif each.qualifier in GTINS:
                    gtins.add(_bare(each))
        packagings = self.env["product.uom"].search(
            [("barcode", "in", list(gtins - {""}))], order="id desc"
        )
        found = self.env["channel.stock.report"]._products_by_code(
            document.company_id, list((ours | gtins) - {""}), self.env["res.partner"]
        )
        ids = {each for ids in found.values() for each in ids}
        products = self.env["product.product"].browse(
            [*ids, *packagings.product_id.ids]
        )
        return self._prepare_known(
            document,
            products,
            packagings={each.barcode: each for each in packagings},
            codes=found,
        )

    @api.model
    def _find_product(self, document, ids, known=None):
        """:param ids: tuple of schemas.ItemId
        :param known: Known, where many are looked for
        :return: (product, the packaging that a GTIN names, or None)
        :raise Held: unknown, or more than one
        """
        known = known or self._look_up(document, [ids])
        for each in ids if known.packagings else ():
            packaging = each.qualifier in GTINS and known.packagings.get(_bare(each))
            if packaging:
                return known.product(packaging.product_id.id), packaging.uom_id
        found = ()
        for qualifiers in (OURS, GTINS):
            codes = [_bare(each) for each in ids if each.qualifier in qualifiers]
            found = {each for code in codes for each in known.codes.get(code, ())}
            if len(found) == 1:
                return known.product(found.pop()), None
            if found:
                break
        names = ", ".join(f"{each.qualifier} {each.value}" for each in ids)
        if found:
            raise Held(self.env._("Several products match %s.", names))
        raise Held(self.env._("No product matches %s.", names or "?"))

    @api.model
    def _find_lot(self, document, product, name):
        """:return: stock.lot, empty where the product has none
        :raise Held: unknown
        """
        lots = self.env["stock.lot"]
        if product.tracking == "none":
            return lots
        found = lots.search(
            [
                ("product_id", "=", product.id),
                ("name", "=", name),
                ("company_id", "in", [False, document.company_id.id]),
            ],
            limit=1,
        )
        if not found:
            raise Held(
                self.env._(
                    "%(product)s has no lot %(lot)s. Enter it, or ask the warehouse.",
                    product=product.display_name,
                    lot=name or "?",
                )
            )
        return found

    @api.model
    def _find_warehouse(self, document, value):
        """:raise Held: nobody can tell which one"""
        found = self._get_warehouses(document)
        if len(found) > 1:
            codes = {party.code for party in value.parties if party.role == "warehouse"}
            found = found.filtered(lambda each: each.code in codes)
        if len(found) != 1:
            raise Held(
                self.env._(
                    "It does not say by a short name which warehouse it is about."
                )
            )
        return found

    @api.model
    def _get_damaged(self, warehouse):
        """Where a warehouse keeps what channels do not sell.

        :raise Held: nowhere
        """
        found = self.env["stock.location"].search(
            [
                ("location_id", "child_of", warehouse.view_location_id.id),
                ("usage", "=", "internal"),
                ("stock_state", "=", "damaged"),
            ],
            order="id",
            limit=1,
        )
        if not found:
            raise Held(
                self.env._(
                    "%s has no location for damaged stock. Make one and set its stock "
                    "state.",
                    warehouse.name,
                )
            )
        return found

    # ------------------------------------------------------------- transfers
    def _find_family(self, document, number, code="outgoing"):
        """The transfer that has this number, and its backorders, oldest first.

        :raise Held: there is none
        """
        # it knows already what it tells itself
        facts = inner(edi_told=True)
        pickings = self.env["stock.picking"].with_context(**facts)
        warehouses = self._get_warehouses(document)
        family = pickings.search(
            [("name", "=", number), *self._get_family_domain(warehouses, code)]
        )
        if len(family) != 1:
            raise Held(
                self.env._(
                    "No transfer of %(warehouse)s has the number %(number)s.",
                    warehouse=", ".join(warehouses.mapped("name")),
                    number=number or "?",
                )
            )
        ids, newest = family.ids, family
        while newest:
            newest = pickings.search([("backorder_id", "in", newest.ids)])
            ids += newest.ids
        return pickings.browse(sorted(ids))

    def _get_family_domain(self, warehouses, code):
        return [
            ("picking_type_id.warehouse_id", "in", warehouses.ids),
            ("picking_type_code", "=", code),
        ]

    def _find_open(self, family):
        """:raise Held: several could be meant"""
        found = family.filtered(lambda each: each.state not in ("done", "cancel"))
        if len(found) > 1:
            raise Held(
                self.env._(
                    "%s are open: cancel what is not at the warehouse, then press "
                    "Retry.",
                    ", ".join(found.mapped("name")),
                )
            )
        return found

    def _get_open(self, picking):
        """:return: {product: quantity that is to leave, in stock units}"""
        found = defaultdict(float)
        for move in picking.move_ids:
            if move.state not in ("done", "cancel"):
                found[move.product_id] += move.product_qty
        return found

    def _fill_moves(self, moves, left, packages):
        """The moves of one product get what they ask for, the last one the rest.

        :param packages: {SSCC of a carton: stock.package}
        """
        none = self.env["stock.package"]
        # what is in no carton comes last: lines that are in one are not added to
        parts = sorted(left.parts.items(), key=lambda part: not part[0][1])
        parts = [
            [lot, packages.get(sscc, none), quantity]
            for (lot, sscc), quantity in parts
            if quantity
        ]
        for move in moves:
            room = move.product_qty if move != moves[-1] else left.quantity
            while parts and room > 0:
                lot, package, quantity = parts[0]
                part = min(room, quantity)
                self._add_line(move, lot, part, package)
                room -= part
                parts[0][-1] -= part
                if parts[0][-1] <= 0:
                    parts.pop(0)

    def _add_line(self, move, lot, quantity, package=None):
        """Goods of one lot: from where they are known to be, the rest from the
        warehouse's stock.

        :param package: stock.package that they have left in
        """
        known = move.move_line_ids
        taken = move._update_reserved_quantity(
            quantity, move.location_id, lot_id=lot, strict=False
        )
        move.invalidate_recordset(["move_line_ids"])
        new = move.move_line_ids - known
        new.picked = True
        if package:
            new.result_package_id = package
        rest = quantity - taken
        if move.product_id.uom_id.compare(rest, 0) <= 0:
            return
        values = move._prepare_move_line_vals()
        values.update(
            lot_id=lot.id,
            product_uom_id=move.product_id.uom_id.id,
            quantity=rest,
            picked=True,
            result_package_id=package.id if package else False,
        )
        self.env["stock.move.line"].create(values)

    def _add_move(self, picking, product, quantity):
        move = self.env["stock.move"].create(
            {
                "picking_id": picking.id,
                "product_id": product.id,
                "product_uom": product.uom_id.id,
                "product_uom_qty": quantity,
                "location_id": picking.location_id.id,
                "location_dest_id": picking.location_dest_id.id,
                "company_id": picking.company_id.id,
                "picking_type_id": picking.picking_type_id.id,
            }
        )
        move._action_confirm(merge=False)
        move.move_line_ids.unlink()
        return move


def _bare(item):
    return gs1.upc_of(item.value) if item.qualifier == "UI" else item.value
