# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from .odd_lives import OddLives


@tagged("post_install", "-at_install")
class TestOddLives(OddLives):
    """Goods by the piece and in packs, of one warehouse and of several."""

    def test_nothing_is_lost_or_silent(self):
        self.live_all()
