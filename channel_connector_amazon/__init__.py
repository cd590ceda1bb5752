from odoo.addons.channel_inventory_base.hooks import disconnect

from . import models


def uninstall_hook(env):
    disconnect(env, "amazon")
