# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from odoo.addons.channel_inventory_base.tests.common import ChannelCase


@tagged("post_install", "-at_install")
class TestOrderShortTold(ChannelCase):
    """Units that are not there are cancelled on the channel, which then says so."""

    def send(self):
        self.env.flush_all()
        self.env["channel.messenger"]._run(self.channel)
        self.env.invalidate_all()

    def test_channel_cancels_what_is_short_and_the_rest_is_sold(self):
        self.channel.short_policy = "cancel"
        self.fake.levels["item-1", "node-1"] = 10
        name = self.fake.sell(6)
        self.add_stock(self.env, self.product, self.warehouse, -6)
        self.capture(name)
        self.intake()
        order = self.order(name)
        self.assertEqual(order.state, "parked")
        self.assertEqual(self.position.held, 6)
        [message] = order.notification_ids
        self.assertEqual(message.kind, "cancel")
        self.assertEqual(message._get_data().lines[0].quantity, 2)
        # looked at again before the channel has heard it: not told twice
        order._retry()
        self.intake()
        self.assertEqual(order.notification_ids, message)
        self.send()
        self.assertEqual(message.state, "done")
        self.intake()
        self.assertEqual(order.state, "imported")
        self.assertEqual(order.sale_order_id.order_line.product_uom_qty, 4)
        self.assertEqual(self.position.held, 0)
        self.assertEqual(self.position.allocated, 4)
