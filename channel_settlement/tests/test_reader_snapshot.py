# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from odoo.addons.channel_inventory_base.db.jobs import WAITING, jobs_in
from odoo.addons.channel_inventory_base.tests.common_committed import CommittedCase

from .common import SettlementSetup


@tagged("post_install", "-at_install")
class TestReaderSnapshot(SettlementSetup, CommittedCase):
    """What a job has read and matched in transactions after its own has begun."""

    def setUp(self):
        super().setUp()
        self.fake.more = {"settlements": True}

    def test_order_that_was_named_just_now_is_asked_for_within_a_minute(self):
        with self.commit() as env:
            currency = env.company.currency_id.name
        line = self.line("charge", 100, settlement="S1", order_ref="nobody told")
        values = self.document(line, external_id="S1", currency=currency)
        self.fake.payouts = [("S1@PAID", values)]
        with self.commit() as env:
            env["channel.settlement.reader"]._fetch(self.channel(env))
        with self.commit() as env:
            env.cr.execute("DELETE FROM queue_job")
        with self.commit() as env:
            channel = self.channel(env)
            self.assertTrue(channel.read(["name"]))
            env["channel.settlement.reader"]._run(channel)
        with self.commit() as env:
            [line] = env["channel.settlement.line"].search(
                [("channel_id", "=", self.channel_id)]
            )
            self.assertEqual(line.match, "no_order")
            key = f"channel_inventory:_job_payouts:{self.channel_id}:later"
            self.assertTrue(jobs_in(env.cr, [key], WAITING))
