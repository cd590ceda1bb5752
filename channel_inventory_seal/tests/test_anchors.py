# SPDX-License-Identifier: AGPL-3.0-or-later
import base64
import json
import os
import tempfile
from pathlib import Path
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from odoo.addons.channel_inventory_base.lib.errors import Misconfigured, Unavailable
from odoo.addons.channel_inventory_base.tools import options

from .. import verify
from ..lib.folder import Folder
from .common_seal import SealCase


@tagged("post_install", "-at_install")
class TestAnchors(SealCase):
    """What was sent outside proves the seals; what could not be sent is told."""

    def setUp(self):
        super().setUp()
        self.folder = self.enterContext(tempfile.TemporaryDirectory())
        self.allowed = self.folder
        original = options.read
        self.enterContext(
            patch.object(
                options,
                "read",
                lambda path, option: (
                    self.allowed if option == "seal_folders" else original(path, option)
                ),
            )
        )
        self.place = self.env["channel.audit.anchor"].create(
            {"name": "Vault", "kind": "folder", "folder": self.folder}
        )

    def files(self):
        return sorted(Path(self.folder).iterdir())

    def send(self):
        self.env["channel.audit.anchor"]._cron_anchor()
        self.env.invalidate_all()

    def opened(self):
        return self.env["channel.exception"].search(
            [("key", "=", f"anchor:{self.place.id}"), ("state", "=", "open")]
        )

    def test_the_last_seal_is_sent_once(self):
        _rows, seal = self.seal("one")
        self.send()
        self.send()
        [file] = self.files()
        anchor = verify.read_anchor(file.read_bytes())
        self.assertEqual((anchor["number"], anchor["hash"]), (seal.number, seal.hash))
        self.assertEqual(len(self.place.receipt_ids), 1)
        self.assertEqual(seal.anchored_at, self.place.last_at)
        self.assertOnly(self.verify([anchor]))

    def test_a_receipt_of_another_seal_keeps_none_from_being_sent(self):
        """Who may write rows could say that a seal of the far future was sent."""
        _rows, seal = self.seal("one")
        self.env["channel.audit.receipt"].create(
            {
                "anchor_id": self.place.id,
                "company_id": self.place.company_id.id,
                "seal_number": 2**31 - 1,
                "seal_hash": "0" * 64,
                "at": fields.Datetime.now(),
                "reference": "nowhere",
            }
        )
        self.send()
        [file] = self.files()
        anchor = verify.read_anchor(file.read_bytes())
        self.assertEqual((anchor["number"], anchor["hash"]), (seal.number, seal.hash))

    def test_verify_reads_folders_back(self):
        self.seal("one")
        number = self.seal("two")[1].number
        self.send()
        self.forget_seals(number)
        check = self.env["channel.audit.check"].create({})
        check.action_verify()
        self.assertFalse(check.is_clean)
        self.assertIn(f"knows seal {number}", check.result)

    def test_verify_takes_an_anchor_that_was_kept_elsewhere(self):
        _rows, seal = self.seal("one")
        kept = json.loads(seal._prepare_anchor())
        other = json.dumps(
            {
                **kept,
                "statement": kept["statement"].replace('"count":1', '"count":2'),
            }
        )
        check = self.env["channel.audit.check"].create(
            {"anchor_file": base64.b64encode(seal._prepare_anchor().encode())}
        )
        check.action_verify()
        self.assertTrue(check.is_clean, check.result)
        with self.assertRaises(verify.Unreadable):
            verify.read_anchor(other)

    def test_a_place_that_cannot_be_reached_is_an_exception_until_it_can(self):
        self.seal("one")
        self.place.folder = f"{self.folder}/missing"
        self.send()
        found = self.opened()
        self.assertEqual(found.company_id, self.place.company_id)
        self.assertIn("missing", found.message)
        self.assertFalse(self.place.receipt_ids)
        self.assertTrue(found.can_retry)
        os.mkdir(f"{self.folder}/missing")
        found.action_retry()
        self.assertEqual(found.state, "resolved")
        self.assertTrue(self.place.receipt_ids)

    def test_a_failing_place_keeps_none_of_the_others_waiting(self):
        self.seal("one")
        self.place.folder = f"{self.folder}/missing"
        second = self.place.create(
            {"name": "Other", "kind": "folder", "folder": self.folder}
        )
        self.send()
        self.assertTrue(second.receipt_ids)

    def test_a_folder_that_the_configuration_does_not_allow_is_refused(self):
        self.allowed = ""
        for path in (self.folder, "/", f"{self.folder}/../.."):
            with self.subTest(path), self.assertRaises(Misconfigured):
                Folder(path, self.allowed)
        self.allowed = self.folder
        with self.assertRaises(Misconfigured):
            Folder(f"{self.folder}/../elsewhere", self.allowed)

    def test_what_lies_there_is_never_overwritten(self):
        folder = Folder(self.folder, self.allowed)
        folder.deliver("anchor-1.json", b"first")
        folder.deliver("anchor-1.json", b"first")
        with self.assertRaises(Unavailable):
            folder.deliver("anchor-1.json", b"second")
        self.assertEqual(folder.read_all(), [b"first"])

    def test_auditors_get_it_by_mail(self):
        auditor = self.make_user(self.env, "auditor", "mail_auditor")
        auditor.email = "auditor@example.com"
        self.place.active = False
        place = self.place.create({"name": "Auditors", "kind": "mail"})
        _rows, seal = self.seal("one")
        with patch.object(type(self.env["mail.mail"]), "send", _sent):
            self.send()
        mail = self.env["mail.mail"].search([], order="id desc", limit=1)
        self.assertIn("auditor@example.com", mail.email_to)
        self.assertIn(seal.hash, mail.body_html)
        anchor = verify.read_anchor(base64.b64decode(mail.attachment_ids.datas))
        self.assertEqual(anchor["number"], seal.number)
        self.assertIn("auditor@example.com", place.receipt_ids.reference)

    def test_a_mail_that_is_not_taken_is_an_exception(self):
        self.place.write({"kind": "mail", "addresses": "a@example.com"})
        self.seal("one")
        with patch.object(type(self.env["mail.mail"]), "send", _refused):
            self.send()
        self.assertIn("no route", self.opened().message)
        self.assertFalse(self.place.receipt_ids)

    def test_without_a_place_a_seal_says_what_it_does_not_prove(self):
        _rows, seal = self.seal("one")
        self.assertFalse(seal.warning)
        self.place.active = False
        seal.invalidate_recordset()
        self.assertIn("anchor", seal.warning)


def _sent(mails, *_args, **_values):
    mails.write({"state": "sent"})


def _refused(mails, *_args, **_values):
    mails.write({"state": "exception", "failure_reason": "no route"})
