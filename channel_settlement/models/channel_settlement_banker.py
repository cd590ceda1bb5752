# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

DAYS = 5
"""Before and after the day of a payout, the bank may show it."""
OCA_RECONCILE = "account.account.reconcile"
"""A model of ``account_reconcile_oca``: where it is there, people reconcile with it."""


class ChannelSettlementBanker(models.AbstractModel):
    """Finds payouts among the bank's transactions.

    A transaction is a payout's when amount, currency and days fit, and either the bank
    names its reference, or there is no other payout and no other transaction that it
    could be. Then the suspense line of the transaction goes to the account for payouts
    on their way and is reconciled. Otherwise what could be it is proposed.
    """

    _name = "channel.settlement.banker"
    _description = "Payouts in the Bank"

    def _find(self, settlements):
        """Reconcile what is there exactly once. :return: what is in the bank now"""
        waiting = settlements.filtered(
            lambda each: each.state == "posted" and not each.in_bank
        )
        waiting.write({"bank_looked_at": fields.Datetime.now()})
        if self._is_left_to_people():
            return settlements.filtered("in_bank")
        for item, statement_line in self._get_certain(waiting):
            self._book(item, statement_line)
        found = settlements.filtered("in_bank")
        self._resolve(found)
        return found

    def _resolve(self, settlements):
        for channel, each in settlements.grouped("channel_id").items():
            keys = [f"settlement_bank:{settlement.id}" for settlement in each]
            self.env["channel.exception"]._resolve_keys(channel, keys)

    def _is_left_to_people(self):
        return OCA_RECONCILE in self.env

    # ---------------------------------------------------------- candidates
    def _get_candidates(self, settlements, days=DAYS):
        """Bank transactions that could be payouts of these settlements.

        :return: list of (journal item id, statement line id, whether the bank names it)
        """
        self.env["account.bank.statement.line"].flush_model()
        self.env["account.move.line"].flush_model()
        settlements.flush_recordset()
        return self.env.execute_query(
            SQL(
                """
                SELECT item.id, bank.id,
                       COALESCE(told.ref <> '' AND strpos(
                           upper(concat_ws(' ', bank.payment_ref, shown.ref,
                                           bank.transaction_details::text)),
                           upper(told.ref)) > 0, false)
                  FROM channel_settlement settlement
                  JOIN channel_settlement_transfer_rel rel
                    ON rel.channel_settlement_id = settlement.id
                  JOIN account_move_line item ON item.id = rel.account_move_line_id
                   AND NOT item.reconciled
                 CROSS JOIN LATERAL (VALUES (settlement.bank_ref),
                                            (settlement.external_id)) told (ref)
                  JOIN account_journal journal
                    ON journal.company_id = settlement.company_id
                  JOIN res_company company ON company.id = settlement.company_id
                  JOIN account_bank_statement_line bank
                    ON bank.journal_id = journal.id
                   AND NOT COALESCE(bank.is_reconciled, false)
                  JOIN account_move shown ON shown.id = bank.move_id
                   AND shown.state = 'posted'
                   AND abs(shown.date - COALESCE(item.date_maturity, item.date))
                       <= %(days)s
                 WHERE settlement.id = ANY(%(ids)s)
                   AND CASE WHEN COALESCE(journal.currency_id, company.currency_id)
                                 = settlement.currency_id
                            THEN bank.amount
                            WHEN bank.foreign_currency_id = settlement.currency_id
                            THEN bank.amount_currency END
                       = item.amount_currency
                """,
                ids=settlements.ids,
                days=days,
            )
        )

    def _get_certain(self, settlements):
        """:return: list of (account.move.line, account.bank.statement.line)"""
        # all payouts that wait count: another one may be the one that it is
        company = settlements.company_id
        waiting = self.env["channel.settlement"].search(
            [
                ("company_id", "in", company.ids),
                ("state", "=", "posted"),
                ("in_bank", "=", False),
            ]
        )
        rows = self._get_candidates(waiting)
        named = {(item, bank) for item, bank, is_named in rows if is_named}
        pairs = {(item, bank) for item, bank, _named in rows}
        certain = self._only(named)
        taken = {each for pair in certain for each in pair}
        rest = {pair for pair in pairs if not taken.intersection(pair)}
        # one that the bank names differently is not decided by its amount
        doubtful = {bank for _item, bank in named} | {item for item, _bank in named}
        certain |= {
            pair for pair in self._only(rest) if not doubtful.intersection(pair)
        }
        own = set(settlements.transfer_line_ids.ids)
        items, lines = (
            self.env["account.move.line"],
            self.env["account.bank.statement.line"],
        )
        return [
            (items.browse(item), lines.browse(bank))
            for item, bank in sorted(certain)
            if item in own
        ]

    @staticmethod
    def _only(pairs):
        """Those of which neither side is in another pair."""
        items, banks = {}, {}
        for item, bank in pairs:
            items.setdefault(item, set()).add(bank)
            banks.setdefault(bank, set()).add(item)
        return {
            (item, bank)
            for item, bank in pairs
            if len(items[item]) == 1 and len(banks[bank]) == 1
        }

    # ---------------------------------------------------------------- book
    def _book(self, item, statement_line):
        """Reconcile a payout with what the bank shows.

        :raise UserError: somebody has reconciled the transaction
        """
        _liquidity, suspense, other = statement_line._seek_for_lines()
        if not suspense or other:
            raise UserError(
                self.env._(
                    "The bank transaction %s is reconciled already.",
                    statement_line.payment_ref or statement_line.name,
                )
            )
        suspense.write({"account_id": item.account_id.id})
        (item | suspense).reconcile()
        settlements = self.env["channel.settlement"].search(
            [("transfer_line_ids", "in", item.ids)]
        )
        settlements._log_control(
            self.env._(
                "found in the bank: %(move)s",
                move=statement_line.move_id.name,
            )
        )
        self._resolve(settlements.filtered("in_bank"))
