# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.addons.channel_inventory_base.db.triggers import drop_triggers

from .db.watches import WATCHES


def uninstall_hook(env):
    """The view must not stand on a table that goes; rules look at due dates again."""
    drop_triggers(env.cr, WATCHES)
    env["channel.inbound"].with_context(without_vendors=True)._create_view()
    env.cr.execute(
        "INSERT INTO channel_change (channel_id) SELECT id FROM channel_channel"
    )
