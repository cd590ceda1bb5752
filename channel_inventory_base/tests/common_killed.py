# SPDX-License-Identifier: AGPL-3.0-or-later
"""Workers that really die: a child process, by SIGKILL, at a commit.

The child has connections of its own, which PostgreSQL sees break: nothing is rolled
back politely, no ``finally`` runs, no hook of a commit either.
"""

import os
import signal
import sys
import threading
import time
import traceback
from contextlib import contextmanager
from unittest.mock import patch

import requests

from odoo import SUPERUSER_ID, api, sql_db

from ..models import channel_secret_mixin

SECONDS = 60
SECONDS_TO_NOTICE = 5
# What stands between a commit and whoever wanted it.
PLUMBING = (
    "sql_db.py",
    "contextlib.py",
    "transaction.py",
    "common_killed.py",
    "/db/run.py",
)


def run_in_child(registry, work, fate):
    """Fork a worker that runs ``work(env)`` within ``fate``, a context manager.

    :return: whether it was killed; False when it came to its end
    """
    before = _connections(registry)
    pid = os.fork()
    if not pid:
        _be_the_worker(registry, work, fate)
    status = _wait(pid)
    # a busy PostgreSQL takes a moment to notice, and keeps the locks of the dead
    end = time.monotonic() + SECONDS_TO_NOTICE
    while _connections(registry) - before and time.monotonic() < end:
        time.sleep(0.005)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return True
    if status:
        raise AssertionError(f"the worker failed: {status}")
    return False


@contextmanager
def at_commit(number, side):
    """Die at the n-th commit, from 0: ``before`` it, or ``after`` it and before
    anything that waits for it is done."""
    left = [number]

    def commit(cursor, original=sql_db.Cursor.commit):
        fated = not left[0]
        left[0] -= 1
        if fated and side == "before":
            die()
        if fated:
            cursor.postcommit.clear()
            cursor.postcommit.add(die)
        original(cursor)

    with patch.object(sql_db.Cursor, "commit", commit):
        yield


@contextmanager
def commits_noted():
    """Yields a list of the commits of the block: (name of the function that commits,
    whether it had written anything, requests sent before it)."""
    noted, sent = [], []

    def commit(cursor, original=sql_db.Cursor.commit):
        cursor.flush()
        cursor.execute("SELECT pg_current_xact_id_if_assigned() IS NOT NULL")
        noted.append((_find_caller(), cursor.fetchone()[0], len(sent)))
        original(cursor)

    def send(session, *args, original=requests.Session.request, **values):
        sent.append(args)
        return original(session, *args, **values)

    with (
        patch.object(sql_db.Cursor, "commit", commit),
        patch.object(requests.Session, "request", send),
    ):
        yield noted


def _find_caller():
    frame = sys._getframe(2)
    while frame.f_code.co_filename.endswith(PLUMBING):
        frame = frame.f_back
    return frame.f_code.co_name


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def _be_the_worker(registry, work, fate):
    failed = 1
    try:
        # the parent's connections are the parent's: leave them alone, open new ones
        sql_db._Pool = sql_db._Pool_readonly = None
        registry._db = sql_db.db_connect(registry.db_name)
        registry._db_readonly = None
        channel_secret_mixin._threads = threading.local()
        with fate, registry.cursor() as cr:
            work(api.Environment(cr, SUPERUSER_ID, {}))
        failed = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(failed)


def _connections(registry):
    """Process ids of who is connected to the database, but for this look."""
    with registry.cursor() as cr:
        cr.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
            "AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        return {pid for (pid,) in cr.fetchall()}


def _wait(pid):
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return status
        time.sleep(0.005)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    raise TimeoutError("the worker neither died nor finished")
