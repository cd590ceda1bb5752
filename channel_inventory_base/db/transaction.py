# SPDX-License-Identifier: AGPL-3.0-or-later
"""Transactions of our own, for work that a job must commit step by step.

A queue job may not commit: its transaction carries the job's lock. What has to be
durable before the next step (a frozen payload before it is sent) is therefore
written through a cursor of its own. READ COMMITTED, because a lock that is waited
for is of use only if what is read after it is read afresh; Odoo's REPEATABLE READ
would show the time before the wait.
"""

import random
import time
from contextlib import contextmanager

from psycopg2 import errors
from psycopg2.extensions import ISOLATION_LEVEL_READ_COMMITTED

from odoo.sql_db import Cursor
from odoo.tools import SQL

# Classes of advisory locks, all of them; the order is the order to take them in.
LOCK_HAND_OVER = 19122
LOCK_ATTEND_PLAN = 19123
LOCK_ATTEND_PUBLISH = 19124
LOCK_PLAN = 19101
LOCK_PUBLISH = 19102
LOCK_POLL = 19103
LOCK_ORDER = 19104
LOCK_SETTLE = 19111
LOCK_ALLOCATE = 19105
LOCK_SEND = 19106
LOCK_BOOK = 19107
LOCK_ROUTE = 19108
LOCK_SHORT = 19109
LOCK_LISTEN = 19110
LOCK_MAILBOX = 19112
LOCK_DOCUMENT = 19113
LOCK_INTERCHANGE = 19114
LOCK_DELIVERY = 19115
LOCK_RECONCILE = 19116
LOCK_SETTLEMENT = 19117
LOCK_IMPORT = 19118
LOCK_STOCKOUT = 19119
LOCK_HOLD = 19120
LOCK_SEAL = 19121

# Errors that say nothing about what was to be done: doing it again is right.
CONFLICTS = (
    errors.SerializationFailure,
    errors.DeadlockDetected,
    errors.LockNotAvailable,
)


def compile_nothing(cr):
    """Until the end of the transaction PostgreSQL runs statements as they are: to
    compile one over positions takes up to forty times as long as to run it."""
    cr.execute("SET LOCAL jit = off")


@contextmanager
def own_transaction(env, read_committed=True):
    """An environment on a cursor of its own; commits at the end, rolls back on error.

    :param read_committed: False keeps Odoo's REPEATABLE READ, which its stock code
        relies on to notice concurrent reservations
    """
    with env.registry.cursor() as cr:
        # a test cursor stands on a transaction that has long begun
        if isinstance(cr, Cursor):
            if read_committed:
                cr.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
            compile_nothing(cr)
        yield env(cr=cr)


@contextmanager
def fresh_reading(env):
    """An environment that shows what is committed by now: ``env`` itself where each of
    its statements does, else one of a transaction of its own.

    A job's transaction shows what was there when it began. For what others have
    written since, and for what the job itself has written through ``own_transaction``.
    """
    if not isinstance(env.cr, Cursor) or _is_read_committed(env.cr):
        yield env
        return
    with own_transaction(env) as own_env:
        yield own_env


def _is_read_committed(cr):
    cr.execute("SHOW transaction_isolation")
    return cr.fetchone()[0] == "read committed"


@contextmanager
def request_transaction(env):
    """The transaction of a request that has done nothing yet, begun anew in READ
    COMMITTED; commits at the end, rolls back on error.

    What ``own_transaction`` is to a job, without another connection: for a webhook
    endpoint under high load, taking one more connection from the pool costs as much as
    the work itself.
    """
    cr = env.cr
    cr.rollback()
    if isinstance(cr, Cursor):
        # costs no statement; Odoo sets its own for each cursor that it opens
        cr.connection.set_isolation_level(ISOLATION_LEVEL_READ_COMMITTED)
    try:
        yield
    except BaseException:
        # of a lost connection nothing is left, and there is nothing to say to it
        if not cr.closed:
            cr.rollback()
        raise
    # what was accepted must be durable before the answer is given
    cr.commit()  # pylint: disable=invalid-commit


@contextmanager
def request_reading(env):
    """A request that only reads, or whose every write is one statement: each statement
    stands alone, so that none waits for the end of those after it."""
    env.cr.rollback()
    if not isinstance(env.cr, Cursor):
        # a test cursor stands on a transaction that goes on
        yield
        return
    with without_transaction(env.cr):
        yield


@contextmanager
def without_transaction(cr):
    """Each statement of the block stands alone. To begin and to end a transaction for
    a single look takes as long as the look.

    :param cr: a cursor that is between two transactions
    """
    connection = cr.connection
    isolation_level, readonly = connection.isolation_level, connection.readonly
    # without a BEGIN to carry them they would be statements of their own
    connection.isolation_level = connection.readonly = None
    connection.autocommit = True
    try:
        yield
    finally:
        connection.autocommit = False
        connection.isolation_level, connection.readonly = isolation_level, readonly


@contextmanager
def try_lock(env, lock_class, key=0):
    """Hold an advisory lock, on a connection of its own, while the block runs.

    Yields False if another session holds it. The lock is released with its connection,
    so a killed worker leaves none behind.
    """
    with own_transaction(env) as lock_env:
        [[locked]] = lock_env.execute_query(
            SQL("SELECT pg_try_advisory_xact_lock(%s, %s)", lock_class, key)
        )
        # what fails in the block has transactions of its own; this one commits normally
        failure = None
        try:
            yield locked
        except Exception as error:
            failure = error
    if failure:
        raise failure


def is_locked(cr, lock_class, key=0):
    """Whether another session holds an advisory lock, without taking it for a moment
    from whoever tries."""
    cr.execute(
        SQL(
            """
            SELECT EXISTS (
                SELECT FROM pg_locks
                 WHERE locktype = 'advisory' AND granted AND objsubid = 2
                   AND classid::bigint = %s AND objid::bigint = %s
                   AND pid <> pg_backend_pid()
                   AND database = (SELECT oid FROM pg_database
                                    WHERE datname = current_database()))
            """,
            lock_class,
            key,
        )
    )
    return cr.fetchone()[0]


def lock(env, lock_class, text):
    """Wait for an advisory lock on ``text``, held until this transaction ends."""
    env.execute_query(
        SQL("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", lock_class, text)
    )


def retry_on_conflict(function, attempts=12):
    """Call ``function`` again when PostgreSQL found it in conflict with another.

    ``function`` opens its own transaction each time, so a retry starts afresh. Waits
    in between are random: those who met must not meet again.
    """
    for attempt in range(attempts):
        try:
            return function()
        except CONFLICTS:
            if attempt == attempts - 1:
                raise
            time.sleep(random.uniform(0, min(1, 0.02 * 2**attempt)))
