from decimal import Decimal

from odoo import fields, models
from odoo.fields import Command

from ..tools.refusal import OrderRefusedError


class ChannelOrder(models.Model):
    """Invoices of orders, as their channel's policy says.

    Looks at what is, never at what was done: whoever calls twice, or after a person has
    invoiced, finds nothing to do.
    """

    _inherit = "channel.order"

    money_told = fields.Json(
        readonly=True, help="Amounts that differ and that a person has been told of"
    )

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
            books._post_invoices(books._make_corrections())
            books._register_payments()
            books._prove_money()
        self.env["channel.exception"]._resolve_keys(
            self.channel_id, [f"order:{order.id}:books" for order in self]
        )

    # --------------------------------------------------------------- proof
    def _prove_money(self):
        self.env["channel.order.ledger"]._prove(self)

    def _prove_unbooked(self):
        """Where the bookkeeper comes later, it proves what it has made itself."""
        self.filtered(
            lambda order: not order.sale_order_id or not order.channel_id._keeps_books()
        )._prove_money()

    def _get_worth(self, data):
        """What the channel keeps of the order in the end.

        :return: (Decimal with tax, Decimal of tax, None where nobody can tell)
        """
        goodwill = sum(
            (each._get_goodwill() for each in self.refund_ids), start=Decimal(0)
        )
        worth, tax = data.total - goodwill, data.total_tax
        if data.state == "cancelled":
            worth = self._get_left_over(data, worth)
        if not worth:
            # of nothing there is no tax, whatever a channel says of its refunds
            tax = Decimal(0)
        if data.state == "cancelled" and worth or self._has_ours():
            # what a person credits here bears the tax of that credit note
            tax = None
        return worth, tax

    def _get_left_over(self, data, worth):
        """Of an order that was cancelled: money that has not gone back."""
        if data.received is None:
            return worth if self._is_paid() else Decimal(0)
        return data.received - sum(
            (each.amount for each in data.refunds or ()), Decimal(0)
        )

    def _has_ours(self):
        return "ours" in self.refund_ids.mapped("state")

    # ------------------------------------------------------------ invoices
    def _get_moves(self):
        """All invoices and credit notes of these orders."""
        return self.sale_order_id.invoice_ids | self.refund_ids.move_id

    # --------------------------------------------------------- corrections
    def _make_corrections(self):
        """What an edit of prices makes of invoices that are there.

        :return: account.move, as drafts; each at most one invoice or credit note
        """
        sold = self.sale_order_id.filtered(
            lambda sale: sale.state == "sale" and sale._is_invoiced_by_channel()
        )
        made = [sale_order._correct_invoices() for sale_order in sold]
        return self.env["account.move"].union(*made)

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
            sale_order._check_invoiced_exactly(moves)
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
        whole, parts, apart = {}, [], []
        for order in self.filtered(
            lambda each: each.channel_id.payment_policy == "paid"
        ):
            for move, amount in order._find_to_pay():
                journal = order._get_payment_journal()
                if move._is_amount_open(amount):
                    key = (journal, move.move_type)
                    whole.setdefault(key, []).append(move)
                else:
                    parts.append((journal, move, amount))
            apart.append(order)
        for (journal, _move_type), moves in sorted(
            whole.items(), key=lambda each: (each[0][0].id, each[0][1])
        ):
            self._pay(journal, self.env["account.move"].union(*moves))
        for journal, move, amount in parts:
            self._pay(journal, move, amount=amount)
        for order in apart:
            order._settle_against_each_other()

    def _find_to_pay(self):
        """What of each open document the channel has been paid, or has paid back: an
        invoice as far as the customer's money goes, the credit note of a refund up to
        what went back, one of an edit up to what went back for it.

        :return: list of (account.move, Decimal)
        """
        moves = self._get_moves().filtered(lambda move: move._is_open_here())
        notes = moves.filtered(lambda move: move.move_type == "out_refund")
        found = []
        if self._is_paid() or self._get_data().received:
            left = self._get_received() - self._get_paid("inbound")
            for move in (moves - notes).sorted("id"):
                left -= self._add_to_pay(found, move, left)
        left = self._get_paid_back_for_edits() if notes else Decimal(0)
        for move in notes.sorted("id"):
            of_refund = move._get_paid_back() - move._get_paid()
            amount = min(move._get_open(), max(of_refund, Decimal(0)))
            more = min(move._get_open() - amount, max(left, Decimal(0)))
            self._add_to_pay(found, move, amount + more)
            left -= more
        return found

    def _add_to_pay(self, found, move, limit):
        """:return: Decimal, what of ``limit`` is to be paid of the document"""
        amount = min(limit, move._get_open())
        if amount <= 0:
            return Decimal(0)
        found.append((move, amount))
        return amount

    def _get_received(self):
        """What the customer has paid in all: where the channel does not tell, what the
        order is worth and all that went back of it since we know it."""
        data = self._get_data()
        if data.received is not None:
            return data.received
        # of what went back before we knew the order only goodwill was charged here
        back = [
            each._get_goodwill()
            if each.state == "included"
            else each._get_data().amount
            for each in self.refund_ids
        ]
        return self._get_worth(data)[0] + sum(back, Decimal(0))

    def _get_paid(self, direction):
        moves = self._get_moves().filtered(lambda move: move.state == "posted")
        kind = "out_invoice" if direction == "inbound" else "out_refund"
        moves = moves.filtered(lambda move: move.move_type == kind)
        return sum((move._get_paid() for move in moves), Decimal(0))

    def _get_paid_back_for_edits(self):
        """Money that went back for what an edit had taken off, or for goods of another
        refund, less what is paid of credit notes beyond their own refunds."""
        settled = [
            max(each._get_settled(), Decimal(0))
            for each in self.refund_ids
            if each.state != "included"
        ]
        notes = self._get_moves().filtered(
            lambda move: move.state == "posted" and move.move_type == "out_refund"
        )
        used = [
            max(each._get_paid() - each._get_paid_back(), Decimal(0)) for each in notes
        ]
        return sum(settled, Decimal(0)) - sum(used, Decimal(0))

    def _settle_against_each_other(self):
        """What no money was paid for, because the one was taken for the other: goods
        in exchange, or units taken off before they were paid."""
        moves = self._get_moves().filtered(lambda move: move._is_open_here())
        notes = moves.filtered(lambda move: move.move_type == "out_refund")
        if notes and notes != moves:
            lines = moves.line_ids.filtered(
                lambda line: (
                    line.account_id.account_type == "asset_receivable"
                    and not line.reconciled
                )
            )
            for account in lines.account_id:
                lines.filtered(lambda line, a=account: line.account_id == a).reconcile()

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

    def _pay(self, journal, moves, amount=None):
        """One payment for each document: what is open of it, or so much of the one."""
        values = {"journal_id": journal.id, "group_payment": False}
        if amount is not None:
            values |= {"amount": float(amount), "payment_difference_handling": "open"}
        wizard = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=moves.ids)
            .create(values)
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
                self.env._("Correct its invoices by hand, then retry."),
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
