from decimal import Decimal

from odoo import models

from ..tools.refusal import OrderRefusedError


class ChannelOrder(models.Model):
    """Invoices of orders, as their channel's policy says.

    Looks at what is, never at what was done: whoever calls twice, or after a person has
    invoiced, finds nothing to do.
    """

    _inherit = "channel.order"

    def _mark_books(self):
        self.env["channel.bookkeeping"]._mark(self)

    def _keep_books(self):
        """Bring invoices and payments up to date, in this transaction.

        :raise UserError: an invoice cannot be posted
        :raise OrderRefusedError: it does not come to the channel's amounts, or a
            setting is missing
        """
        for company, orders in self.grouped("company_id").items():
            books = orders.with_company(company)
            # the channel has said what these documents say: it is not told of them
            books = books.with_context(channel_follows=True, channel_books=True)
            moves = books._drop_stale_drafts()._make_invoices()
            moves |= books._reverse_cancelled()
            books._post_invoices(moves)
            books._register_payments()
        self.env["channel.exception"]._resolve_keys(
            self.channel_id, [f"order:{order.id}:books" for order in self]
        )

    # ------------------------------------------------------------ invoices
    def _get_moves(self):
        """All invoices and credit notes of these orders."""
        return self.sale_order_id.invoice_ids | self.refund_ids.move_id

    def _drop_stale_drafts(self):
        """Drafts of ours that say something else than their order does now."""
        for order in self:
            drafts = order.sale_order_id.invoice_ids.filtered(
                lambda move: move.state == "draft" and move.channel_made
            )
            lines = drafts.invoice_line_ids.sale_line_ids
            if any(line._is_overbooked() for line in lines):
                drafts.unlink()
        return self

    def _make_invoices(self):
        """Drafts of what is due and not invoiced. :return: account.move, as drafts"""
        sale_orders = self.sale_order_id.filtered(
            lambda sale: (
                sale.state == "sale"
                and sale.channel_invoice_policy not in (False, "none")
                and any(line._count_to_book() for line in sale.order_line)
            )
        )
        if not sale_orders:
            return self.env["account.move"]
        moves = sale_orders._create_invoices(grouped=True, final=True)
        moves.channel_made = True
        for sale_order in sale_orders:
            sale_order._check_invoiced_exactly()
        return moves

    def _reverse_cancelled(self):
        """What was invoiced of an order that was cancelled before it was paid.

        Where it had been paid the channel's refund is what is credited.
        """
        made = []
        for order in self:
            if order.sale_order_id.state != "cancel" or order._is_paid():
                continue
            there = order._get_moves().filtered(lambda move: move.state != "cancel")
            invoices = there.filtered(lambda move: move.move_type == "out_invoice")
            if invoices and there == invoices:
                values = [{"ref": order.name, "channel_made": True}] * len(invoices)
                made += invoices._reverse_moves(values).ids
        return self.env["account.move"].browse(made)

    def _post_invoices(self, moves):
        for order in self:
            own = moves & order._get_moves()
            if own and order.channel_id.post_invoices:
                own.action_post()
            for move in own:
                order._log_document(
                    move,
                    self.env._(
                        "%(move)s: %(total)s %(currency)s, %(state)s",
                        move=move.name or self.env._("Invoice"),
                        total=f"{move.amount_total:.2f}",
                        currency=move.currency_id.name,
                        state=self.env._("posted")
                        if move.state == "posted"
                        else self.env._("a draft"),
                    ),
                )

    # ------------------------------------------------------------ payments
    def _is_paid(self):
        """Whether the channel has taken the money; it may have given it back since."""
        return self.payment in ("paid", "refunded")

    def _register_payments(self):
        """Pay what the channel was paid for, and pay back what it has paid back."""
        by_journal = {}
        for order in self.filtered(
            lambda each: each.channel_id.payment_policy == "paid"
        ):
            if moves := order._find_to_pay():
                journal = order._get_payment_journal()
                by_journal.setdefault(journal, []).append(moves)
        for journal, parts in by_journal.items():
            moves = self.env["account.move"].union(*parts)
            for move_type in ("out_invoice", "out_refund"):
                self._pay(
                    journal, moves.filtered(lambda m, t=move_type: m.move_type == t)
                )

    def _find_to_pay(self):
        """Posted and open: invoices once the order is paid, credit notes of refunds
        that the channel has made."""
        invoices = self.sale_order_id.invoice_ids.filtered(
            lambda move: move.move_type == "out_invoice" and self._is_paid()
        )
        back = self.refund_ids.filtered(lambda each: each.state in ("credited", "ours"))
        return (invoices | back.move_id).filtered(
            lambda move: (
                move.state == "posted"
                and move.payment_state in ("not_paid", "partial")
                and move.amount_residual
            )
        )

    def _get_payment_journal(self):
        """:raise OrderRefusedError: nobody has said where"""
        gateway = (self.data or {}).get("gateway")
        journal = self.channel_id._find_payment_journal(gateway)
        if not journal:
            raise OrderRefusedError(
                "books",
                self.env._(
                    "%(channel)s has no journal for payments by “%(gateway)s”.",
                    channel=self.channel_id.name,
                    gateway=gateway or "?",
                ),
                self.env._("Choose one on the channel: it is tried again then."),
            )
        return journal

    def _pay(self, journal, moves):
        """One payment for each document: exactly what is open of it."""
        if not moves:
            return
        wizard = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=moves.ids)
            .create({"journal_id": journal.id, "group_payment": False})
        )
        wizard._create_payments()
        for order in self:
            for move in moves & order._get_moves():
                order._log_document(
                    move,
                    self.env._(
                        "%(move)s: payment registered in %(journal)s",
                        move=move.name,
                        journal=journal.name,
                    ),
                )


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _check_invoiced_exactly(self):
        """:raise OrderRefusedError: invoices are not the order's part to the cent"""
        for line in self.order_line.filtered("channel_order_line_id"):
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
                    self.env._("Invoice the order by hand, and report what differs."),
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
                    self.env._("Invoice the order by hand, and report what differs."),
                )
