# SPDX-License-Identifier: AGPL-3.0-or-later
import io
import os
import re
from pathlib import Path

import polib

from odoo.modules import Manifest
from odoo.tools.translate import trans_export

WRITE = "CHANNEL_WRITE_I18N"
"""Environment variable: write the files instead of comparing::

    CHANNEL_WRITE_I18N=1 setup/test channel_*/tests/test_translations.py

A message that is new to a language is written untranslated: the test names it until
somebody has translated it.
"""
LANGUAGES = ("de", "es", "fr", "nl")
PLACEHOLDER = re.compile(r"%\(\w+\)[sdf]|%[sd]|\{\w*\}|\$\{[^}]*\}")
TAG = re.compile(r"</?\w+")


class TranslationContract:
    """An addon's ``i18n/<addon>.pot`` has what Odoo exports of it now, and each
    language has a translation of all of it. Mixed into a case with all addons of the
    suite installed, as it holds what others say of a field.
    """

    addon = ""

    def test_contract_template_of_translations_is_up_to_date(self):
        path = self.path(f"{self.addon}.pot")
        exported = self.export()
        self.assertIn(f"* {self.addon}", exported)
        now = self.entries(exported)
        committed = self.entries(path.read_text() if path.exists() else "")
        if os.environ.get(WRITE):
            if now != committed:
                path.parent.mkdir(exist_ok=True)
                path.write_text(exported)
            for language in LANGUAGES:
                self.merge(language)
            return
        self.assertEqual(
            (sorted(now - committed), sorted(committed - now)),
            ([], []),
            f"missing and outdated: write it by {WRITE}=1",
        )

    def test_contract_translations_are_complete(self):
        template = {entry.msgid for entry in self.read_template()}
        for language in LANGUAGES:
            path = self.path(f"{language}.po")
            if not path.exists():
                # of a connector that is just being written; ours have all languages
                continue
            with self.subTest(language=language):
                words = polib.pofile(str(path))
                translated = {
                    entry.msgid for entry in words if entry.msgstr and not entry.fuzzy
                }
                self.assertEqual(sorted(template - translated), [], "untranslated")
                self.assertEqual(sorted(translated - template), [], "outdated")
                broken = [entry.msgid for entry in words if self.is_broken(entry)]
                self.assertEqual(broken, [], "placeholders, markup or spaces differ")

    def is_broken(self, entry):
        """Whether a translation would lose what the program puts in, or markup."""
        source, text = entry.msgid, entry.msgstr
        return any(
            sorted(pattern.findall(source)) != sorted(pattern.findall(text))
            for pattern in (PLACEHOLDER, TAG)
        ) or [source[:1].isspace(), source[-1:].isspace()] != [
            text[:1].isspace(),
            text[-1:].isspace(),
        ]

    def merge(self, language):
        path = self.path(f"{language}.po")
        words = polib.pofile(str(path)) if path.exists() else polib.POFile()
        words.wrapwidth = 78
        before = str(words)
        words.merge(self.read_template())
        for entry in words.obsolete_entries():
            words.remove(entry)
        words.metadata = {
            "Project-Id-Version": "Odoo Server 19.0",
            "Language": language,
            "MIME-Version": "1.0",
            "Content-Type": "text/plain; charset=UTF-8",
            "Content-Transfer-Encoding": "8bit",
        }
        if str(words) != before:
            words.save(str(path))

    def read_template(self):
        return polib.pofile(str(self.path(f"{self.addon}.pot")))

    def path(self, name):
        return Path(Manifest.for_addon(self.addon).path, "i18n", name)

    def export(self):
        with io.BytesIO() as buffer:
            trans_export(None, [self.addon], buffer, "po", self.env)
            return buffer.getvalue().decode().strip() + "\n"

    def entries(self, text):
        """Each entry with its places; the head, which has the time, left out."""
        _head, *entries = text.strip().split("\n\n")
        return set(entries)
