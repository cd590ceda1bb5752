# SPDX-License-Identifier: AGPL-3.0-or-later
import logging
import os
import tempfile
from pathlib import Path
from unittest.mock import Mock

from cryptography.fernet import Fernet

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..hooks import disconnect
from ..tools import crypto
from .common import ChannelCase

CANARY = "canary-0f6d"
READ_KEYS = crypto.read_keys


@tagged("post_install", "-at_install")
class TestSecret(ChannelCase):
    def setUp(self):
        super().setUp()
        self.key = self.new_key()
        self.use_keys(self.key)

    def new_key(self):
        return Fernet.generate_key().decode()

    def use_keys(self, *keys):
        self.patch(crypto, "read_keys", lambda path: list(keys))

    def test_secret_is_readable_by_the_connector_only(self):
        self.channel._set_secret("token", CANARY)
        self.assertEqual(self.channel._get_secret("token"), CANARY)
        stored = self.env["channel.secret"].search(
            [("channel_id", "=", self.channel.id)]
        )
        self.assertNotIn(CANARY, stored.value)

    def test_connector_that_goes_leaves_no_secret_and_nothing_live(self):
        self.channel._set_secret("token", CANARY)
        self.channel.write({"state": "live", "connection_state": "ok"})
        other = self.make_channel(self.env, "OTH", name="Other")
        other.state = "live"
        # no connector may be installed, so this type has none
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE channel_channel SET channel_type = 'odd' WHERE id = %s",
            (self.channel.id,),
        )
        self.env.invalidate_all()
        disconnect(self.env, "odd")
        self.assertFalse(self.channel._get_secret("token"))
        self.assertEqual(self.channel.state, "paused")
        self.assertEqual(self.channel.connection_state, "unknown")
        self.assertEqual(other.state, "live")

    def test_database_holds_no_clear_text(self):
        self.channel._set_secret("token", CANARY)
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT table_name, column_name FROM information_schema.columns "
            "WHERE table_name LIKE 'channel%' AND table_schema = 'public' "
            "AND data_type IN ('character varying', 'text', 'jsonb')"
        )
        for table, column in self.env.cr.fetchall():
            self.env.cr.execute(
                f'SELECT 1 FROM "{table}" WHERE "{column}"::text LIKE %s',
                (f"%{CANARY}%",),
            )
            self.assertFalse(self.env.cr.fetchall(), f"{table}.{column}")

    def test_secret_is_never_logged(self):
        with self.assertLogs(logging.getLogger(), "DEBUG") as logs:
            logging.getLogger("test").debug("at least one line")
            self.channel._set_secret("token", CANARY)
            self.channel._get_secret("token")
        # Odoo logs each statement at this level: it may name the ciphertext alone
        self.assertNotIn(CANARY, "\n".join(logs.output))

    def test_secret_can_be_replaced_and_removed(self):
        self.channel._set_secret("token", "old")
        self.channel._set_secret("token", "new")
        self.assertEqual(self.channel._get_secret("token"), "new")
        self.channel._set_secret("token", False)
        self.assertIs(self.channel._get_secret("token"), False)

    def test_key_can_be_rotated(self):
        self.channel._set_secret("token", CANARY)
        self.use_keys(self.new_key(), self.key)
        self.assertEqual(self.channel._get_secret("token"), CANARY)

    def test_key_that_is_none_says_so(self):
        for key in ("<key>", self.key[:-4], "x" * 44, "é"):
            self.use_keys(key)
            with self.subTest(key), self.assertRaisesRegex(UserError, "secret_key"):
                self.channel._set_secret("token", CANARY)

    def test_rotation_leaves_nothing_that_needs_the_old_key(self):
        second = self.channel.copy()
        self.channel._set_secret("token", "one")
        second._set_secret("token", "two")
        new = self.new_key()
        self.use_keys(new, self.key)
        self.channel._set_secret("fresh", "three")
        self.assertEqual(self.env["channel.channel"]._rotate_secrets(), 2)
        self.assertEqual(self.env["channel.channel"]._rotate_secrets(), 0)
        self.use_keys(new)
        self.assertEqual(self.channel._get_secret("token"), "one")
        self.assertEqual(self.channel._get_secret("fresh"), "three")
        self.assertEqual(second._get_secret("token"), "two")

    def test_server_without_a_key_says_how_to_get_one(self):
        self.use_keys()
        with self.assertRaisesRegex(UserError, "secret_key"):
            self.channel._set_secret("token", CANARY)

    def test_server_with_another_key_says_so(self):
        self.channel._set_secret("token", CANARY)
        self.use_keys(self.new_key())
        with self.assertRaisesRegex(UserError, "another key"):
            self.channel._get_secret("token")

    def test_key_changed_in_the_configuration_counts_at_once(self):
        self.patch(crypto, "os", Mock(wraps=os, environ={}))
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = f"{folder.name}/odoo.conf"
        # of one length, and written within one tick of the clock: so they are replaced
        for key in ("first", "other", "first,other"):
            Path(f"{path}.new").write_text(f"[channel_inventory]\nsecret_key = {key}\n")
            os.replace(f"{path}.new", path)
            for _reading in range(2):
                self.assertEqual(READ_KEYS(path), key.split(","))
        os.remove(path)
        Path(path).touch()
        self.assertEqual(READ_KEYS(path), [])

    def test_copy_of_a_channel_has_no_secret(self):
        self.channel._set_secret("token", CANARY)
        self.assertFalse(self.channel.copy()._get_secret("token"))

    def test_secret_does_not_follow_to_another_address(self):
        self.channel.base_url = "https://store.example.com"
        self.channel._set_secret("token", CANARY)
        self.channel.base_url = "https://store.example.com/"
        self.assertEqual(self.channel._get_secret("token"), CANARY)
        self.channel.base_url = "https://elsewhere.example.com"
        self.assertFalse(self.channel._get_secret("token"))
        self.assertEqual(self.channel.connection_state, "unknown")

    def test_secret_does_not_follow_to_another_site_of_the_same_host(self):
        self.channel.base_url = "https://example.com/shop-a"
        for address, stays in (
            ("https://example.com/shop-a/", True),
            ("https://example.com/shop-b", False),
            ("https://example.com", False),
            ("https://example.com/shop-a/en", False),
            ("https://example.com/shop-a?site=2", False),
            ("http://example.com/shop-a", False),
            ("https://example.com:8443/shop-a", False),
        ):
            self.channel.base_url = "https://example.com/shop-a"
            self.channel._set_secret("token", CANARY)
            with self.channel._shared_state("token") as state:
                state["access"] = "sealed"
            self.channel.base_url = address
            with self.subTest(address):
                self.assertEqual(bool(self.channel._get_secret("token")), stays)
                kept = self.channel._get_shared_state("token")
                self.assertEqual(bool(kept), stays)

    # ------------------------------------------- changed by SQL, not by the form
    def ciphertext(self, channel, name):
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT value FROM channel_secret WHERE channel_id = %s AND name = %s",
            (channel.id, name),
        )
        return self.env.cr.fetchone()[0]

    def put(self, channel, name, value):
        self.env.cr.execute(
            "UPDATE channel_secret SET value = %s WHERE channel_id = %s AND name = %s",
            (value, channel.id, name),
        )
        self.env.registry.clear_cache()
        self.env.invalidate_all()

    def assertNotUsed(self, channel, name):
        with self.assertRaisesRegex(UserError, "made for another channel, secret or"):
            channel._get_secret(name)

    def test_secrets_exchanged_between_names_are_refused(self):
        self.channel._set_secret("key", "one")
        self.channel._set_secret("webhook", "two")
        one = self.ciphertext(self.channel, "key")
        two = self.ciphertext(self.channel, "webhook")
        self.put(self.channel, "key", two)
        self.put(self.channel, "webhook", one)
        self.assertNotUsed(self.channel, "key")
        self.assertNotUsed(self.channel, "webhook")
        self.put(self.channel, "key", one)
        self.assertEqual(self.channel._get_secret("key"), "one")

    def test_secret_of_another_channel_is_refused(self):
        mine = self.channel.copy()
        self.channel._set_secret("token", CANARY)
        mine._set_secret("token", "mine")
        self.put(mine, "token", self.ciphertext(self.channel, "token"))
        self.assertNotUsed(mine, "token")
        # the row itself given to another channel
        mine._set_secret("token", False)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE channel_secret SET channel_id = %s WHERE channel_id = %s",
            (mine.id, self.channel.id),
        )
        self.env.registry.clear_cache()
        self.env.invalidate_all()
        self.assertNotUsed(mine, "token")

    def test_secret_is_not_sent_to_an_address_that_was_changed_by_sql(self):
        self.channel.base_url = "https://store.example.com"
        self.channel._set_secret("token", CANARY)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE channel_channel SET base_url = 'https://evil.example.com' "
            "WHERE id = %s",
            (self.channel.id,),
        )
        self.env.registry.clear_cache()
        self.env.invalidate_all()
        self.assertNotUsed(self.channel, "token")

    def test_changed_ciphertext_is_refused(self):
        self.channel._set_secret("token", CANARY)
        stored = self.ciphertext(self.channel, "token")
        self.put(self.channel, "token", stored[:-6] + "AAAA==")
        self.assertNotUsed(self.channel, "token")
        self.put(self.channel, "token", "x")
        with self.assertRaisesRegex(UserError, "another key"):
            self.channel._get_secret("token")

    def test_rotation_does_not_heal_what_was_exchanged(self):
        mine = self.channel.copy()
        self.channel._set_secret("token", CANARY)
        mine._set_secret("token", "mine")
        self.put(mine, "token", self.ciphertext(self.channel, "token"))
        self.use_keys(self.new_key(), self.key)
        with self.assertRaisesRegex(UserError, "made for another channel"):
            self.env["channel.channel"]._rotate_secrets()
