# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.addons.channel_inventory_base.tests.attack.rights import Row, Standard

RIGHTS = {
    "channel.carrier.map": Row(
        write="manager",
        create="manager",
        unlink="manager",
        fields={"manager": "channel_id carrier_id name", "server": "company_id"},
    ),
    "channel.channel": Row(adds=True, fields={"manager": "carrier_map_ids"}),
}
STANDARD = {"stock.package": Standard(people="tracking_ref")}
