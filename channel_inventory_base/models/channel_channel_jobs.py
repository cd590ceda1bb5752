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
from ..db.transaction import own_transaction, without_transaction
from ..lib.one_line import one_line

_logger = logging.getLogger(__name__)

# What an exception about webhooks is known by.
WEBHOOK = "WEBHOOK"
LOOPBACK = ("localhost", "127.0.0.1", "::1")

BUSY_SECONDS = 1
GATHER_SECONDS = 0.5
WAKE = "channel_inventory.wake"
# States of a job that has not begun.
WAITING = ("wait_dependencies", "pending", "enqueued")
OUTAGE_SECONDS = (5, 10, 20, 40, 60)

# What goes first where jobs wait for the same capacity; the lower, the sooner. Orders
# and what becomes of them before stock (towards 0 first, within the job), before looks.
PRIORITIES = {
    "_job_intake": 5,
    "_job_send": 5,
    "_job_plan": 8,
    "_job_publish": 10,
    "_job_poll": 12,
    "_job_observe": 15,
    "_job_book": 20,
    "_job_look": 20,
    "_job_webhooks": 25,
    "_job_fetch_listings": 30,
}

# Errors of a job under which the database was restarted; it cannot catch them itself,
# since its own cursor is dead.
LOST_CONNECTION = (
    "psycopg2.InterfaceError",
    "psycopg2.OperationalError",
    "psycopg2.errors.AdminShutdown",
    "psycopg2.errors.CrashShutdown",
    "psycopg2.errors.CannotConnectNow",
)


