# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class PurchaseOrderLine(models.Model):
    """A date that the vendor gives moves the goods, by the company's choice.

    Odoo moves the deadline of a receipt alone, so that its forecast goes on counting
    goods that come a month later. A later date moves the receipt at once: nothing is
    promised too early. An earlier one is proposed: see ``purchase.order``.
    """

    _name = "purchase.order.line"
    _inherit = ["purchase.order.line", "channel.guarded"]

    channel_kept_date = fields.Datetime(
        readonly=True,
        copy=False,
        help="An earlier date of the vendor that the receipt was not moved to.",
    )

    def _update_move_date_deadline(self, new_date):
        result = super()._update_move_date_deadline(new_date)
        if date := fields.Datetime.to_datetime(new_date):
            self._postpone_receipts(date)
        return result

    def _postpone_receipts(self, date):
        lines = self.filtered(
            lambda line: (
                line.order_id.state == "purchase"
                and line.company_id.channel_vendor_dates
                and not line._is_dated_by_documents()
            )
        )
        receipts = lines._get_open_receipts().filtered(
            lambda move: move.date.date() < date.date()
        )
        receipts.write({"date": date})

    def _is_dated_by_documents(self):
        """Whether the dates of this line's receipts are written by electronic documents
        (``channel_edi_purchase``), which say of each when it comes."""
        return bool("edi_number" in self._fields and self.edi_number)

    def _get_open_receipts(self):
        return self.move_ids.filtered(
            lambda move: (
                move.state not in ("draft", "done", "cancel")
                and move.location_id.usage == "supplier"
            )
        )

    def _get_earlier_receipts(self):
        """Receipts that the vendor promises earlier than they are planned, of which
        nobody has decided that they stay."""
        return self._get_open_receipts().filtered(
            lambda move: (
                move.date_deadline
                and move.date_deadline.date() < move.date.date()
                and move.purchase_line_id.channel_kept_date
                != move.purchase_line_id.date_planned
            )
        )
