# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.addons.channel_inventory_base.tests.attack.rights import Row

RIGHTS = {
    "channel.channel": Row(
        adds=True,
        fields={
            "manager": (
                "woocommerce_consumer_key woocommerce_consumer_secret "
                "woocommerce_refund_by"
            )
        },
    )
}
