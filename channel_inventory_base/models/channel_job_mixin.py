# SPDX-License-Identifier: AGPL-3.0-or-later
import hashlib
import logging
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import urlsplit

from psycopg2.extensions import STATUS_READY

from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import UserError
from odoo.sql_db import Cursor
from odoo.tools import SQL

from odoo.addons.queue_job.exception import RetryableJobError

from .. import exceptions
from ..db.jobs import WAITING, identity_key, is_repeated, jobs_in, missing_jobs
from ..db.transaction import (
    CONFLICTS,
    own_transaction,
    retry_on_conflict,
    without_transaction,
)
from ..lib.one_line import one_line

_logger = logging.getLogger(__name__)

# What an exception about webhooks is known by.
WEBHOOK = "WEBHOOK"
LOOPBACK = ("localhost", "127.0.0.1", "::1")

BUSY_SECONDS = 1
WAKE = "channel_inventory.wake"
THROTTLED_SECONDS = 5
POLL_PAUSE = 10
"""At least so long between two pulls that are due, whatever the setting."""
CRON_SECONDS = 60

# What goes first where jobs wait for the same capacity; the lower, the sooner. Orders
# before stock (towards 0 first, within the job), before looks.
PRIORITIES = {
    "_job_intake": 5,
    "_job_fetch": 6,
    "_job_listen": 7,
    "_job_plan": 8,
    "_job_publish": 10,
    "_job_poll": 12,
    "_job_observe": 15,
    "_job_look": 20,
    "_job_webhooks": 25,
    "_job_mirror": 28,
    "_job_fetch_listings": 30,
}
FAILING = 50
"""Added to the priority of a channel that does not answer: others go first."""

# Errors of a job under which the database was restarted; it cannot catch them itself,
# since its own cursor is dead.
LOST_CONNECTION = (
    "psycopg2.InterfaceError",
    "psycopg2.OperationalError",
    "psycopg2.errors.AdminShutdown",
    "psycopg2.errors.CrashShutdown",
    "psycopg2.errors.CannotConnectNow",
)


