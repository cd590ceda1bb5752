# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.addons.channel_inventory_base.tests.attack.rights import Row, Standard

RIGHTS = {"channel.kit.change": Row(), "channel.kit.component": Row()}
STANDARD = {
    "product.product": Standard(methods="action_channel_kit_components"),
    "product.template": Standard(methods="action_channel_kit_components"),
}
