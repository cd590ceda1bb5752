# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.addons.channel_inventory_base.tests.attack.rights import Row

RIGHTS = {
    "channel.channel": Row(
        adds=True,
        fields={"manager": "amazon_refresh_token"},
    )
}
