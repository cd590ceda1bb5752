# SPDX-License-Identifier: AGPL-3.0-or-later
import ast
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from odoo.tests import tagged

from .. import verify
from .common_seal import SealCase, public

SCRIPT = Path(verify.__file__)
ALONE = {
    "argparse",
    "base64",
    "binascii",
    "cryptography",
    "datetime",
    "hashlib",
    "io",
    "json",
    "re",
    "sys",
    "zipfile",
}


@tagged("post_install", "-at_install")
class TestVerifyScript(SealCase):
    """One file, without Odoo: what an auditor runs on a computer of their own."""

    def setUp(self):
        super().setUp()
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def run_script(self, *arguments):
        # isolated: neither our folders nor the environment are looked into
        done = subprocess.run(
            [sys.executable, "-I", str(SCRIPT), *map(str, arguments)],
            capture_output=True,
            text=True,
            cwd=self.folder,
        )
        return done.returncode, done.stdout + done.stderr

    def export(self):
        path = self.folder / "export.zip"
        with open(path, "wb") as file:
            self.exporter._export(file)
        return path

    def test_it_needs_nothing_of_odoo_and_nothing_of_ours(self):
        imported = set()
        for node in ast.walk(ast.parse(SCRIPT.read_text())):
            if isinstance(node, ast.Import):
                imported |= {each.name.partition(".")[0] for each in node.names}
            elif isinstance(node, ast.ImportFrom):
                self.assertFalse(node.level, "imports from its folder")
                imported.add(node.module.partition(".")[0])
        self.assertLessEqual(imported, ALONE)

    def test_an_untouched_trail_is_clean(self):
        self.seal("one", "two")
        anchor = self.folder / "anchor.json"
        anchor.write_text(self.seals._get_last()._prepare_anchor())
        code, said = self.run_script(
            self.export(), "--anchor", anchor, "--key", public(1)
        )
        self.assertEqual(code, 0, said)
        self.assertIn("nothing was found", said)

    def test_it_names_what_was_tampered_with(self):
        rows, _seal = self.seal("one", "two", "three")
        self.tamper("UPDATE channel_audit SET message = 'x' WHERE id = %s", rows[0].id)
        self.tamper("DELETE FROM channel_audit WHERE id = %s", rows[1].id)
        code, said = self.run_script(self.export())
        self.assertEqual(code, 1, said)
        self.assertIn(f"channel.audit {rows[0].id} of", said)
        self.assertIn(f"channel.audit {rows[1].id} of", said)
        self.assertNotIn(f"channel.audit {rows[2].id} of", said)

    def test_an_export_that_was_edited_shows(self):
        """Who exports is not trusted either."""
        rows, _seal = self.seal("one", "two")
        lines = list(self.exporter._iter_rows())
        edited = [line.replace(b'"two"', b'"2"') for line in lines]
        report = verify.verify(self.exporter._iter_seals(), edited)
        self.assertFound(report, "changed", f"channel.audit {rows[1].id} ")
        withheld = [line.rpartition(b"\t")[0] + b"\t-" for line in lines]
        report = verify.verify(self.exporter._iter_seals(), withheld)
        self.assertOnly(report)
        self.assertEqual(report.rows, 0, "nothing is called proven")

    def test_what_is_no_export_is_refused(self):
        path = self.folder / "other.json"
        for text in ("", "{", "[]", "{}", json.dumps({"format": "x"}), "\x00"):
            path.write_text(text)
            with self.subTest(text):
                self.assertEqual(self.run_script(path)[0], 2)
        self.assertEqual(self.run_script(self.folder / "none")[0], 2)

    def test_anchors_of_any_content_are_refused_in_words(self):
        for data in (b"", b"{}", b"[]", b"null", b"\xff", b'{"format": 1}'):
            with self.subTest(data), self.assertRaises(verify.Unreadable):
                verify.read_anchor(data)
