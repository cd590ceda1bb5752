# SPDX-License-Identifier: AGPL-3.0-or-later
"""Jobs of queue_job as they stand in its table: ours, and not done.

A job is only a wake-up, and asked for after each transaction that has changed stock:
what is here costs a statement, where queue_job's own way takes ten times as long.
"""

import math
import time

from odoo.tools import SQL

from odoo.addons.queue_job.jobrunner.channels import ChannelManager
from odoo.addons.queue_job.jobrunner.runner import _channels

from .transaction import LOCK_ATTEND_PLAN, LOCK_ATTEND_PUBLISH, is_locked

GATHER_SECONDS = 0.5
DEAD_SECONDS = 2
"""A job that was started so long ago and that nobody has locked lost its worker."""
DEATHS = 3
"""So often a job is given to another worker at once; then when the runner finds it."""
LOOK_SECONDS = 1
"""From one look for such jobs to the next, of one process."""
# States of a job that has not begun.
WAITING = ("wait_dependencies", "pending", "enqueued")
# Jobs that hold a lock of these while they are at work, and look at what there is to do
# once more after they have let it go: whoever has committed before that, and sees the
# lock held, needs no job. One that is killed meanwhile is given to another worker.
ATTENDED = {"_job_plan": LOCK_ATTEND_PLAN, "_job_publish": LOCK_ATTEND_PUBLISH}

_looked = [0.0]


def capacity(name):
    """How many jobs a queue takes at a time, as the job runner is configured; what has
    no figure of its own has that of the queue that it is part of.

    :param name: with its parents, such as ``root.channel.plan``
    """
    known = {
        f"root.{each['name'].removeprefix('root').lstrip('.')}".rstrip("."): each
        for each in ChannelManager.parse_simple_config(_channels())
    }
    while name and name not in known:
        name = name.rpartition(".")[0]
    # 0 is no limit
    return (known[name].get("capacity") or math.inf) if name else 1


def forget_jobs(cr):
    """Delete our jobs that are not done. They are wake-ups: what waits is in tables of
    ours, and the minute's recovery wakes for it anew where the addon is at work.

    In a copy they have the uuids of the original's, and one job runner that finds a
    uuid in two databases runs the jobs of neither. After an uninstall nothing is left
    that could run them.
    """
    cr.execute(
        SQL(
            "DELETE FROM queue_job WHERE model_name = 'channel.channel' "
            "AND state NOT IN ('done', 'cancelled')"
        )
    )


def identity_key(channel_id, method, seconds):
    # a delayed wake-up must not swallow one that is for now
    later = ":later" if seconds > GATHER_SECONDS else ""
    return f"channel_inventory:{method}:{channel_id}{later}"


def missing_jobs(cr, wanted):
    """The jobs of ``wanted`` that are not queued already, with seconds to wait.

    A job queued for a later time is brought forward: a postponed job, for example by an
    outage, does not replace an earlier wake-up. One whose twin is at work just now
    comes a moment later: it gathers what others want meanwhile, and under load a job is
    a bunch of wake-ups. One that is attended needs no other (``ATTENDED``).
    """
    revive_dead_jobs(cr)
    waits = _waits(cr, {key for job in wanted for key in _keys(*job)})
    missing, late = {}, {}
    for job, seconds in wanted.items():
        key = identity_key(*job, seconds)
        # what runs now is too early for what is wanted later
        keys = _keys(*job) if seconds <= GATHER_SECONDS else (key,)
        known = {each: waits[each] for each in keys if each in waits}
        if any(wait <= max(seconds, GATHER_SECONDS) for wait in known.values()):
            continue
        if key in known:
            late[key] = seconds
        else:
            missing[job] = key
    for key, seconds in late.items():
        _bring_forward(cr, key, seconds)
    # mostly there is none
    running = jobs_in(cr, missing.values(), ("started",)) if missing else ()
    attended = _attended(cr, [job for job, key in missing.items() if key in running])
    return {
        job: wanted[job] or (GATHER_SECONDS if key in running else 0)
        for job, key in missing.items()
        if job not in attended or wanted[job] > GATHER_SECONDS
    }


