# SPDX-License-Identifier: AGPL-3.0-or-later
from collections import defaultdict

from odoo import api, models

from odoo.addons.channel_edi.models.channel_edi_worker import Held
from odoo.addons.channel_inventory_base import schemas as base_schemas

PROCESSED = "09"
"""Of the dates that receipts tell (432): with the day, the time at which goods came."""


class ChannelEdiReceipts(models.AbstractModel):
    """Posts what a warehouse has received (944), as of the time when it came.

    Damaged goods are part of what was received, and lie where channels do not sell
    them. What has not come stays expected: a receipt does not say that it never will.
    """

    _name = "channel.edi.receipts"
    _description = "Receipts of Warehouses"
    _inherit = ["channel.edi.goods"]

    @api.model
    def _take(self, document, receipt):
        """:param receipt: schemas.Receipt"""
        if self._is_repeated(document, receipt):
            return None
        if not receipt.adds_up:
            raise Held(
                self.env._(
                    "The lines do not come to the %s units that it says. Ask the "
                    "warehouse what has come.",
                    f"{receipt.total:f}",
                )
            )
        if any(line.adjusts for line in receipt.lines):
            raise Held(
                self.env._(
                    "It corrects an earlier receipt: change that one by hand, and "
                    "discard the document."
                )
            )
        number = receipt.order_number or receipt.shipment_number
        picking = self._find_open(self._find_family(document, number, "incoming"))
        if not picking:
            raise Held(
                self.env._(
                    "%s is not expected any more. Enter by hand what has come, and "
                    "discard the document.",
                    number,
                )
            )
        expected = self._get_open(picking)
        parts = self._read_receipt(document, receipt, picking)
        document.payload = base_schemas.dumps(receipt)
        self._fill_received(picking, parts)
        if any(parts.values()):
            told = (receipt.dates.delivered, _processed(receipt), receipt.received)
            picking._post_left(self._get_moment(document, *told))
        self._report_more(document, picking, expected, parts)
        return document._finish(picking)

    def _get_family_domain(self, warehouses, code):
        """Goods may also come from another place of ours."""
        return [
            "|",
            *("&", ("picking_type_id.warehouse_id", "in", warehouses.ids)),
            ("picking_type_code", "=", code),
            *("&", ("location_dest_id.warehouse_id", "in", warehouses.ids)),
            *("&", ("location_id.warehouse_id", "not in", warehouses.ids)),
            ("picking_type_code", "=", "internal"),
        ]

    # ----------------------------------------------------------------- lines
    def _read_receipt(self, document, receipt, picking):
        """:return: {product: list of [lot, location, quantity in stock units]}"""
        parts = defaultdict(list)
        for line in receipt.lines:
            product, packaging = self._find_product(document, line.ids)
            received = self._to_stock(
                document, product, line.received, line.unit, packaging
            )
            damaged = self._read_damaged(document, line, product, packaging)
            if damaged > received or received < 0:
                raise Held(
                    self.env._(
                        "%(product)s: more is damaged than has come.",
                        product=product.display_name,
                    )
                )
            lot = self._find_received_lot(document, picking, product, line.lot)
            places = [(picking.location_dest_id, received - damaged)]
            if damaged:
                warehouse = picking.picking_type_id.warehouse_id
                places.append((self._get_damaged(warehouse), damaged))
            parts[product] += [
                [lot, place, quantity] for place, quantity in places if quantity
            ]
        return parts

    def _read_damaged(self, document, line, product, packaging):
        total = 0.0
        for each in line.exceptions:
            if each.condition == "other":
                raise Held(
                    self.env._(
                        "%(product)s: nobody knows what condition %(code)s is.",
                        product=product.display_name,
                        code=each.code or "?",
                    )
                )
            if each.condition == "damaged":
                total += self._to_stock(
                    document, product, each.quantity, each.unit or line.unit, packaging
                )
        return total

    def _find_received_lot(self, document, picking, product, name):
        """A lot that comes for the first time is made, where receipts may."""
        lots = self.env["stock.lot"]
        try:
            return self._find_lot(document, product, name)
        except Held:
            if not name or not picking.picking_type_id.use_create_lots:
                raise
        return lots.create({"name": name, "product_id": product.id})

    # ------------------------------------------------------------------ post
    def _fill_received(self, picking, parts):
        """The lines of the transfer are what has come, and nothing else."""
        for move in picking.move_ids:
            if move.state not in ("done", "cancel"):
                move.move_line_ids.unlink()
                move.picked = False
        for product, came in parts.items():
            quantity = sum(part[-1] for part in came)
            moves = picking.move_ids.filtered(
                lambda move, one=product: (
                    move.product_id == one and move.state not in ("done", "cancel")
                )
            )
            if quantity and not moves:
                moves = self._add_move(picking, product, quantity)
            self._spread(moves, [list(part) for part in came], quantity)

    def _spread(self, moves, parts, quantity):
        """The moves of one product get what they expect, the last one the rest."""
        for move in moves:
            room = move.product_qty if move != moves[-1] else quantity
            while parts and room > 0:
                lot, place, there = parts[0]
                part = min(room, there)
                values = move._prepare_move_line_vals()
                values.update(
                    lot_id=lot.id,
                    location_dest_id=place.id,
                    product_uom_id=move.product_id.uom_id.id,
                    quantity=part,
                    picked=True,
                )
                self.env["stock.move.line"].create(values)
                room -= part
                parts[0][-1] -= part
                if parts[0][-1] <= 0:
                    parts.pop(0)

    def _report_more(self, document, picking, expected, parts):
        for product, came in parts.items():
            quantity = sum(part[-1] for part in came)
            if product.uom_id.compare(quantity, expected[product]) <= 0:
                continue
            self.env["channel.exception"]._report(
                document.channel_id,
                "edi_warehouse",
                key=f"edi_receipt:{document.id}:{product.id}",
                record=picking,
                message=self.env._(
                    "%(picking)s: %(came)s × %(product)s have come, and %(expected)s "
                    "were expected.",
                    picking=picking.name,
                    came=f"{quantity:g}",
                    product=product.display_name,
                    expected=f"{expected[product]:g}",
                ),
                suggestion=self.env._(
                    "It is booked as it was reported. Agree with the warehouse and the "
                    "supplier what becomes of it, then resolve this."
                ),
            )


def _processed(receipt):
    """:return: the time of the day at which it was taken in; None where it is not
    told"""
    day = receipt.received
    return next(
        (
            each.at
            for each in receipt.dates.others
            if each.code == PROCESSED and day and day.first <= each.at.first <= day.last
        ),
        None,
    )
