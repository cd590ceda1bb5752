# SPDX-License-Identifier: AGPL-3.0-or-later
from contextlib import suppress
from unittest.mock import patch

from odoo.tools import SQL

from odoo.addons.channel_inventory_base.exceptions import ChannelError
from odoo.addons.channel_inventory_base.schemas import InboundEvent
from odoo.addons.channel_inventory_base.tests.common_killed import (
    at_commit,
    run_in_child,
)
from odoo.addons.queue_job.exception import RetryableJobError

MINUTES = 12
JOBS_A_MINUTE = 60
OPEN = ("ready", "sending", "pending", "wait")


class Died(BaseException):
    """Nothing catches it, so nothing is tidied up: what was committed is what stays."""


def do_all(env, channel):
    """One run of every job, each on its own as the job runner has it."""
    planner, publisher = env["channel.planner"], env["channel.publisher"]
    for job in (
        lambda: env["channel.intake"]._poll(channel),
        lambda: env["channel.intake"]._run(channel),
        lambda: env["channel.intake"]._fetch(channel),
        lambda: env["channel.intake"]._run(channel),
        lambda: env["channel.messenger"]._run(channel),
        planner._run,
        lambda: publisher._run(channel),
    ):
        with suppress(ChannelError):
            job()


class Workers:
    """What jobs do, how they die, and what the minute's healing makes of that.

    Mixed into a case that commits. ``failed`` is what the last minute's jobs say.
    """

    failed = ()

    def send(self):
        with self.commit() as env:
            env["channel.messenger"]._run(self.channel(env))

    def as_event(self, event):
        return InboundEvent(
            event.key, event.kind, event.topic, event.body, event.ref or ""
        )

    # ---------------------------------------------------------------- death
    def die_in(self, model, method):
        """A worker in this process stops dead in a method: nothing is tidied up."""

        def stop(*_args, **_values):
            raise Died

        with patch.object(self.registry[model], method, stop):
            with suppress(Died), self.commit() as env:
                do_all(env, self.channel(env))

    def kill_at(self, number, side, work=do_all):
        """Kill a worker process at its n-th commit. :return: whether it got there"""
        return run_in_child(
            self.registry,
            lambda env: work(env, self.channel(env)),
            at_commit(number, side),
        )

    # ----------------------------------------------------------------- rest
    def come_to_rest(self):
        """Let minutes pass until nothing is left to do, with no help but the healing.

        Where numbers overwrite what is shown, one more pass belongs to the guarantee
        (``channel.channel.guarantee``): only then both sides have to agree.
        """
        self.life.calm()
        for _minute in range(MINUTES):
            self.minute_passes()
            if self.is_at_rest():
                break
        else:
            self.fail(f"never at rest: {self.what_is_left()}")
        with self.commit() as env:
            exact = self.channel(env)._capabilities().compare_and_set
        if not exact:
            self.minute_passes()
        self.assertFalse(self.what_is_left())

    def minute_passes(self):
        """Whatever waits for its time is due, and lost wake-ups are healed."""
        self.life.time_passes()
        self.failed = []
        with self.commit() as env:
            env.cr.execute(
                """
                UPDATE channel_message SET retry_at = NULL WHERE retry_at IS NOT NULL;
                UPDATE channel_outage SET until = until - interval '1 hour';
                UPDATE channel_order SET fetch_after = NULL
                 WHERE fetch_after IS NOT NULL;
                UPDATE channel_level_remote SET seen_at = seen_at - interval '1 minute'
                 WHERE seen_at IS NOT NULL;
                UPDATE channel_shared_state
                   SET value = value || jsonb_build_object('started_at',
                       (value ->> 'started_at')::timestamptz - interval '1 hour')
                 WHERE key = 'poll' AND value ? 'started_at';
                -- nobody here hears webhooks: that none come is no finding of a life
                DELETE FROM channel_shared_state WHERE key = 'announced';
                """
            )
        with self.commit() as env:
            env["channel.channel"]._cron_recover()
        self.run_jobs()
        self.life.calm()

    def run_jobs(self):
        """What the job runner does with the jobs that there are."""
        for _job in range(JOBS_A_MINUTE):
            job = self._take_job()
            if not job:
                return
            method, ids = job
            try:
                with self.commit() as env:
                    getattr(env["channel.channel"].browse(ids), method)()
            except RetryableJobError as error:
                # the next minute heals it; who is at rest has had none
                self.failed.append(f"{method}: {error}")

    def _take_job(self):
        with self.commit() as env:
            rows = env.execute_query(
                SQL(
                    "SELECT id FROM queue_job WHERE state = 'pending' "
                    # the next minute's poll is the next minute's
                    "AND COALESCE(eta, '-infinity') < now() AT TIME ZONE 'UTC' "
                    "+ interval '30 seconds' ORDER BY priority, id LIMIT 1"
                )
            )
            if not rows:
                return None
            job = env["queue.job"].browse(rows[0][0])
            method, ids = job.method_name, job.records.ids
            env.execute_query(
                SQL("DELETE FROM queue_job WHERE id = %s RETURNING id", job.id)
            )
        return method, ids

    def is_at_rest(self):
        return not self.what_is_left()

    def what_is_left(self):
        """:return: {what: how many} of everything that still has to be done"""
        with self.commit() as env:
            ours = [("channel_id", "=", self.channel_id)]
            counts = {
                "messages": env["channel.message"].search_count(
                    [*ours, ("state", "in", OPEN)]
                ),
                "orders": env["channel.order"].search_count(
                    [*ours, ("state", "=", "captured")]
                ),
                "events": env["channel.inbox.event"].search_count(
                    [*ours, ("state", "=", "new")]
                ),
                "pending": env["channel.level.pending"].search_count(ours),
                "unknown": env["channel.level.remote"].search_count(
                    [*ours, ("state", "!=", "known")]
                ),
                "publications": env["channel.publication"].search_count(
                    [*ours, ("state", "in", ("ready", "sending"))]
                ),
                "changes": env["channel.change"].search_count([]),
                "outages": env["channel.outage"].search_count(ours),
                "books": env["channel.bookkeeping"].search_count(
                    [*ours, ("failed", "!=", True)]
                ),
            }
            counts.update(dict.fromkeys(self.failed, 1))
        return {what: count for what, count in counts.items() if count}
