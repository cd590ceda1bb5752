# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import TransactionCase, tagged

from odoo.addons.channel_inventory_base.tests.common_demo import DemoContract


@tagged("post_install", "-at_install")
class TestDemoData(DemoContract, TransactionCase):
    addon = "channel_connector_api"
