# SPDX-License-Identifier: AGPL-3.0-or-later
import json

from odoo import fields
from odoo.tests import HttpCase, tagged

from odoo.addons.channel_inventory_base import schemas
from odoo.addons.channel_inventory_base.tests.common import ChannelSetup, fake_adapter
from odoo.addons.channel_inventory_base.tests.fake_channel import FakeChannel

from .common_order import BERLIN, order_data, order_line


@tagged("post_install", "-at_install")
class TestToursOrders(ChannelSetup, HttpCase):
    """Screens of the order's way in, each with the least rights that it needs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True))
        cls.channel = cls.make_channel(cls.env, name="Tour Channel")
        cls.warehouse = cls.channel.node_ids.warehouse_ids
        cls.product = cls.make_product(cls.env, 1, 10, cls.warehouse)
        cls.listing = cls.make_listing(cls.env, cls.channel, cls.product)

    def setUp(self):
        super().setUp()
        context = fake_adapter(FakeChannel())
        context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)

    def make_event(self, body, **values):
        return self.env["channel.inbox.event"].create(
            {
                "channel_id": self.channel.id,
                "source": "webhook",
                "kind": "order",
                "topic": "orders/tour",
                "key": "tour",
                "body": body,
                "received_at": fields.Datetime.now(),
                "processed_at": fields.Datetime.now(),
                **values,
            }
        )

    def make_order_data(self, **values):
        return order_data(
            order_line("variant-1", 1, "10.00", node="node-1"),
            total="10.00",
            external_id="T1",
            name="#T1",
            shipping=BERLIN,
            customer=schemas.CustomerData(name="Tour"),
            **values,
        )

    def test_operator_discards_a_dead_letter_for_a_reason(self):
        event = self.make_event("{", state="dead", error="is no JSON")
        self.start_tour(
            "/odoo/channels",
            "channel_dead_letters",
            login=self.make_user(self.env, "operator").login,
        )
        self.assertEqual(event.state, "ignored")
        self.assertEqual(event.discard_reason, "Only a test")

    def test_operator_replays_a_period_after_a_look(self):
        body = schemas.dumps(self.make_order_data())
        event = self.make_event(body, state="ignored")
        self.start_tour(
            "/odoo/channels",
            "channel_replay",
            login=self.make_user(self.env, "operator").login,
        )
        self.assertEqual(event.state, "new")
        self.assertTrue(json.loads(event.body))

    def test_manager_makes_a_routing_rule(self):
        self.start_tour(
            "/odoo/channels",
            "channel_routing",
            login=self.make_user(self.env, "manager").login,
        )
        rule = self.env["channel.routing.rule"].search([("name", "=", "Tour rule")])
        self.assertEqual(rule.candidate_ids.warehouse_id, self.warehouse)

    def test_operator_lets_an_order_pass(self):
        order = self.env["channel.order"]._capture(
            self.channel, self.make_order_data(risk="high"), "tour"
        )
        order.env["channel.order.importer"]._import(order)
        self.assertEqual(order.state, "blocked")
        self.start_tour(
            "/odoo/channels",
            "channel_override_check",
            login=self.make_user(self.env, "operator").login,
        )
        self.assertEqual(order.state, "captured")
        self.assertEqual(order.overridden_checks, ["risk"])
