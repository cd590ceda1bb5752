# SPDX-License-Identifier: AGPL-3.0-or-later
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from odoo import api, models

from odoo.addons.channel_edi.lib import gs1
from odoo.addons.channel_edi.models.channel_edi_worker import Held
from odoo.addons.channel_inventory_base import schemas as base_schemas

KEEPS = (
    "complete",
    "complete_more",
    "backordered",
    "partial",
    "backorder_shipped",
    "substitutes",
    "out_of_stock",
)
CUTS = ("closed_short", "cancelled", "substituted")
"""Of fates: what becomes of what has not left. Others hold the document."""
SSCC_MARKS = ("GM", "AA")
"""Of the marks of a carton (MAN01): those that are an SSCC."""
SHOWN = 5
"""Products that an exception names."""


@dataclass
class Left:
    """What an advice says of one product, in stock units.

    :ivar parts: quantity that has left, by (lot, SSCC of its carton); an empty record
        and "" where it has none, or nobody tells
    :ivar cut: what has not left is not owed any more
    :ivar said_complete: although something may be missing
    :ivar replaced: so much of it left as another product
    """

    parts: dict = field(default_factory=lambda: defaultdict(float))
    cut: bool = False
    said_complete: bool = False
    replaced: float = 0.0

    @property
    def quantity(self):
        return sum(self.parts.values())


