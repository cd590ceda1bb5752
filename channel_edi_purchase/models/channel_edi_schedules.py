# SPDX-License-Identifier: AGPL-3.0-or-later
from collections import defaultdict, deque

from odoo import api, models

from odoo.addons.channel_inventory_base.tools.inner import inner

CLOSED = ("done", "cancel")


class ChannelEdiSchedules(models.AbstractModel):
    """Writes onto purchase lines what comes when. A line of the supplier's is several
    here where it comes at several times, so that each has its date and its moves.

    What has been received, or is under way by a ship notice, is over: it takes the
    first of what is promised, and stays as it is. Moves are split as backorders are, so
    that deliveries that wait for them still do.
    """

    _name = "channel.edi.schedules"
    _description = "Dates of Purchase Lines"

    @api.model
    def _book(self, lines, parts):
        """:param lines: purchase.order.line of one line of the supplier's
        :param parts: [(quantity in the lines' unit, naive UTC)], the first ones first
        """
        lines = self._alone(lines)
        uom = lines[:1].product_uom_id
        if self._is_kit(lines) and parts:
            # its components cannot be told apart by when they come: not too early
            parts = [(sum(each[0] for each in parts), max(each[1] for each in parts))]
        rest = self._take_off(parts, sum(map(self._get_fixed, lines)))
        free = {line: self._get_free(line) for line in lines}
        wanted = sum(quantity for quantity, _planned in rest)
        missing = sum(free.values()) - wanted
        for line in reversed(lines):
            cut = min(free[line], missing) if uom.compare(missing, 0) > 0 else 0
            if uom.compare(cut, 0) > 0:
                self._write_quantity(line, line.product_qty - cut)
                free[line] -= cut
                missing -= cut
        queue = deque(
            (line, free[line]) for line in lines if uom.compare(free[line], 0) > 0
        )
        for quantity, planned in rest:
            self._date(queue, uom, quantity, planned)

    def _alone(self, lines):
        """These records without what makes the supplier be told of them, and with the
        rights of the supplier's word."""
        # sudo: documents are worked off for all, and a number is the server's to copy
        return lines.sudo().with_context(**inner(edi_told=True))

    # ----------------------------------------------------------- quantities
    def _get_fixed(self, line):
        """What has been received of a line, or is under way (the line's unit)."""
        return line.qty_received + self._get_on_the_road(line)

    @api.model
    def _get_on_the_road(self, line):
        moves = self._get_open(line).filtered("picking_id.edi_notice")
        if not self._is_kit(line):
            return self._in_unit_of(line, moves)
        moved = defaultdict(float)
        for move in moves:
            moved[move.product_id] += move.product_qty
        # so many kits as there are components of
        whole = min(
            moved[product] / each
            for product, each in self._get_components(line).items()
        )
        return line.product_id.uom_id._compute_quantity(
            whole, line.product_uom_id, rounding_method="DOWN"
        )

    @api.model
    def _get_free(self, line):
        """What is still to come of a line, and of which no ship notice tells."""
        return max(0.0, line.product_qty - self._get_fixed(line))

    def _get_open(self, line):
        return line.move_ids.filtered(
            lambda move: move.state not in CLOSED and not move._is_purchase_return()
        ).sorted(lambda move: (move.date, move.id))

    @api.model
    def _get_components(self, line):
        """What a line is received as: itself, or the components of a kit.

        :return: {product: how much of it one of the line's product is, in their units}
        """
        moved = defaultdict(float)
        for move in line.move_ids:
            if move.state != "cancel" and not move._is_purchase_return():
                moved[move.product_id] += move.product_qty
        if not moved.keys() - set(line.product_id) or not line.product_uom_qty:
            return {line.product_id: 1.0}
        # its quantity may be changed already, and its moves are not
        contents = self._explode(line)
        return {
            product: contents.get(product) or quantity / line.product_uom_qty
            for product, quantity in moved.items()
            if quantity
        }

    def _explode(self, line):
        """:return: {component: quantity in one of the line's product}, in their units;
        none where nothing is manufactured, or the bill of materials is gone"""
        if "mrp.bom" not in self.env:
            # it comes with an app that suppliers do not need
            return {}
        # sudo: what a kit is made of, for whoever orders it
        boms = self.env["mrp.bom"].sudo()
        product, found = line.product_id, defaultdict(float)
        bom = boms._bom_find(
            product, company_id=line.company_id.id, bom_type="phantom"
        )[product]
        if bom:
            factor = product.uom_id._compute_quantity(1, bom.product_uom_id)
            _boms, rows = bom.explode(product, factor / bom.product_qty)
            for row, values in rows:
                found[row.product_id] += row.product_uom_id._compute_quantity(
                    values["qty"], row.product_id.uom_id, round=False
                )
        return found

    @api.model
    def _get_free_moves(self, line):
        return self._get_open(line).filtered(
            lambda move: not move.picking_id.edi_notice
        )

    def _is_kit(self, lines):
        return any(
            move.product_id != line.product_id
            for line in lines
            for move in line.move_ids
            if move.state != "cancel" and not move._is_purchase_return()
        )

    def _in_unit_of(self, line, moves):
        return sum(
            move.product_uom._compute_quantity(
                move.product_uom_qty, line.product_uom_id, rounding_method="HALF-UP"
            )
            for move in moves
        )

    def _take_off(self, parts, fixed):
        """The parts without the first ``fixed`` of them."""
        rest = []
        for quantity, planned in parts:
            taken = min(quantity, fixed)
            fixed -= taken
            if quantity - taken > 1e-9:
                rest.append((quantity - taken, planned))
        return rest

    # ---------------------------------------------------------------- dates
    def _date(self, queue, uom, quantity, planned):
        """So much of what is first in the queue comes then; what there is more of is
        told by who has called."""
        while queue and uom.compare(quantity, 0) > 0:
            line, free = queue.popleft()
            if uom.compare(quantity, free) < 0:
                queue.appendleft((self._split(line, free - quantity), free - quantity))
                free = quantity
            if self._get_on_the_road(line) and line.date_planned != planned:
                line = self._split(line, free)
            self._write_date(line, planned)
            quantity -= free

    def _write_date(self, line, planned):
        if line.date_planned != planned:
            line = line.with_context(**inner(date_source="document"))
            line.date_planned = planned

    @api.model
    def _follow_dates(self, lines):
        """The goods come when their lines say: Odoo moves the deadline alone, and what
        comes earlier than it was planned would still be promised late."""
        for line in self._alone(lines):
            for move in self._get_free_moves(line):
                if line.date_planned not in (False, move.date):
                    move.write(
                        {"date": line.date_planned, "date_deadline": line.date_planned}
                    )
            for move in self._get_open(line).filtered("picking_id.edi_notice"):
                # what is under way comes when its notice says
                if move.date_deadline != move.date:
                    move.date_deadline = move.date

    def _write_quantity(self, line, quantity, keep=False):
        """:param keep: its moves are handed over by themselves"""
        if keep:
            line = line.with_context(**inner(edi_split=True))
        # all that Odoo would compute anew from a quantity
        line.write(
            {
                "product_qty": quantity,
                "date_planned": line.date_planned,
                "price_unit": line.price_unit,
                "discount": line.discount,
                "name": line.name,
            }
        )

    def _split(self, line, quantity):
        """:return: a line of its own for so much of what is still to come"""
        new = line.with_context(**inner(edi_split=True)).copy(
            {
                "order_id": line.order_id.id,
                "product_qty": quantity,
                "date_planned": line.date_planned,
                "price_unit": line.price_unit,
                "discount": line.discount,
                "name": line.name,
                "edi_number": line.edi_number,
            }
        )
        new = self._alone(new)
        pieces = line.product_uom_id._compute_quantity(quantity, line.product_id.uom_id)
        components = self._get_components(line)
        self._write_quantity(line, line.product_qty - quantity, keep=True)
        for product, each in components.items():
            wanted = pieces * each
            for move in reversed(self._get_free_moves(line)):
                if move.product_id == product:
                    wanted -= self._hand_over(move, new, wanted)
        return new

    def _hand_over(self, move, line, wanted):
        """:return: how much of a move is the other line's now (the product's unit)"""
        uom = move.product_id.uom_id
        if uom.compare(wanted, 0) <= 0:
            return 0.0
        if uom.compare(wanted, move.product_qty) >= 0:
            move.purchase_line_id = line
            return move.product_qty
        self._split_move(move, wanted).purchase_line_id = line
        return wanted

    @api.model
    def _split_move(self, move, quantity):
        """:return: a move of its own for so much of it (the product's unit)"""
        move._do_unreserve()
        new = move.create(move._split(quantity))
        new._action_confirm(merge=False)
        (move | new)._action_assign()
        return new

    # ------------------------------------------------------------- changes
    @api.model
    def _adjust_moves(self, lines):
        """Make the moves of lines come to their quantities, without those that are
        under way."""
        for line in self._alone(lines):
            if line.product_id.type != "consu":
                continue
            missing = line.product_qty - line._get_qty_procurement()
            if line.product_uom_id.compare(missing, 0) > 0:
                self._add_moves(line)
            elif line.product_uom_id.compare(missing, 0) < 0:
                self._cut_moves(line, -missing)

    def _add_moves(self, line):
        order = line.order_id
        pickings = order.picking_ids.filtered(
            lambda each: (
                each.state not in CLOSED
                and not each.edi_notice
                and each.location_dest_id.usage in ("internal", "transit", "customer")
            )
        )
        picking = pickings[:1] or pickings.create(order._prepare_picking())
        line._create_stock_moves(picking)._action_confirm()._action_assign()

    def _cut_moves(self, line, quantity):
        uom = line.product_id.uom_id
        quantity = line.product_uom_id._compute_quantity(quantity, uom)
        left = 0.0
        for product, each in self._get_components(line).items():
            moves = self._get_free_moves(line)
            moves = moves.filtered(lambda move, one=product: move.product_id == one)
            left = max(left, self._cut(moves, quantity * each) / each)
        if uom.compare(left, 0) > 0:
            self._report_left(line, left)

    def _cut(self, moves, quantity):
        """:return: how much of it they did not have"""
        for move in reversed(moves):
            uom = move.product_id.uom_id
            part = min(quantity, move.product_qty)
            quantity -= part
            if uom.compare(part, move.product_qty) >= 0:
                move._action_cancel()
            elif uom.compare(part, 0) > 0:
                rest = uom._compute_quantity(move.product_qty - part, move.product_uom)
                move.product_uom_qty = rest
        return quantity

    def _report_left(self, line, quantity):
        purchase = self.env["channel.edi.purchase"]._find(line.order_id)
        if purchase:
            purchase._report(
                "road",
                self.env._(
                    "%(order)s: %(quantity)s × %(product)s are not wanted any more, "
                    "and are under way.",
                    order=purchase.number,
                    quantity=f"{quantity:g}",
                    product=line.product_id.display_name,
                ),
                self.env._(
                    "They stay expected. Agree with the supplier what becomes of them, "
                    "then resolve this."
                ),
            )
