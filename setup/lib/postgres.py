"""PostgreSQL for tests and demo.

Any of PGHOST, PGPORT, PGUSER, PGDATABASE, PGSERVICE names a server that is yours:
it is used and never started or stopped. Without them there is a private cluster,
reached through a socket in a folder that only its owner can enter.

How it is used: ``with postgres.running() as env: subprocess.run(..., env=env)``.
"""

import contextlib
import fcntl
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg2

ROLE = "channel"  # Odoo refuses to run as "postgres"
SOCKET_PATH_MAX = 90  # the kernel allows 107 bytes, PostgreSQL adds a file name
# Only caches, tests and the demo live here: a crash may lose data, a rebuild is cheap.
SETTINGS = """
listen_addresses = ''
unix_socket_permissions = 0700
fsync = off
synchronous_commit = off
full_page_writes = off
shared_buffers = 512MB
max_connections = 400
max_locks_per_transaction = 256
timezone = 'UTC'
log_timezone = 'UTC'
"""


class PostgresError(Exception):
    """Says what is wrong with the server and what to do."""


def is_external():
    names = ("PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGSERVICE")
    return any(os.environ.get(name) for name in names)


def connect(env, database=None):
    """Connect as libpq would with ``env``; autocommit, for CREATE DATABASE."""
    database = database or maintenance_database()
    parameters = {
        key: env[name]
        for key, name in (
            ("host", "PGHOST"),
            ("port", "PGPORT"),
            ("user", "PGUSER"),
            ("service", "PGSERVICE"),
        )
        if env.get(name)
    }
    connection = psycopg2.connect(dbname=database, connect_timeout=10, **parameters)
    connection.autocommit = True
    return connection


def maintenance_database():
    return (is_external() and os.environ.get("PGDATABASE")) or "postgres"


@contextlib.contextmanager
def running():
    """Yield an environment in which libpq and Odoo find the server."""
    if is_external():
        env = dict(os.environ)
        check_external(env)
        # Odoo would take it for the database to serve.
        env.pop("PGDATABASE", None)
        yield env
        return
    cluster = Cluster()
    cluster.acquire()
    try:
        yield cluster.env()
    finally:
        cluster.release()


def check_external(env):
    try:
        with contextlib.closing(connect(env)) as connection:
            cursor = connection.cursor()
            cursor.execute(
                "SELECT rolname, rolcreatedb OR rolsuper FROM pg_roles"
                " WHERE rolname = current_user"
            )
            role, may_create = cursor.fetchone()
    except psycopg2.OperationalError as error:
        raise PostgresError(
            f"the PostgreSQL server named by PG* variables does not answer: {error}"
        ) from error
    if role == "postgres":
        raise PostgresError("Odoo refuses the role 'postgres': set PGUSER to another")
    if not may_create:
        raise PostgresError(
            f"role {role} may not create databases: ALTER ROLE {role} CREATEDB"
        )


class Cluster:
    """The private cluster. Each script that uses it holds a shared lock for as long
    as it runs, so the last one to leave knows it is the last and stops the server.

    :param name: of another one beside it (see ``replica.py``)
    """

    settings = SETTINGS

    def __init__(self, name=""):
        self.as_root = os.geteuid() == 0
        initdb = shutil.which("initdb")
        if not initdb:
            raise PostgresError(
                "no PostgreSQL server programs found: install Debian's 'postgresql',"
                " or name a server by PGHOST"
            )
        self.bin = Path(initdb).resolve().parent
        # PostgreSQL does not run as root, and Debian's user for it cannot look into
        # root's home.
        base = Path("/var/lib/channel-inventory")
        if not self.as_root:
            base = Path(os.environ["CHANNEL_CACHE"]) / "postgresql"
        self.base = base = base / name
        self.data = base / f"data-{self._major_version()}"
        self.socket = base / "socket"
        if len(str(self.socket)) > SOCKET_PATH_MAX:
            raise PostgresError(
                f"{self.socket} is too long for a socket: set CHANNEL_CACHE to a"
                " shorter path"
            )

    def env(self):
        return dict(os.environ, PGHOST=str(self.socket), PGPORT="5432", PGUSER=ROLE)

    def acquire(self):
        self.base.mkdir(parents=True, exist_ok=True)
        self._lock = open(self.base / "users.lock", "w")  # noqa: SIM115
        fcntl.flock(self._lock, fcntl.LOCK_SH)
        with open(self.base / "start.lock", "w") as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            self._create()
            if not self._is_up():
                self._start()

    def release(self):
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        else:
            if self._is_up() and not self._has_clients():
                self._pg_ctl("stop", "--mode=fast", "--wait")
        finally:
            self._lock.close()

    def _major_version(self):
        version = subprocess.check_output(
            [self.bin / "postgres", "--version"], text=True
        )
        return re.search(r"(\d+)", version).group(1)

    def _create(self):
        if (self.data / "complete").exists():
            return
        if self.data.exists():
            shutil.rmtree(self.data)
        self._make_folders()
        self._run(
            self.bin / "initdb",
            f"--pgdata={self.data}",
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        )
        with open(self.data / "postgresql.conf", "a") as conf:
            conf.write(f"{self.settings}unix_socket_directories = '{self.socket}'\n")
        self._start()
        with contextlib.closing(connect({**self.env(), "PGUSER": "postgres"})) as root:
            root.cursor().execute(f"CREATE ROLE {ROLE} LOGIN CREATEDB")
        (self.data / "complete").touch()

    def _make_folders(self):
        self.socket.mkdir(mode=0o700, exist_ok=True)
        if self.as_root:
            for folder in (self.base, self.socket):
                shutil.chown(folder, "postgres", "postgres")

    def _start(self):
        self._pg_ctl("start", "--wait", f"--log={self.base / 'postgresql.log'}")

    def _is_up(self):
        return self._pg_ctl("status", check=False).returncode == 0

    def _has_clients(self):
        with contextlib.closing(connect(self.env())) as connection:
            cursor = connection.cursor()
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' AND pid != pg_backend_pid()"
            )
            return cursor.fetchone()[0] > 0

    def _pg_ctl(self, action, *arguments, check=True):
        return self._run(
            self.bin / "pg_ctl",
            action,
            f"--pgdata={self.data}",
            *arguments,
            check=check,
        )

    def _run(self, *command, check=True):
        # A session of its own: Ctrl-C in the terminal must not reach the server.
        command = [str(part) for part in command]
        if self.as_root:
            command = ["runuser", "-u", "postgres", "--", *command]
        with open(os.devnull) as nothing, open(self.base / "setup.log", "a+") as log:
            done = subprocess.run(
                command,
                cwd="/",
                stdin=nothing,
                stdout=log,
                stderr=log,
                start_new_session=True,
                check=False,
            )
        if check and done.returncode:
            raise PostgresError(f"{' '.join(command)} failed: see {log.name}")
        return done


def main():
    """``postgres.py check``: the server answers (and exists, if it is ours)."""
    try:
        with running() as env:
            connect(env).close()
    except PostgresError as error:
        sys.exit(f"setup: stopped: {error}")
    kind = "server named by PG* variables" if is_external() else "private cluster"
    print(f"kept  PostgreSQL: {kind}", file=sys.stderr)


if __name__ == "__main__":
    main()