class ChannelEdiAdvices(models.AbstractModel):
    """Posts what a warehouse has shipped (945).

    Goods that have left are gone, whatever was decided here since: they are posted as
    of the time when they left, all of a document or nothing of it. What does not fit is
    told to a person.
    """

    _name = "channel.edi.advices"
    _description = "Shipping Advices of Warehouses"
    _inherit = ["channel.edi.goods"]

    @api.model
    def _take(self, document, advice):
        """:param advice: schemas.ShippingAdvice"""
        if advice.reporting == "simulation":
            words = self.env._("A simulation: nothing has left.")
            return document._finish(state="ignored", error=words)
        if advice.reporting in ("return", "other"):
            raise Held(
                self.env._(
                    "It reports in a way that is not agreed (%s): enter it by hand and "
                    "discard the document.",
                    advice.reporting_code or "?",
                )
            )
        if self._is_repeated(document, advice):
            return None
        family = self._find_family(document, advice.order_number)
        picking = self._find_open(family)
        lefts = self._read_lines(document, advice)
        open_quantities = self._get_open(picking or family[-1:])
        named = Decimal(sum(line.shipped or 0 for line in advice.lines))
        if advice.reporting in ("none", "exceptions"):
            unnamed = self._add_unnamed(picking, lefts, open_quantities)
            self._check_total(advice, named, named + unnamed)
        else:
            self._check_total(advice, named)
        document.payload = base_schemas.dumps(advice)
        done = self._post(document, advice, family, picking, lefts)
        return document._finish(done or picking)

    def _check_total(self, advice, *sums):
        """:raise Held: its sender says that it is another quantity"""
        total = advice.total_units
        if total is not None and total not in sums:
            raise Held(
                self.env._(
                    "The lines come to %(lines)s units, and the document says "
                    "%(total)s. Ask the warehouse what has left.",
                    lines=f"{sums[-1]:f}",
                    total=f"{total:f}",
                )
            )

    # ----------------------------------------------------------------- lines
    def _read_lines(self, document, advice):
        """:return: {product: Left}"""
        lefts = defaultdict(Left)
        for line in advice.lines:
            if line.fate not in KEEPS + CUTS:
                raise Held(
                    self.env._(
                        "Status %(code)s of line %(line)s is not known: nobody can "
                        "tell what is still owed.",
                        code=line.code or "?",
                        line=line.number or "?",
                    )
                )
            product, packaging = self._find_product(document, line.ids)
            shipped = self._read_shipped(document, line, product, packaging)
            left = lefts[product]
            if shipped:
                lot = self._find_lot(document, product, line.lot)
                left.parts[lot, _get_carton(line)] += shipped
            left.cut |= line.fate in CUTS
            left.said_complete |= line.fate == "complete"
            if line.fate == "substitutes":
                original, _packaging = self._find_product(document, line.original_ids)
                lefts[original].replaced += shipped
        return lefts

    def _read_shipped(self, document, line, product, packaging):
        if line.shipped is None and line.fate in ("complete", "partial"):
            raise Held(
                self.env._(
                    "It does not say how many %s have left.", product.display_name
                )
            )
        shipped = line.shipped or Decimal(0)
        if shipped < 0:
            raise Held(self.env._("%s cannot have left.", f"{shipped:f}"))
        return shipped and self._to_stock(
            document, product, shipped, line.unit, packaging
        )

    def _add_unnamed(self, picking, lefts, open_quantities):
        """Lines that are not named have left as they were ordered.

        :return: how many units that are
        :raise Held: nothing is open that could have left
        """
        if not picking:
            raise Held(
                self.env._(
                    "It says that all has left as ordered, and nothing is open. Enter "
                    "by hand what has left, and discard the document."
                )
            )
        total = 0
        for product, quantity in open_quantities.items():
            if product in lefts:
                continue
            total += quantity
            if product.tracking == "none":
                lefts[product].parts[self.env["stock.lot"], ""] = quantity
                continue
            lines = picking.move_line_ids.filtered(
                lambda line, one=product: line.product_id == one
            )
            for line in lines:
                lefts[product].parts[line.lot_id, ""] += line.quantity_product_uom
            if lefts[product].quantity != quantity:
                raise Held(
                    self.env._(
                        "It does not say of which lot %s was.", product.display_name
                    )
                )
        return Decimal(str(total)).normalize()

    # ------------------------------------------------------------------ post
    def _post(self, document, advice, family, picking, lefts):
        """:return: the transfer that is done; empty where nothing has left"""
        revived = not picking
        if revived and any(left.quantity for left in lefts.values()):
            picking = self._revive(document, family)
        asked = self._get_open(picking)
        for product, left in lefts.items():
            self._lower(picking, product, left.replaced)
        done = picking.browse()
        if any(left.quantity for left in lefts.values()):
            self._fill(picking, lefts)
            self._note_tracking(picking, advice)
            picking._post_left(
                self._get_moment(document, advice.dates.shipped, advice.shipped)
            )
            done = picking
        rest = picking.browse()
        if done:
            rest = rest.search([("backorder_id", "=", done.id)])
        elif not revived:
            rest = picking
        rest = rest.filtered(lambda each: each.state not in ("done", "cancel"))
        if revived:
            rest.action_cancel()
            rest = rest.browse()
        self._cut(rest, lefts)
        self._report_oddities(document, family, done, asked, lefts, rest)
        return done

    def _revive(self, document, family):
        """Something has left of what is not open here any more."""
        cancelled = family.filtered(lambda each: each.state == "cancel")
        again = (cancelled or family)[-1]._revive_left()
        if not cancelled:
            self._report(
                document,
                again,
                "more",
                self.env._(
                    "%(number)s had left as a whole, and the warehouse tells of "
                    "another shipment. It is posted as %(picking)s.",
                    number=family[0].name,
                    picking=again.name,
                ),
            )
        return again

    def _lower(self, picking, product, quantity):
        """So much of a product is replaced by another one."""
        moves = picking.move_ids.filtered(
            lambda move: (
                move.product_id == product and move.state not in ("done", "cancel")
            )
        )
        for move in moves:
            part = min(quantity, move.product_qty)
            quantity -= part
            if part and part >= move.product_qty:
                move._action_cancel()
            elif part:
                rest = move.product_qty - part
                move.product_uom_qty = product.uom_id._compute_quantity(
                    rest, move.product_uom, rounding_method="HALF-UP"
                )

    def _fill(self, picking, lefts):
        """The lines of the transfer are what has left, and nothing else."""
        for move in picking.move_ids:
            if move.state not in ("done", "cancel"):
                move.move_line_ids.unlink()
                move.picked = False
        packages = self._make_packages(picking, lefts)
        for product, left in lefts.items():
            moves = picking.move_ids.filtered(
                lambda move, one=product: (
                    move.product_id == one and move.state not in ("done", "cancel")
                )
            )
            if left.quantity and not moves:
                moves = self._add_move(picking, product, left.quantity)
            self._fill_moves(moves, left, packages)

    def _make_packages(self, picking, lefts):
        """Cartons as the warehouse has labelled them: the customer is told the same
        numbers. Who is told of each parcel by itself is told of the transfer as before.

        :return: {SSCC: stock.package}
        """
        # sudo: whether channels are told of cartons, for any warehouse
        channels = picking.sudo()._channel_orders().channel_id
        if not all(each._capabilities().whole_shipments for each in channels):
            return {}
        ssccs = {sscc for left in lefts.values() for _lot, sscc in left.parts}
        ssccs = sorted(ssccs - {""})
        packages = self.env["stock.package"].create([{"name": each} for each in ssccs])
        return dict(zip(ssccs, packages, strict=True))

    def _note_tracking(self, picking, advice):
        if "carrier_tracking_ref" in picking._fields and advice.tracking:
            picking.carrier_tracking_ref = ", ".join(advice.tracking)

    def _cut(self, rest, lefts):
        """What the warehouse has closed is not owed any more."""
        closed = [product for product, left in lefts.items() if left.cut]
        moves = rest.move_ids.filtered(
            lambda move: (
                move.product_id in closed and move.state not in ("done", "cancel")
            )
        )
        moves._action_cancel()

    # -------------------------------------------------------------- oddities
    def _report_oddities(self, document, family, done, asked, lefts, rest):
        for product, left in lefts.items():
            values = {
                "product": product.display_name,
                "left": f"{left.quantity:g}",
                "asked": f"{asked[product]:g}",
                "number": family[0].name,
            }
            self._check_complete(document, family, rest, product, left)
            over = product.uom_id.compare(left.quantity, asked[product]) > 0
            if left.replaced:
                words = self.env._(
                    "%(number)s: the warehouse has shipped something else instead of "
                    "%(product)s.",
                    **values,
                )
            elif over:
                words = self.env._(
                    "%(number)s: %(left)s × %(product)s have left, and %(asked)s were "
                    "to leave.",
                    **values,
                )
            else:
                continue
            self._report(document, done or rest, f"{product.id}", words)
        if done:
            self._report_cartons(document, done, lefts)

    def _check_complete(self, document, family, rest, product, left):
        """What is called complete and is not may be told by an advice that is late:
        then it ends by itself."""
        key = f"edi_complete:{family[0].id}:{product.id}"
        waiting = self._get_open(rest)[product]
        if waiting <= 0:
            self.env["channel.exception"]._resolve_keys(document.channel_id, [key])
        elif left.said_complete:
            self.env["channel.exception"]._report(
                document.channel_id,
                "edi_warehouse",
                key=key,
                record=rest,
                message=self.env._(
                    "%(number)s: the warehouse calls %(product)s complete, and "
                    "%(rest)s are still to leave.",
                    number=family[0].name,
                    product=product.display_name,
                    rest=f"{waiting:g}",
                ),
                suggestion=self.env._(
                    "Another advice may be on its way: this ends when it comes. Else "
                    "agree with the warehouse and the customer what becomes of the "
                    "rest, then resolve this."
                ),
            )

    def _report_cartons(self, document, done, lefts):
        """The customer wants to know what is in which carton, and takes no other number
        than the one that is on it."""
        loose = [
            product.display_name
            for product, left in lefts.items()
            for (_lot, sscc), quantity in left.parts.items()
            if quantity and not sscc
        ]
        # sudo: what customers want to be told, for any warehouse
        orders = done.sudo()._channel_orders()
        told = orders.filtered(
            lambda order: (
                order.channel_id._notifies("shipment")
                and order.channel_id._capabilities().whole_shipments
            )
        )
        if not loose or not told or self._has_labels(told, done):
            return
        warehouse = done.picking_type_id.warehouse_id
        self.env["channel.exception"]._report(
            document.channel_id,
            "edi_warehouse",
            key=f"edi_cartons:{warehouse.id}:{told[0].channel_id.id}",
            record=done,
            message=self.env._(
                "%(number)s: the warehouse does not tell in which carton %(products)s "
                "left, and %(customer)s is told by carton: its ship notice has numbers "
                "that are on none.",
                number=done.name,
                products=", ".join(sorted(set(loose))[:SHOWN]),
                customer=told[0].channel_id.name,
            ),
            suggestion=self.env._(
                "Have the warehouse tell the SSCC of each carton in its advices "
                "(MAN*GM), or put the labels of the delivery on them, then resolve "
                "this."
            ),
        )

    def _has_labels(self, orders, picking):
        """Whether labels of ours were printed for what is in no carton."""
        # sudo: warehouse staff print them; jobs of any warehouse look
        numbers = self.env["channel.edi.sscc"].sudo()
        return numbers.search_count(
            [("order_id", "in", orders.ids), ("picking_id", "=", picking.id)], limit=1
        )

    def _report(self, document, picking, key, words):
        self.env["channel.exception"]._report(
            document.channel_id,
            "edi_warehouse",
            key=f"edi_advice:{document.id}:{key}",
            record=picking,
            message=words,
            suggestion=self.env._(
                "It is booked as it was reported. Agree with the warehouse and the "
                "customer what becomes of it, then resolve this."
            ),
        )


def _get_carton(line):
    """The SSCC of the carton that a line (schemas.AdviceLine) was in, "" where it names
    none or several: then nobody can tell how much of it is in which.

    >>> from odoo.addons.channel_edi.schemas import AdviceLine, Reference
    >>> marks = Reference("GM", "00106141412345678908"), Reference("CP", "1Z9")
    >>> _get_carton(AdviceLine(Decimal(4), packs=marks))
    '106141412345678908'
    >>> _get_carton(AdviceLine(Decimal(4), packs=marks[1:]))
    ''
    """
    ssccs = {
        gs1.sscc18(each.value) for each in line.packs if each.qualifier in SSCC_MARKS
    }
    return ssccs.pop() if len(ssccs) == 1 else ""
