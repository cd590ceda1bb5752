# SPDX-License-Identifier: AGPL-3.0-or-later
from collections import Counter

from odoo import api, fields, models

from odoo.addons.channel_inventory_base.tools.inner import get_inner

from ..tools.refusal import OrderRefusedError


class SaleOrderLine(models.Model):
    _name = "sale.order.line"
    _inherit = ["sale.order.line", "channel.guarded"]

    channel_order_line_id = fields.Many2one(
        "channel.order.line",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )
    channel_charge_ref = fields.Char(
        readonly=True,
        copy=False,
        help="The channel's id of a delivery charge or fee, used by refunds.",
    )
    channel_warehouse_id = fields.Many2one(
        "stock.warehouse",
        readonly=True,
        copy=False,
        help="Node that the channel sold it from: it is reserved where it was held.",
    )
    channel_properties = fields.Text(
        readonly=True,
        copy=False,
        help="Customer's specifications, as in the description.",
    )

    @api.depends("channel_warehouse_id")
    def _compute_warehouse_id(self):
        """Odoo has one warehouse an order; an order of a channel may have several.

        A value written to the field does not last: it is computed again.
        """
        result = super()._compute_warehouse_id()
        for line in self.filtered("channel_warehouse_id"):
            line.warehouse_id = line.channel_warehouse_id
        return result

    @api.depends("order_id.fulfilled_by_channel")
    def _compute_qty_delivered_method(self):
        """There are no moves of what the channel ships by itself: it tells."""
        result = super()._compute_qty_delivered_method()
        for line in self:
            if line._is_shipped_by_channel():
                line.qty_delivered_method = "manual"
        return result

    # ---------------------------------------------------------------- CRUD
    def write(self, vals):
        follows = get_inner(self, "channel_follows")
        if "product_uom_qty" not in vals:
            return super().write(vals)
        lowered = self._list_lowered(vals["product_uom_qty"])
        if follows:
            result = super().write(vals)
            if stuck := self._lower_deliveries(lowered):
                self._refuse_lowered(stuck)
            return result
        before = {
            line: line.product_uom_qty
            for line in self
            if line.channel_order_line_id and line.order_id.state == "sale"
        }
        if any(vals["product_uom_qty"] != quantity for quantity in before.values()):
            self.order_id._check_may_take_back()
        result = super().write(vals)
        self._lower_deliveries(lowered)
        for line, quantity in before.items():
            if quantity != line.product_uom_qty:
                # sudo: a user who changes a line need not have rights on channels
                own = line.sudo()
                for order in own._own_channel_order_lines().order_id:
                    order.env["channel.notifier"]._on_sale_line_changed(
                        order, own, quantity, own.product_uom_qty
                    )
        return result

    # ------------------------------------------------------------ business
    def _is_shipped_by_channel(self):
        """Whether the channel ships it from its own warehouse."""
        return self.order_id.fulfilled_by_channel and self.product_id.type == "consu"

    def _action_launch_stock_rule(self, **kwargs):
        """Nothing is procured for what the channel ships by itself."""
        ours = self.filtered(lambda line: not line._is_shipped_by_channel())
        return super(SaleOrderLine, ours)._action_launch_stock_rule(**kwargs)

    def _get_qty_procurement(self, previous_product_uom_qty=False):
        """What came back has been delivered, and nobody asks for it once more.

        Odoo takes returns off what is delivered: the next change of the quantity would
        deliver them again, beside what it adds.
        """
        quantity = super()._get_qty_procurement(previous_product_uom_qty)
        # sudo: salespeople need not see channels
        if quantity >= self.product_uom_qty or not self.sudo().channel_order_line_id:
            return quantity
        return min(self.product_uom_qty, quantity + self._count_taken_back())

    def _count_taken_back(self):
        """Units of the line that came back, or are to come, from its deliveries."""
        _outgoing, incoming = self._get_outgoing_incoming_moves(strict=False)
        return sum(
            move.product_uom._compute_quantity(
                move.quantity if move.state == "done" else move.product_uom_qty,
                self.product_uom_id,
                round=False,
            )
            for move in incoming
            if move.origin_returned_move_id
        )

    def _get_sale_order_line_multiline_description_sale(self):
        description = super()._get_sale_order_line_multiline_description_sale()
        return "\n".join(filter(None, (description, self.channel_properties)))

    def _follow_properties(self):
        """Have the description say what the customer asks for now.

        :return: the lines that said something else
        """
        changed = self.filtered(
            lambda line: (
                (line.channel_properties or "")
                != (line.channel_order_line_id.properties or "")
            )
        )
        for line in changed:
            name = line.name
            if old := line.channel_properties:
                name = name.replace(f"\n{old}", "")
            new = line.channel_order_line_id.properties
            line.write(
                {
                    "name": "\n".join(filter(None, (name, new))),
                    "channel_properties": new,
                }
            )
        return changed

    def _fixed_fields(self):
        """Lines sold by a channel stay in the sale order of their channel order."""
        # sudo: salespeople need not see channels
        of_channel = self.sudo().channel_order_line_id
        return super()._fixed_fields() | ({"order_id"} if of_channel else set())

    def _own_channel_order_lines(self):
        """Lines of channels' orders that these are sold for, in the order's own sale
        order."""
        return self.filtered(
            lambda line: (
                line.order_id._own_channel_orders()
                == line.channel_order_line_id.order_id
            )
        ).channel_order_line_id

    # ---------------------------------------------------------------- owed
    def _count_undelivered(self):
        """How much of this line is in no move to the customer, in its own unit."""
        if self.product_id.type != "consu" or not self._has_had_moves():
            return 0
        gone = self._count_carried(self.move_ids) + self._count_handed_over()
        return max(0.0, self.product_uom_qty - gone)

    def _count_handed_over(self):
        """How much of this line was taken away, or is to be sent, by a till at which
        the order was settled: Odoo cancels the line's own deliveries for it."""
        if "pos_order_line_ids" not in self._fields:
            return 0
        # sudo: workers in the warehouse need not see tills
        sold = self.sudo().pos_order_line_ids
        return max(
            0.0,
            sum(
                line.product_uom_id._compute_quantity(
                    line.qty, self.product_uom_id, round=False
                )
                for line in sold | sold.refund_orderline_ids
                if line.order_id.state not in ("draft", "cancel")
            ),
        )

    def _has_had_moves(self):
        """A purchase that is sent straight to the customer has none before it is
        confirmed; of what was held again the moves may have been deleted."""
        return bool(self.move_ids or self.channel_order_line_id.undelivered_quantity)

    def _count_carried(self, moves):
        """How much of this line ``moves`` have brought, or will bring, to the customer.

        Of a chain of transfers its last open one counts.
        """
        return sum(
            move.product_id.uom_id._compute_quantity(
                move._get_carried(), self.product_uom_id, round=False
            )
            for move in moves
            if move.product_id == self.product_id
        )

    # ---------------------------------------------------------------- less
    def _list_lowered(self, quantity):
        """Confirmed lines of channels' orders that are to have fewer units.

        :return: line -> (units as they are, stock units in deliveries by product)
        """
        # sudo: salespeople need not see channels
        return {
            line: (line.product_uom_qty, line._count_carried_by_product())
            for line in self.sudo()
            if line.channel_order_line_id
            and line.state == "sale"
            and line.product_id.type == "consu"
            and line.product_uom_qty > (quantity or 0)
        }

    def _count_carried_by_product(self):
        """:return: Counter of stock units that have left or will, by product"""
        carried = Counter()
        for move in self.move_ids:
            carried[move.product_id] += move._get_carried()
        return carried

    def _lower_deliveries(self, lowered):
        """What is taken off lines comes off their deliveries, to the unit.

        Odoo compares the line with what was ever moved for it, returns and internal
        steps that were undone among it, and may leave a delivery as it was.

        :return: lines with units that could not be taken off an open delivery
        """
        stuck = set()
        for line, (quantity, before) in lowered.items():
            less, now = (
                quantity - line.product_uom_qty,
                line._count_carried_by_product(),
            )
            for product, units in line._get_parts().items():
                # what is in no delivery need not be taken off one
                excess = min(
                    now[product] - before[product] + less * units,
                    now[product] - line.product_uom_qty * units,
                )
                if line._lower_open(product, product.uom_id.round(excess)):
                    stuck.add(line.id)
        return self.browse(sorted(stuck))

    def _refuse_lowered(self, stuck):
        """:raise OrderRefusedError: units that the channel wants no more are in hand"""
        raise OrderRefusedError(
            "cancelled_late",
            self.env._(
                "The channel has taken off units that are being picked: %s.",
                ", ".join(stuck.product_id.mapped("display_name")),
            ),
            self.env._(
                "Put the units back in the open transfer, then retry; or ship them and "
                "expect a return."
            ),
        )

    def _get_parts(self):
        """:return: product.product -> stock units of it in one unit of the line"""
        units = self.product_uom_id._compute_quantity(
            1, self.product_id.uom_id, round=False
        )
        return {self.product_id: units}

    def _lower_open(self, product, units):
        """Take so many stock units off the open deliveries of the line.

        :return: those that are in open deliveries still
        """
        moves = self._get_open_moves().filtered(lambda move: move.product_id == product)
        for move in moves.filtered(lambda each: each._is_lowerable())._sort_to_lower():
            less = min(units, move._get_carried(), move._get_lowerable())
            if less > 0:
                move._lower_chain(less)
                units -= less
        left = sum(move._get_carried() for move in moves)
        return product.uom_id.round(max(0, min(units, left)))

    def _deliver_again(self):
        """Have what is in no move delivered after all."""
        procurements = []
        for line in self:
            quantity = line._count_undelivered()
            if quantity > 0:
                own = line.with_company(line.company_id)
                procurements += own._prepare_missing(quantity)
        self.env["stock.rule"].run(procurements)
        self.order_id.picking_ids.filtered(
            lambda picking: picking.state == "draft"
        ).action_confirm()

    def _prepare_missing(self, quantity):
        """:return: list of procurements that deliver so much of the line"""
        values = self._prepare_procurement_values()
        return self._create_procurements(quantity, self.product_uom_id, values)

    def _cancel_undelivered(self):
        for line in self:
            quantity = line._count_undelivered()
            if quantity > 0:
                line.product_uom_qty -= quantity

    # ------------------------------------------------------------- reroute
    def _get_open_moves(self):
        return self.move_ids.filtered(lambda move: move.state not in ("done", "cancel"))

    def _reserve_what_is_there(self):
        self._get_open_moves().filtered(
            lambda move: move.state in ("confirmed", "partially_available")
        )._action_assign()

    def _is_waiting_for_stock(self):
        return any(
            move.state in ("confirmed", "partially_available")
            for move in self._get_open_moves()
        )

    def _may_move(self):
        """Whether no delivery of the line has begun."""
        opened = self._get_open_moves()
        return opened == self.move_ids.filtered(
            lambda move: move.state != "cancel"
        ) and not any(move.picked or move.picking_id.printed for move in opened)

    def _move_to(self, warehouse):
        """Have the line delivered from there: its transfers there are made anew."""
        self._get_open_moves()._action_cancel()
        self.channel_warehouse_id = warehouse
        self._action_launch_stock_rule()
