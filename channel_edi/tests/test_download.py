# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import HttpCase, new_test_user, tagged

from odoo.addons.channel_inventory_base.tests.common import ChannelSetup

from .common_edi import EdiSetup, po, x12


@tagged("post_install", "-at_install")
class TestDownload(EdiSetup, ChannelSetup, HttpCase):
    """The bytes of what was received, read where nothing can be written."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.channel = cls.make_channel(cls.env, name="BigMart")
        cls.warehouse = cls.channel.node_ids.warehouse_ids
        cls.product = cls.make_product(cls.env, 1, 10, cls.warehouse)
        cls.listing = cls.make_listing(cls.env, cls.channel, cls.product)
        cls.setUpEdi()
        cls.make_user(cls.env, "operator")

    def test_file_is_given_as_it_came_to_who_may_see_it(self):
        data = x12(po("PO1", (2, "EA", "5.00", "SKU-1")))
        file = self.receive(data).file_id
        address = f"/channel/edi/file/{file.id}"
        self.authenticate("channel_operator", "channel_operator")
        # Odoo says so in its log where a page for the replica tries to write
        with self.assertNoLogs("odoo.http", "WARNING"):
            answer = self.url_open(address)
        self.assertEqual((answer.status_code, answer.content), (200, data))
        new_test_user(self.env, "stranger", "base.group_user")
        self.authenticate("stranger", "stranger")
        self.assertNotEqual(self.url_open(address).status_code, 200)
