# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.addons.channel_inventory_base.db.functions import create_functions
from odoo.addons.channel_inventory_base.db.triggers import drop_triggers

from .db.watches import WATCHES


def uninstall_hook(env):
    """What stays must not speak of a table that goes."""
    drop_triggers(env.cr, WATCHES)
    create_functions(env.cr)
    env["channel.position"].with_context(without_kits=True)._create_view()
    env.cr.execute(
        "INSERT INTO channel_change (channel_id) SELECT id FROM channel_channel"
    )
