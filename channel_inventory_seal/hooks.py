# SPDX-License-Identifier: AGPL-3.0-or-later
from .db.guard import TABLES, drop_guard


def uninstall_hook(env):
    """The tables go with the addon, their function would stay."""
    drop_guard(env.cr, TABLES)
