# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.addons.channel_inventory_base.tests.attack.rights import Row, Standard

RIGHTS = {
    "channel.rule": Row(adds=True, fields={"operator": "likely_dates"}),
    "channel.inbound.promise": Row(),
    "channel.stockout": Row(
        methods={
            "reader": "action_replenish action_show_inbound action_show_orderpoints"
        }
    ),
    "channel.vendor.record": Row(),
}
STANDARD = {
    "purchase.order": Standard(methods="action_accept_earlier_dates action_keep_dates"),
    "purchase.order.line": Standard(server="channel_kept_date"),
    "res.company": Standard(people="channel_vendor_dates channel_soon_days"),
    "stock.warehouse.orderpoint": Standard(server="channel_held"),
}
