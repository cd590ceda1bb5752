# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.addons.channel_inventory_base.tests.attack.rights import Row, Standard

RIGHTS = {
    "channel.position": Row(adds=True, methods={"reader": "action_show_till_sales"}),
    "channel.till.count": Row(methods={"operator": "action_add_back action_keep"}),
}
STANDARD = {
    "pos.config": Standard(
        people="channel_draft_policy channel_draft_minutes channel_late_minutes"
    ),
    "pos.order": Standard(server="channel_held_until"),
}
VALUES = {
    ("pos.order", "session_id"): lambda records: records.one("pos.session").id,
}
