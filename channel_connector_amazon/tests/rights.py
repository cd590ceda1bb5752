# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.addons.channel_inventory_base.tests.attack.rights import Row

RIGHTS = {
    "channel.channel": Row(
        adds=True,
        fields={
            "manager": (
                "amazon_region amazon_seller_id amazon_marketplaces amazon_client_id "
                "amazon_client_secret amazon_refresh_token "
                "amazon_queue_url amazon_aws_key amazon_aws_secret"
            )
        },
    )
}
