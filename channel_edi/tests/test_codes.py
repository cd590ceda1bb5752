# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.exceptions import ValidationError

from .common_edi import EdiCase


class TestCodes(EdiCase):
    def code(self, kind, meaning):
        return self.env["channel.edi.code"].create(
            {
                "agreement_id": self.agreement.id,
                "kind": kind,
                "code": "X",
                "meaning": meaning,
            }
        )

    def test_a_word_that_means_nothing_is_refused_when_it_is_entered(self):
        for kind, meaning in (("date", "ship-by"), ("state", "lots"), ("type", "huge")):
            with self.subTest(kind), self.assertRaises(ValidationError):
                self.code(kind, meaning)

    def test_words_that_are_known(self):
        for kind, meaning, name in (
            ("date", "ship_by", "dates"),
            ("state", "on_hand", "states"),
            ("type", "blanket", "order_types"),
            ("qualifier", "VN", "qualifiers"),
            ("party", "store", "parties"),
        ):
            code = self.code(kind, meaning)
            options = self.agreement._get_options()
            self.assertEqual(getattr(options, name), (("X", meaning),))
            code.unlink()