def _attended(cr, jobs):
    """Those of ``jobs`` of which another session holds the lock."""
    return {
        (channel_id, method)
        for channel_id, method in jobs
        if method in ATTENDED and is_locked(cr, ATTENDED[method], channel_id)
    }


def revive_dead_jobs(cr):
    """Have jobs of ours whose worker was killed run again.

    The runner does that too, after ten seconds, in which they occupy their queue: of
    one that takes one job at a time nothing else runs. A job holds the lock of its row
    in ``queue_job_lock`` as long as it is at work, on whichever server. When it began
    is told by that server's clock: one that has begun in the future is looked at, too,
    or what a dead server left would wait for its clock.
    """
    now = time.monotonic()
    if now < _looked[0] + LOOK_SECONDS:
        return
    _looked[0] = now
    cr.execute(
        SQL(
            """
            UPDATE queue_job SET state = 'pending', retry = COALESCE(retry, 0) + 1
             WHERE id IN (
                   SELECT lock.queue_job_id FROM queue_job_lock lock
                     JOIN queue_job job ON job.id = lock.queue_job_id
                    WHERE job.state = 'started' AND job.model_name = 'channel.channel'
                      AND abs(EXTRACT(epoch FROM
                              clock_timestamp() AT TIME ZONE 'UTC' - job.date_started))
                          > %s
                      AND COALESCE(job.retry, 0) < %s
                      FOR NO KEY UPDATE OF lock SKIP LOCKED)
               AND state = 'started'
            """,
            DEAD_SECONDS,
            DEATHS,
        )
    )


def _keys(channel_id, method):
    now = identity_key(channel_id, method, 0)
    return now, f"{now}:later"


def _waits(cr, keys):
    """identity key -> seconds until the first job of that key, of those that wait."""
    cr.execute(
        SQL(
            """
            SELECT identity_key, min(CASE WHEN state = 'pending' AND eta IS NOT NULL
                       THEN EXTRACT(epoch FROM
                                    eta - clock_timestamp() AT TIME ZONE 'UTC')
                       ELSE 0 END)::float
              FROM queue_job
             WHERE identity_key = ANY(%s) AND state IN %s
             GROUP BY identity_key
            """,
            list(keys),
            WAITING,
        )
    )
    return dict(cr.fetchall())


def is_repeated(cr, channel_id, method):
    """Whether such a job is at work whose first attempt came to no end: its worker was
    killed, or it ran into a conflict."""
    cr.execute(
        SQL(
            "SELECT FROM queue_job WHERE identity_key = ANY(%s) "
            "AND state = 'started' AND retry > 0 LIMIT 1",
            list(_keys(channel_id, method)),
        )
    )
    return bool(cr.rowcount)


def _bring_forward(cr, key, seconds):
    """The runner hears of it by the queue's own trigger. Rows that it is at just now
    are about to begin anyway."""
    cr.execute(
        SQL(
            """
            UPDATE queue_job
               SET eta = clock_timestamp() AT TIME ZONE 'UTC'
                         + make_interval(secs => %s)
             WHERE id IN (SELECT id FROM queue_job
                           WHERE identity_key = %s AND state = 'pending'
                           FOR UPDATE SKIP LOCKED)
            """,
            seconds,
            key,
        )
    )


def jobs_in(cr, keys, states):
    """Which of ``keys`` have a job in one of ``states``. Those that wait will see what
    we have committed. ``identity_key`` finds that out too, but takes ten times as long,
    after each transaction that has changed stock; so no models here, either."""
    cr.execute(
        SQL(
            "SELECT identity_key FROM queue_job "
            "WHERE identity_key = ANY(%s) AND state IN %s",
            list(keys),
            states,
        )
    )
    return {row[0] for row in cr.fetchall()}
