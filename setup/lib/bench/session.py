"""Odoo inside the measuring process, and the databases that it measures on."""

import contextlib
import logging
import os
import time
from pathlib import Path

import databases
import postgres
import psycopg2.extensions
import psycopg2.extras

OURS = "channel_bench_"
KEEP_SEEDS = 6


class Session:
    """Clones databases, opens them as Odoo does, and drops them at the end."""

    def __init__(self, env, settings, log):
        self.env, self.settings, self.log = env, settings, log
        self.template = databases.ensure_template(env, log=log)
        self.prefix = f"{OURS}{os.getpid()}_{int(time.time()):x}"
        _drop_leftovers(env)
        self._configure()

    def _configure(self):
        from odoo.tools import config

        conf = databases.write_conf(self.env)
        config.parse_config(["--config", str(conf), "--log-level=warn"])
        # Ctrl-C ends a statement that runs, and does not wait for it
        psycopg2.extensions.set_wait_callback(psycopg2.extras.wait_select)
        logging.getLogger("odoo").setLevel(logging.WARNING)

    @contextlib.contextmanager
    def databases(self):
        """Drop what was cloned, however the block ends."""
        try:
            yield self
        finally:
            for name in databases.names_like(self.env, self.prefix):
                self.close(name)
                databases.drop(self.env, name)

    def clone(self, template, label):
        """A database that this run may change, with the settings to measure with."""
        name = f"{self.prefix}_{label}"
        databases.clone(self.env, template, name)
        self.apply_settings(name)
        return name

    def apply_settings(self, name):
        """For every connection alike: Odoo's own, the planner's and the bare SQL's."""
        with self.sql(name) as cursor:
            for key, value in self.settings.items():
                if value is not None:
                    cursor.execute(f'ALTER DATABASE "{name}" SET {key} = %s', [value])

    @contextlib.contextmanager
    def sql(self, name):
        """A cursor outside of Odoo; each statement commits."""
        with contextlib.closing(postgres.connect(self.env, name)) as connection:
            yield connection.cursor()

    def backends(self, name):
        """Process ids of the connections to the database, but for the one that asks."""
        with self.sql(postgres.maintenance_database()) as cursor:
            cursor.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = %s"
                " AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
                [name],
            )
            return [pid for [pid] in cursor.fetchall()]

    @contextlib.contextmanager
    def odoo(self, name):
        """An environment in a transaction that commits at the end of the block."""
        from odoo import SUPERUSER_ID, api
        from odoo.modules.registry import Registry

        with Registry(name).cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})

    def close(self, name):
        """Forget the database and the connections to it."""
        from odoo.modules.registry import Registry
        from odoo.sql_db import close_db

        Registry.registries.pop(name, None)
        close_db(name)

    def disconnect(self, name):
        """The next statement gets a fresh backend, whose memory starts at nothing."""
        from odoo.sql_db import close_db

        close_db(name)

    def seeded(self, name, seed):
        """Build the cached database ``name`` by ``seed(session, name)`` if missing."""
        with databases.lock(name):
            if not databases.exists(self.env, name):
                building = f"{name}_building"
                databases.drop(self.env, building)
                databases.clone(self.env, self.template, building)
                databases.mark_used(self.env, building)  # nobody's leftover
                seed(self, building)
                self.close(building)
                databases.rename(self.env, building, name)
            databases.mark_used(self.env, name)
        self._drop_old_seeds(keep=name)
        return name

    def _drop_old_seeds(self, keep):
        databases.drop_old(self.env, "channel_seed_", KEEP_SEEDS, keep)


def _drop_leftovers(env):
    """Drop what a killed run left (its process id is in the name)."""
    if postgres.is_external():
        return  # the process may live on another machine
    for name in databases.names_like(env, OURS):
        if not Path(f"/proc/{name.split('_')[2]}").exists():
            databases.drop(env, name)
