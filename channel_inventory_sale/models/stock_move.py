# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, models
from odoo.exceptions import UserError, ValidationError


class StockMove(models.Model):
    """Moves that deliver the orders of channels, or bring them back."""

    _inherit = "stock.move"

    @api.depends("sale_line_id.channel_order_line_id.properties")
    def _compute_description_picking(self):
        """The packer has to see the customer's specifications."""
        result = super()._compute_description_picking()
        # sudo: warehouse staff need not see channels
        if not self.sudo().sale_line_id.channel_order_line_id:
            # most moves: they are all looked at in one go
            return result
        for move in self:
            # sudo: as above
            sold = move.sudo().sale_line_id
            if sold.company_id != move.company_id:
                # people choose the line, another company's included
                continue
            asked = sold.channel_order_line_id.properties
            known = move.description_picking or ""
            if asked and asked not in known:
                move.description_picking = f"{known}\n{asked}".strip()
        return result

    @api.constrains("sale_line_id", "company_id")
    def _check_channel_company(self):
        """Shipments of a channel's order belong to its company."""
        for move in self.filtered("sale_line_id"):
            # sudo: warehouse staff need not see sale orders and channels
            sold = move.sudo().sale_line_id
            if sold.channel_order_line_id and sold.company_id != move.company_id:
                raise ValidationError(
                    self.env._(
                        "%(move)s would deliver the order of another company.",
                        move=move.display_name,
                    )
                )

    # ---------------------------------------------------------------- CRUD
    def write(self, vals):
        if "sale_line_id" in vals and not self.env.su:
            self._check_stays_sold(vals["sale_line_id"])
        result = super().write(vals)
        if not {"product_uom_qty", "sale_line_id"}.isdisjoint(vals):
            self._note_owed()
        return result

    def unlink(self):
        # sudo: warehouse staff need not see channels
        lines = self.sudo().sale_line_id._own_channel_order_lines()
        self._note_owed()
        result = super().unlink()
        lines._on_moves_deleted()
        return result

    # ------------------------------------------------------------ business
    def _action_cancel(self):
        result = super()._action_cancel()
        self._note_owed()
        return result

    def _check_stays_sold(self, sale_line_id):
        """:raise UserError: what is delivered for a channel's order would leave without
        the channel being told"""
        # sudo: warehouse staff need not see sale orders and channels
        for move in self.sudo():
            sold = move.sale_line_id
            if sold.channel_order_line_id and sold.id != sale_line_id:
                raise UserError(
                    self.env._(
                        "%(move)s delivers %(order)s, sold by a channel: cancel it "
                        "instead.",
                        move=move.display_name,
                        order=sold.order_id.name,
                    )
                )

    def _channel_orders(self):
        """Orders of channels that these deliver, or bring back: of the moves' company,
        and by a line of the order's own sale order. People choose both."""
        if not self.sale_line_id.channel_order_line_id:
            # most moves: every stock operation asks
            return self.env["channel.order"]
        lines = self.filtered(
            lambda move: move.company_id == move.sale_line_id.company_id
        ).sale_line_id
        return lines._own_channel_order_lines().order_id

    def _note_owed(self):
        # sudo: warehouse staff need not see channels
        orders = self.sudo()._channel_orders()
        orders.env["channel.order.owed"]._note(orders)

    def _leaves_for_customer(self):
        return (
            self.location_dest_id.usage == "customer"
            and self.location_id.usage != "customer"
        )

    def _is_first_step(self):
        """Whether its goods come off the shelf, and not from a step before it."""
        return self.location_id.usage != "customer" and not self.move_orig_ids.filtered(
            lambda move: move.state != "cancel" and move.location_id.usage == "internal"
        )

    def _is_in_hand(self):
        """Whether a person is at these goods: they are picked, or on their way through
        the warehouse, and have not left."""
        if self.state == "done":
            ahead = self.move_dest_ids.filtered(
                lambda move: move.state not in ("done", "cancel")
            )
            return self.location_id.usage == "internal" and bool(ahead)
        return self.state != "cancel" and self.picked

    def _get_carried(self):
        """Units of the product that leave, or have left, for the customer by this."""
        if self.location_id.usage == "customer" or self.state == "cancel":
            return 0
        if self.state == "done":
            done = self.location_dest_id.usage == "customer"
            return self._in_own_unit(self.quantity) if done else 0
        if any(each.state not in ("done", "cancel") for each in self.move_dest_ids):
            return 0
        return self.product_qty

    def _in_own_unit(self, quantity):
        return self.product_uom._compute_quantity(
            quantity, self.product_id.uom_id, round=False
        )

    def _is_exact(self):
        """Whether all of it is reserved, and no serial numbers have to be entered."""
        return all(
            move.state == "assigned"
            and move.has_tracking == "none"
            and not move.move_line_ids.lot_id
            for move in self
        )

    # ------------------------------------------------------------------ less
    def _merge_moves(self, merge_into=False):
        moves = super()._merge_moves(merge_into=merge_into)
        return moves - moves._take_off_deliveries()

    def _take_off_deliveries(self):
        """Units that a channel's order wants no more come off its open deliveries.

        Odoo takes them off a delivery only if that is not printed, and its move has
        the deadline, price and location that a new one would have. Otherwise it
        leaves the delivery as it is and expects the units back from the customer.

        :return: moves of less that are used up. They are deleted
        """
        # sudo: warehouse staff need not see sale orders and channels
        moves = self.filtered(
            lambda move: (
                move.product_qty < 0 and move.sudo().sale_line_id.channel_order_line_id
            )
        )
        for less in moves:
            for delivery in less._find_deliveries_to_lower():
                less._take_off(delivery)
        used = moves.filtered(lambda move: not move.product_qty)
        used._clean_merged()
        used._action_cancel()
        # sudo: whoever changes a sale order need not have rights on moves
        used.sudo().unlink()
        return used

    def _find_deliveries_to_lower(self):
        """Open moves of the same step and goods; those that nobody is at yet first."""
        # sudo: as above
        moves = self.sudo().sale_line_id.move_ids.filtered(
            lambda move: (
                move._is_lowerable()
                and move.location_dest_id == self.location_dest_id
                and move._is_same_piece(self)
            )
        )
        return moves._sort_to_lower().with_env(self.env)

    def _sort_to_lower(self):
        """What nobody has a slip of first, and of that what came last."""
        return self.sorted(lambda move: (move.picking_id.printed, -move.id))

    def _is_lowerable(self):
        return self._get_lowerable() > 0

    def _get_lowerable(self):
        """Stock units of an open delivery that nobody has in hand."""
        if self.state in ("done", "cancel") or self.location_id.usage == "customer":
            return 0
        in_hand = self._in_own_unit(self.quantity) if self.picked else 0
        return max(0, self.product_qty - in_hand)

    def _is_same_piece(self, other):
        """Whether both are of the same goods of their line."""
        return self.product_id == other.product_id

    def _take_off(self, delivery):
        """Lower a delivery by what is left of this move of less."""
        units = min(-self.product_qty, delivery._get_lowerable())
        if units:
            self._change_demand(units)
            delivery._lower(units)

    def _lower(self, units):
        """Have so many stock units fewer moved, none at all where none is left."""
        reserved = self.state in ("assigned", "partially_available")
        self._change_demand(-units)
        if not self.product_qty:
            self._clean_merged()
            self._action_cancel()
        elif reserved and not self.picked:
            # Odoo gives up all of it
            self._action_assign()
        if self.picking_id.printed:
            self.picking_id._on_lowered_after_print(self)

    def _lower_chain(self, units):
        """``_lower`` for this last open step of a delivery and the steps before it."""
        before = self.move_orig_ids.filtered(lambda move: move._is_lowerable())
        self._lower(units)
        for move in before:
            if less := min(units, move._get_lowerable()):
                move._lower_chain(less)
                units -= less

    def _change_demand(self, units):
        self.product_uom_qty += self.product_id.uom_id._compute_quantity(
            units, self.product_uom, round=False
        )
