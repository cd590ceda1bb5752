# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.addons.channel_inventory_base.tests.attack.rights import Row, Standard

RIGHTS = {
    "channel.channel": Row(adds=True, fields={"server": "edi_warehouse_ids"}),
    "channel.edi.document": Row(adds=True, fields={"server": "counted"}),
}
STANDARD = {
    "stock.warehouse": Standard(people="edi_channel_id edi_carrier edi_advice_hours")
}
