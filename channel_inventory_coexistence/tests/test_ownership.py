# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .common_coexistence import CoexistenceCase


@tagged("post_install", "-at_install")
class TestOwnership(CoexistenceCase):
    """Who owns what: what the code asks is enforced, the rest is an agreement."""

    def own(self, domain, owner, activate=True, **values):
        row = self.env["channel.ownership"].create(
            {"domain": domain, "owner": owner, **values}
        )
        if activate:
            row.action_activate()
        return row

    def owner(self, domain, **places):
        return self.env["channel.ownership"]._get_owner(
            domain, self.env.company, **places
        )

    def test_narrowest_row_in_effect_says_who(self):
        self.assertEqual(self.owner("shipment", channel=self.channel), "")
        self.own("shipment", "odoo")
        draft = self.own("shipment", "external", False, channel_id=self.channel.id)
        self.assertEqual(self.owner("shipment", channel=self.channel), "odoo")
        draft.action_activate()
        self.assertEqual(self.owner("shipment", channel=self.channel), "external")
        self.assertEqual(self.owner("shipment"), "odoo")
        draft.action_retire()
        self.assertEqual(self.owner("shipment", channel=self.channel), "odoo")

    def test_second_row_of_the_same_place_is_refused(self):
        self.own("price", "odoo")
        with self.assertRaisesRegex(UserError, "has an owner already"):
            self.own("price", "external")

    def test_edit_counts_when_it_is_approved(self):
        self.env.company.channel_change_approval = True
        manager = "channel_inventory_base.group_channel_manager"
        first = new_test_user(self.env, "own_first", groups=manager)
        second = new_test_user(self.env, "own_second", groups=manager)
        row = self.own("invoice", "external", False).with_user(first)
        row.action_propose()
        with self.assertRaisesRegex(UserError, "yourself"):
            row.action_approve()
        row.with_user(second).action_approve()
        self.assertEqual(self.owner("invoice"), "external")
        row.owner = "odoo"
        self.assertEqual(row.state, "draft")
        self.assertEqual(self.owner("invoice"), "external")

    def test_what_another_system_confirms_odoo_does_not(self):
        """magento/inventory#2269: an order stood open because the ERP had shipped it;
        the other way round a customer is told twice."""
        self.fake.more = {"messages": frozenset({"shipment", "acceptance", "cancel"})}
        self.channel.send_acceptances = True
        kinds = ("shipment", "acceptance", "cancel")
        told = {kind: self.channel._notifies(kind) for kind in kinds}
        self.own("shipment", "external", channel_id=self.channel.id)
        self.own("acceptance", "channel")
        self.assertFalse(self.channel._notifies("shipment"))
        self.assertFalse(self.channel._notifies("acceptance"))
        self.assertEqual(self.channel._notifies("cancel"), told["cancel"])

    def test_standing_says_what_is_enforced_and_what_is_contradicted(self):
        self.assertEqual(self.own("price", "external").standing, "agreement")
        self.assertEqual(self.own("invoice", "odoo").standing, "enforced")
        row = self.own("stock", "external", warehouse_id=self.warehouse.id)
        self.assertEqual(row.standing, "contradicted")
        self.assertIn(self.warehouse.name, row.contradiction)
        self.warehouse.channel_authority = "external"
        row.invalidate_recordset()
        self.assertEqual(row.standing, "enforced")

    def test_channel_that_counts_is_not_told_other_numbers(self):
        row = self.own("stock", "channel", channel_id=self.channel.id)
        self.assertIn(self.channel.node_ids.name, row.contradiction)
        self.channel.node_ids.publish = False
        row.invalidate_recordset()
        self.assertEqual(row.standing, "enforced")

    def test_stock_goes_to_its_owner_only(self):
        self.count_externally(on_hand=40)
        self.own("stock", "external", warehouse_id=self.warehouse.id)
        with self.assertRaisesRegex(UserError, "ownership matrix"):
            self.cut_over("odoo").action_activate()
        keeper = new_test_user(
            self.env, "own_keeper", groups="stock.group_stock_manager,base.group_user"
        )
        with self.assertRaisesRegex(UserError, "ownership matrix"):
            self.warehouse.with_user(keeper).channel_authority = "odoo"
        self.assertEqual(self.warehouse.channel_authority, "external")

    def test_matrix_can_be_printed_and_signed(self):
        rows = self.own("price", "external", system="SAP", note="Agreed in May")
        rows |= self.own("customer", "odoo", False)
        html = self.env["ir.actions.report"]._render_qweb_html(
            "channel_inventory_coexistence.channel_ownership_report", rows.ids
        )[0]
        for words in (b"SAP", b"Agreed in May", b"Signature", b"By agreement"):
            self.assertIn(words, html)
