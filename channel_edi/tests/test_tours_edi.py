# SPDX-License-Identifier: AGPL-3.0-or-later
import time
from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, tagged

from odoo.addons.channel_inventory_base.tests.common import ChannelSetup

from .common_edi import EdiSetup, po, x12
from .tours import SECONDS, TourSetup


@tagged("post_install", "-at_install")
class TestToursEdi(TourSetup, EdiSetup, ChannelSetup, HttpCase):
    """The screens of trading partners, with the least rights that they need."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.channel = cls.make_channel(cls.env, name="BigMart")
        cls.warehouse = cls.channel.node_ids.warehouse_ids
        cls.warehouse.name = "Channel Warehouse"
        cls.product = cls.make_product(cls.env, 1, 10, cls.warehouse)
        cls.listing = cls.make_listing(cls.env, cls.channel, cls.product)
        cls.setUpEdi()
        cls.channel.write({"confirm_policy": "always", "charges_no_tax": True})
        cls.make_user(cls.env, "operator")
        cls.build_assets()

    def test_newcomer_sets_up_a_partner_from_a_sample_file(self):
        """A manager who has one file of a partner and nothing else: what is sent, what
        is sold, and the first order."""
        self.env["res.partner"].create({"name": "NewMart Stores"})
        manager = self.make_user(self.env, "manager")
        # products are seen by people of sales or stock
        manager.group_ids += self.env.ref("stock.group_stock_user")
        began = time.monotonic()
        self.tour("channel_edi_newcomer", "channel_manager")
        self.assertLess(time.monotonic() - began, SECONDS)
        agreement = self.env["channel.edi.agreement"].search(
            [("their_id", "=", "NEWMART")]
        )
        channel = agreement.channel_id
        self.assertEqual((channel.state, channel.confirm_policy), ("paused", "always"))
        listing = self.env["channel.listing"].search([("channel_id", "=", channel.id)])
        self.assertEqual(
            (listing.external_id, listing.product_id), ("SKU-1|EA", self.product)
        )
        channel.charges_no_tax = True
        self.env["channel.edi.worker"]._run(channel)
        self.tour("channel_edi_document_to_order", "channel_manager")
        order = self.env["channel.order"].search([("channel_id", "=", channel.id)])
        self.assertEqual(order.line_ids.listing_id, listing)
        self.assertEqual(order.line_ids.quantity, 2)

    def test_operator_sends_again_what_was_not_acknowledged(self):
        self.agreement.document_ids = [
            fields.Command.create({"direction": "out", "kind": "855"})
        ]
        self.channel.send_acceptances = True
        self.receive(x12(po("4711", (1, "EA", "5.00", "SKU-1"))))
        self.env["channel.intake"]._run(self.channel)
        self.env["channel.messenger"]._run(self.channel)
        [interchange] = self.send().filtered(
            lambda each: "855" in each.document_ids.mapped("kind")
        )
        interchange.action_mark_sent()
        answer = interchange.document_ids
        answer.due_at -= timedelta(days=2)
        self.env.flush_all()
        self.env["channel.edi.acks"]._watch()
        self.assertEqual(answer.ack_state, "overdue")
        self.tour("channel_edi_overdue")
        self.assertEqual(interchange.state, "ready")

    def test_operator_discards_a_held_duplicate(self):
        for number, quantity in enumerate((1, 2), 1):
            sample = x12(po("4712", (quantity, "EA", "5.00", "SKU-1")), number=number)
            document = self.receive(sample)
        self.assertEqual(document.state, "held")
        self.tour("channel_edi_held")
        self.assertEqual(document.state, "ignored")
        self.assertFalse(self.exceptions("edi_document"))
