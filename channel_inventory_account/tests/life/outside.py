# SPDX-License-Identifier: AGPL-3.0-or-later
import logging
import socket
import threading
from contextlib import contextmanager, suppress
from unittest.mock import patch

import requests
from cryptography.fernet import Fernet

from odoo.exceptions import UserError
from odoo.modules.neutralize import neutralize_database
from odoo.tools import SQL, mute_logger

from odoo.addons.channel_inventory_base.db import identity
from odoo.addons.channel_inventory_base.exceptions import ChannelError
from odoo.addons.channel_inventory_base.tests.common_http import FakeResponse
from odoo.addons.channel_inventory_base.tests.test_jobs import JOBS
from odoo.addons.channel_inventory_base.tools import crypto
from odoo.addons.queue_job.exception import RetryableJobError

from .case import LifeCase

BUTTONS = ("action_test_connection", "action_fetch_nodes")
STATUSES = (401, 403, 400, 422, 429, 500, 503, 200)
NOISE = (
    "odoo.addons.channel_inventory_base.models",
    "odoo.addons.channel_inventory_sale.models",
    "odoo.addons.channel_inventory_account.models",
    "odoo.sql_db",
)
LOGS = "odoo.addons.channel_"
OURS = ("channel_%", "queue_job%", "ir_logging", "ir_attachment", "mail_message")


@contextmanager
def sockets_watched():
    """Yields the addresses that this thread connects to, or looks up, in the block.

    Other threads are the sandbox, which delivers. What speaks to PostgreSQL is a
    library in C, and not among them.
    """
    seen, connect, look_up = [], socket.socket.connect, socket.getaddrinfo
    own_thread = threading.get_ident()

    def see(address):
        if threading.get_ident() == own_thread:
            seen.append(address)

    def connecting(own, address):
        see(address)
        return connect(own, address)

    def looking_up(host, *args, **options):
        see(host)
        return look_up(host, *args, **options)

    with (
        patch.object(socket.socket, "connect", connecting),
        patch.object(socket, "getaddrinfo", looking_up),
    ):
        yield seen


@contextmanager
def log_kept():
    """Yields all that our addons log in the block, with its tracebacks."""
    records, handler = [], logging.Handler()
    handler.emit = records.append
    known = [name for name in logging.root.manager.loggerDict if name.startswith(LOGS)]
    levels = {name: logging.getLogger(name).level for name in known}
    parent = logging.getLogger("odoo.addons")
    parent.addHandler(handler)
    for name in known:
        logging.getLogger(name).setLevel(logging.DEBUG)
    try:
        yield records
    finally:
        parent.removeHandler(handler)
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


@contextmanager
def echoed(status, base_url):
    """Whatever is sent to the channel comes back, as words of an error.

    Yields the credentials that were sent in headers, such as tokens that are renewed.
    """
    sent = set()

    def request(_session, method, url, data=None, headers=None, **_options):
        if not url.startswith(base_url):
            raise requests.exceptions.ConnectionError(url)
        for name, value in (headers or {}).items():
            if "token" in name.lower() or name == "Authorization":
                sent.add(value)
        text = f"{method} {url} {data} {dict(headers or {})}"
        if status == 503:
            raise requests.exceptions.ReadTimeout(text)
        body = {
            "code": "rest_echo",
            "message": text,
            "error": text,
            "errors": [{"message": text, "extensions": {"code": "ECHO"}}],
        }
        return FakeResponse(status, body)

    with patch.object(requests.Session, "request", request):
        yield sent


