# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.addons.channel_inventory_base.tests.attack.rights import Row

RIGHTS = {
    "channel.channel": Row(
        adds=True,
        fields={
            "manager": (
                "shopify_api_version shopify_auth_kind shopify_client_id "
                "shopify_client_secret shopify_access_token shopify_refresh_token "
                "shopify_webhook_secret shopify_notify_customers"
            )
        },
    )
}
