# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models
from odoo.tools import SQL


class ChannelSettlementWatch(models.AbstractModel):
    """What should have happened by now: payouts that the bank does not show, payments
    that are in no settlement. Each is an exception that ends when it has happened."""

    _name = "channel.settlement.watch"
    _description = "Watch over Settlements"

    def _look(self):
        """Once a day."""
        self._look_at_bank()
        self._look_at_clearing()
        self._look_at_gaps()

    def _look_at_bank(self):
        rows = self.env.execute_query(
            SQL(
                """
                SELECT settlement.id FROM channel_settlement settlement
                  JOIN res_company company ON company.id = settlement.company_id
                 WHERE settlement.state = 'posted' AND NOT settlement.in_bank
                   AND settlement.deposit_date < CURRENT_DATE
                       - company.channel_settlement_bank_days
                """
            )
        )
        for settlement in self.env["channel.settlement"].browse(
            [row[0] for row in rows]
        ):
            self.env["channel.exception"]._report(
                settlement.channel_id,
                "settlement_bank",
                key=f"settlement_bank:{settlement.id}",
                record=settlement,
                message=self.env._(
                    "The bank does not show %(settlement)s: %(amount)s %(currency)s "
                    "of %(date)s.",
                    settlement=settlement.name,
                    amount=settlement._format(settlement.bank_residual),
                    currency=settlement.currency_id.name,
                    date=settlement.deposit_date,
                ),
                suggestion=self.env._(
                    "Import the bank statement and press Find in Bank, or choose the "
                    "transaction. If the bank has never received it, ask the gateway."
                ),
            )

    def _look_at_clearing(self):
        """Payments of channels that settle at all: one exception an account."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT item.channel_id, item.account_id, count(*), sum(item.amount),
                       min(item.date)
                  FROM channel_clearing_item item
                  JOIN res_company company ON company.id = item.company_id
                 WHERE item.age_days > company.channel_settlement_days
                   AND EXISTS (SELECT FROM channel_settlement
                                WHERE channel_id = item.channel_id)
                 GROUP BY 1, 2
                """
            )
        )
        found = {}
        for channel_id, account_id, count, amount, oldest in rows:
            channel = self.env["channel.channel"].browse(channel_id)
            account = self.env["account.account"].browse(account_id)
            key = f"clearing:{account_id}"
            found.setdefault(channel_id, []).append(key)
            self.env["channel.exception"]._report(
                channel,
                "clearing",
                key=key,
                record=channel,
                message=self.env._(
                    "%(count)s payments on %(account)s are in no settlement: "
                    "%(amount)s since %(oldest)s.",
                    count=count,
                    account=account.with_company(channel.company_id).display_name,
                    amount=f"{amount:.2f}",
                    oldest=oldest,
                ),
                suggestion=self.env._(
                    "See Settlements, Payments Not Settled. Import what is missing, "
                    "decide on lines that wait, or reconcile what was paid another way."
                ),
            )
        self._resolve_clearing(found)

    def _look_at_gaps(self):
        """Statements of an account that do not begin where the one before ended."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id, before, opening FROM (
                    SELECT id, opening, lag(closing) OVER (
                               PARTITION BY channel_id, currency_id, gateway
                               ORDER BY started_at, ended_at, id) AS before
                      FROM channel_settlement
                     WHERE has_balances AND started_at IS NOT NULL
                       AND state NOT IN ('void', 'correction', 'replaced')) told
                 WHERE before <> opening
                """
            )
        )
        found = {}
        for settlement_id, before, opening in rows:
            settlement = self.env["channel.settlement"].browse(settlement_id)
            key = f"settlement_gap:{settlement_id}"
            found.setdefault(settlement.channel_id.id, []).append(key)
            self.env["channel.exception"]._report(
                settlement.channel_id,
                "settlement",
                key=key,
                record=settlement,
                message=self.env._(
                    "%(settlement)s begins with %(opening)s, the statement before it "
                    "ended with %(before)s: one in between is missing.",
                    settlement=settlement.name,
                    opening=settlement._format(opening),
                    before=settlement._format(before),
                ),
                suggestion=self.env._(
                    "Download the statement of the time in between and import it."
                ),
            )
        self._resolve_others("settlement", "settlement_gap:", found)

    def _resolve_clearing(self, found):
        self._resolve_others("clearing", "clearing:", found)

    def _resolve_others(self, category, prefix, found):
        """End the exceptions of what does not hold any more.

        :param found: {channel id: keys that still hold}
        """
        exceptions = self.env["channel.exception"].search(
            [
                ("category", "=", category),
                ("key", "=like", f"{prefix}%"),
                ("state", "=", "open"),
            ]
        )
        for exception in exceptions:
            if exception.key not in found.get(exception.channel_id.id, ()):
                exception._resolve(self.env._("The cause was fixed."))
