# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.db.transaction import LOCK_STOCKOUT, lock

NAMED = 10
"""Products that a message names."""
TOLD = ("late", "now")
KEY = "stockout"


class ChannelStockoutTeller(models.AbstractModel):
    """Tells people of expected stockouts: one exception a company, which stays open as
    long as something is to be ordered now or it is too late for it. Its owner gets a
    message about each product when it becomes that, and no other the next day.
    """

    _name = "channel.stockout.teller"
    _description = "Messages about Expected Stockouts"

    @api.model
    def _tell(self):
        """What is told is marked in the same transaction: told once, or again when it
        failed."""
        lock(self.env, LOCK_STOCKOUT, "")
        self.env.flush_all()
        # sudo: written by the server, for whoever the owner is
        stockouts = self.env["channel.stockout"].sudo()
        urgent = stockouts.search([("urgency", "in", TOLD)])
        by_company = urgent.grouped("company_id")
        for company, rows in by_company.items():
            self._tell_company(company, rows)
        self._close_others(urgent.company_id)
        # what has become less urgent is told anew when it becomes urgent again
        self.env.execute_query(
            SQL(
                "UPDATE channel_stockout SET told_urgency = urgency "
                "WHERE told_urgency IS DISTINCT FROM urgency RETURNING id"
            )
        )
        stockouts.invalidate_model(["told_urgency"])

    def _tell_company(self, company, rows):
        news = rows.filtered(lambda row: row.told_urgency != row.urgency)
        exception = self._find(company)
        message = self._get_message(rows)
        if not exception:
            exception = self.env["channel.exception"]._report(
                self.env["channel.channel"],
                "stockout",
                key=KEY,
                message=message,
                suggestion=self.env._(
                    "Open Channels > Stock > Expected Stockouts and press Replenish. "
                    "It closes by itself when nothing is to be ordered now."
                ),
                company=company,
            )
        elif exception.message != message:
            exception.message = message
        if news and exception.user_id and exception.state == "open":
            exception.message_notify(
                partner_ids=exception.user_id.partner_id.ids,
                subject=self.env._("Stockouts expected"),
                body=self._get_message(news),
            )

    def _find(self, company):
        # sudo: exceptions are the server's to write
        exceptions = self.env["channel.exception"].sudo()
        return exceptions.search(
            Domain("category", "=", "stockout")
            & Domain("company_id", "=", company.id)
            & Domain("state", "in", ("open", "ignored")),
            order="state desc, id",
            limit=1,
        )

    def _close_others(self, companies):
        # sudo: exceptions are the server's to write
        exceptions = self.env["channel.exception"].sudo()
        exceptions.search(
            Domain("category", "=", "stockout")
            & Domain("state", "in", ("open", "ignored"))
            & Domain("company_id", "not in", companies.ids)
        )._resolve(self.env._("Nothing is to be ordered now."))

    def _get_message(self, rows):
        parts = []
        for urgency in TOLD:
            of_it = rows.filtered(lambda row, urgency=urgency: row.urgency == urgency)
            if of_it:
                parts.append(self._get_part(urgency, of_it))
        return " ".join(parts)

    def _get_part(self, urgency, rows):
        names = ", ".join(rows[:NAMED].product_id.mapped("display_name"))
        more = len(rows) - NAMED
        if more > 0:
            names = self.env._("%(names)s and %(count)s more", names=names, count=more)
        if urgency == "late":
            return self.env._(
                "%(count)s will be sold out before an order could arrive: %(names)s.",
                count=len(rows),
                names=names,
            )
        return self.env._(
            "Products to be ordered today: %(count)s (%(names)s).",
            count=len(rows),
            names=names,
        )
