# SPDX-License-Identifier: AGPL-3.0-or-later
import json

from odoo.tests import Form, tagged

from odoo.addons.channel_inventory_base import exceptions, schemas
from odoo.addons.channel_inventory_base.tests.common_adapter import AdapterCase

from .orders import order

SECRET = "amazon_refresh_token"


@tagged("post_install", "-at_install")
class TestSettings(AdapterCase):
    def test_token_is_kept_as_a_secret_and_never_shown(self):
        form = Form(self.env["channel.channel"])
        form.name = "Shop"
        form.channel_type = "amazon"
        form.amazon_refresh_token = "hush"
        channel = form.save()
        channel.invalidate_recordset()
        self.assertEqual(channel._get_secret(SECRET), "hush")
        self.assertTrue(channel[SECRET])
        self.assertNotIn("hush", channel[SECRET])

    def test_nothing_is_promised_that_cannot_be_done(self):
        self.channel.channel_type = "amazon"
        adapter = self.channel._adapter()
        self.assertEqual(adapter._service(), "Amazon")
        self.assertEqual(adapter._capabilities(), schemas.Capabilities())

    def test_stored_order_is_read_and_a_broken_one_salvaged(self):
        self.channel.channel_type = "amazon"
        adapter = self.channel._adapter()
        body = json.dumps(order())
        self.assertEqual(adapter._parse_order(self.channel, body).name, "028-1-1")
        broken = json.dumps({**order(), "fulfillment": {"fulfillmentStatus": "LOST"}})
        with self.assertRaises(exceptions.MalformedDataError) as caught:
            adapter._parse_order(self.channel, broken)
        self.assertEqual(caught.exception.path, "fulfillment.fulfillmentStatus")
        found = adapter._salvage_order(self.channel, broken)
        self.assertEqual([line.open_quantity for line in found.lines], [2])
