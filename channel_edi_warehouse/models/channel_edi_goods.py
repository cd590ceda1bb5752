# SPDX-License-Identifier: AGPL-3.0-or-later
from collections import defaultdict
from datetime import timezone

from odoo import api, fields, models
from odoo.tools import float_round

from odoo.addons.channel_edi.lib import gs1, units
from odoo.addons.channel_edi.mapper import GTINS, OURS
from odoo.addons.channel_edi.models.channel_edi_worker import Held
from odoo.addons.channel_inventory_base.tools.inner import inner

MEASURES = {
    "kg": "uom.product_uom_kgm",
    "m": "uom.product_uom_meter",
    "l": "uom.product_uom_litre",
}
"""Units of ``lib.units`` that measure, and those of Odoo."""


class ChannelEdiGoods(models.AbstractModel):
    """What the lines of a warehouse's documents are here: products, lots, quantities in
    stock units, times, and the transfers that they are about. Nothing is guessed: what
    is not known holds the document."""

    _name = "channel.edi.goods"
    _description = "Goods in EDI Documents"

    # ------------------------------------------------------------- documents
    @api.model
    def _find_known(self, document):
        """:return: documents of the same kind and number that were taken before, oldest
        first"""
        return document._find_taken((document.kind,)) - document

    @api.model
    def _is_repeated(self, document, value):
        """Whether a movement was told before, by the same words.

        Moves are facts, and each counts once: the same number tells the same fact, and
        with other words nobody knows which of the two is true.

        :raise Held: the same number with another content, or the same content without a
            number that could tell whether it happened twice
        """
        known = self._find_known(document)
        same = known.filtered(lambda each: each.digest == document.digest)[:1]
        if same and not value.number:
            raise Held(
                self.env._(
                    "It says the same as %(other)s, and neither has a number. Ask the "
                    "warehouse whether it has happened twice.",
                    other=same.display_name,
                )
            )
        if same:
            words = self.env._("The same as %s", same.display_name)
            document._finish(state="ignored", error=words)
            return True
        twins = [each for each in known if _number(each) == _number_of(value)]
        if twins and any(_number_of(value)):
            raise Held(
                self.env._(
                    "Number %(number)s was taken on %(when)s with another content. Ask "
                    "the warehouse which of them counts.",
                    number=value.number or value.sequence,
                    when=twins[0].received_at,
                )
            )
        return False

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

    @api.model
    def _get_moment(self, document, *told):
        """When it happened (naive UTC), by the most exact of what was told: of a day,
        or a minute, its end, but not later than the document came in. A count within
        it may not know it yet; taking it off twice sells nothing that is not there."""
        told = [each for each in told if each]
        if not told:
            return document.received_at
        exact = min(told, key=lambda each: each.last - each.first)
        moment = exact.last.astimezone(timezone.utc).replace(tzinfo=None, microsecond=0)
        return min(moment, document.received_at or fields.Datetime.now())

    # ----------------------------------------------------------------- items
    @api.model
    def _find_product(self, document, ids):
        """:param ids: tuple of schemas.ItemId
        :return: (product, the packaging that a GTIN names, or None)
        :raise Held: unknown, or more than one
        """
        products = self.env["product.product"]
        names = ", ".join(f"{each.qualifier} {each.value}" for each in ids)
        if packaging := self._find_packaging(ids):
            return packaging.product_id, packaging.uom_id
        company = document.company_id
        for qualifiers in (OURS, GTINS):
            codes = [_bare(each) for each in ids if each.qualifier in qualifiers]
            found = self.env["channel.stock.report"]._products_by_code(
                company, [code for code in codes if code], products.env["res.partner"]
            )
            product_ids = {each for ids in found.values() for each in ids}
            if len(product_ids) == 1:
                return products.browse(product_ids), None
            if product_ids:
                raise Held(self.env._("Several products are %s.", names))
        raise Held(self.env._("No product is %s.", names or "?"))

    def _find_packaging(self, ids):
        """:return: product.uom, empty where no GTIN is a packaging's"""
        codes = [_bare(each) for each in ids if each.qualifier in GTINS]
        return self.env["product.uom"].search(
            [("barcode", "in", [code for code in codes if code])], limit=1
        )

    @api.model
    def _to_stock(self, document, product, quantity, unit, packaging=None):
        """:return: ``quantity`` of ``unit`` in the product's unit
        :raise Held: nobody knows how much it is
        """
        terms = self.env["channel.adapter.edi"]._prepare_terms(
            document.channel_id, document.agreement_id.id
        )
        standard = terms.standard
        pieces = units.pieces(quantity, unit, standard=standard, sizes=terms.sizes)
        source = self.env.ref("uom.product_uom_unit")
        known = units.unit(unit, standard)
        if pieces is None and packaging and known.kind == "packaging":
            pieces, source = quantity, packaging
        elif known.kind == "measure" and unit not in dict(terms.sizes):
            measure = MEASURES.get(known.measure)
            source = self.env.ref(measure) if measure else self.env["uom.uom"]
        target = product.uom_id
        if pieces is None or not source or not source._has_common_reference(target):
            raise Held(
                self.env._(
                    "Nobody knows how many %(unit)s of %(product)s are in 1 "
                    "%(code)s. Enter it in the agreement, under Codes.",
                    unit=target.name,
                    product=product.display_name,
                    code=unit or "?",
                )
            )
        return float_round(
            source._compute_quantity(float(pieces), target, round=False),
            precision_rounding=target.rounding,
        )

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
            [
                ("name", "=", number),
                ("picking_type_id.warehouse_id", "in", warehouses.ids),
                ("picking_type_code", "=", code),
            ]
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

    def _fill_moves(self, moves, left):
        """The moves of one product get what they ask for, the last one the rest."""
        lots = [[lot, quantity] for lot, quantity in left.lots.items() if quantity]
        for move in moves:
            room = move.product_qty if move != moves[-1] else left.quantity
            while lots and room > 0:
                lot, quantity = lots[0]
                part = min(room, quantity)
                self._add_line(move, lot, part)
                room -= part
                lots[0][1] -= part
                if lots[0][1] <= 0:
                    lots.pop(0)

    def _add_line(self, move, lot, quantity):
        """Goods of one lot: from where they are known to be, the rest from the
        warehouse's stock."""
        known = move.move_line_ids
        taken = move._update_reserved_quantity(
            quantity, move.location_id, lot_id=lot, strict=False
        )
        move.invalidate_recordset(["move_line_ids"])
        (move.move_line_ids - known).picked = True
        rest = quantity - taken
        if move.product_id.uom_id.compare(rest, 0) <= 0:
            return
        values = move._prepare_move_line_vals()
        values.update(
            lot_id=lot.id,
            product_uom_id=move.product_id.uom_id.id,
            quantity=rest,
            picked=True,
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


def _number_of(value):
    return (
        value.number,
        getattr(value, "agent_number", ""),
        getattr(value, "link", ""),
        getattr(value, "sequence", ""),
    )


def _number(document):
    values = document._values()
    return tuple(
        values.get(name) or ""
        for name in ("number", "agent_number", "link", "sequence")
    )
