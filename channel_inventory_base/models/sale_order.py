from contextlib import contextmanager

from odoo import api, fields, models
from odoo.exceptions import UserError

BUTTON = "channel_sale_button"
"""In the transaction's notes while a button of sale orders is at work."""


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["sale.order", "channel.guarded"]

    channel_order_id = fields.Many2one(
        "channel.order",
        readonly=True,
        copy=False,
        ondelete="restrict",
    )
    channel_id = fields.Many2one(
        related="channel_order_id.channel_id", store=True, index="btree_not_null"
    )

    _channel_order_uniq = models.UniqueIndex(
        "(channel_order_id) WHERE channel_order_id IS NOT NULL",
        "The order of the channel has a sale order already.",
    )

    @api.depends("channel_order_id")
    def _compute_currency_id(self):
        """The currency an order was placed in, whether or not a pricelist has it."""
        result = super()._compute_currency_id()
        for order in self.filtered("channel_order_id"):
            # sudo: salespeople need not see channels
            channel_order = order.sudo().channel_order_id
            order.currency_id = (
                channel_order._get_currency(channel_order.currency_name)
                or order.currency_id
            )
        return result

    def _prepare_confirmation_values(self):
        """An order of a channel was placed when its customer placed it."""
        values = super()._prepare_confirmation_values()
        # sudo: salespeople need not see channels
        orders = self.sudo()._own_channel_orders()
        placed_at = orders.placed_at if len(self) == 1 else None
        if placed_at:
            values["date_order"] = placed_at
        return values

    def _action_confirm(self):
        result = super()._action_confirm()
        # sudo: a salesperson who confirms need not have rights on channels
        self.sudo()._own_channel_orders()._on_sale_confirmed()
        return result

    def action_confirm(self):
        with self._at_button():
            return super().action_confirm()

    def action_draft(self):
        with self._at_button():
            return super().action_draft()

    def _action_cancel(self):
        with self._at_button():
            result = super()._action_cancel()
        # sudo: a salesperson who cancels need not have rights on channels
        for channel_order in self.sudo()._own_channel_orders():
            channel_order._on_sale_cancelled()
        return result

    def write(self, vals):
        if "state" in vals:
            self._check_state_written(vals["state"])
        return super().write(vals)

    @contextmanager
    def _at_button(self):
        """Around what changes the state and tells the channel."""
        # no context: that is the caller's to write
        notes = self.env.cr.precommit.data
        before = notes.get(BUTTON, False)
        notes[BUTTON] = True
        try:
            yield
        finally:
            notes[BUTTON] = before

    def _check_state_written(self, state):
        """Confirming and cancelling reserve, release and tell: a state that is only
        written does nothing of it, and nobody would know.

        :raise UserError: a sale order of a channel is confirmed, or cancelled, or is
            that no more, by none of its buttons
        """
        if self.env.su or self.env.cr.precommit.data.get(BUTTON):
            return
        # sudo: salespeople need not see channels
        for order in self.sudo().filtered("channel_order_id"):
            if order.state != state and {order.state, state} & {"sale", "cancel"}:
                raise UserError(
                    self.env._(
                        "%s belongs to an order of a channel, which has to be told: "
                        "use its buttons to confirm or to cancel it.",
                        order.name,
                    )
                )

    def _fixed_fields(self):
        """What a channel has sold is sold, shipped and invoiced by its company."""
        # sudo: salespeople need not see channels
        of_channel = self.sudo().channel_order_id
        return super()._fixed_fields() | ({"company_id"} if of_channel else set())

    def _own_channel_orders(self):
        """Orders of channels that name these as their sale orders. What a document says
        of itself is not enough to act on an order: it has to agree."""
        return self.channel_order_id.filtered(lambda order: order.sale_order_id in self)

    def _reserve(self):
        """Reserve what is there. Channels have promised it, so do not wait for a date.

        What the confirmation itself has tried to reserve is not tried again.
        """
        moves = self.order_line.move_ids.filtered(
            lambda move: (
                move.state in ("confirmed", "partially_available")
                and not move._should_assign_at_confirm()
            )
        )
        if moves:
            moves._action_assign()

    def action_open_channel_order(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "channel.order",
            "view_mode": "form",
            "res_id": self.channel_order_id.id,
        }


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
        help="The channel's id of a delivery charge or fee: refunds name it.",
    )
    channel_warehouse_id = fields.Many2one(
        "stock.warehouse",
        readonly=True,
        copy=False,
        help="Where the channel sold it from: it is reserved where it was held.",
    )

    channel_properties = fields.Text(
        readonly=True,
        copy=False,
        help="What the customer has asked for, as it is in the description.",
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

    def write(self, vals):
        # only the server follows a channel: people cannot be superuser
        follows = self.env.su and self.env.context.get("channel_follows")
        if "product_uom_qty" not in vals or follows:
            return super().write(vals)
        before = {
            line: line.product_uom_qty
            for line in self
            if line.channel_order_line_id and line.order_id.state == "sale"
        }
        result = super().write(vals)
        for line, quantity in before.items():
            if quantity != line.product_uom_qty:
                # sudo: whoever changes a line need not have rights on channels
                own = line.sudo()
                for order in own._own_channel_order_lines().order_id:
                    order._on_sale_line_changed(own, quantity, own.product_uom_qty)
        return result

    def _fixed_fields(self):
        """What a channel has sold stays in the sale order that its order names."""
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

    @api.depends("channel_warehouse_id")
    def _compute_warehouse_id(self):
        """Odoo has one warehouse an order; an order of a channel may have several.

        A value written to the field does not last: it is computed again.
        """
        result = super()._compute_warehouse_id()
        for line in self.filtered("channel_warehouse_id"):
            line.warehouse_id = line.channel_warehouse_id
        return result

    # ---------------------------------------------------------------- owed
    def _count_undelivered(self):
        """How much of this line is in no move to the customer, in its own unit."""
        if self.product_id.type != "consu" or not self._has_had_moves():
            return 0
        return max(0.0, self.product_uom_qty - self._count_carried(self.move_ids))

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

    def _deliver_again(self):
        """Have what is in no move delivered after all."""
        procurements = []
        for line in self:
            quantity = line._count_undelivered()
            if quantity > 0:
                values = line._prepare_procurement_values()
                procurements += line.with_company(line.company_id)._create_procurements(
                    quantity, line.product_uom_id, values
                )
        self.env["stock.rule"].run(procurements)
        self.order_id.picking_ids.filtered(
            lambda picking: picking.state == "draft"
        ).action_confirm()

    def _cancel_undelivered(self):
        for line in self:
            quantity = line._count_undelivered()
            if quantity > 0:
                line.product_uom_qty -= quantity
