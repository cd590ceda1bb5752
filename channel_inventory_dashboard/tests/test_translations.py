# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import TransactionCase, tagged

from odoo.addons.channel_inventory_base.tests.common_translations import (
    TranslationContract,
)


@tagged("post_install", "-at_install")
class TestTranslations(TranslationContract, TransactionCase):
    addon = "channel_inventory_dashboard"
