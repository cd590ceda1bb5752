# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import BaseCase, tagged

from ..tools.phone import to_e164


@tagged("post_install", "-at_install")
class TestPhone(BaseCase):
    def test_national_number_gets_the_country_of_its_address(self):
        self.assertEqual(to_e164("030 12345678", "DE"), "+493012345678")
        self.assertEqual(to_e164("(415) 555-2671", "US"), "+14155552671")

    def test_international_number_needs_no_country(self):
        self.assertEqual(to_e164("+49 30 12345678"), "+493012345678")
        self.assertEqual(to_e164("0049 30 12345678", "DE"), "+493012345678")

    def test_own_country_code_wins_over_the_address(self):
        self.assertEqual(to_e164("+33 1 42 68 53 00", "DE"), "+33142685300")

    def test_national_number_without_a_country_is_none(self):
        self.assertIsNone(to_e164("030 12345678"))

    def test_what_is_no_number_is_none(self):
        for raw in ("", None, False, "call me", "000", "1" * 300, "+", "12"):
            self.assertIsNone(to_e164(raw, "DE"), raw)

    def test_extension_is_not_thrown_away(self):
        self.assertIsNone(to_e164("+1 415 555 2671 ext. 12", "US"))

    def test_unknown_country_is_no_error(self):
        self.assertIsNone(to_e164("030 12345678", "XX"))
        self.assertEqual(to_e164("+493012345678", "XX"), "+493012345678")
