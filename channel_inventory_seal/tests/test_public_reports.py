# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import datetime, timedelta

from odoo import fields
from odoo.tests import tagged

from .common_seal import SealCase


@tagged("post_install", "-at_install")
class TestPublicReports(SealCase):
    """What others have reported of hash chains, tried on this one.

    Elsewhere: only the last line was hashed, contacts merged, entries renumbered
    (odoo/odoo 17671, 112804, 112320: ``test_sealed_entries`` of settlements); columns
    beside the hash (theam/facility 225: ``test_columns``); chains that fork under load
    (FootprintAI/Containarium 1326: ``test_races``); removed rows whose neighbours were
    linked anew, and cut ends (LegionIO 149: ``test_tampering``). Not found here either:
    another name of what an id stands for (odoo/odoo 17672).
    """

    def test_a_time_is_hashed_as_finely_as_it_is_stored(self):
        """block/buzz 2637: nanoseconds were hashed, microseconds stored; and QWED-AI
        380: the same time was spelled in another way later."""
        rows = self.log("on the second", "with microseconds")
        self.tamper(
            "UPDATE channel_audit SET at = %s WHERE id = %s",
            datetime.now().replace(microsecond=123457),
            rows[1].id,
        )
        self.sealer._seal_all()
        self.assertOnly(self.verify())
        self.env.cr.execute("SET LOCAL TimeZone = 'Asia/Kathmandu'")
        self.assertOnly(self.verify())

    def test_a_number_is_hashed_as_it_is_stored(self):
        """odoo/odoo 112016: 30 * 0.17 was hashed before it was rounded."""
        self.make_rule(self.env, "percent", 30 * 0.17)
        self.env.flush_all()
        self.assertTrue(self.sealer._seal_all())
        self.env.invalidate_all()
        self.assertOnly(self.verify())

    def test_rows_that_are_kept_between_removed_ones_are_no_alarm(self):
        """tale-project/tale 1844: retention left islands, and the chain read as
        broken."""
        rows = self.log(*map(str, range(6)))
        self.tamper(
            "UPDATE channel_audit SET at = %s WHERE id = ANY(%s)",
            fields.Datetime.now() - timedelta(days=800),
            rows.ids,
        )
        self.forget_seals(1)
        self.sealer._seal_all()
        # as retention would, had some of them to be kept
        self.tamper("DELETE FROM channel_audit WHERE id = ANY(%s)", rows[::2].ids)
        self.env["channel.audit"]._log_retention(
            ["channel.audit"], fields.Datetime.now() - timedelta(days=730), 3
        )
        self.sealer._seal_all()
        report = self.verify()
        self.assertOnly(report)
        self.assertGreaterEqual(report.retained, 3)

    def test_a_row_in_another_language_is_the_same_row(self):
        """What is translated later does not change what was written."""
        self.env["res.lang"]._activate_lang("fr_FR")
        self.seal("Publié")
        french = self.exporter.with_context(lang="fr_FR", tz="Pacific/Apia")
        self.assertEqual(list(french._iter_rows()), list(self.exporter._iter_rows()))

    def test_a_claim_that_makes_no_sense_stops_no_verification(self):
        for claim in ({"channel.audit": "never"}, 3, None, [1], {"x": None}):
            self.env["channel.audit"]._log(
                "control", self.channel, "Odd", data={"removed": claim}
            )
        self.env.flush_all()
        self.sealer._seal_all()
        self.assertLessEqual(set(self.verify().counts), {"claim"})
