# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from odoo.addons.channel_inventory_base.tests import test_exclusive_race

from .common import KitSetup


@tagged("post_install", "-at_install")
class TestKitExclusiveRace(KitSetup, test_exclusive_race.TestExclusiveRace):
    """The same where the second channel sells kits of one piece each: 50 pieces are
    shown once, alone or in a kit."""

    @classmethod
    def make_listing(cls, env, channel, product, number=1, **values):
        if number == 2:
            product = cls.make_kit(env, number, [(product, 1)], listed=False)
        return super().make_listing(env, channel, product, number, **values)
