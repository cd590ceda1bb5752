# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.tools.inner import inner


class ChannelSettlementPoster(models.AbstractModel):
    """The one journal entry of a settlement, and its reversal.

    Credit: the clearing accounts on which the payments of its orders are open, one line
    an account, reconciled with them. Debit: refunds, fees and the rest by the map of
    accounts; and the payout, on the account for payouts on their way, until the bank
    shows it. In the settlement's currency at the rate of its day; what the rate has
    done since the payments is Odoo's exchange difference.

    Only a settlement that is approved is posted, once: its row is locked, it is matched
    once more in the same transaction, and the entry is on it in the end.
    """

    _name = "channel.settlement.poster"
    _description = "Settlement Poster"

    def _post(self, settlement):
        """Post an approved settlement; one that is not in order any more goes back.

        :raise UserError: accounting refuses the entry
        """
        company = settlement.company_id
        settlement = settlement.with_company(company)
        poster = self.with_company(company)
        if settlement.state != "approved" or settlement.move_id:
            return
        self.env["channel.settlement.matcher"]._match(settlement)
        issues = settlement._count_issues()
        if issues or settlement._get_findings():
            settlement.write({"state": "exceptions", "approved_by_id": False})
            settlement._conclude()
            settlement._log_control(
                self.env._("not posted: something has changed since the approval")
            )
            return
        groups = self.env["channel.settlement.matcher"]._get_cleared(settlement)
        move = poster._create_entry(settlement, groups)
        poster._reconcile(settlement, move, groups)
        poster._report_chargebacks(settlement)
        settlement._resolve()
        self.env["channel.settlement.banker"]._find(settlement)

    # --------------------------------------------------------------- entry
    def _create_entry(self, settlement, groups):
        journal = settlement.company_id._get_settlement_journal()
        if not journal:
            raise UserError(
                self.env._(
                    "%s has no journal for settlements: choose one under Settings, "
                    "Accounting, Channel Settlements.",
                    settlement.company_id.name,
                )
            )
        transfer = settlement.company_id._get_settlement_transfer_account()
        if not transfer:
            raise UserError(
                self.env._(
                    "%s has no account for payouts on their way: choose one under "
                    "Settings, Accounting, Channel Settlements.",
                    settlement.company_id.name,
                )
            )
        lines = [
            *self._prepare_cleared_vals(settlement, groups),
            *self._prepare_account_vals(settlement),
            *self._prepare_difference_vals(settlement),
        ]
        payouts = self._prepare_payout_vals(settlement, transfer)
        self._balance(settlement, lines, payouts)
        move = self.env["account.move"].create(
            {
                "move_type": "entry",
                "journal_id": journal.id,
                "company_id": settlement.company_id.id,
                "date": self._get_date(settlement),
                "ref": settlement.name,
                "channel_settlement_id": settlement.id,
                "line_ids": [Command.create(vals) for vals in (*lines, *payouts)],
            }
        )
        move.action_post()
        on_their_way = move.line_ids.filtered(lambda line: line.account_id == transfer)
        settlement.write(
            {
                "move_id": move.id,
                "state": "posted",
                "error": False,
                "transfer_line_ids": [Command.set(on_their_way.ids)],
            }
        )
        settlement._log_control(self.env._("posted as %s", move.name))
        return move

    def _get_date(self, settlement):
        return settlement.deposit_date or fields.Date.context_today(settlement)

    def _to_company(self, settlement, amount):
        """An amount of the settlement's currency in the company's."""
        return settlement.currency_id._convert(
            amount,
            settlement.company_id.currency_id,
            settlement.company_id,
            self._get_date(settlement),
        )

    def _prepare_line_vals(self, settlement, account, amount, label, **values):
        """:param amount: of the settlement's currency, positive is a debit"""
        return {
            "name": label,
            "account_id": account.id,
            "currency_id": settlement.currency_id.id,
            "amount_currency": settlement.currency_id.round(amount),
            "balance": self._to_company(settlement, amount),
            **values,
        }

    def _prepare_cleared_vals(self, settlement, groups):
        """What takes the payments off their clearing accounts."""
        for account, currency, side, amount, worth, _items, order in groups:
            sign = -1 if side == "inbound" else 1
            label = self._get_cleared_label(settlement, side, order)
            account = self.env["account.account"].browse(account)
            vals = self._prepare_line_vals(
                settlement, account, sign * float(worth), label
            )
            currency = self.env["res.currency"].browse(currency)
            if currency == settlement.currency_id:
                yield vals
                continue
            worth = vals["balance"]
            vals["currency_id"] = currency.id
            vals["amount_currency"] = currency.round(sign * float(amount))
            if currency == settlement.company_id.currency_id:
                # in its own currency a company has no other worth of an amount
                vals["balance"] = vals["amount_currency"]
                yield from self._prepare_exchange_vals(
                    settlement, currency.round(worth - vals["balance"])
                )
            yield vals

    def _prepare_exchange_vals(self, settlement, amount):
        """What the rate has made of payments in the company's currency since.

        :param amount: of the company's currency, positive is a loss
        """
        company = settlement.company_id
        if company.currency_id.is_zero(amount):
            return
        account = (
            company.expense_currency_exchange_account_id
            if amount > 0
            else company.income_currency_exchange_account_id
        )
        if not account:
            raise UserError(
                self.env._(
                    "%s has no accounts for exchange differences: choose them under "
                    "Settings, Accounting.",
                    company.name,
                )
            )
        yield {
            "name": self.env._("%s: exchange difference", settlement.name),
            "account_id": account.id,
            "currency_id": company.currency_id.id,
            "amount_currency": amount,
            "balance": amount,
        }

    def _get_cleared_label(self, settlement, side, order_id):
        words = {"name": settlement.name}
        if side == "inbound":
            label = self.env._("%(name)s: payments", **words)
        else:
            label = self.env._("%(name)s: refunds", **words)
        if order_id:
            label += f" {self.env['channel.order'].browse(order_id).name}"
        return label

    def _prepare_account_vals(self, settlement):
        """Fees, chargebacks, reserves and all that people have decided on."""
        rows = self.env.execute_query(
            SQL(
                """
                WITH amounts AS (
                    SELECT COALESCE(line.account_id, map.account_id) AS account_id,
                           CASE WHEN line.account_id IS NULL THEN map.tax_id END
                           AS tax_id,
                           CASE WHEN line.account_id IS NULL THEN map.label END
                           AS label,
                           line.kind, line.gross AS amount
                      FROM channel_settlement_line line
                      LEFT JOIN channel_settlement_account map
                             ON map.id = line.map_id
                     WHERE line.settlement_id = %(id)s AND line.match = 'account'
                    UNION ALL
                    SELECT map.account_id, map.tax_id, map.label, 'fee', -line.fee
                      FROM channel_settlement_line line
                      JOIN channel_settlement_account map
                        ON map.id = line.fee_map_id
                     WHERE line.settlement_id = %(id)s AND line.fee <> 0
                       AND line.match IN ('account', 'matched', 'not_needed')
                       AND line.kind <> 'transfer'
                )
                SELECT account_id, tax_id, COALESCE(label, ''), kind, sum(amount)
                  FROM amounts GROUP BY 1, 2, 3, 4 HAVING sum(amount) <> 0
                 ORDER BY 4, 1, 2, 3
                """,
                id=settlement.id,
            )
        )
        kinds = dict(
            self.env["channel.settlement.line"]
            ._fields["kind"]
            ._description_selection(self.env)
        )
        for account, tax, label, kind, amount in rows:
            account = self.env["account.account"].browse(account)
            tax = self.env["account.tax"].browse(tax)
            label = label or f"{settlement.name}: {kinds[kind]}"
            yield from self._prepare_taxed_vals(
                settlement, account, tax, -float(amount), label
            )

    def _prepare_taxed_vals(self, settlement, account, tax, amount, label):
        """A line, and those of the tax that is in its amount."""
        if not tax:
            yield self._prepare_line_vals(settlement, account, amount, label)
            return
        # a fee that is given back takes its tax back
        is_refund = amount < 0
        found = tax.with_context(force_price_include=True).compute_all(
            amount, settlement.currency_id, is_refund=is_refund
        )
        yield self._prepare_line_vals(
            settlement,
            account,
            found["total_excluded"],
            label,
            tax_ids=[Command.set(tax.ids)],
            tax_tag_ids=[Command.set(found["base_tags"])],
        )
        for part in found["taxes"]:
            own = self.env["account.account"].browse(part["account_id"]) or account
            yield self._prepare_line_vals(
                settlement,
                own,
                part["amount"],
                part["name"],
                tax_repartition_line_id=part["tax_repartition_line_id"],
                tax_base_amount=abs(self._to_company(settlement, part["base"])),
                tax_tag_ids=[Command.set(part["tag_ids"])],
            )

    def _prepare_difference_vals(self, settlement):
        rows = self.env["channel.settlement.matcher"]._get_differences(settlement)
        label = self.env._("%s: differences of payments", settlement.name)
        for account, amount in rows:
            account = self.env["account.account"].browse(account)
            yield self._prepare_line_vals(settlement, account, -float(amount), label)

    def _prepare_payout_vals(self, settlement, transfer):
        """What the bank is to show: of a statement each transfer by itself, and what
        stays with the gateway."""
        label = settlement.bank_ref or settlement.name
        if settlement.kind == "payout":
            amounts = [(settlement.payout, label, self._get_date(settlement))]
        else:
            amounts = self._get_transfers(settlement)
        found = [
            self._prepare_line_vals(
                settlement, transfer, amount, words, date_maturity=date
            )
            for amount, words, date in amounts
            if not settlement.currency_id.is_zero(amount)
        ]
        kept = settlement._get_kept()
        if not settlement.currency_id.is_zero(kept):
            found.append(
                self._prepare_line_vals(
                    settlement,
                    self._get_balance_account(settlement),
                    kept,
                    self.env._("%s: balance with the gateway", settlement.name),
                )
            )
        return found

    def _get_transfers(self, settlement):
        transfers = self.env["channel.settlement.line"].search(
            [("settlement_id", "=", settlement.id), ("kind", "=", "transfer")]
        )
        return [
            (
                -line.net,
                line.transaction_ref or line.external_id,
                (line.posted_at or fields.Datetime.now()).date(),
            )
            for line in transfers
        ]

    def _get_balance_account(self, settlement):
        """The account of what lies with a gateway: that of reserves."""
        best = self.env["channel.settlement.account"]._best
        [[found]] = self.env.execute_query(
            SQL("SELECT %s", best(settlement, SQL("'reserve'"), SQL("'balance'")))
        )
        if not found:
            raise UserError(
                self.env._(
                    "%s leaves money with the gateway: add a settlement account of the "
                    "kind Reserve for it.",
                    settlement.name,
                )
            )
        return self.env["channel.settlement.account"].browse(found).account_id

    def _balance(self, settlement, lines, payouts):
        """In the company's currency each line is rounded: the last one has the rest.

        :raise UserError: in the settlement's own currency nothing may be left
        """
        own = settlement.currency_id
        left = sum(
            vals["amount_currency"]
            for vals in (*lines, *payouts)
            if vals["currency_id"] == own.id
        )
        foreign = [vals for vals in lines if vals["currency_id"] != own.id]
        if not foreign and own.compare_amounts(left, 0):
            raise UserError(
                self.env._(
                    "The lines of %(settlement)s leave %(left)s %(currency)s over: "
                    "match it again.",
                    settlement=settlement.name,
                    left=left,
                    currency=own.name,
                )
            )
        every = [*lines, *payouts]
        rest = settlement.company_id.currency_id.round(
            sum(vals["balance"] for vals in every)
        )
        if every and rest:
            last = (payouts or lines)[-1]
            last["balance"] -= rest

    # ----------------------------------------------------------- reconcile
    def _reconcile(self, settlement, move, groups):
        """Each line of a clearing account with the payments that it clears."""
        items = self.env["account.move.line"]
        lines = iter(move.line_ids.sorted("id"))
        for account, _currency, _side, _amount, _worth, item_ids, _order in groups:
            own = next(line for line in lines if line.account_id.id == account)
            (own | items.browse(item_ids)).reconcile()

    # ------------------------------------------------------------- reverse
    def _reverse(self, settlement):
        """Take the entry back: payments are open again, the bank is not touched.

        :raise UserError: the bank has been reconciled with it
        """
        move = settlement.move_id
        if any(line.reconciled for line in settlement.transfer_line_ids):
            raise UserError(
                self.env._(
                    "The payout of %s is reconciled with the bank: undo that on the "
                    "bank transaction first.",
                    settlement.name,
                )
            )
        move.line_ids.remove_move_reconcile()
        reversal = move._reverse_moves(
            [
                {
                    "ref": self.env._("Reversal of %s", settlement.name),
                    "date": fields.Date.context_today(settlement),
                }
            ],
        )
        reversal.action_post()
        pairs = zip(
            move.line_ids.sorted("id"), reversal.line_ids.sorted("id"), strict=True
        )
        for line, back in pairs:
            if line.account_id.reconcile and not line.reconciled:
                (line | back).reconcile()
        move.with_context(
            **inner(channel_settlement=True)
        ).channel_settlement_id = False
        settlement.write({"move_id": False, "transfer_line_ids": [Command.clear()]})
        settlement._log_control(
            self.env._(
                "entry %(move)s reversed by %(reversal)s",
                move=move.name,
                reversal=reversal.name,
            )
        )

    # ---------------------------------------------------------- chargebacks
    def _report_chargebacks(self, settlement):
        """Money that a bank took back: a person decides about the order. Its invoice
        stays as it is."""
        lines = self.env["channel.settlement.line"].search(
            [
                ("settlement_id", "=", settlement.id),
                ("kind", "=", "chargeback"),
                ("order_id", "!=", False),
            ]
        )
        for order, found in lines.grouped("order_id").items():
            amount = sum(found.mapped("gross"))
            if amount >= 0:
                continue
            self.env["channel.exception"]._report(
                settlement.channel_id,
                "chargeback",
                key=f"order:{order.id}:chargeback",
                record=order,
                message=self.env._(
                    "%(order)s was charged back: %(amount)s %(currency)s in "
                    "%(settlement)s. Its invoice is untouched.",
                    order=order.name,
                    amount=settlement._format(-amount),
                    currency=settlement.currency_id.name,
                    settlement=settlement.name,
                ),
                suggestion=self.env._(
                    "Answer the dispute with the gateway, and stop the delivery if "
                    "goods are still here. If it is lost, write the amount off from "
                    "the account of chargebacks; if it is won, a later settlement "
                    "brings it back. Then resolve this."
                ),
            )