class ChannelJobMixin(models.AbstractModel):
    """Jobs of a channel. A job is only a wake-up: the work itself is listed in tables.

    So a lost job only causes a delay until the next ``_cron_recover``, a duplicate
    finds nothing to do, and there are as many jobs as channels, not as levels.
    """

    _name = "channel.job.mixin"
    _description = "Jobs of a Channel"

    # -------------------------------------------------------------- waking
    def _wake(self, *methods, seconds=0):
        """Enqueue jobs after this transaction has committed, once each. One that waits
        for later already is brought forward, whatever it waits for.

        After, because a twin that is already enqueued may run before we commit, and
        ``identity_key`` would then have swallowed our wake-up.
        """
        for method in methods:
            for channel_id in self.ids:
                self._after_commit(channel_id, method, seconds)

    @api.model
    def _after_commit(self, channel_id, method, seconds=0):
        cr = self.env.cr
        wanted = cr.postcommit.data.setdefault(WAKE, {})
        if not wanted:
            registry = self.env.registry
            cr.postcommit.add(lambda: _enqueue(cr, registry, wanted))
        # asked for dozens of times a transaction
        job = channel_id, method
        if wanted.get(job, seconds + 1) > seconds:
            wanted[job] = seconds

    def _wake_now(self, *methods):
        """Enqueue jobs in this transaction, once each. For who has just committed what
        they are to see: a twin that runs already would not see anything else."""
        enqueue(
            self.env.cr, {(each, method): 0 for each in self.ids for method in methods}
        )

    @api.model
    def _enqueue_wakeups(self, wanted):
        """:param wanted: (channel id, 0 for all; method) -> seconds to wait"""
        failing = self.env["channel.outage"]._failing({each for each, _job in wanted})
        priorities = self._get_job_priorities()
        for (channel_id, method), seconds in wanted.items():
            # there is nobody to be told, and nothing to be tracked
            record = self.browse(channel_id).with_context(tracking_disable=True)
            delayed = record.with_delay(
                identity_key=identity_key(channel_id, method, seconds),
                priority=priorities.get(method, 20) + FAILING * (channel_id in failing),
                eta=timedelta(seconds=seconds) if seconds else None,
                description=f"{record.name or 'Channels'}: {method[5:]}",
            )
            getattr(delayed, method)()

    @api.model
    def _get_job_priorities(self):
        """:return: {job: priority}; an addon with jobs of its own adds them"""
        return PRIORITIES

    def _wake_postponed(self, but=()):
        """Have those jobs run now that wait for later and never choose to.

        :param but: jobs that go on waiting
        """
        last = PRIORITIES["_job_publish"]
        priorities = self._get_job_priorities().items()
        methods = [job for job, place in priorities if place <= last and job not in but]
        keys = {
            identity_key(channel.id, method, CRON_SECONDS): (channel, method)
            for channel in self
            for method in methods
        }
        with own_transaction(self.env) as env:
            waiting = jobs_in(env.cr, keys, WAITING)
        for channel, method in (keys[key] for key in waiting):
            channel._wake(method)

    def _wake_all_jobs(self):
        """All jobs that may have work left, but for pulling orders."""
        self._wake("_job_intake", "_job_fetch", "_job_observe", "_job_publish")
        self._listen_again()

    def _listen_again(self):
        """Have the streams listened to of those channels that have one."""
        for channel in self:
            if channel._capabilities().stream:
                channel._wake("_job_listen")

    def _wake_publisher_of_queued(self):
        """Have what is queued published; by way of the planner when this transaction
        wakes it. Before it has planned, a publisher would only find that out."""
        if not will_plan(self.env.cr):
            self._wake("_job_publish")

    def _explain_soon(self):
        """Find out why a number on the channel is another than we thought.

        Most likely a sale did it. When sales wait to be captured it may be among them,
        and its capture has the number looked at; a pull would only bring them again.
        Where pulls are few, the one that is due by the clock brings them.
        """
        for channel in self:
            if channel._is_pulled_rarely():
                channel._wake("_job_observe")
            elif channel._unprocessed_events():
                channel._pull_later()
            else:
                channel._wake("_job_poll", "_job_observe")

    def _pull_later(self):
        """Pull when the channel shows the orders of now; the numbers that wait for an
        explanation are looked at after it."""
        for channel in self:
            if not channel._is_pulled_rarely():
                channel._wake("_job_poll", seconds=channel.order_lag + 1)

    def _is_pulled_rarely(self):
        """Whether orders come in by another way, or pulls have to be few."""
        can = self._capabilities()
        return can.stream or bool(can.pull_seconds)

    # ---------------------------------------------------------------- jobs
    @api.model
    def _job_plan(self):
        """Bring levels up to date with everything in the change outbox."""
        if not self.env["channel.planner"]._attend():
            raise RetryableJobError("busy", seconds=BUSY_SECONDS, ignore_retry=True)

    def _job_publish(self):
        """Publish what differs, as long as there is something and we may."""
        work = self.env["channel.publisher"]._run
        self._guarded("_job_publish", work, self._may_publish)

    def _job_poll(self):
        """Ask the channel for orders that no webhook told us about; every so many
        minutes, whatever else has asked meanwhile."""
        self._guarded("_job_poll", self.env["channel.intake"]._poll, self._may_talk)
        if self.exists() and self._may_talk():
            self._wake("_job_poll", seconds=max(self.poll_minutes * 60, POLL_PAUSE))

    def _job_listen(self):
        """Wait for what the channel's event stream brings. Goes on by itself, until the
        channel's orders are not to be taken in any more."""
        work = self.env["channel.stream"]._listen
        self._guarded("_job_listen", work, self._may_talk)

    def _job_intake(self):
        """Process stored events: hold first, then sell. Makes no requests: what the
        channel has to tell more is for ``_job_fetch``."""
        self._work_off(self.env["channel.intake"]._run, self._is_taking_orders)

    def _job_fetch(self):
        """Ask for orders of which we know less than there is to know."""
        self._guarded("_job_fetch", self.env["channel.intake"]._fetch, self._may_talk)

    def _job_observe(self):
        """Find out what the channel shows where we do not know it."""
        self._guarded("_job_observe", self.env["channel.observer"]._run, self._may_talk)

    def _job_look(self):
        """Look for numbers that were changed on the channel where nothing moves."""
        work = self.env["channel.observer"]._look_around
        self._guarded("_job_look", work, self._may_publish)

    def _job_webhooks(self):
        """Register or repair the channel's webhooks, and what fills its stream."""
        self._guarded("_job_webhooks", type(self)._ensure_deliveries, self._may_talk)

    def _job_mirror(self):
        """Mirror the stock of warehouses from which the channel ships by itself."""
        work = self.env["channel.mirror"]._run
        self._guarded("_job_mirror", work, self._may_talk)

    def _job_fetch_listings(self):
        """Read the channel's catalogue and match it."""
        work = self.env["channel.catalogue"]._fetch
        self._guarded("_job_fetch_listings", work, self._is_connected)

    def _job_on_fail(self, **failure):
        """A job of ours died: tell a person. queue_job calls it in a new cursor.

        Not when only the database went away under it: nobody can do anything about
        that, and the work goes on.
        """
        if failure.get("exc_name") in LOST_CONNECTION:
            self.env["channel.change"]._wake_planner()
            self._wake_all_jobs()
            return
        error = failure.get("exc_message") or failure.get("exc_name")
        # planning is everybody's: it has no channel of its own
        for channel in self or self.search([("state", "!=", "draft")]):
            self.env["channel.exception"]._report(
                channel,
                "job",
                key="job",
                message=self.env._("A background job failed: %s", error),
                suggestion=self.env._(
                    "Nothing is lost: the work stays queued. See the job's traceback "
                    "under Job Queue; it is retried automatically."
                ),
            )

    def _is_taking_orders(self):
        return self.active and self.state != "draft"

    # -------------------------------------------------------------- errors
    def _work_off(self, work, may):
        """Run a job's work that asks no channel, when it is still relevant."""
        if self.exists() and may() and work(self) is False:
            raise RetryableJobError("busy", seconds=BUSY_SECONDS, ignore_retry=True)

    def _guarded(self, job, work, may):
        """Run a job's work when it is still relevant; translate what goes wrong.

        :param work: gives True when the channel has answered, None when it was not
            asked, False if another worker holds the lock
        """
        self.ensure_one()
        if not self.exists() or not may():
            return
        outages = self.env["channel.outage"]
        wait = outages._seconds_to_wait(self, job)
        if wait and is_repeated(self.env.cr, self.id, job):
            # it may be waiting for its own first attempt, which found out nothing
            outages._release(self, job)
            wait = outages._seconds_to_wait(self, job)
        if wait:
            self._wake(job, seconds=wait)
            return
        try:
            answered = work(self)
        except exceptions.ChannelError as error:
            self._come_back_or_stop(job, error)
            return
        if answered:
            outages._forget(self, job)
            return
        outages._release(self, job)
        if answered is False:
            raise RetryableJobError("busy", seconds=BUSY_SECONDS, ignore_retry=True)

    def _come_back_or_stop(self, job, error):
        """Jobs: try again later, as another job and so behind those that wait by then;
        or stop quietly until a person has acted."""
        if not isinstance(error, exceptions.UnavailableError):
            # it is an answer, too
            self.env["channel.outage"]._forget(self, job)
        seconds = self._on_channel_error(error, job)
        if seconds is not None:
            self._wake(job, seconds=seconds)

    def _call_guarded(self, function):
        """Call the channel from a button: errors become words for the user."""
        self._refuse_elsewhere()
        try:
            return function()
        except exceptions.ChannelError as error:
            self._on_channel_error(error)
            raise UserError(str(error)) from error

    def _on_channel_error(self, error, job=None):
        """The one place where a channel's error becomes wait, stop or go on.

        What is remembered goes through a transaction of its own: the job or request
        that met the error is about to be rolled back.

        :param job: the job that has met it; None: a person at a button, who is told
        :return: seconds to wait before the next try, None when trying is useless
        """
        _logger.info("channel %s: %s (%s)", self.id, error, error.code)
        if isinstance(error, exceptions.AuthError):
            if job and self._has_newer_secrets():
                # those have not been refused
                return 1
            return self._remember_stop("auth_failed", "auth", error)
        if isinstance(error, exceptions.ConfigurationError):
            return self._remember_stop("misconfigured", "configuration", error)
        if isinstance(error, exceptions.ThrottledError):
            return max(1, int(error.retry_after or THROTTLED_SECONDS))
        if isinstance(error, exceptions.UnavailableError):
            return job and self.env["channel.outage"]._remember(self, job, error)
        return self._remember_refusal(error)

    def _remember_stop(self, connection_state, category, error):
        with own_transaction(self.env) as env:
            channel = env["channel.channel"].browse(self.id)
            channel._set_connection(connection_state, str(error))
            env["channel.exception"]._report(
                channel,
                category,
                key=category,
                message=str(error),
                suggestion=self.env._(
                    "Correct the connection and press Test Connection. Until then "
                    "changes are queued and nothing is lost."
                ),
            )

    def _remember_refusal(self, error):
        with own_transaction(self.env) as env:
            env["channel.exception"]._report(
                env["channel.channel"].browse(self.id),
                "refused",
                key=error.code or type(error).__name__,
                message=str(error),
            )

    def _set_connection(self, state, message):
        # sudo: operators find out about the connection without owning its settings
        words = one_line(message)
        self.sudo().write({"connection_state": state, "connection_message": words})

    # ------------------------------------------------------------ recovery
    @api.model
    def _cron_recover(self):
        """Once a minute: pending work whose wake-up was lost runs again.

        Each step is a transaction of its own: one that meets a conflict, or fails,
        leaves out nothing else.
        """
        for step in self._recovery_steps():
            try:
                retry_on_conflict(
                    lambda step=step: self._run_recovery_step(step), attempts=3
                )
            except CONFLICTS as error:
                _logger.info("%s waits for the next minute: %s", step, error)
            except Exception:  # pylint: disable=broad-except
                _logger.exception(
                    "%s failed; the other steps of the minute go on", step
                )

    @api.model
    def _recovery_steps(self):
        """(model, method) of the steps, wake-ups first: failures of other steps must
        not delay work. Addons add theirs."""
        return (
            ("channel.channel", "_wake_all"),
            ("channel.hold", "_expire"),
            ("channel.hold", "_follow_horizon"),
            ("channel.rule.version", "_follow_time"),
            ("channel.external.stock", "_age_reports"),
            ("channel.supplier.stock", "_age_reports"),
            ("stock.warehouse", "_follow_channel_silence"),
            ("channel.level.pending", "_compact"),
            ("channel.hand.upload.line", "_settle_taken"),
            ("channel.channel", "_watch_all"),
        )

    def _run_recovery_step(self, step):
        model, method = step
        with own_transaction(self.env) as env:
            getattr(env[model], method)()

    @api.model
    def _wake_all(self):
        self._after_commit(0, "_job_plan")
        for channel in self.search([("state", "!=", "draft")]):
            channel._wake_all_jobs()
            channel._poll_when_due()

    @api.model
    def _watch_all(self):
        self.search([("state", "!=", "draft")])._watch_health()

    def _poll_when_due(self):
        """A pull is wanted by the time of the next recovery. It is due by its own
        wake-up, which it leaves behind; this makes up for one that was lost."""
        for channel in self:
            rows = self.env.execute_query(
                SQL(
                    """
                    SELECT EXTRACT(epoch FROM (value ->> 'started_at')::timestamptz
                               + make_interval(mins => %s) - clock_timestamp())::float
                      FROM channel_shared_state
                     WHERE channel_id = %s AND key = 'poll'
                    """,
                    channel.poll_minutes,
                    channel.id,
                )
            )
            wait = max(rows[0][0] or 0, 0) if rows else 0
            if wait < CRON_SECONDS:
                channel._wake("_job_poll", seconds=wait)

    @api.model
    def _cron_sweep(self):
        """The queue of levels is exact; this finds and corrects any gap."""
        self.env["channel.publisher"]._requeue_missing()
        self.env["channel.listing"]._report_odd_products()

    @api.model
    def _cron_look(self):
        """Once an hour: what a person has changed on a channel is found and put right
        also where no publication would ever meet it; and stock that the channel keeps
        is counted."""
        self.search([("state", "=", "live")])._wake("_job_look")
        started = self.search([("state", "!=", "draft")])
        started.filtered(lambda each: each._capabilities().node_stock)._wake(
            "_job_mirror"
        )

    @api.model
    def _cron_webhooks(self):
        """Webhooks fall off in silence: look every few hours whether they are there."""
        self.search([("state", "!=", "draft")])._wake("_job_webhooks")

    def _ensure_deliveries(self):
        done = self._ensure_stream()
        return self._ensure_webhooks() or done

    def _ensure_stream(self):
        """Have the channel fill its event stream; repair what fell off."""
        if not self._capabilities().stream:
            return None
        stream = self.env["channel.stream"]
        try:
            done = self._adapter()._ensure_stream(self)
        except exceptions.RejectedError as error:
            stream._stop(self, error)
            return True
        with self._shared_state("announced") as state:
            fell_off = done and state.get("stream")
            state["stream"] = True
        with own_transaction(self.env) as env:
            channel = env["channel.channel"].browse(self.id)
            for words in done:
                env["channel.audit"]._log("webhook", channel, message=words)
            if fell_off:
                channel._report_webhooks(done)
        if fell_off:
            # what it did not tell meanwhile
            self._wake("_job_poll")
        return True

    def _ensure_webhooks(self):
        if not self._capabilities().webhooks:
            return None
        address = self._webhook_url()
        self._check_webhook_address(address)
        done = self._adapter()._ensure_webhooks(self, address)
        # who knows the address may knock there: neither readers of the database nor
        # auditors need it
        mark = hashlib.sha256(address.encode()).hexdigest()
        done = [words.replace(self._door_token(), "***") for words in done]
        with self._shared_state("announced") as state:
            fell_off = done and state.get("registered") == mark
            state["registered"] = mark
        with own_transaction(self.env) as env:
            channel = env["channel.channel"].browse(self.id)
            for words in done:
                env["channel.audit"]._log("webhook", channel, message=words)
            env["channel.exception"]._resolve_keys(channel, [WEBHOOK])
            if fell_off:
                channel._report_webhooks(done)
        return True

    def _check_webhook_address(self, address):
        """Before anything is touched at the channel: what is there now may work.

        Odoo changes ``web.base.url`` when an administrator logs in, behind a proxy that
        it has not been told of to http.

        :raise RejectedError: the channel would refuse it, or send orders unencrypted
        """
        parts = urlsplit(address)
        shop = urlsplit(self.base_url or "").hostname
        local = parts.hostname in LOOPBACK and shop in (None, *LOOPBACK)
        if parts.scheme == "https" or local or self.environment == "test":
            return
        raise exceptions.RejectedError(
            self.env._(
                "The webhooks of %(channel)s would come to %(address)s, and a channel "
                "delivers to https only. Nothing was changed there. Correct the system "
                "parameter web.base.url, set web.base.url.freeze to True, and "
                "proxy_mode = True in the server's configuration if it stands behind a "
                "proxy. Until then orders come in by polling.",
                channel=self.name,
                address=f"{parts.scheme}://{parts.netloc}",
            ),
            code=WEBHOOK,
        )

    def _report_webhooks(self, done):
        """Missing webhooks were registered again; an operator has to find the cause."""
        self.env["channel.exception"]._report(
            self,
            "webhooks",
            key="webhooks",
            message=self.env._(
                "%(channel)s had stopped telling Odoo of changes: %(done)s",
                channel=self.name,
                done="; ".join(done)[:3000],
            ),
            suggestion=self.env._(
                "Webhooks were registered again, and orders since then were pulled. "
                "Find out why deliveries failed: was this server down, or can the "
                "channel not reach its address? Then resolve this."
            ),
        )


