# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL, format_list

from .channel_order_ledger import DRAFT_HOURS

CATEGORY = "books"


class ChannelDraftWatch(models.AbstractModel):
    """Finds credit notes of channels' orders that a person has begun and left lying.

    Until it is posted nobody is paid back, and no channel is told. Each is told once
    after its last change, and that ends by itself when it is posted, cancelled or
    deleted.
    """

    _name = "channel.draft.watch"
    _description = "Watch of Draft Credit Notes"

    @api.model
    def _look(self):
        self.env.flush_all()
        left = dict(self._find_left())
        told = self._find_told(set(left))
        for order_id, exception in told.items():
            if order_id not in left and exception.state == "open":
                exception._resolve(
                    self.env._("The credit note was posted, cancelled or deleted.")
                )
        notes = self.env["account.move"]
        for order in self.env["channel.order"].browse(sorted(left)):
            since = max(notes.browse(left[order.id]).mapped("write_date"))
            if order.id not in told or told[order.id].last_seen < since:
                self._report(order, notes.browse(left[order.id]))

    def _find_left(self):
        """:return: list of (id of an order, ids of its draft credit notes)"""
        return self.env.execute_query(
            SQL(
                """
                SELECT own.id, array_agg(DISTINCT note.id)
                  FROM account_move note
                  JOIN account_move_line item ON item.move_id = note.id
                  JOIN sale_order_line_invoice_rel rel ON rel.invoice_line_id = item.id
                  JOIN sale_order_line sold ON sold.id = rel.order_line_id
                  JOIN channel_order own ON own.sale_order_id = sold.order_id
                   AND own.company_id = note.company_id
                 WHERE note.state = 'draft' AND note.move_type = 'out_refund'
                   AND note.write_date < %s AND note.channel_made IS NOT TRUE
                   AND NOT EXISTS (SELECT FROM channel_refund refund
                                    WHERE refund.move_id = note.id)
                 GROUP BY own.id
                """,
                fields.Datetime.now() - timedelta(hours=DRAFT_HOURS),
            )
        )

    def _find_told(self, order_ids):
        """The last exception of each of these orders, closed ones too, and of all
        others that are open.

        :return: {id of the order: channel.exception}
        """
        # sudo: exceptions are the system's, whoever runs this
        found = self.env["channel.exception"].sudo()
        found = found.search(
            [
                ("category", "=", CATEGORY),
                ("key", "=like", _key("%")),
                ("res_model", "=", "channel.order"),
                "|",
                ("state", "=", "open"),
                ("res_id", "in", list(order_ids)),
            ],
            order="id",
        )
        return {each.res_id: each for each in found}

    def _report(self, order, notes):
        note = notes[:1]
        self.env["channel.exception"]._report(
            order.channel_id,
            CATEGORY,
            key=_key(order.id),
            record=order,
            message=self.env._(
                "%(order)s: %(notes)s was begun by %(user)s and is still a draft. "
                "Nothing is paid back for it.",
                order=order.name,
                notes=format_list(self.env, notes.mapped("display_name")),
                user=note.create_uid.name,
            ),
            suggestion=self.env._(
                "Under Invoices of the order, post it if the customer gets the money, "
                "otherwise cancel it. This closes automatically then."
            ),
        )


def _key(order_id):
    return f"order:{order_id}:draft"
