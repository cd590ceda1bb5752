# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.addons.channel_inventory_base.tests.attack.rights import Standard

STANDARD = {
    "stock.warehouse": Standard(
        people="channel_expiry_basis channel_expiry_days",
        server="channel_expiry_checked",
    )
}
