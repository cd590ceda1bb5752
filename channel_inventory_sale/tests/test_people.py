# SPDX-License-Identifier: AGPL-3.0-or-later
from unittest.mock import patch

from lxml import etree

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools.safe_eval import safe_eval

from odoo.addons.channel_inventory_base.tests.common import ChannelCase


@tagged("post_install", "-at_install")
class TestPeople(ChannelCase):
    """What people in the warehouse, in the office and on the phone look for."""

    def setUp(self):
        super().setUp()
        self.go_live(10)
        self.name = self.fake.sell(2)
        self.capture(self.name)
        self.intake()
        self.deal = self.order(self.name)

    def test_warehouse_worker_finds_a_transfer_by_the_number_of_the_shop(self):
        worker = new_test_user(self.env, "worker", groups="stock.group_stock_user")
        pickings = self.env["stock.picking"].with_user(worker)
        found = pickings.search([("channel_order_name", "ilike", self.name)])
        self.assertEqual(found, self.deal.sale_order_id.picking_ids)
        self.assertEqual(found.channel_order_name, self.name)
        self.assertEqual(found.channel_name, "Fake")
        view = self.env.ref("stock.view_picking_internal_search")
        arch = pickings.get_view(view.id, "search")["arch"]
        self.assertIn("('channel_order_name', 'ilike', self)", arch)

    def test_picking_slip_bears_the_number_of_the_shop(self):
        reports = self.env["ir.actions.report"]
        # no barcode is drawn: that takes a library that not every server has
        with patch.object(type(reports), "barcode", lambda self, *_args, **_kw: b""):
            html, _kind = reports._render_qweb_html(
                "stock.action_report_picking", self.deal.sale_order_id.picking_ids.ids
            )
        self.assertIn(self.name, html.decode())

    def test_order_is_found_by_its_name_and_not_by_a_part_of_an_id(self):
        other = self.fake.sell(1)
        self.fake.orders[other]["external_id"] = "5000000001001"
        self.capture(other)
        self.assertEqual(self.look_for("1001").mapped("name"), [self.name])
        self.assertEqual(
            self.look_for(self.name[1:3]).mapped("name"), [other, self.name]
        )
        self.assertEqual(self.look_for("5000000001001").mapped("name"), [other])

    def look_for(self, words):
        """What the search box of the screen finds."""
        arch = self.env["channel.order"].get_view(view_type="search")["arch"]
        [field] = etree.fromstring(arch).xpath("//field[@name='name']")
        domain = safe_eval(field.get("filter_domain"), {"self": words})
        return self.env["channel.order"].search(
            [*domain, ("channel_id", "=", self.channel.id)]
        )

    def test_channel_users_leave_notes_and_auditors_do_not(self):
        for role in ("user", "operator", "manager"):
            user = self.make_user(self.env, role)
            order = self.deal.with_user(user)
            note = order.message_post(body=f"Called by {role}")
            self.assertEqual(note.author_id, user.partner_id)
        auditor = self.make_user(self.env, "auditor")
        with self.assertRaises(AccessError):
            self.deal.with_user(auditor).message_post(body="I was here")
        stranger = new_test_user(self.env, "stranger", groups="base.group_user")
        with self.assertRaises(AccessError):
            self.deal.with_user(stranger).message_post(body="Me too")

    def test_auditor_and_operator_export_and_a_user_does_not(self):
        for role, may in (("auditor", True), ("operator", True), ("user", False)):
            user = self.make_user(self.env, role)
            self.assertEqual(user.has_group("base.group_allow_export"), may, role)
