# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged

from ..schemas import ListingData
from .common import ChannelCase

BASE = "channel_inventory_base.group_channel_"


class MappingCase(ChannelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operator = new_test_user(
            cls.env, "map_operator", groups=BASE + "operator,uom.group_uom"
        )
        cls.anna = new_test_user(cls.env, "map_anna", groups=BASE + "manager")
        cls.bert = new_test_user(cls.env, "map_bert", groups=BASE + "manager")
        cls.other = cls.make_product(cls.env, 2, 24, cls.warehouse)
        cls.company = cls.channel.company_id

    def new_listing(self, **values):
        """Not matched yet."""
        return self.make_listing(
            self.env,
            self.channel,
            self.env["product.product"],
            number=9,
            **{"state": "review", "suggested_product_id": self.other.id, **values},
        )

    def versions(self, listing):
        return listing.version_ids.sorted("number")


@tagged("post_install", "-at_install")
class TestMappingVersions(MappingCase):
    """What a listing was bound to at any time can be told, however it was changed."""

    def test_each_way_to_change_a_mapping_leaves_a_version(self):
        [first] = self.versions(self.listing)
        self.assertEqual((first.number, first.product_id), (1, self.product))
        self.listing.with_user(self.operator).pack_qty = 6
        self.listing.with_user(self.anna).product_id = self.other
        versions = self.versions(self.listing)
        self.assertEqual(versions.mapped("state"), ["retired", "retired", "active"])
        self.assertEqual(versions.mapped("stock_factor"), [1, 6, 6])
        self.assertEqual(
            versions.approved_by_id, self.env.user | self.operator | self.anna
        )
        self.assertEqual(self.listing.version_id, versions[-1])
        self.assertTrue(all(versions[:2].mapped("retired_at")))

    def test_suggestion_accepted_leaves_a_version(self):
        listing = self.new_listing(match_reason="Same barcode")
        self.assertFalse(listing.version_ids)
        listing.with_user(self.operator).action_accept()
        self.assertEqual(listing.version_ids.match_reason, "Same barcode")
        self.assertEqual(listing.version_ids.proposed_by_id, self.operator)

    def test_reason_of_a_suggestion_is_not_told_of_another_product(self):
        listing = self.new_listing(match_reason="Same barcode")
        listing.product_id = self.product
        listing.action_accept()
        self.assertFalse(listing.version_ids.match_reason)

    def test_automatic_match_leaves_a_version_by_the_system(self):
        self.fake.listings = [
            ListingData("variant-1", "item-1", sku="SKU-1"),
            ListingData("v2", "i2", sku="SKU-2"),
        ]
        self.env["channel.catalogue"].with_user(self.anna)._fetch(
            self.channel.with_user(self.anna)
        )
        self.env.invalidate_all()
        listing = self.channel.listing_ids.filtered(lambda each: each.sku == "SKU-2")
        self.assertEqual(listing.version_ids.product_id, self.other)
        self.assertEqual(listing.version_ids.approved_by_id.id, 1)

    def test_end_of_a_mapping_is_a_version(self):
        for state, action in (
            ("ignored", self.listing.action_ignore),
            ("gone", self.listing._mark_gone),
        ):
            self.listing.state = "mapped"
            action()
            with self.subTest(state):
                last = self.versions(self.listing)[-1]
                self.assertEqual(last.listing_state, state)
                self.assertEqual(last.state, "active")

    def test_what_is_no_mapping_leaves_no_version(self):
        listing = self.new_listing()
        listing.write({"pack_qty": 4, "product_id": self.other.id})
        listing.action_ignore()
        listing.action_reopen()
        self.assertFalse(listing.version_ids)

    def test_unit_that_contains_something_else_is_a_version_and_planned(self):
        """All that is sold by a pack follows when the pack itself is edited."""
        unit = self.env.ref("uom.product_uom_unit")
        pack, case = (
            self.env["uom.uom"].create(
                {
                    "name": name,
                    "relative_factor": factor,
                    "relative_uom_id": parent.id,
                }
            )
            for name, factor, parent in (("Pack", 2, unit), ("Case", 1, unit))
        )
        case.write({"relative_factor": 3, "relative_uom_id": pack.id})
        listing = self.new_listing(product_id=self.other.id, uom_id=case.id)
        listing.state = "mapped"
        self.plan()
        self.assertEqual((listing.stock_factor, listing.level_ids.target), (6, 4))
        number = listing.version_id.number
        pack.relative_factor = 4
        self.plan()
        self.assertEqual((listing.stock_factor, listing.level_ids.target), (12, 2))
        version = listing.version_id
        self.assertEqual((version.number, version.stock_factor), (number + 1, 12))

    def test_writing_the_same_again_leaves_no_version(self):
        self.listing.write({"product_id": self.product.id, "state": "mapped"})
        self.assertEqual(len(self.listing.version_ids), 1)

    def test_mappings_made_before_have_a_version_after_an_upgrade(self):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE channel_listing SET version_id = NULL;"
            "DELETE FROM channel_listing_version"
        )
        self.env.invalidate_all()
        self.env["channel.listing.version"].init()
        self.assertEqual(self.listing.version_id.product_id, self.product)
        self.assertEqual(self.listing.version_ids.number, 1)

    def test_many_listings_take_a_few_statements(self):
        listings = self.env["channel.listing"]
        for number in range(20, 40):
            listings |= self.make_listing(
                self.env, self.channel, self.other, number=number, state="review"
            )
        self.env.flush_all()
        with self.assertQueryCount(30):
            listings.write({"state": "mapped"})
            self.env.flush_all()
        self.assertEqual(len(listings.version_ids), 20)

    def test_nobody_writes_versions(self):
        version = self.listing.version_id
        for record, vals in (
            (self.listing, {"version_id": False}),
            (self.listing, {"proposal_id": version.id}),
            (self.listing, {"version_ids": [(2, version.id)]}),
            (version, {"product_id": self.other.id}),
            (version, {"state": "retired"}),
        ):
            with self.subTest(vals), self.assertRaises(AccessError):
                record.with_user(self.anna).write(vals)

    def test_words_tell_what_has_changed(self):
        self.listing.pack_qty = 12
        self.listing.product_id = self.other
        self.listing.action_ignore()
        words = self.versions(self.listing).mapped("changes")
        self.assertIn("1 Units of [SKU-1]", words[0])
        self.assertEqual(words[1], "1 Units → 12 Units per sold unit")
        self.assertIn("[SKU-1] Product 1 → [SKU-2] Product 2", words[2])
        self.assertEqual(words[3], "Ignored")


