# SPDX-License-Identifier: AGPL-3.0-or-later
import json
import time
from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .. import verify
from .common_seal import SealCase, keys, public


@tagged("post_install", "-at_install")
class TestTampering(SealCase):
    """A superuser drops the triggers and edits the trail: what was done is named."""

    def test_untouched_nothing_is_found(self):
        self.seal("one", "two")
        self.seal("three")
        report = self.verify([self.anchor()], [public(1)])
        self.assertOnly(report)
        self.assertGreaterEqual(report.rows, 3)

    def test_a_changed_row_is_named(self):
        rows, seal = self.seal("one", "two", "three")
        self.tamper(
            "UPDATE channel_audit SET message = 'nothing' WHERE id = %s", rows[1].id
        )
        report = self.verify()
        self.assertOnly(report, "changed")
        self.assertFound(
            report, "changed", f"channel.audit {rows[1].id} ", f"seal {seal.number}"
        )

    def test_a_removed_row_is_named(self):
        rows, _seal = self.seal("one", "two", "three")
        self.tamper("DELETE FROM channel_audit WHERE id = %s", rows[2].id)
        report = self.verify()
        self.assertOnly(report, "removed")
        self.assertFound(report, "removed", f"channel.audit {rows[2].id} ")

    def test_two_swapped_rows_are_named(self):
        rows, _seal = self.seal("one", "two", "three")
        self.tamper(
            """
            UPDATE channel_audit SET message = other.message FROM channel_audit other
             WHERE channel_audit.id IN %(ids)s AND other.id IN %(ids)s
               AND other.id <> channel_audit.id
            """.replace("%(ids)s", str(tuple(rows[:2].ids)))
        )
        report = self.verify()
        self.assertEqual(report.counts, {"changed": 2})
        for row in rows[:2]:
            self.assertFound(report, "changed", f"channel.audit {row.id} ")

    def test_an_old_row_that_is_inserted_later_is_named(self):
        """Sealed or not: a seal that had everything was made after its time."""
        self.seal("one")
        old = self.log("it was always there")
        self.tamper(
            "UPDATE channel_audit SET at = %s WHERE id = %s",
            fields.Datetime.now() - timedelta(days=30),
            old.id,
        )
        self.assertFound(self.verify(), "late", f"channel.audit {old.id} ")
        self.sealer._seal_all()
        report = self.verify()
        self.assertOnly(report, "late")
        self.assertFound(report, "late", f"channel.audit {old.id} ")

    def test_a_row_changed_with_its_leaf_shows_in_its_seal(self):
        rows, seal = self.seal("one", "two")
        self.tamper("UPDATE channel_audit SET message = 'x' WHERE id = %s", rows[0].id)
        self.tamper(
            "UPDATE channel_audit_leaf SET digest = repeat('0', 64) WHERE row_id = %s "
            "AND source = 'channel.audit'",
            rows[0].id,
        )
        self.assertFound(self.verify(), "leaves", f"seal {seal.number}")

    def test_a_row_removed_with_its_leaf_leaves_a_gap(self):
        rows, seal = self.seal("one", "two", "three")
        self.tamper("DELETE FROM channel_audit WHERE id = %s", rows[1].id)
        self.tamper("DELETE FROM channel_audit_leaf WHERE row_id = %s", rows[1].id)
        report = self.verify()
        self.assertOnly(report, "leaves")
        self.assertFound(
            report,
            "leaves",
            f"channel.audit {rows[0].id} and channel.audit {rows[2].id}",
        )
        self.assertFound(report, "leaves", f"seal {seal.number} stands for 3 rows")

    def test_the_last_leaf_of_a_seal_is_missed(self):
        rows, seal = self.seal("one", "two")
        self.tamper("DELETE FROM channel_audit WHERE id = %s", rows[1].id)
        self.tamper("DELETE FROM channel_audit_leaf WHERE row_id = %s", rows[1].id)
        self.assertFound(self.verify(), "leaves", f"seal {seal.number} stands for 2")

    def test_a_seal_made_anew_without_the_key_shows(self):
        """All hashes fit; the signature cannot."""
        rows, seal = self.seal("one")
        self.forget_seals(seal.number)
        self.tamper("UPDATE channel_audit SET message = 'x' WHERE id = %s", rows.id)
        with keys(9):
            self.sealer._seal_all()
        self.assertOnly(self.verify())
        report = self.verify(known=[public(1)])
        self.assertOnly(report, "signature")
        self.assertFound(report, "signature", public(9))

    def test_a_seal_without_a_signature_behind_signed_ones_shows(self):
        _rows, seal = self.seal("one")
        with keys():
            _rows, unsigned = self.seal("two")
        report = self.verify()
        self.assertOnly(report, "signature")
        self.assertFound(report, "signature", f"seal {unsigned.number} is not signed")
        self.assertTrue(seal.is_signed)

    def test_a_changed_statement_shows(self):
        _rows, seal = self.seal("one")
        self.seal("two")
        self.tamper(
            "UPDATE channel_audit_seal SET statement = replace(statement, "
            "'\"count\":1', '\"count\":2') WHERE number = %s",
            seal.number,
        )
        report = self.verify()
        self.assertFound(report, "seal", f"seal {seal.number}")
        self.assertFound(report, "signature", f"seal {seal.number}")
        self.assertFound(report, "chain", f"seal {seal.number + 1} does not follow")

    def test_what_a_screen_shows_beside_the_statement_is_compared(self):
        _rows, seal = self.seal("one")
        for change in ("count = 7", "sealed_at = '2020-01-01'", "hash = 'x'"):
            with self.subTest(change), self.env.cr.savepoint() as point:
                self.tamper(
                    f"UPDATE channel_audit_seal SET {change} WHERE number = %s",
                    seal.number,
                )
                self.assertFound(self.verify(), "seal", f"seal {seal.number}")
                point.rollback()
                self.env.invalidate_all()

    def test_a_seal_from_the_middle_is_missed(self):
        _rows, seal = self.seal("one")
        number = seal.number
        self.seal("two")
        self.tamper("DELETE FROM channel_audit_seal WHERE number = %s", number)
        self.assertFound(self.verify(), "chain", f"seals {number} to {number}")

    def test_seals_cut_off_the_end_show_against_an_anchor_only(self):
        """And it is said that without one they would not."""
        self.seal("one")
        _rows, kept = self.seal("two")
        for message in ("three", "four", "five"):
            self.seal(message)
        anchor = self.anchor()
        self.tamper(
            "DELETE FROM channel_audit WHERE id IN (SELECT row_id FROM "
            "channel_audit_leaf WHERE seal_number > %s AND source = 'channel.audit')",
            kept.number,
        )
        self.forget_seals(kept.number + 1)
        blind = self.verify()
        self.assertOnly(blind)
        self.assertIn("cut off at its end, would not show", " ".join(blind.notes))
        report = self.verify([anchor])
        self.assertOnly(report, "cut")
        self.assertFound(report, "cut", "3 seals and their rows were cut off")
        # and so it stays when others have taken their numbers
        for message in ("six", "seven", "eight", "nine"):
            self.seal(message)
        self.assertFound(
            self.verify([anchor]), "cut", f"seal {anchor['number']} is not the one"
        )

    def test_seals_without_their_leaves_or_leaves_without_their_seals(self):
        rows, seal = self.seal("one")
        self.tamper("DELETE FROM channel_audit_seal WHERE number = %s", seal.number)
        self.assertFound(self.verify(), "chain", f"channel.audit {rows.id} ")

    def test_an_unsigned_chain_that_was_made_anew_shows_against_an_anchor(self):
        with keys():
            rows, seal = self.seal("one")
            anchor = self.anchor()
            self.forget_seals(seal.number)
            self.tamper("UPDATE channel_audit SET message = 'x' WHERE id = %s", rows.id)
            self.sealer._seal_all()
        self.assertFound(
            self.verify([anchor]), "cut", f"seal {anchor['number']} is not the one"
        )

    def test_an_unsigned_chain_that_was_made_anew_shows_against_a_key(self):
        with keys(1):
            rows, seal = self.seal("one")
        with keys():
            self.forget_seals(0)
            self.tamper("UPDATE channel_audit SET message = 'x' WHERE id = %s", rows.id)
            self.sealer._seal_all()
        self.assertOnly(self.verify())
        self.assertFound(self.verify(known=[public(1)]), "signature", "not signed")

    # -------------------------------------------------------------- retention
    def test_a_claim_that_is_none_of_retentions_own_is_not_believed(self):
        """Whoever can write a row of the trail could say that others were removed."""
        later = fields.Datetime.now() + timedelta(days=3650)
        later = later.isoformat(timespec="microseconds")
        for source, at, values in (
            ("channel.rule.version", None, {}),
            ("channel.audit", later, {}),
            ("channel.publication", None, {"channel_id": self.channel.id}),
            ("channel.publication", None, {"kind": "operator"}),
        ):
            with self.subTest(source=source, at=at, **values):
                claim, _seal = self.seal("claim")
                before = fields.Datetime.now().isoformat(timespec="microseconds")
                rows = verify.Rows(
                    verify.Report(),
                    {source: {"before": before, "row": claim.id}},
                )
                row = [claim.id, at or before, None, None, None, "control"]
                row += [None, None, None, "x", {"removed": {source: before}}]
                if values.get("channel_id"):
                    row[2] = values["channel_id"]
                row[5] = values.get("kind", row[5])
                parts = [b"", b"", b"channel.audit", str(claim.id).encode()]
                parts += [str(row[1]).encode(), b"1", b"", b""]
                rows._check_claim({"sealed_at": before}, parts, json.dumps(row))
                rows.end()
                self.assertOnly(rows.report, "claim")

    def age(self, rows, days):
        """Rows that were written and sealed long ago."""
        self.tamper(
            "UPDATE channel_audit SET at = %s WHERE id = ANY(%s)",
            fields.Datetime.now() - timedelta(days=days),
            rows.ids,
        )

    def test_what_retention_removes_stays_provable(self):
        rows = self.log("old", "young")
        self.age(rows[0], 800)
        self.start_anew()
        report = self.verify()
        self.assertOnly(report)
        self.env["channel.audit"]._cron_retention()
        self.sealer._seal_all()
        self.assertFalse(rows[0].exists())
        report = self.verify()
        self.assertOnly(report)
        self.assertGreaterEqual(report.retained, 1)

    def test_a_removed_young_row_is_none_of_retention(self):
        rows = self.log("old", "young")
        self.age(rows[0], 800)
        self.start_anew()
        self.env["channel.audit"]._cron_retention()
        self.sealer._seal_all()
        self.tamper("DELETE FROM channel_audit WHERE id = %s", rows[1].id)
        report = self.verify()
        self.assertOnly(report, "removed")
        self.assertFound(report, "removed", f"channel.audit {rows[1].id} ")

    def test_a_claim_of_retention_that_reaches_too_far_is_none(self):
        rows, _seal = self.seal("young")
        self.tamper("DELETE FROM channel_audit WHERE id = %s", rows.id)
        self.env["channel.audit"]._log_retention(
            ["channel.audit"], fields.Datetime.now() + timedelta(days=1), 1
        )
        self.sealer._seal_all()
        report = self.verify()
        self.assertOnly(report, "claim")

    def test_removed_publications_are_explained_and_changed_ones_named(self):
        publication = self.make_publication()
        line = publication.line_ids
        self.sealer._seal_all()
        self.assertOnly(self.verify())
        for name, record, change in (
            ("channel.publication", publication, "payload = '{}'"),
            ("channel.publication.line", line, "quantity = 99"),
            ("channel.publication.line", line, "inputs = '{\"on_hand\": 1}'"),
        ):
            with self.subTest(change), self.env.cr.savepoint() as point:
                self.tamper(
                    f"UPDATE {record._table} SET {change} WHERE id = %s", record.id
                )
                self.assertFound(self.verify(), "changed", f"{name} {record.id} ")
                point.rollback()
                self.env.invalidate_all()
        self.tamper("DELETE FROM channel_publication WHERE id = %s", publication.id)
        self.assertFound(
            self.verify(), "removed", f"channel.publication {publication.id} "
        )

    def test_removed_publications_are_explained_by_retention(self):
        publication = self.make_publication()
        self.env.cr.execute(
            "UPDATE channel_publication SET acked_at = %(then)s, write_date = %(then)s",
            {"then": fields.Datetime.now() - timedelta(days=400)},
        )
        self.start_anew()
        retention = self.env.ref("channel_inventory_base.retention_publication")
        retention._run(time.monotonic() + 60)
        self.assertFalse(publication.exists())
        self.sealer._seal_all()
        report = self.verify()
        self.assertOnly(report)
        self.assertGreaterEqual(report.retained, 2)

    def start_anew(self):
        """As if what is there now had been sealed by the first seals."""
        self.forget_seals(1)
        self.sealer._seal_all()

    def make_publication(self):
        now = fields.Datetime.now()
        self.env["channel.planner"]._run()
        level = self.env["channel.level"].search([("listing_id", "=", self.listing.id)])
        publication = self.env["channel.publication"].create(
            {
                "channel_id": self.channel.id,
                "key": "sealed",
                "trace": "sealed",
                "payload": '{"quantity": 7}',
                "state": "done",
                "sent_at": now,
                "acked_at": now,
            }
        )
        self.env["channel.publication.line"]._insert(
            publication, [(level.id, 7, 12, 1, now.isoformat(), "sealed", None)]
        )
        self.env.invalidate_all()
        return publication
