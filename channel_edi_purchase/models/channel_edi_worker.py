# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models

from odoo.addons.channel_edi import schemas


class ChannelEdiWorker(models.AbstractModel):
    _inherit = "channel.edi.worker"

    def _key_of(self, value):
        """Answers are about our order, and have a number of the supplier's as well."""
        if isinstance(value, schemas.OrderAnswer):
            return value.order_number or False
        return super()._key_of(value)

    def _take_order_answer_supplier(self, document, answer):
        self.env["channel.edi.promises"]._take(document, answer)

    def _take_ship_notice_supplier(self, document, notice):
        self.env["channel.edi.notices"]._take(document, notice)

    def _take_stock_report_supplier(self, document, report):
        self.env["channel.edi.supplier.stock"]._take(document, report)
