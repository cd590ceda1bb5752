# SPDX-License-Identifier: AGPL-3.0-or-later
import json
import os
from unittest.mock import patch

from psycopg2.errors import InsufficientPrivilege

from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..lib.signing import ENVIRONMENT_VARIABLE
from ..models import channel_audit_sealer
from .common_seal import SealCase, keys, public


@tagged("post_install", "-at_install")
class TestSeals(SealCase):
    """What is sealed, by whom it is signed, and what is told where it is not."""

    def test_numbers_have_no_gaps_and_each_names_the_one_before(self):
        _rows, first = self.seal("one")
        self.assertFalse(self.sealer._seal_all(), "nothing to seal makes no seal")
        _rows, second = self.seal("two", "three")
        self.assertEqual(second.number, first.number + 1)
        self.assertEqual(second.previous, first.hash)
        self.assertEqual((first.count, second.count), (1, 2))
        self.assertTrue(second.is_signed)
        self.assertEqual(second.key_names, public(1))

    def test_leaves_and_seals_refuse_to_be_changed(self):
        self.seal("one")
        for statement in (
            "UPDATE channel_audit_leaf SET digest = 'x'",
            "DELETE FROM channel_audit_leaf",
            "TRUNCATE channel_audit_leaf",
            "UPDATE channel_audit_seal SET count = 0",
            "DELETE FROM channel_audit_seal",
            "TRUNCATE channel_audit_seal",
            "TRUNCATE channel_audit_receipt",
        ):
            with (
                self.subTest(statement),
                mute_logger("odoo.sql_db"),
                self.assertRaises(InsufficientPrivilege),
                self.env.cr.savepoint(),
            ):
                self.env.cr.execute(statement)

    def test_a_backlog_is_sealed_batch_by_batch(self):
        rows = self.log(*map(str, range(7)))
        with patch.object(channel_audit_sealer, "BATCH", 3):
            self.assertEqual(self.sealer._seal_all(), 7)
        self.env.invalidate_all()
        made = self.seals.search([], limit=3)
        self.assertEqual(made.mapped("count"), [1, 3, 3])
        stated = [json.loads(seal.statement)["complete"] for seal in made]
        self.assertEqual(stated, [True, False, False])
        self.assertOnly(self.verify())
        self.assertTrue(all(row.seal_number for row in rows))

    def test_old_seals_verify_with_the_old_key_after_a_rotation(self):
        self.seal("by the old one")
        with keys(2, 1):
            _rows, both = self.seal("by both")
        with keys(2):
            _rows, new = self.seal("by the new one")
        self.assertEqual(both.key_names, f"{public(2)}, {public(1)}")
        self.assertEqual(new.key_names, public(2))
        # who knows the old key alone believes the new one: the old one has signed too
        report = self.verify(known=[public(1)])
        self.assertOnly(report)
        self.assertOnly(self.verify())

    def test_a_key_that_nobody_has_vouched_for_is_named(self):
        self.seal("one")
        with keys(2):
            self.seal("two")
        self.assertFound(self.verify(known=[public(1)]), "signature", public(2))

    def test_without_a_key_the_chain_is_unsigned_and_says_so(self):
        with keys():
            _rows, seal = self.seal("one")
        self.assertFalse(seal.is_signed)
        self.assertIn("seal_key", seal.warning)
        self.channel.invalidate_recordset()
        self.assertIn("seal_key", self.channel.notice)
        with keys(1):
            _rows, seal = self.seal("two")
        self.channel.invalidate_recordset()
        self.assertNotIn("seal_key", self.channel.notice or "")
        self.assertNotIn("seal_key", seal.warning or "")

    def test_a_key_that_is_lost_or_is_none_is_an_exception_that_ends_with_a_key(self):
        exceptions = self.env["channel.exception"].search([("key", "=", "seal_key")])
        self.assertFalse(exceptions.filtered(lambda each: each.state == "open"))
        for text in ("", "too short"):
            with (
                self.subTest(text),
                patch.dict(os.environ, {ENVIRONMENT_VARIABLE: text}),
            ):
                _rows, seal = self.seal("without")
                found = self.env["channel.exception"].search(
                    [("key", "=", "seal_key"), ("state", "=", "open")]
                )
                self.assertEqual(len(found), 1)
                self.assertFalse(seal.is_signed)
            self.seal("with")
            self.assertEqual(found.state, "resolved")

    def test_a_publication_is_sealed_when_its_outcome_is_known(self):
        """Until then it may be frozen anew, with other lines and another key."""
        publication = self.env["channel.publication"].create(
            {
                "channel_id": self.channel.id,
                "key": "a",
                "trace": "a",
                "payload": "{}",
                "state": "ready",
            }
        )
        leaves = self.env["channel.audit.leaf"]
        domain = [
            ("source", "=", "channel.publication"),
            ("row_id", "=", publication.id),
        ]
        self.sealer._seal_all()
        self.assertFalse(leaves.search_count(domain))
        publication.write({"key": "b", "state": "done"})
        self.sealer._seal_all()
        self.assertTrue(leaves.search_count(domain))

    def test_a_row_of_the_trail_names_its_seal(self):
        rows, seal = self.seal("one")
        self.assertEqual(rows.seal_number, seal.number)
        self.assertFalse(self.log("two").seal_number)

    def test_auditors_verify_and_export_and_others_do_not(self):
        auditor = self.make_user(self.env, "auditor", "seal_auditor")
        user = self.make_user(self.env, "operator", "seal_operator")
        stranger = new_test_user(self.env, "seal_nobody", groups="base.group_user")
        self.seal("one")
        checks = self.env["channel.audit.check"]
        for each in (user, stranger):
            self.assertFalse(checks.with_user(each).has_access("create"))
        check = checks.with_user(auditor).create({})
        check.action_verify()
        self.assertTrue(check.is_clean, check.result)
        check = checks.with_user(auditor).create({})
        check.action_export()
        self.assertTrue(check.file)