class ChannelChannel(models.Model):
    """Jobs of a channel. A job is a wake-up: what is to be done lies in tables.

    So a lost job costs time until the next ``_cron_heal`` and nothing else, a doubled
    one finds nothing to do, and there are as many jobs as channels, not as levels.
    """

    _inherit = "channel.channel"

    # -------------------------------------------------------------- waking
    def _wake(self, *methods, seconds=0):
        """Enqueue jobs after this transaction has committed, once each.

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
        for (channel_id, method), seconds in wanted.items():
            # there is nobody to be told, and nothing to be tracked
            record = self.browse(channel_id).with_context(tracking_disable=True)
            delayed = record.with_delay(
                identity_key=_identity_key(channel_id, method, seconds),
                priority=PRIORITIES.get(method, 20),
                eta=timedelta(seconds=seconds) if seconds else None,
                description=f"{record.name or 'Channels'}: {method[5:]}",
            )
            getattr(delayed, method)()

    def _wake_publisher_of_queued(self):
        """Have what is queued published; by way of the planner when this transaction
        wakes it. Before it has planned, a publisher would only find that out."""
        if not will_plan(self.env.cr):
            self._wake("_job_publish")

    def _explain_soon(self):
        """Find out why a number on the channel is another than we thought.

        Most likely a sale did it. When sales wait to be captured it may be among them,
        and its capture has the number looked at; a pull would only bring them again.
        """
        for channel in self:
            if channel._unprocessed_events():
                channel._pull_later()
            else:
                channel._wake("_job_poll", "_job_observe")

    def _pull_later(self):
        """Pull when the channel shows the orders of now; the numbers that wait for an
        explanation are looked at after it."""
        for channel in self:
            channel._wake("_job_poll", seconds=channel.order_lag + 1)

    # ---------------------------------------------------------------- jobs
    @api.model
    def _job_plan(self):
        """Bring levels up to date with everything in the change outbox."""
        if not self.env["channel.planner"]._run():
            raise RetryableJobError("busy", seconds=BUSY_SECONDS, ignore_retry=True)

    def _job_publish(self):
        """Publish what differs, as long as there is something and we may."""
        self._guarded(self.env["channel.publisher"]._run, self._may_publish)

    def _job_send(self):
        """Tell the channel what became of its orders; also while publishing is paused:
        whoever has shipped must be able to say so."""
        self._guarded(self.env["channel.messenger"]._run, self._may_talk)

    def _job_poll(self):
        """Ask the channel for orders that no webhook told us about."""
        self._guarded(self.env["channel.intake"]._poll, self._may_talk)

    def _job_intake(self):
        """Take in stored events: hold first, then sell."""
        self._guarded(self.env["channel.intake"]._run, self._is_taking_orders)

    def _job_observe(self):
        """Find out what the channel shows where we do not know it."""
        self._guarded(self.env["channel.observer"]._run, self._may_talk)

    def _job_look(self):
        """Look for numbers that were changed on the channel where nothing moves."""
        self._guarded(self.env["channel.observer"]._look_around, self._may_publish)

    def _job_webhooks(self):
        """Register or repair the channel's webhooks."""
        self._guarded(type(self)._ensure_webhooks, self._may_talk)

    def _job_fetch_listings(self):
        """Read the channel's catalogue and match it."""
        self._guarded(self.env["channel.catalogue"]._fetch, self._is_connected)

    def _job_on_fail(self, **failure):
        """A job of ours died: tell a person. queue_job calls it in a new cursor.

        Not when only the database went away under it: nobody can do anything about
        that, and the work goes on.
        """
        if failure.get("exc_name") in LOST_CONNECTION:
            self.env["channel.change"]._wake_planner()
            self._wake("_job_intake", "_job_send", "_job_observe", "_job_publish")
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
                    "Nothing is lost: the work is still listed. Look at the job's "
                    "traceback under Job Queue; the next wake-up tries again."
                ),
            )

    def _is_taking_orders(self):
        return self.active and self.state != "draft"

    # -------------------------------------------------------------- errors
    def _guarded(self, work, may):
        """Run a job's work when it is still relevant; translate what goes wrong."""
        self.ensure_one()
        if not self.exists() or not may():
            return
        try:
            if work(self) is False:
                raise RetryableJobError("busy", seconds=BUSY_SECONDS, ignore_retry=True)
        except exceptions.ChannelError as error:
            self._retry_or_stop(error)
        else:
            self._forget_outage()

    def _retry_or_stop(self, error):
        """Jobs: wait and try again, or stop quietly until a person has acted."""
        seconds = self._on_channel_error(error)
        if seconds is not None:
            raise RetryableJobError(
                str(error), seconds=seconds, ignore_retry=True
            ) from error

    def _call_guarded(self, function):
        """Call the channel from a button: errors become words for the user."""
        self._refuse_elsewhere()
        try:
            return function()
        except exceptions.ChannelError as error:
            self._on_channel_error(error)
            raise UserError(str(error)) from error

    def _on_channel_error(self, error):
        """The one place where a channel's error becomes wait, stop or go on.

        What is remembered goes through a transaction of its own: the job or request
        that met the error is about to be rolled back.

        :return: seconds to wait before the next try, None when trying is useless
        """
        _logger.info("channel %s: %s (%s)", self.id, error, error.code)
        if isinstance(error, exceptions.AuthError):
            return self._remember_stop("auth_failed", "auth", error)
        if isinstance(error, exceptions.ConfigurationError):
            return self._remember_stop("misconfigured", "configuration", error)
        if isinstance(error, exceptions.ThrottledError):
            return max(1, int(error.retry_after or OUTAGE_SECONDS[0]))
        if isinstance(error, exceptions.UnavailableError):
            return self._remember_outage(error)
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
                    "changes are collected and nothing is lost."
                ),
            )

    def _remember_outage(self, error):
        with self._shared_state("outage") as outage:
            failures = outage["failures"] = outage.get("failures", 0) + 1
            outage["message"] = str(error)
        return OUTAGE_SECONDS[min(failures, len(OUTAGE_SECONDS)) - 1]

    def _forget_outage(self):
        if self._get_shared_state("outage"):
            with self._shared_state("outage") as outage:
                outage.clear()

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

    # ------------------------------------------------------------- healing
    @api.model
    def _cron_heal(self):
        """Once a minute: whatever waits although its wake-up was lost runs again."""
        self.env["channel.hold"]._expire()
        self.env["channel.order"]._refresh_moving()
        self.env["channel.rule.version"]._follow_time()
        self.env["channel.external.stock"]._heal()
        self._after_commit(0, "_job_plan")
        self.env["channel.level.pending"]._compact()
        channels = self.search([("state", "!=", "draft")])
        for channel in channels:
            channel._wake("_job_intake", "_job_send", "_job_observe", "_job_publish")
        self.env["channel.bookkeeping"]._wake_waiting()
        channels._poll_when_due()
        channels._watch_health()

    def _poll_when_due(self):
        for channel in self:
            rows = self.env.execute_query(
                SQL(
                    """
                    SELECT 1 FROM channel_shared_state
                     WHERE channel_id = %s AND key = 'poll'
                       AND (value ->> 'started_at')::timestamptz
                           > now() - make_interval(mins => %s)
                    """,
                    channel.id,
                    channel.poll_minutes,
                )
            )
            if not rows:
                channel._wake("_job_poll")

    @api.model
    def _cron_sweep(self):
        """The queue of levels is exact; if ever it is not, this finds out."""
        self.env["channel.publisher"]._heal()

    @api.model
    def _cron_look(self):
        """Once an hour: what a person has changed on a channel is found and put right
        also where no publication would ever meet it."""
        self.search([("state", "=", "live")])._wake("_job_look")

    @api.model
    def _cron_webhooks(self):
        """Webhooks fall off in silence: look every few hours whether they are there."""
        self.search([("state", "!=", "draft")])._wake("_job_webhooks")

    def _ensure_webhooks(self):
        if not self._capabilities().webhooks:
            return
        address = self._webhook_url()
        self._check_webhook_address(address)
        done = self._adapter()._ensure_webhooks(self, address)
        with own_transaction(self.env) as env:
            channel = env["channel.channel"].browse(self.id)
            for words in done:
                # who knows the address may knock there: auditors need not
                words = words.replace(self._door_token(), "***")
                env["channel.audit"]._log("webhook", channel, message=words)
            env["channel.exception"]._resolve_keys(channel, [WEBHOOK])

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