@tagged("post_install", "-at_install")
class TestMappingApproval(MappingCase):
    """Where two have to agree, the old mapping stays until they do."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.channel_change_approval = True

    def test_change_of_a_matched_listing_waits_for_another_person(self):
        self.listing.with_user(self.operator).write(
            {"product_id": self.other.id, "pack_qty": 12, "title": "Case"}
        )
        self.assertEqual(self.listing.product_id, self.product)
        self.assertEqual((self.listing.pack_qty, self.listing.title), (1, "Case"))
        proposal = self.listing.proposal_id
        self.assertEqual(
            (proposal.state, proposal.product_id, proposal.stock_factor),
            ("proposed", self.other, 12),
        )
        self.plan()
        self.assertEqual(self.level.target, 10)
        proposal.with_user(self.anna).action_approve()
        self.assertEqual(self.listing.product_id, self.other)
        self.assertFalse(self.listing.proposal_id)
        self.plan()
        self.assertEqual(self.level.target, 2)
        self.assertEqual(proposal, self.listing.version_id)
        self.assertEqual(
            (proposal.proposed_by_id, proposal.approved_by_id),
            (self.operator, self.anna),
        )
        self.assertEqual(
            self.versions(self.listing).mapped("state"), ["retired", "active"]
        )

    def test_first_match_waits_too(self):
        listing = self.new_listing()
        listing.with_user(self.anna).action_accept()
        self.assertEqual(listing.state, "review")
        self.assertFalse(listing.version_id)
        with self.assertRaisesRegex(UserError, "yourself"):
            listing.with_user(self.anna).action_approve_mapping()
        listing.with_user(self.bert).action_approve_mapping()
        self.assertEqual((listing.state, listing.product_id), ("mapped", self.other))

    def test_automatic_match_is_a_proposal_of_nobody(self):
        self.fake.listings = [
            ListingData("variant-1", "item-1", sku="SKU-1"),
            ListingData("v2", "i2", sku="SKU-2"),
        ]
        self.env["channel.catalogue"].with_user(self.anna)._fetch(
            self.channel.with_user(self.anna)
        )
        self.env.invalidate_all()
        listing = self.channel.listing_ids.filtered(lambda each: each.sku == "SKU-2")
        self.assertEqual(listing.state, "review")
        self.assertEqual(listing.proposal_id.product_id, self.other)
        listing.with_user(self.anna).action_approve_mapping()
        self.assertEqual(listing.state, "mapped")

    def test_listing_created_as_matched_waits_too(self):
        listing = self.make_listing(self.env, self.channel, self.other, number=9)
        self.assertEqual(listing.state, "review")
        self.assertEqual(listing.proposal_id.listing_state, "mapped")
        self.assertFalse(listing.version_id)

    def test_choosing_a_product_is_a_draft(self):
        listing = self.new_listing()
        listing.with_user(self.operator).write(
            {"product_id": self.product.id, "pack_qty": 3}
        )
        self.assertEqual(listing.product_id, self.product)
        self.assertFalse(listing.proposal_id)

    def test_end_of_a_mapping_waits_too(self):
        self.listing.with_user(self.operator).action_ignore()
        self.assertEqual(self.listing.state, "mapped")
        self.listing.with_user(self.anna).action_approve_mapping()
        self.assertEqual(self.listing.state, "ignored")

    def test_what_the_channel_no_longer_sells_waits_for_nobody(self):
        self.listing.with_user(self.operator).pack_qty = 2
        self.listing._mark_gone()
        self.assertEqual(self.listing.state, "gone")
        with self.assertRaisesRegex(UserError, "was deleted on the channel"):
            self.listing.with_user(self.anna).action_approve_mapping()

    def test_gone_is_no_back_door(self):
        self.listing.with_user(self.anna).with_context(
            mapping_decided="channel"
        ).state = "gone"
        self.assertEqual(self.listing.state, "mapped")
        self.assertEqual(self.listing.proposal_id.listing_state, "gone")

    def test_changes_add_up_to_one_proposal(self):
        self.listing.with_user(self.operator).product_id = self.other
        first = self.listing.proposal_id
        self.listing.with_user(self.anna).pack_qty = 12
        self.assertEqual(first.state, "rejected")
        self.assertIn("Replaced", first.outcome)
        proposal = self.listing.proposal_id
        self.assertEqual((proposal.product_id, proposal.pack_qty), (self.other, 12))
        self.assertEqual(proposal.proposed_by_id, self.anna)
        with self.assertRaisesRegex(UserError, "the state “rejected”"):
            first.with_user(self.bert).action_approve()

    def test_change_back_ends_the_proposal(self):
        self.listing.with_user(self.operator).product_id = self.other
        self.listing.with_user(self.operator).product_id = self.product
        self.assertFalse(self.listing.proposal_id)
        self.assertEqual(len(self.listing.version_ids), 2)

    def test_rejected_with_a_reason_in_the_listings_chatter(self):
        self.listing.with_user(self.operator).pack_qty = 12
        proposal = self.listing.proposal_id
        action = self.listing.with_user(self.anna).action_reject_mapping()
        wizard = Form(
            self.env["channel.rejection"]
            .with_user(self.anna)
            .with_context(**action["context"])
        )
        wizard.reason = "A box has ten"
        wizard.save().action_confirm()
        self.assertEqual(self.listing.pack_qty, 1)
        self.assertFalse(self.listing.proposal_id)
        self.assertIn("A box has ten", proposal.outcome)
        self.assertIn("A box has ten", self.listing.message_ids[0].body)
        with self.assertRaisesRegex(UserError, "no proposal"):
            self.listing.with_user(self.anna).action_approve_mapping()

    def test_taken_back_by_who_proposed(self):
        self.listing.with_user(self.operator).pack_qty = 12
        self.listing.with_user(self.operator).action_withdraw_mapping()
        self.assertFalse(self.listing.proposal_id)
        self.assertEqual(self.versions(self.listing)[-1].state, "rejected")

    def test_operator_approves_nothing(self):
        self.listing.with_user(self.anna).pack_qty = 12
        listing = self.listing.with_user(self.operator)
        for button in (listing.action_approve_mapping, listing.action_reject_mapping):
            with self.assertRaises(AccessError):
                button()

    def test_mapping_that_cannot_be_is_not_proposed(self):
        hours = self.env.ref("uom.product_uom_hour")
        with self.assertRaisesRegex(ValidationError, "cannot be converted"):
            self.listing.with_user(self.operator).uom_id = hours
        with self.assertRaisesRegex(ValidationError, "millionth"):
            self.listing.with_user(self.operator).pack_qty = 0
        with self.assertRaisesRegex(ValidationError, "needs a product"):
            self.listing.with_user(self.operator).product_id = False

    def test_order_that_waited_is_tried_again_on_approval(self):
        listing = self.new_listing(external_id="variant-9")
        order = self.env["channel.order"].create(
            {
                "channel_id": self.channel.id,
                "external_id": "waits",
                "name": "#9",
                "trace": "waits",
                "state": "blocked",
                "line_ids": [
                    (
                        0,
                        0,
                        {
                            "external_id": "1",
                            "listing_id": listing.id,
                            "quantity": 1,
                            "open_quantity": 1,
                        },
                    )
                ],
            }
        )
        listing.with_user(self.operator).action_accept()
        self.assertEqual(order.state, "blocked")
        listing.with_user(self.anna).action_approve_mapping()
        self.assertEqual(order.state, "captured")

    def test_bulk_accept_tells_how_many_wait(self):
        listing = self.new_listing()
        action = listing.with_user(self.operator).action_accept_suggested()
        self.assertIn("1 wait", action["params"]["message"])
        self.assertTrue(listing.proposal_id)

    def test_bulk_approval_leaves_nobody_behind(self):
        listings = self.listing | self.new_listing()
        listings[0].with_user(self.operator).pack_qty = 2
        listings[1].with_user(self.operator).action_accept()
        listings.proposal_id.with_user(self.anna).action_approve()
        self.assertFalse(listings.proposal_id)
        self.assertEqual(listings.mapped("state"), ["mapped", "mapped"])

    def test_decisions_are_in_the_audit_trail(self):
        self.listing.with_user(self.operator).pack_qty = 12
        proposal = self.listing.proposal_id
        proposal.with_user(self.anna).action_approve()
        entries = self.env["channel.audit"].search(
            [("res_model", "=", proposal._name), ("res_id", "=", proposal.id)],
            order="id",
        )
        self.assertEqual(entries.mapped("user_id"), self.operator | self.anna)
        self.assertEqual(
            entries[1].data["mapping"][1],
            "1 Units → 12 Units per sold unit",
        )
        self.assertEqual(entries.channel_id, self.channel)

    def test_channel_card_counts_what_waits(self):
        self.listing.with_user(self.operator).pack_qty = 12
        rules = self.env["channel.rule"].create(
            [
                {"kind": "fixed", "value": 1},
                {"kind": "fixed", "value": 1, "channel_id": self.channel.id},
            ]
        )
        rules.action_propose()
        another = self.make_channel(self.env, code="MP2")
        group = self.make_group(self.env, self.channel | another)
        group.action_propose()
        card = self.channel.with_user(self.anna)
        self.assertEqual(card.proposed_group_count, 1)
        self.assertEqual(card.proposed_mapping_count, 1)
        self.assertEqual(card.proposed_rule_count, 2)

    def test_without_a_second_person_changes_count_at_once(self):
        self.listing.with_user(self.operator).pack_qty = 2
        self.company.channel_change_approval = False
        # what was proposed before can be approved by anybody who may approve
        self.listing.proposal_id.with_user(self.anna).action_approve()
        self.listing.with_user(self.operator).pack_qty = 3
        self.assertEqual(self.listing.pack_qty, 3)
        self.assertFalse(self.listing.proposal_id)
