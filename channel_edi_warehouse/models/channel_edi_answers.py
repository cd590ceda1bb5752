# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models


class ChannelEdiAnswers(models.AbstractModel):
    _inherit = "channel.edi.answers"

    def _get_bill_of_lading(self, channel, data):
        """As the warehouse has told that shipped it."""
        own = super()._get_bill_of_lading(channel, data)
        _order, picking = self._get_picking(channel, data)
        partner = picking.picking_type_id.warehouse_id.edi_channel_id
        if not partner:
            return own
        names, each = [], picking
        while each:
            # advices of backorders are about the transfer that was told
            names.append(each.name)
            each = each.backorder_id
        # sudo: the warehouse is another partner than the one that is told
        agreements = self.env["channel.edi.agreement"].sudo()
        told = agreements.env["channel.edi.document"].search(
            [
                ("agreement_id", "in", agreements._get_all_of_channel(partner.id).ids),
                ("business_key", "in", names),
                ("direction", "=", "in"),
                ("kind", "=", "945"),
                ("state", "=", "done"),
                ("res_model", "=", picking._name),
                ("res_id", "=", picking.id),
            ],
            order="id desc",
            limit=1,
        )
        return told._values().get("bill_of_lading") or own if told else own