def will_plan(cr):
    """Whether this transaction wakes the planner when it commits."""
    return (0, "_job_plan") in cr.postcommit.data.get(WAKE, ())


def _identity_key(channel_id, method, seconds):
    # a delayed wake-up must not swallow one that is for now
    later = ":later" if seconds > GATHER_SECONDS else ""
    return f"channel_inventory:{method}:{channel_id}{later}"


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
            yield own
        return
    with without_transaction(cr):
        yield cr


def enqueue(cr, wanted):
    """Enqueue the jobs of ``wanted`` that do not wait already."""
    if missing := missing_jobs(cr, wanted):
        _create_jobs(cr, missing)


def _create_jobs(cr, wanted):
    # where somebody else was faster, ``identity_key`` leaves it at one
    env = api.Environment(cr, SUPERUSER_ID, {})
    env["channel.channel"]._enqueue_wakeups(wanted)


def missing_jobs(cr, wanted):
    """Those of ``wanted`` that do not wait already, with seconds to wait.

    One whose twin is at work just now comes a moment later: it gathers what others
    want meanwhile, and under load a job is a bunch of wake-ups.
    """
    keys = {job: _identity_key(*job, seconds) for job, seconds in wanted.items()}
    waiting = jobs_in(cr, keys.values(), WAITING)
    missing = {job: key for job, key in keys.items() if key not in waiting}
    # mostly there is none
    running = jobs_in(cr, missing.values(), ("started",)) if missing else ()
    return {
        job: wanted[job] or (GATHER_SECONDS if key in running else 0)
        for job, key in missing.items()
    }


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
