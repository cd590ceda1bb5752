# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models

from odoo.addons.channel_inventory_base import schemas as base_schemas


class ChannelEdiDocument(models.Model):
    _inherit = "channel.edi.document"

    def _send_anew(self, payload):
        """An order that could not be written is sent as it is now: what was missing may
        have been entered at the product or the agreement."""
        if self.state == "void" and self.res_model == "purchase.order":
            order = self.env["purchase.order"].browse(self.res_id)
            is_first = self.kind == self.agreement_id._kind_name("850")
            if is_first and order.state == "purchase":
                # sudo: operators send again, whether they may see purchases or not
                orders = self.env["channel.edi.purchase.orders"].sudo()
                content = orders._prepare_order(self.agreement_id, order.sudo())
                agreed = orders._with_agreed_dates(self.channel_id, content)
                payload = base_schemas.dumps(agreed)
        return super()._send_anew(payload)