class OutsideContract(LifeCase):
    """What leaves this database: nothing of a copy, no secret in anybody's words."""

    def setUp(self):
        super().setUp()
        self.begin()

    def give_work(self):
        """Something waits for each kind of job."""
        self.life.sell({self.life.skus[0]: 1})
        with self.commit() as env:
            env["channel.level.pending"]._add(self.levels(env), force=True)
            env.cr.execute("UPDATE channel_level_remote SET state = 'unknown'")

    def run_everything(
        self,
        buttons=("action_test_connection", "action_fetch_nodes", "_ensure_webhooks"),
    ):
        """All jobs, all active crons and the buttons of the channel."""
        for method in JOBS:
            with suppress(RetryableJobError), self.commit() as env:
                channels = env["channel.channel"].search([])
                for channel in channels | self.channel(env):
                    getattr(channel, method)()
        for button in buttons:
            with suppress(UserError, ChannelError), self.commit() as env:
                getattr(self.channel(env), button)()
        with self.commit() as env:
            crons = env["ir.cron"].search([]).ids
        for cron_id in crons:
            with suppress(UserError), self.commit() as env:
                cron = env["ir.cron"].browse(cron_id)
                if self.is_ours(cron):
                    cron.ir_actions_server_id.run()

    def is_ours(self, cron):
        return cron.model_id.model.startswith("channel.")

    # ------------------------------------------------------------- a copy
    def test_contract_neutralized_copy_opens_no_socket(self):
        self.give_work()
        with sockets_watched() as seen, mute_logger(*NOISE):
            self.run_everything()
        self.assertTrue(seen, "or this test could not fail")
        self.give_work()
        with self.commit() as env:
            neutralize_database(env.cr)
        with sockets_watched() as seen, mute_logger(*NOISE):
            self.run_everything()
            with self.commit() as env:
                # the crons that neutralizing has switched off, by hand
                env.cr.execute("UPDATE ir_cron SET active = true")
            self.run_everything()
        self.assertFalse(seen)

    def test_contract_dump_restored_under_the_same_name_opens_no_socket(self):
        """On another server, with production's configuration, key and all; nobody has
        neutralized it."""
        self.give_work()
        elsewhere = patch.object(identity, "cluster", lambda _cr: "7714063183665475478")
        with elsewhere, sockets_watched() as seen, mute_logger(*NOISE):
            self.run_everything(BUTTONS)
            with self.commit() as env:
                self.assertEqual(self.channel(env).health, "bad")
        self.assertFalse(seen)
        with sockets_watched() as seen, mute_logger(*NOISE):
            self.run_everything(BUTTONS)
        self.assertTrue(seen, "or this test could not fail")

    def test_contract_copy_of_the_files_without_the_key_sends_nothing(self):
        """To PostgreSQL it is the original; the key is all that it lacks."""
        self.give_work()
        key = Fernet.generate_key().decode()
        for keys in ([], [key]):
            other = patch.object(crypto, "read_keys", lambda *_where, keys=keys: keys)
            with other, sockets_watched() as seen, mute_logger(*NOISE):
                self.run_everything(BUTTONS)
                with self.commit() as env:
                    channel = self.channel(env)
                    self.assertEqual(channel.connection_state, "misconfigured")
            self.assertFalse(seen)
            with self.commit() as env:
                self.channel(env)._set_connection("ok", "")

    # ------------------------------------------------------------ secrets
    def test_contract_secrets_are_in_nobodys_words(self):
        """Neither in the database nor in the log, whatever goes wrong, also where the
        channel gives back what we have sent."""
        with self.commit() as env:
            base_url, secrets = self.channel(env).base_url, self.secrets(env)
        with log_kept() as records:
            self.give_work()
            self.run_everything()
            for status in STATUSES:
                self.give_work()
                with echoed(status, base_url) as sent:
                    self.run_everything()
                secrets |= {f"sent {number}": each for number, each in enumerate(sent)}
                with self.commit() as env:
                    self.channel(env)._set_connection("ok", "")
                    # whatever it was, it is asked again
                    env.cr.execute("DELETE FROM channel_outage")
        self.assertTrue(records)
        formatter = logging.Formatter()
        log = "\n".join(formatter.format(record) for record in records)
        for name, secret in secrets.items():
            with self.subTest(name):
                self.assertNotIn(secret, log)
                self.assertFalse(self.find_in_database(secret))

    def secrets(self, env):
        """Name -> value of a secret of every kind; what is not used is a canary."""
        channel, found = self.channel(env), {}
        for name in channel._secret_fields():
            if not channel._get_secret(name):
                channel[name] = f"canary-{name}-7e21"
            found[name] = channel._get_secret(name)
        self.assertGreater(len(found), 1)
        # a word that everybody uses proves nothing
        return {name: value for name, value in found.items() if len(value) > 8}

    def find_in_database(self, secret):
        """:return: list of table.column that have it in plain"""
        with self.commit() as env:
            columns = env.execute_query(
                SQL(
                    """
                    SELECT c.table_name, c.column_name, c.data_type
                      FROM information_schema.columns c
                      JOIN information_schema.tables t USING (table_schema, table_name)
                     WHERE t.table_schema = 'public' AND t.table_type = 'BASE TABLE'
                       AND c.table_name LIKE ANY(%s)
                       AND c.data_type IN
                           ('character varying', 'text', 'jsonb', 'bytea')
                    """,
                    list(OURS),
                )
            )
            return [
                f"{table}.{column}"
                for table, column, kind in columns
                if env.execute_query(
                    SQL(
                        "SELECT 1 FROM %s WHERE position(%s IN %s) > 0 LIMIT 1",
                        SQL.identifier(table),
                        secret,
                        SQL(
                            "encode(%s, 'escape')" if kind == "bytea" else "%s::text",
                            SQL.identifier(column),
                        ),
                    )
                )
            ]
