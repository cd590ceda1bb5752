# SPDX-License-Identifier: AGPL-3.0-or-later
import logging
import time
from decimal import Decimal

from odoo import models
from odoo.exceptions import UserError

from odoo.addons.channel_inventory_base.db.transaction import (
    CONFLICTS,
    LOCK_BOOK,
    own_transaction,
    retry_on_conflict,
    try_lock,
)
from odoo.addons.channel_inventory_base.tools.inner import inner
from odoo.addons.channel_inventory_sale.tools.refusal import OrderRefusedError

_logger = logging.getLogger(__name__)

RUN_SECONDS = 50
BATCH = 20
"""Orders invoiced at once; where one of them fails, each is tried by itself."""


class ChannelBookkeeper(models.AbstractModel):
    """Invoices orders and registers payments; one bookkeeper per channel at a time.

    Each batch is one transaction: marks deleted, invoices created, posted, paid. A
    worker killed in between leaves no change. REPEATABLE READ, which detects a user who
    invoices or pays the same order concurrently: the batch is retried and finds the
    user's documents.
    """

    _name = "channel.bookkeeper"
    _description = "Channel Bookkeeper"

    def _run(self, channel):
        """:return: False when another bookkeeper is at this channel"""
        end = time.monotonic() + RUN_SECONDS
        with try_lock(self.env, LOCK_BOOK, channel.id) as locked:
            if not locked:
                return False
            while order_ids := self._next(channel):
                self._book(order_ids)
                if time.monotonic() > end:
                    channel._wake("_job_book")
                    break
        return True

    def _next(self, channel):
        with own_transaction(self.env) as env:
            return env["channel.bookkeeping"]._next(channel, BATCH)

    def _book(self, order_ids):
        """All at once, else one by one: what is wrong with one stays with it."""
        try:
            retry_on_conflict(lambda: self._book_batch(order_ids))
        except CONFLICTS:
            raise
        except Exception as error:  # pylint: disable=broad-except
            if len(order_ids) > 1:
                for order_id in order_ids:
                    self._book([order_id])
            else:
                self._report(order_ids[0], error)

    def _book_batch(self, order_ids):
        with own_transaction(self.env, read_committed=False) as env:
            taken = env["channel.bookkeeping"]._take(order_ids)
            env["channel.bookkeeper"]._keep_books(env["channel.order"].browse(taken))

    def _report(self, order_id, error):
        suggestion = getattr(error, "suggestion", "")
        if not isinstance(error, UserError | OrderRefusedError):
            # whatever an addon raises while invoices are made: the others go on
            _logger.exception("the books of order %s are not kept", order_id)
        with own_transaction(self.env) as env:
            order = env["channel.order"].browse(order_id)
            env["channel.bookkeeping"]._fail(order_id)
            env["channel.exception"]._report(
                order.channel_id,
                "books",
                key=f"order:{order_id}:books",
                record=order,
                message=self.env._(
                    "%(order)s is not invoiced or not paid in Odoo: %(why)s",
                    order=order.name,
                    why=getattr(error, "message", "") or str(error),
                ),
                suggestion=suggestion
                or self.env._(
                    "Correct that in accounting, then retry. Nothing was posted."
                ),
            )

    # --------------------------------------------------------------- books
    # Invoices of orders, as their channel's policy says.
    #
    # Looks at what is, never at what was done: whoever calls twice, or after a person
    # has invoiced, finds nothing to do.
    def _keep_books(self, orders):
        """Bring invoices and payments up to date, in this transaction.

        :raise UserError: an invoice cannot be posted
        :raise OrderRefusedError: it does not come to the channel's amounts, or a
            setting is missing
        """
        for company, books in orders.grouped("company_id").items():
            # the channel has said what these documents say: it is not told of them
            keys = inner(channel_follows=True, channel_books=True)
            keys.update(company._get_books_context())
            keeper = self.with_company(company).with_context(**keys)
            keeper._bring_up_to_date(books.with_env(keeper.env))
        self.env["channel.exception"]._resolve_keys(
            orders.channel_id, [f"order:{order.id}:books" for order in orders]
        )

    def _bring_up_to_date(self, orders):
        self._drop_stale_drafts(orders)
        moves = self._make_invoices(orders) | self._reverse_cancelled(orders)
        self._post_invoices(orders, moves)
        self._post_invoices(orders, self._make_corrections(orders))
        self._register_payments(orders)
        self.env["channel.order.ledger"]._prove(orders)

    # --------------------------------------------------------------- proof
    def _get_worth(self, order, data):
        """The amount that the channel finally keeps of the order.

        :return: (Decimal with tax, Decimal of tax, None if unknown)
        """
        goodwill = sum(
            (each._get_goodwill() for each in order.refund_ids), start=Decimal(0)
        )
        worth, tax = data.total - goodwill, data.total_tax
        is_off = data.state == "cancelled" or self._is_deleted_unsold(order)
        if is_off:
            worth = self._get_left_over(order, data, worth)
        if not worth:
            # of nothing there is no tax, whatever a channel says of its refunds
            tax = Decimal(0)
        if is_off and worth or self._has_ours(order):
            # what a person credits here bears the tax of that credit note
            tax = None
        return worth, tax

    def _is_deleted_unsold(self, order):
        """Whether the order was deleted on the channel and nothing of it is sold here:
        its last version says nothing of what became of its money."""
        return order.state == "gone" and order.sale_order_id.state != "sale"

    def _get_left_over(self, order, data, worth):
        """The amount of a cancelled or deleted order that was not refunded."""
        if data.received is None:
            return worth if order._is_paid() else Decimal(0)
        return data.received - sum(
            (each.amount for each in data.refunds or ()), Decimal(0)
        )

    def _has_ours(self, order):
        return "ours" in order.refund_ids.mapped("state")

    # ------------------------------------------------------------ invoices
    def _get_moves(self, orders):
        """All invoices and credit notes of orders orders."""
        return orders.sale_order_id.invoice_ids | orders.refund_ids.move_id

    # --------------------------------------------------------- corrections
    def _make_corrections(self, orders):
        """Corrections of existing invoices after an edit of prices.

        :return: account.move, as drafts; each at most one invoice or credit note
        """
        sold = orders.sale_order_id.filtered(
            lambda sale: sale.state == "sale" and sale._is_invoiced_by_channel()
        )
        made = [sale_order._correct_invoices() for sale_order in sold]
        return self.env["account.move"].union(*made)

    def _drop_stale_drafts(self, orders):
        """Drafts of ours that say something else than their order does now."""
        for order in orders:
            drafts = order.sale_order_id.invoice_ids.filtered(
                lambda move: move.state == "draft" and move.channel_made
            )
            lines = drafts.invoice_line_ids.sale_line_ids
            if any(line._is_overbooked() for line in lines):
                drafts.unlink()

    def _make_invoices(self, orders):
        """Drafts of what is due and not invoiced. :return: account.move, as drafts"""
        sale_orders = orders.sale_order_id.filtered(
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

    def _reverse_cancelled(self, orders):
        """Reverse the invoices of an order that was cancelled before it was paid.

        For a paid order the channel's refund is credited.
        """
        made = []
        for order in orders:
            if order.sale_order_id.state != "cancel" or order._is_paid():
                continue
            there = self._get_moves(order).filtered(lambda move: move.state != "cancel")
            invoices = there.filtered(lambda move: move.move_type == "out_invoice")
            if invoices and there == invoices:
                values = [{"ref": order.name, "channel_made": True}] * len(invoices)
                made += invoices._reverse_moves(values).ids
        return self.env["account.move"].browse(made)

    def _post_invoices(self, orders, moves):
        for order in orders:
            own = moves & self._get_moves(order)
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

    def _register_payments(self, orders):
        """Pay what the channel was paid for, and pay back what it has paid back."""
        whole, parts, apart = {}, [], []
        for order in orders.filtered(
            lambda each: each.channel_id.payment_policy == "paid"
        ):
            for move, amount in self._find_to_pay(order):
                journal = self._get_payment_journal(order)
                if move._is_amount_open(amount):
                    key = (journal, move.move_type)
                    whole.setdefault(key, []).append(move)
                else:
                    parts.append((journal, move, amount))
            apart.append(order)
        for (journal, _move_type), moves in sorted(
            whole.items(), key=lambda each: (each[0][0].id, each[0][1])
        ):
            self._pay(orders, journal, self.env["account.move"].union(*moves))
        for journal, move, amount in parts:
            self._pay(orders, journal, move, amount=amount)
        for order in apart:
            self._settle_against_each_other(order)

    def _find_to_pay(self, order):
        """The amount of each open document that the channel has received or refunded:
        an invoice up to the customer's payment, the credit note of a refund up to the
        refund, that of an edit up to its refund.

        :return: list of (account.move, Decimal)
        """
        moves = self._get_moves(order).filtered(lambda move: move._is_open_here())
        notes = moves.filtered(lambda move: move.move_type == "out_refund")
        found = []
        if order._is_paid() or order._get_data().received:
            left = self._get_received(order) - self._get_paid(order, "inbound")
            for move in (moves - notes).sorted("id"):
                left -= self._add_to_pay(order, found, move, left)
        left = self._get_paid_back_for_edits(order) if notes else Decimal(0)
        for move in notes.sorted("id"):
            of_refund = move._get_paid_back() - move._get_paid()
            amount = min(move._get_open(), max(of_refund, Decimal(0)))
            more = min(move._get_open() - amount, max(left, Decimal(0)))
            self._add_to_pay(order, found, move, amount + more)
            left -= more
        return found

    def _add_to_pay(self, order, found, move, limit):
        """:return: Decimal, what of ``limit`` is to be paid of the document"""
        amount = min(limit, move._get_open())
        if amount <= 0:
            return Decimal(0)
        found.append((move, amount))
        return amount

    def _get_received(self, order):
        """The customer's total payment: if the channel does not report it, the order's
        value and all its refunds since its capture."""
        data = order._get_data()
        if data.received is not None:
            return data.received
        # of what went back before we knew the order only goodwill was charged here
        back = [
            each._get_goodwill()
            if each.state == "included"
            else each._get_data().amount
            for each in order.refund_ids
        ]
        return self._get_worth(order, data)[0] + sum(back, Decimal(0))

    def _get_paid(self, order, direction):
        moves = self._get_moves(order).filtered(lambda move: move.state == "posted")
        kind = "out_invoice" if direction == "inbound" else "out_refund"
        moves = moves.filtered(lambda move: move.move_type == kind)
        return sum((move._get_paid() for move in moves), Decimal(0))

    def _get_paid_back_for_edits(self, order):
        """Money that went back for what an edit had taken off, or for goods of another
        refund, less what is paid of credit notes beyond their own refunds."""
        settled = [
            max(min(each._get_settled(), each._get_arrived()), Decimal(0))
            for each in order.refund_ids
            if each.state != "included"
        ]
        notes = self._get_moves(order).filtered(
            lambda move: move.state == "posted" and move.move_type == "out_refund"
        )
        used = [
            max(each._get_paid() - each._get_paid_back(), Decimal(0)) for each in notes
        ]
        return sum(settled, Decimal(0)) - sum(used, Decimal(0))

    def _settle_against_each_other(self, order):
        """Settle documents without a payment against each other: exchanged goods, or
        units removed before payment."""
        moves = self._get_moves(order).filtered(lambda move: move._is_open_here())
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

    def _get_payment_journal(self, order):
        """:raise OrderRefusedError: no journal is configured"""
        gateway = (order.data or {}).get("gateway")
        journal = order.channel_id._find_payment_journal(gateway)
        if not journal:
            raise OrderRefusedError(
                "books",
                self.env._(
                    "%(channel)s has no journal for payments by “%(gateway)s”.",
                    channel=order.channel_id.name,
                    gateway=gateway or "?",
                ),
                self.env._(
                    "Choose one on the channel; the payment is then registered "
                    "automatically."
                ),
            )
        return journal

    def _pay(self, orders, journal, moves, amount=None):
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
        for order in orders:
            for move in moves & self._get_moves(order):
                order._log_document(
                    move,
                    self.env._(
                        "%(move)s: payment registered in %(journal)s",
                        move=move.name,
                        journal=journal.name,
                    ),
                )
