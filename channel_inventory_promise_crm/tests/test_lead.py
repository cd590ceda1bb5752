# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from odoo.addons.channel_inventory_promise.tests.common_quote import QuoteCase


@tagged("post_install", "-at_install")
class TestLead(QuoteCase):
    """An opportunity shows what its quotations hold."""

    def test_held_units_of_an_opportunity(self):
        lead = self.env["crm.lead"].create(
            {"name": "Trade fair", "type": "opportunity", "user_id": self.seller.id}
        )
        other = lead.copy()
        self.held_quote(3, opportunity_id=lead.id)
        order = self.held_quote(2, opportunity_id=lead.id)
        self.env.flush_all()
        self.env.invalidate_all()
        both = (lead | other).with_user(self.seller)
        self.assertEqual(both.mapped("channel_held_quantity"), [5, 0])
        order.action_channel_release()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(both.mapped("channel_held_quantity"), [3, 0])
        action = both[0].action_channel_holds()
        rows = self.env["channel.quote.hold"].search(action["domain"])
        self.assertEqual(sorted(rows.mapped("quantity")), [2, 3])
        arch = lead.get_view(view_type="form")["arch"]
        self.assertIn("channel_held_quantity", arch)

    def test_colleague_sees_what_he_may_see(self):
        lead = self.env["crm.lead"].create({"name": "Fair", "type": "opportunity"})
        self.held_quote(3, opportunity_id=lead.id)
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(lead.with_user(self.rival).channel_held_quantity, 0)
        stranger = self.make_user(self.env, "operator")
        self.assertEqual(lead.with_user(stranger).sudo().channel_held_quantity, 3)
