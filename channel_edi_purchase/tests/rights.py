# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.addons.channel_inventory_base.tests.attack.rights import Row, Standard

RIGHTS = {
    "channel.channel": Row(
        adds=True,
        fields={
            "manager": "edi_answer_hours edi_dates edi_transit_days "
            "edi_backorder_days edi_price_tolerance"
        },
    ),
    "channel.edi.purchase": Row(
        methods={"reader": "action_open_order action_open_documents"}
    ),
}
STANDARD = {
    "purchase.order.line": Standard(server="edi_number"),
    "stock.picking": Standard(server="edi_notice edi_carrier edi_tracking"),
}
