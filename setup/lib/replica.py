"""A PostgreSQL server with a read replica that follows it, for tests.

``with replica.running(env, database) as (primary, standby)``: two clusters of their own
beside the private one, the first with a copy of the database, the second a streaming
replica of the first, as ``pg_basebackup`` makes it. Both are gone afterwards.
"""

import contextlib
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import databases
import postgres
from postgres import Cluster, PostgresError

SECONDS_TO_FOLLOW = 30


class Primary(Cluster):
    # what was asked of the replica is counted there; the library has to be the same
    settings = f"""{postgres.SETTINGS}
shared_buffers = 128MB
shared_preload_libraries = 'pg_stat_statements'
"""

    def copy(self, env, database):
        """Fill a database of this name with what the one on another server has."""
        own = {**self.env(), "PGUSER": "postgres"}
        databases.clone(self.env(), "template0", database)
        with tempfile.NamedTemporaryFile() as file:
            dump = ["pg_dump", "--format=custom", "--compress=0", "--file", file.name]
            restore = ["pg_restore", "--no-owner", f"--role={postgres.ROLE}"]
            # of extensions only who has made them may say what they are
            restore += ["--no-comments", "--dbname", database, file.name]
            subprocess.run([*dump, database], env=env, check=True)
            subprocess.run(restore, env=own, check=True)
        ask(self, database, "CREATE EXTENSION pg_stat_statements")
        ask(self, database, "ANALYZE")
        ask(self, database, "SELECT pg_stat_statements_reset()")


class Standby(Cluster):
    """:param primary: the cluster it follows, which is up"""

    def __init__(self, name, primary):
        super().__init__(name)
        self.primary = primary

    def _create(self):
        self._make_folders()
        self._run(
            self.bin / "pg_basebackup",
            f"--pgdata={self.data}",
            f"--host={self.primary.socket}",
            "--username=postgres",
            "--checkpoint=fast",
            "--write-recovery-conf",
            "--no-sync",
        )
        with open(self.data / "postgresql.conf", "a") as conf:
            conf.write(f"unix_socket_directories = '{self.socket}'\n")

    def follow(self):
        """Wait until all is here that was there when this was called."""
        [[sent]] = ask(self.primary, None, "SELECT pg_current_wal_insert_lsn()::text")
        self._wait_for("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", sent)

    def _wait_for(self, query, *values):
        end = time.monotonic() + SECONDS_TO_FOLLOW
        while ask(self, None, query, *values) != [(True,)]:
            if time.monotonic() > end:
                raise PostgresError("the replica does not follow")
            time.sleep(0.05)

    def stand_still(self):
        """Take what comes, and show none of it."""
        ask(self, None, "SELECT pg_wal_replay_pause()")
        self._wait_for("SELECT pg_get_wal_replay_pause_state() = 'paused'")

    def go_on(self):
        ask(self, None, "SELECT pg_wal_replay_resume()")
        self.follow()


def count_statements(cluster, database):
    """:return: how many that name a table of the suite have come to a server"""
    [[count]] = ask(
        cluster,
        database,
        "SELECT COALESCE(sum(calls), 0)::integer FROM pg_stat_statements"
        " WHERE dbid = (SELECT oid FROM pg_database WHERE datname = %s)"
        " AND query LIKE '%%channel\\_%%'",
        database,
    )
    return count


@contextlib.contextmanager
def running(env, database):
    """Yield a primary that has a copy of the database, and its standby.

    :raise PostgresError: PostgreSQL's programs are not here
    """
    with contextlib.ExitStack() as stack:
        primary = stack.enter_context(_up(Primary("replica-primary")))
        primary.copy(env, database)
        standby = stack.enter_context(_up(Standby("replica-standby", primary)))
        standby.follow()
        yield primary, standby


@contextlib.contextmanager
def _up(cluster):
    # what a run that was killed has left
    with databases.lock(cluster.base.name):
        _remove(cluster)
        try:
            cluster.acquire()
            yield cluster
        finally:
            _remove(cluster)


def _remove(cluster):
    if Path(cluster.data).exists():
        if cluster._is_up():
            cluster._pg_ctl("stop", "--mode=immediate", "--wait", check=False)
    shutil.rmtree(cluster.base, ignore_errors=True)


def ask(cluster, database, query, *values):
    """Run a statement as the superuser. :return: its rows"""
    own = {**cluster.env(), "PGUSER": "postgres"}
    with contextlib.closing(postgres.connect(own, database)) as connection:
        cursor = connection.cursor()
        cursor.execute(query, values or None)
        return cursor.fetchall() if cursor.description else []
