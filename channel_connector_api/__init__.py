# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.addons.channel_inventory_base.hooks import disconnect

from . import controllers
from . import models
from . import wizards


def uninstall_hook(env):
    disconnect(env, "api")
    # a table of no model
    env.cr.execute("DROP TABLE IF EXISTS channel_api_bucket")
