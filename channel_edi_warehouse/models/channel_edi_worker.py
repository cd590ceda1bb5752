# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models

from odoo.addons.channel_edi import schemas


class ChannelEdiWorker(models.AbstractModel):
    _inherit = "channel.edi.worker"

    def _process(self, document, read):
        result = super()._process(document, read)
        channel = document.channel_id
        if channel.edi_role == "warehouse" and not document.test:
            # whatever has become of it: the warehouse speaks
            channel.edi_warehouse_ids._note_told(document.received_at)
        return result

    def _key_of(self, value):
        """Advices and receipts are about a transfer, and have a number of their own as
        well."""
        if isinstance(value, schemas.ShippingAdvice):
            return value.order_number or False
        if isinstance(value, schemas.Receipt):
            return value.order_number or value.shipment_number or value.number or False
        return super()._key_of(value)

    def _take_shipping_advice_warehouse(self, document, advice):
        self.env["channel.edi.advices"]._take(document, advice)

    def _take_receipt_warehouse(self, document, receipt):
        self.env["channel.edi.receipts"]._take(document, receipt)

    def _take_adjustment_warehouse(self, document, adjustment):
        self.env["channel.edi.adjustments"]._take(document, adjustment)

    def _take_stock_report_warehouse(self, document, report):
        self.env["channel.edi.counts"]._take(document, report)
