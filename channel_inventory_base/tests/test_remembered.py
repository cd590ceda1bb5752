# SPDX-License-Identifier: AGPL-3.0-or-later
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools.cache import ormcache

from ..lib import aging
from .common import ChannelCase

# What depends on the code alone: Odoo makes it anew with the registry.
OF_THE_CODE = {"_get_server_fields", "_get_links"}


@tagged("post_install", "-at_install")
class TestRemembered(ChannelCase):
    """Several servers work on one database, and what one of them remembers of it has an
    end, also when no word of a change reaches it: who had made the change was killed
    before Odoo told the others, or the replica that tells of it stands still."""

    def setUp(self):
        super().setUp()
        self.now = aging.period()
        self.startPatcher(patch.object(aging, "period", lambda: self.now))

    def change_elsewhere(self, query, *values):
        """As another process does it, which is killed before it can tell."""
        self.env.flush_all()
        self.env.cr.execute(query, values)
        self.env.invalidate_all()

    def test_secret_is_believed_for_a_minute(self):
        self.channel._set_secret("token", "old")
        self.assertEqual(self.channel._get_secret("token"), "old")
        self.change_elsewhere(
            "UPDATE channel_secret SET value = %s WHERE channel_id = %s",
            self.channel._encrypt("token", "new"),
            self.channel.id,
        )
        self.assertEqual(self.channel._get_secret("token"), "old")
        self.now += 1
        self.assertEqual(self.channel._get_secret("token"), "new")

    def test_address_of_webhooks_is_believed_for_a_minute(self):
        doors, token = self.env["channel.channel"], self.channel.webhook_token
        self.assertEqual(doors._find_by_webhook_token(token), self.channel)
        self.change_elsewhere(
            "UPDATE channel_channel SET webhook_token = %s WHERE id = %s",
            token[::-1],
            self.channel.id,
        )
        self.assertEqual(doors._find_by_webhook_token(token), self.channel)
        self.now += 1
        self.assertFalse(doors._find_by_webhook_token(token))
        self.assertEqual(doors._find_by_webhook_token(token[::-1]), self.channel)

    def test_everything_cached_has_an_end(self):
        """Of all addons that are installed."""
        found = {}
        for model in self.env.registry.values():
            for parent in model.__mro__:
                for name, method in vars(parent).items():
                    cache = getattr(method, "__cache__", None)
                    module = getattr(method, "__module__", None) or ""
                    if module.startswith("odoo.addons.channel_"):
                        if isinstance(cache, ormcache):
                            found[name] = "period" in cache.args
        self.assertTrue(found)
        unbound = {name for name, is_bound in found.items() if not is_bound}
        self.assertEqual(unbound - OF_THE_CODE, set())
