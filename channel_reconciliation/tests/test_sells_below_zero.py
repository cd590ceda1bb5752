# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.channel_inventory_base.schemas import ListingData

from .common import ReconcileCase


@tagged("post_install", "-at_install")
class TestSellsBelowZero(ReconcileCase):
    """Items that their channel goes on selling when there are none."""

    def setUp(self):
        super().setUp()
        self.fake.more["stops_selling"] = 10
        self.make_levels(9)
        self.go_live_all()
        self.fake.selling_on = {"item-1"}
        self.reconcile()
        self.difference = self.differences(kind="sells_below_zero")

    def send(self):
        self.env.flush_all()
        self.env["channel.selling.stop"]._run(self.channel)
        self.env.invalidate_all()

    def test_a_listing_tells_that_it_sells_out_of_stock(self):
        catalogue = self.env["channel.catalogue"]
        for sells in (True, False):
            page = [ListingData("variant-1", "item-1", "SKU-1", sells_below_zero=sells)]
            catalogue._store_page(self.channel.id, page)
            self.assertEqual(self.listing.sells_below_zero, sells)

    def test_an_approved_stop_is_told_to_the_channel(self):
        self.assertEqual(self.difference.state, "open")
        self.assertTrue(self.exceptions(category="sells_below_zero"))
        self.channel.company_id.channel_change_approval = True
        operator = self.make_user(self.env, "operator")
        self.difference.with_user(operator).action_stop_selling()
        self.assertEqual(self.difference.state, "decided")
        self.send()
        self.assertFalse(self.fake.stopped, "nobody has approved it")
        # what is decided stays so when it is seen again
        self.reconcile()
        self.assertEqual(self.difference.state, "decided")
        manager = self.make_user(self.env, "manager")
        self.difference.with_user(manager).action_approve()
        self.assertEqual(self.difference.state, "checking")
        self.send()
        self.assertEqual(self.fake.stopped, [["variant-1"]])
        self.assertEqual(self.difference.state, "repaired")
        self.send()
        self.assertEqual(len(self.fake.stopped), 1, "once")
        self.reconcile()
        self.assertFalse(self.exceptions(category="sells_below_zero"))
        self.assertFalse(self.differences(kind="sells_below_zero", state="open"))

    def test_a_proposer_does_not_approve(self):
        self.channel.company_id.channel_change_approval = True
        manager = self.make_user(self.env, "manager")
        self.difference.with_user(manager).action_stop_selling()
        with self.assertRaises(UserError):
            self.difference.with_user(manager).action_approve()
        self.difference.with_user(
            self.make_user(self.env, "manager", "other")
        ).action_reject()
        self.assertEqual(self.difference.state, "open")

    def test_a_refused_stop_is_told_and_open_again(self):
        self.fake.rejected["item-1"] = "no permission to write products"
        self.difference.action_stop_selling()
        self.send()
        self.assertEqual(self.difference.state, "open")
        told = self.exceptions(res_id=self.difference.id)
        self.assertIn("no permission to write products", told.message)
        self.fake.rejected.clear()
        self.difference.action_stop_selling()
        self.send()
        self.assertEqual(self.difference.state, "repaired")
        self.assertFalse(self.exceptions(res_id=self.difference.id))

    def test_a_lost_answer_is_sent_again(self):
        self.fake.faults.append(("stop", LookupError("lost")))
        self.difference.action_stop_selling()
        with self.assertRaises(LookupError):
            self.send()
        self.send()
        self.assertEqual(self.difference.state, "repaired")

    def test_a_channel_that_cannot_be_told_says_so(self):
        self.fake.more["stops_selling"] = 0
        with self.assertRaisesRegex(UserError, "change it on the channel"):
            self.difference.action_stop_selling()
