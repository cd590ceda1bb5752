# SPDX-License-Identifier: AGPL-3.0-or-later
import io
import os
from pathlib import Path

from odoo.modules import Manifest
from odoo.tools.translate import trans_export

WRITE = "CHANNEL_WRITE_I18N"
"""Environment variable: write the templates instead of comparing::

    CHANNEL_WRITE_I18N=1 setup/test channel_*/tests/test_translations.py
"""


class TranslationContract:
    """An addon's ``i18n/<addon>.pot`` has what Odoo exports of it now. Mixed into a
    case with all addons of the suite installed, as it holds what others say of a field.
    """

    addon = ""

    def test_contract_template_of_translations_is_up_to_date(self):
        path = Path(Manifest.for_addon(self.addon).path, "i18n", f"{self.addon}.pot")
        exported = self.export()
        self.assertIn(f"* {self.addon}", exported)
        now = self.entries(exported)
        committed = self.entries(path.read_text() if path.exists() else "")
        if os.environ.get(WRITE) and now != committed:
            path.parent.mkdir(exist_ok=True)
            path.write_text(exported)
            return
        self.assertEqual(
            (sorted(now - committed), sorted(committed - now)),
            ([], []),
            f"missing and outdated: write it by {WRITE}=1",
        )

    def export(self):
        with io.BytesIO() as buffer:
            trans_export(None, [self.addon], buffer, "po", self.env)
            return buffer.getvalue().decode().strip() + "\n"

    def entries(self, text):
        """Each entry with its places; the head, which has the time, left out."""
        _head, *entries = text.strip().split("\n\n")
        return set(entries)
