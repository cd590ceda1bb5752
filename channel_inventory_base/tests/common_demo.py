# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.modules import Manifest
from odoo.tools.convert import convert_file


class DemoContract:
    """An addon's demo data show something and do nothing: no channel that speaks, no
    number, no job. Mixed into a case; the databases of tests have no such data.
    """

    addon = ""

    def test_contract_demo_data_show_a_draft_and_wake_nobody(self):
        channels, listings = self.env["channel.channel"], self.env["channel.listing"]
        before = channels.search([]), listings.search([])
        jobs = self.env["queue.job"].search_count([])
        files = Manifest.for_addon(self.addon)["demo"]
        self.assertTrue(files)
        for name in files:
            convert_file(self.env, self.addon, name, {}, "init", noupdate=True)
        self.env.flush_all()
        self.env["channel.planner"]._run()
        channel = channels.search([]) - before[0]
        self.assertEqual(channel.mapped("state"), ["draft"])
        self.assertFalse(channel.base_url)
        self.assertFalse(channel._may_talk())
        self.assertEqual(channel.health, "off")
        shown = listings.search([]) - before[1]
        self.assertEqual(shown.channel_id, channel)
        self.assertEqual(set(shown.mapped("state")), {"mapped", "unmapped"})
        pending = self.env["channel.level.pending"].search([])
        self.assertFalse(pending.level_id & shown.level_ids)
        self.assertEqual(self.env["queue.job"].search_count([]), jobs)
