import logging
import os
import tempfile
from pathlib import Path
from unittest.mock import Mock

from odoo.exceptions import UserError
from odoo.tests import tagged

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
        return crypto.Fernet.generate_key().decode()

    def use_keys(self, *keys):
        self.patch(crypto, "read_keys", lambda path: list(keys))

    def test_secret_is_readable_by_the_connector_only(self):
        self.channel._set_secret("token", CANARY)
        self.assertEqual(self.channel._get_secret("token"), CANARY)
        stored = self.env["channel.secret"].search(
            [("channel_id", "=", self.channel.id)]
        )
        self.assertNotIn(CANARY, stored.value)

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
