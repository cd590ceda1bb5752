# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from .test_messages import MessageCase


@tagged("post_install", "-at_install")
class TestRolloutOrders(MessageCase):
    """Orders are live when one has made the whole way, and refunds as well."""

    def stages(self):
        self.channel.invalidate_recordset()
        return {each["stage"]: each for each in self.channel.rollout}

    def missing(self, stage):
        steps = self.stages()[stage]["steps"]
        return [each["name"] for each in steps if not each["is_done"]]

    def test_orders_are_live_when_a_shipment_was_told(self):
        self.assertEqual(self.missing("orders"), ["Orders imported", "Shipment told"])
        order = self.sell()
        self.assertEqual(self.missing("orders"), ["Shipment told"])
        self.ship(self.env, order.sale_order_id)
        self.assertEqual(self.missing("orders"), ["Shipment told"], "not sent yet")
        self.send()
        self.assertEqual(self.missing("orders"), [])

    def test_order_of_the_shadow_is_no_live_order(self):
        self.sell()
        self.channel.action_pause()
        self.assertIn("Orders imported", self.missing("orders"))

    def test_blocked_order_opens_the_stage_again(self):
        self.sell()
        self.assertNotIn("Orders imported", self.missing("orders"))
        name = self.fake.sell(1, line={"listing_ref": "unknown", "sku": "UNKNOWN"})
        self.capture(name)
        self.intake()
        self.assertEqual(self.order(name).state, "blocked")
        self.assertIn("Orders imported", self.missing("orders"))

    def test_shipments_are_no_step_where_they_are_not_told(self):
        self.channel.send_shipments = False
        self.assertEqual(self.missing("orders"), ["Orders imported"])

    def test_refund_that_needs_attention_is_not_handled(self):
        self.assertEqual(self.missing("refunds"), ["Refund handled"])
        order = self.sell()
        refund = self.env["channel.refund"].create(
            {"order_id": order.id, "external_id": "R1", "state": "todo"}
        )
        self.assertEqual(self.missing("refunds"), ["Refund handled"])
        refund.state = "nothing"
        self.assertEqual(self.missing("refunds"), [])

    def test_type_without_refunds_has_no_such_stage(self):
        self.fake.messages = ("shipment",)
        self.assertNotIn("refunds", self.stages())
