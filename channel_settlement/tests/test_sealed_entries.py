# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from odoo.addons.channel_inventory_seal import verify

from .common import SettlementCase


@tagged("post_install", "-at_install")
class TestSealedEntries(SettlementCase):
    """The entry of a settlement is sealed with its lines."""

    def setUp(self):
        super().setUp()
        self.paid(100, "O1")
        settlement = self.take_in(self.line("charge", 100, "3.20", order_ref="O1"))
        self.move = self.post(settlement)
        self.env.flush_all()
        self.env["channel.audit.sealer"]._seal_all()

    def verify(self):
        self.env.flush_all()
        exporter = self.env["channel.audit.exporter"]
        return verify.verify(exporter._iter_seals(), exporter._iter_rows())

    def test_a_changed_amount_of_any_line_is_named(self):
        self.assertTrue(self.verify().is_clean)
        for line in self.move.line_ids:
            with self.subTest(line.account_id.code), self.env.cr.savepoint() as point:
                self.env.cr.execute(
                    "UPDATE account_move_line SET amount_currency = amount_currency "
                    "+ 0.01 WHERE id = %s",
                    [line.id],
                )
                [(kind, words)] = self.verify().findings
                self.assertEqual(kind, "changed")
                self.assertIn(f"channel.settlement.entry {self.move.id} ", words)
                point.rollback()

    def test_an_entry_that_is_numbered_anew_is_named(self):
        """odoo/odoo 112320"""
        self.env.cr.execute(
            "UPDATE account_move SET name = 'MISC/0' WHERE id = %s", [self.move.id]
        )
        self.assertEqual(self.verify().counts, {"changed": 1})

    def test_what_may_be_edited_is_no_change(self):
        """Contacts are merged, labels and references of posted entries corrected."""
        self.move.write({"ref": "another reference"})
        self.move.line_ids.write({"name": "another label"})
        other = self.env["res.partner"].create({"name": "Merged"})
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_move_line SET partner_id = %s WHERE move_id = %s",
            (other.id, self.move.id),
        )
        self.assertTrue(self.verify().is_clean)
