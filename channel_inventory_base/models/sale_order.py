from contextlib import contextmanager
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..tools.actions import open_form
from ..tools.refusal import OrderRefusedError
from .channel_invoicing_policy import INVOICE_POLICIES

BUTTON = "channel_sale_button"
"""In the transaction's notes while a button of sale orders is at work."""


def _sum_difference(rows):
    """:return: (untaxed, {id of the tax, as text: amount}) that the new figures are
    more than the old ones"""
    untaxed, taxes = Decimal(0), {}
    for _line, old, new in rows:
        untaxed += new[0] - old[0]
        for figures, sign in ((new, 1), (old, -1)):
            for tax_id, amount in figures[1].items():
                taxes[tax_id] = taxes.get(tax_id, Decimal(0)) + sign * amount
    return untaxed, taxes


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
    channel_invoice_policy = fields.Selection(
        INVOICE_POLICIES,
        readonly=True,
        copy=False,
        help="The policy of its channel when the order was imported.",
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

    # ------------------------------------------------------------ business
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
        importer = self.env["channel.order.importer"].sudo()
        importer._on_sale_confirmed(self.sudo()._own_channel_orders())
        return result

    def _action_cancel(self):
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

    # --------------------------------------------------------------- books
    def _is_invoiced_by_channel(self):
        return self.channel_invoice_policy not in (False, "none")

    def _correct_invoices(self):
        """One document that takes back what was invoiced of lines and invoices what
        they come to now, so that their quantities stay invoiced.

        Only where all of the order is invoiced: what is still to be invoiced makes up
        for it by itself. :return: account.move, a draft, or none
        """
        moves = self.env["account.move"]
        lines = self.order_line.filtered(
            lambda line: not line.display_type and not line.is_downpayment
        )
        posted = self.invoice_ids.filtered(lambda move: move.state != "cancel")
        if not posted or any(move.state == "draft" for move in posted):
            return moves
        if any(line._is_downpayment_or_open() for line in self.order_line):
            return moves
        rows = [(line, *line._get_correction()) for line in lines]
        rows = [row for row in rows if row[1] != row[2]]
        untaxed, taxes = _sum_difference(rows)
        if not untaxed and not any(taxes.values()):
            return moves
        total = untaxed + sum(taxes.values(), Decimal(0))
        sign = 1 if total >= 0 else -1
        vals = self._prepare_invoice()
        vals.update(
            move_type="out_invoice" if sign > 0 else "out_refund",
            ref=self.env._("%s: changed on the channel", self.client_order_ref or ""),
            channel_made=True,
            invoice_line_ids=[
                Command.create(each)
                for line, old, new in rows
                for each in line._prepare_correction_vals(old, new, sign)
            ],
        )
        move = moves.create(vals)
        if move.currency_id.compare_amounts(move.amount_total, abs(float(total))):
            raise OrderRefusedError(
                "books",
                self.env._(
                    "%(order)s was changed by %(due)s after it was invoiced, a "
                    "correction would be %(booked)s.",
                    order=self.name,
                    due=total,
                    booked=sign * move.amount_total,
                ),
                self.env._("Correct its invoices manually, then retry."),
            )
        return move

    def _check_invoiced_exactly(self, moves):
        """:raise OrderRefusedError: invoices are not the order's part to the cent"""
        made = moves.invoice_line_ids.sale_line_ids & self.order_line
        for line in made.filtered("channel_order_line_id"):
            untaxed, tax = line._get_due(line.qty_invoiced)
            booked_untaxed, booked_tax, _taxes = line._get_booked()
            if line._is_exact() and (untaxed, tax) != (booked_untaxed, booked_tax):
                raise OrderRefusedError(
                    "books",
                    self.env._(
                        "%(line)s: %(due)s is to be invoiced, it would be %(booked)s.",
                        line=line.display_name,
                        due=untaxed + tax,
                        booked=booked_untaxed + booked_tax,
                    ),
                    self.env._(
                        "Invoice the order manually, and report the difference."
                    ),
                )
        for move in self.invoice_ids.filtered(lambda move: move.state == "draft"):
            total = sum(move.invoice_line_ids.mapped("price_total"))
            if move.currency_id.compare_amounts(total, move.amount_total):
                raise OrderRefusedError(
                    "books",
                    self.env._(
                        "The lines of an invoice come to %(lines)s, its total is "
                        "%(total)s.",
                        lines=Decimal(str(round(total, 6))),
                        total=move.amount_total,
                    ),
                    self.env._(
                        "Invoice the order manually, and report the difference."
                    ),
                )

    # --------------------------------------------- sale order line invoice
    def _get_delivered_part(self):
        """How much of the goods has been delivered, by value: 0 to 1."""
        goods = self.order_line.filtered(lambda line: line.product_id.type == "consu")
        whole = sum(goods.mapped("price_subtotal"))
        if not whole:
            return 1.0
        delivered = sum(
            line.price_subtotal * min(1.0, line._count_left() / line.product_uom_qty)
            for line in goods
            if line.product_uom_qty
        )
        return delivered / whole

    def _is_for_books(self):
        """Whether the bookkeeper invoices: people cannot be superuser."""
        return self.env.su and self.env.context.get("channel_books")

    def _get_invoiceable_lines(self, final=False):
        """The books take what is due by policy, not what a person has credited."""
        lines = super()._get_invoiceable_lines(final)
        if not self._is_for_books():
            return lines
        return lines.filtered(lambda line: line.display_type or line._count_to_book())