def will_plan(cr):
    """Whether this transaction wakes the planner when it commits."""
    return (0, "_job_plan") in cr.postcommit.data.get(WAKE, ())


def _enqueue(cr, registry, wanted):
    """Enqueue what ``cr``, which has just committed, has left ``wanted``."""
    with _looking(cr, registry) as look:
        missing = missing_jobs(look, wanted)
    if missing:
        with registry.cursor() as own:
            _create_jobs(own, missing)
    wanted.clear()


@contextmanager
def _looking(cr, registry):
    """A cursor to look with at what is there now.

    ``cr`` itself where it is between two transactions: to get another one takes longer
    than to look, and somebody looks after each transaction that has changed stock. A
    test cursor never is, for it stands on a transaction that goes on.
    """
    if not isinstance(cr, Cursor) or cr.connection.status != STATUS_READY:
        with registry.cursor() as own:
            if isinstance(own, Cursor):
                # what the runner takes meanwhile must not be a conflict
                own.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
            yield own
        return
    with without_transaction(cr):
        yield cr


def enqueue(cr, wanted):
    """Enqueue the jobs of ``wanted`` that do not wait already."""
    if missing := missing_jobs(cr, wanted):
        _create_jobs(cr, missing)


def _create_jobs(cr, wanted):
    # where another transaction was faster, ``identity_key`` leaves it at one
    env = api.Environment(cr, SUPERUSER_ID, {})
    env["channel.channel"]._enqueue_wakeups(wanted)
