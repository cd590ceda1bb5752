# SPDX-License-Identifier: AGPL-3.0-or-later
from psycopg2.errors import CheckViolation

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..schemas import NodeData
from .common import ChannelCase


@tagged("post_install", "-at_install")
class TestFulfilledNode(ChannelCase):
    """A node from which the channel ships by itself is never written."""

    def setUp(self):
        super().setUp()
        self.fake._fetch_nodes = lambda channel: [
            NodeData("node-1", "Ours"),
            NodeData("node-9", "The channel's", fulfils=True),
        ]
        self.fake.levels["item-1", "node-9"] = 55

    def fetch_nodes(self):
        self.env["channel.catalogue"]._fetch_nodes(self.channel)
        node = self.channel.node_ids.filtered(lambda node: node.external_id == "node-9")
        node.warehouse_ids = self.warehouse
        self.env.flush_all()
        return node

    def sent_to(self, ref):
        return [each for _key, each in self.fake.requests if ref in each]

    def force(self, node):
        """What an import by SQL could do, if the table allowed it."""
        self.env.cr.execute(
            "ALTER TABLE channel_node "
            "DROP CONSTRAINT channel_node_fulfilled_never_published"
        )
        self.env.cr.execute(
            "UPDATE channel_node SET publish = true WHERE id = %s", [node.id]
        )
        self.env.invalidate_all()

    def test_node_that_the_channel_fulfils_is_not_published_to(self):
        node = self.fetch_nodes()
        self.assertTrue(node.fulfilled_by_channel)
        self.assertFalse(node.publish)
        self.assertFalse(self.node.fulfilled_by_channel)
        self.assertTrue(self.node.publish)
        self.go_live(shown=3)
        self.publish()
        self.assertEqual(self.fake.levels["item-1", "node-1"], 10)
        self.assertEqual(self.sent_to("node-9"), [])

    def test_nobody_can_publish_to_it(self):
        node = self.fetch_nodes()
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(CheckViolation),
            self.env.cr.savepoint(),
        ):
            node.publish = True
            self.env.flush_all()
        manager = self.make_user(self.env, "manager")
        with self.assertRaises(AccessError):
            node.with_user(manager).fulfilled_by_channel = False

    def test_forced_by_sql_it_is_not_published_to_either(self):
        node = self.fetch_nodes()
        self.force(node)
        self.assertTrue(node.publish)
        self.plan()
        levels = self.env["channel.level"].search([("node_id", "=", node.id)])
        self.assertFalse(levels, "nothing is planned there")
        level = self.env["channel.level"].create(
            {
                "listing_id": self.listing.id,
                "node_id": node.id,
                "channel_id": self.channel.id,
                "company_id": self.channel.company_id.id,
                "target": 10,
            }
        )
        self.make_known(self.env, level, 55)
        self.env["channel.level.pending"]._add(level, force=True)
        self.publish()
        self.assertEqual(self.sent_to("node-9"), [])
        self.assertEqual(self.fake.levels["item-1", "node-9"], 55)

    def test_node_that_was_published_to_is_no_more(self):
        self.fake._fetch_nodes = lambda channel: [
            NodeData("node-1", "Ours", fulfils=True)
        ]
        self.env["channel.catalogue"]._fetch_nodes(self.channel)
        self.env.flush_all()
        self.assertFalse(self.node.publish)
        self.go_live_without_level()
        self.assertFalse(self.fake.requests)

    def go_live_without_level(self):
        self.plan()
        self.publish()
