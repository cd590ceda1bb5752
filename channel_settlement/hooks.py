# SPDX-License-Identifier: AGPL-3.0-or-later
from .db.guard import drop_guard


def post_init_hook(env):
    """Orders that were captured before have told of their transactions already."""
    env["channel.order.transaction"]._store_all()


def uninstall_hook(env):
    drop_guard(env.cr)
    env.cr.execute("DROP VIEW IF EXISTS channel_clearing_item, channel_order_margin")
