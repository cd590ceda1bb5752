# SPDX-License-Identifier: AGPL-3.0-or-later
from contextlib import contextmanager

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.channel_inventory_base.tools.actions import open_form

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
    channel_mark_for_id = fields.Many2one(
        "res.partner",
        string="Mark For",
        readonly=True,
        copy=False,
        help="Whom the goods are for in the end, such as a store that is supplied by "
        "its distribution center.",
    )
    fulfilled_by_channel = fields.Boolean(
        string="Shipped by the Channel",
        readonly=True,
        copy=False,
        help="Delivered from the channel's own warehouse: no transfers are made here.",
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

    # ---------------------------------------------------------------- CRUD
    def write(self, vals):
        if "state" in vals:
            self._check_state_written(vals["state"])
        return super().write(vals)

    # ------------------------------------------------------------- actions
    def action_confirm(self):
        with self._at_button():
            return super().action_confirm()

    def action_draft(self):
        with self._at_button():
            return super().action_draft()

    def action_open_channel_order(self):
        self.ensure_one()
        return open_form("channel.order", self.channel_order_id.id)

    # -------------------------------------------------------------- portal
    # Its customer has bought it in the shop, which says when it is paid, changed and
    # cancelled. In Odoo's portal it is shown, and nothing else: a signature would
    # confirm what waits for its payment, or for a person who looks at it.
    def _has_to_be_signed(self):
        # sudo: customers need not see channels
        return not self.sudo().channel_order_id and super()._has_to_be_signed()

    def _has_to_be_paid(self):
        # sudo: as above
        return not self.sudo().channel_order_id and super()._has_to_be_paid()

    def _can_be_edited_on_portal(self):
        # sudo: as above
        return not self.sudo().channel_order_id and super()._can_be_edited_on_portal()

    # ------------------------------------------------------------ business
    def _prepare_confirmation_values(self):
        """An order of a channel was placed when its customer placed it."""
        values = super()._prepare_confirmation_values()
        # sudo: salespeople need not see channels
        orders = self.sudo()._own_channel_orders()
        if len(self) == 1 and orders.placed_at:
            values["date_order"] = orders.placed_at
        elif len(self) > 1 and orders.sale_order_id == self:
            # each has its own already
            values.pop("date_order", None)
        return values

    def _action_confirm(self):
        result = super()._action_confirm()
        # sudo: a salesperson who confirms need not have rights on channels
        importer = self.env["channel.order.importer"].sudo()
        importer._on_sale_confirmed(self.sudo()._own_channel_orders())
        return result

    def _action_cancel(self):
        self._check_may_take_back()
        with self._at_button():
            result = super()._action_cancel()
        # sudo: a salesperson who cancels need not have rights on channels
        for channel_order in self.sudo()._own_channel_orders():
            channel_order._on_sale_cancelled()
        return result

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

    def _check_may_take_back(self):
        """Units that are taken off an order of a channel are paid back there. Odoo lets
        warehouse staff write sale orders, for what they deliver: not for that.

        :raise AccessError: the user has no role in sales
        """
        if self.env.su or self.env.user.has_group("sales_team.group_sale_salesman"):
            return
        # sudo: who may not sell need not see channels either
        for order in self.sudo()._own_channel_orders():
            raise AccessError(
                self.env._(
                    "%(sale)s was sold by %(channel)s, which would pay it back: ask a "
                    "salesperson to cancel it.",
                    sale=order.sale_order_id.name,
                    channel=order.channel_id.name,
                )
            )

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
                        "%s belongs to an order of a channel, which has to be "
                        "notified: use its buttons to confirm or to cancel it.",
                        order.name,
                    )
                )

    def _fixed_fields(self):
        """An order of a channel is sold, shipped and invoiced by its company."""
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
