# SPDX-License-Identifier: AGPL-3.0-or-later
import logging
import os
import random
import traceback
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from urllib.parse import urlsplit

from odoo.tools import SQL, mute_logger

from odoo.addons.channel_inventory_base.controllers.webhook import MAX_BODY
from odoo.addons.channel_inventory_base.tests.common_http import Inbox
from odoo.addons.queue_job.exception import RetryableJobError

from ..life.case import LifeCase
from .answers import spoiled
from .door import Door
from .judge import find_broken
from .mutate import HUGE, Mutator

_logger = logging.getLogger(__name__)

COUNT = int(os.environ.get("CHANNEL_FUZZ", 0))
SEED = os.environ.get("CHANNEL_FUZZ_SEED")
FROM = int(os.environ.get("CHANNEL_FUZZ_FROM", 0))
FEW_DELIVERIES = 200
FEW_ANSWERS = 80
EACH = 50
"""So many deliveries are processed at once; then everything is judged."""
LIFE = 250
"""After so many another channel begins: old orders cost time and find nothing."""
REFUSALS = {400, 401, 404, 411, 413, 415}
JOBS = ("_job_poll", "_job_fetch", "_job_publish", "_job_observe", "_job_send")
SELDOM = ("_job_look", "_job_webhooks", "_job_fetch_listings")
NOISE = (
    "odoo.sql_db",
    "odoo.http",
    "odoo.addons.channel_inventory_base.controllers.webhook",
    "odoo.addons.channel_inventory_base.models.channel_inbox_event",
    "odoo.addons.channel_inventory_base.models.channel_intake",
    "odoo.addons.channel_inventory_sale.models.channel_intake",
    "odoo.addons.channel_inventory_sale.models.channel_messenger",
)


class FuzzContract(LifeCase):
    """Whatever is sent to us: it is refused, or it is stored and worked off, or a
    person is told. And what comes after it gets through.

    A finding names its number and the seed, and the settings that repeat it: each life
    has random numbers of its own, so that what came before it is left out.
    """

    def setUp(self):
        super().setUp()
        seed = SEED or (str(random.randrange(10**9)) if COUNT else "1")
        self.seed = seed
        self.findings = {}
        self.inbox = Inbox()
        self.addCleanup(self.inbox.stop)

    def fire(self, count, fire_one):
        """Call ``fire_one`` with each number; judge now and then, and in the end.

        :return: Counter of what it gave
        """
        results = Counter()
        with mute_logger(*NOISE):
            for number in range(FROM - FROM % LIFE, count):
                if number % LIFE == 0:
                    self.draw(number)
                    self.begin()
                results[fire_one(number)] += 1
                last = number == count - 1 or number % LIFE == LIFE - 1
                if last or number % EACH == EACH - 1:
                    self.work_off(number)
                if last:
                    self.check_genuine_still_work(number)
        _logger.info("%s: %s", self._testMethodName, dict(results))
        self.check_findings()
        return results

    def draw(self, number):
        """The random numbers of the life that begins with ``number``."""
        source = f"{self.seed}/{self._testMethodName}/{number}"
        self.mutator = Mutator(random.Random(source))
        self.random = self.mutator.random

    def begin(self):  # pylint: disable=missing-return
        super().begin()
        self.last_event = 0
        del self.inbox.deliveries[:]
        with self.commit() as env:
            channel = self.channel(env)
            env["ir.config_parameter"].set_param("web.base.url", self.inbox.url)
            channel._adapter()._test_connection(channel)
            channel._ensure_webhooks()
            self.base_url = channel.base_url
            self.door = Door(self.database, urlsplit(channel._webhook_url()).path)
        self.live_a_little()

    def live_a_little(self):
        """Genuine deliveries of every kind that orders have."""
        first, second = self.life.skus
        refs = [self.life.sell({first: 2, second: 1}) for _order in range(4)]
        for act in (
            lambda: self.life.edit(refs[0], first, 3),
            lambda: self.life.refund(refs[1], first, 1, "cancel"),
            lambda: self.life.ship(refs[2]),
            lambda: self.life.cancel(refs[3]),
        ):
            with suppress(self.life.refusals):
                act()
        self.life.deliver()
        self.samples = self.inbox.signed()
        self.assertGreater(len(self.samples), 3)

    # -------------------------------------------------------------- finding
    def note(self, what, detail=""):
        """Remember the first of each kind, and go on."""
        self.findings.setdefault(what, detail)
        _logger.info("%s: %s", what, detail)

    def check_findings(self):
        lines = [f"{what}\n    {detail}" for what, detail in self.findings.items()]
        if lines:
            self.fail(
                f"CHANNEL_FUZZ_SEED={self.seed}, for number N with CHANNEL_FUZZ_FROM=N "
                "CHANNEL_FUZZ=N+1:\n" + "\n".join(lines)
            )

    def call(self, number, work):
        """A job's work; what it must not raise is a finding."""
        try:
            with self.commit() as env:
                work(env)
        except RetryableJobError as error:
            _logger.debug("number %s waits: %s", number, error)
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{place.filename.rpartition('/')[2]}:{place.name}"
            self.note(
                f"a job dies: {type(error).__name__} in {where}",
                f"number {number}: {str(error)[:300]}\n"
                + "".join(traceback.format_tb(error.__traceback__)[-6:]),
            )

    def run_job(self, number, method):
        self.call(number, lambda env: getattr(self.channel(env), method)())

    def work_off(self, number):
        """What the job runner does next, with a channel that answers as it should."""
        self.life.calm()
        self.recover()
        for _round in range(3):
            self.run_job(number, "_job_intake")
            self.call(number, lambda env: env["channel.planner"]._run())
            self.run_job(number, "_job_publish")
            self.run_job(number, "_job_send")
        with self.commit() as env:
            env.cr.execute("DELETE FROM queue_job")
            for words, rows in find_broken(env, self.channel_id).items():
                self.note(words, f"number {number}: {rows}")

    def recover(self):
        """A person presses Test Connection, as the exception says; and whatever the
        channel asked us to wait, that time has passed."""
        with self.commit() as env:
            env.cr.execute(
                "DELETE FROM channel_shared_state WHERE channel_id = %(id)s "
                "AND key = 'throttle';"
                "DELETE FROM channel_outage WHERE channel_id = %(id)s",
                {"id": self.channel_id},
            )
        with self.commit() as env:
            channel = self.channel(env)
            if channel.connection_state != "ok":
                channel.action_test_connection()

    # ------------------------------------------------------------ deliveries
    def test_contract_no_delivery_breaks_the_door_or_what_stands_behind_it(self):
        answers = self.fire(COUNT or FEW_DELIVERIES, self.deliver_one)
        if not FROM:
            # and it was not all refused
            self.assertGreater(answers[200], sum(answers.values()) / 2)
            self.assertGreater(answers[401], 0)

    def deliver_one(self, number):
        """:return: the status of the answer"""
        self.new_events()
        headers, body = self.random.choice(self.samples)
        choice = self.random.random()
        environ = {}
        if choice > 0.05:
            body = self.mutator.body(body)
        if choice > 0.99:
            body += b" " * HUGE
        headers = self.life.sign(headers, body)
        genuine = self.life.is_ours(body)
        if choice < 0.15:
            genuine = False
            headers = self.mutator.headers(headers, self.life.own_headers)
        elif choice < 0.22:
            genuine = False
            body = self.mutator.body(body)
        elif choice < 0.24:
            genuine = False
            length = self.random.choice(("", "-1", "abc", "99999999999", "3"))
            environ["CONTENT_LENGTH"] = length
        for _again in range(2 if self.random.random() < 0.05 else 1):
            status = self.door.knock(headers, body, **environ)
            self.judge_answer(number, status, genuine, body)
        return status

    def judge_answer(self, number, status, genuine, body):
        stored = self.new_events()
        if status != 200 and status not in REFUSALS:
            self.note(f"answered with {status}", f"number {number}: {body[:200]}")
        if genuine and len(body) <= MAX_BODY and status != 200:
            self.note(
                f"genuine and refused with {status}", f"number {number}: {body[:200]}"
            )
        if status != 200 and stored:
            self.note("refused and stored all the same", f"number {number}")
        text = body.decode("utf-8", "backslashreplace").replace("\x00", "\\x00")
        for event_body in stored:
            if genuine and event_body != text:
                self.note("not stored as received", f"number {number}: {body[:200]}")
        if genuine and status == 200 and not stored and not self.is_known(text):
            self.note("accepted and not stored", f"number {number}: {body[:200]}")

    def new_events(self):
        """Bodies of what was stored since the last look."""
        with self.commit() as env:
            rows = env.execute_query(
                SQL(
                    "SELECT id, body FROM channel_inbox_event "
                    "WHERE channel_id = %s AND id > %s ORDER BY id",
                    self.channel_id,
                    self.last_event,
                )
            )
        self.last_event = rows[-1][0] if rows else self.last_event
        return [row[1] for row in rows]

    def is_known(self, text):
        """Whether it, or another body of the same content, was stored before."""
        with self.commit() as env:
            return self.life.is_known(env, self.channel(env), text)

    # --------------------------------------------------------------- answers
    def test_contract_no_answer_kills_a_job(self):
        asked = self.fire(COUNT or FEW_ANSWERS, self.ask_one)
        if not FROM:
            # and it was not all idle
            self.assertGreater(asked[True], sum(asked.values()) / 2, dict(asked))

    def ask_one(self, number):
        """One job, and something to do for it, with answers that are spoiled.

        :return: whether it asked anything
        """
        method = self.random.choice(SELDOM if self.random.random() < 0.15 else JOBS)
        self.recover()
        self.life.restock()
        self.make_work(method)
        first = self.random.choice((0, 0, 0, 1, 2))
        always = self.random.random() < 0.2
        with spoiled(
            self.mutator,
            self.base_url,
            lambda count: count == first or (always and count > first),
        ) as seen:
            self.run_job(f"{number} {method}", method)
        return bool(seen)

    def make_work(self, method):
        first, second = self.life.skus
        with self.commit() as env:
            env.cr.execute("DELETE FROM queue_job")
            if method == "_job_poll":
                self.pull_all_again(env)
            elif method == "_job_fetch":
                self.want_two_orders(env)
            elif method == "_job_publish":
                env["channel.level.pending"]._add(self.levels(env), force=True)
            elif method == "_job_observe":
                env.cr.execute(
                    "UPDATE channel_level_remote SET state = 'unknown', seen_at = NULL "
                    "WHERE channel_id = %s",
                    (self.channel_id,),
                )
        if method == "_job_poll" and self.random.random() < 0.3:
            self.life.sell({first: 1})
        if method == "_job_send":
            self.have_something_to_tell(second)

    def want_two_orders(self, env):
        """Have them fetched, as if their channel had told of a newer version."""
        orders = env["channel.order"].search(
            [("channel_id", "=", self.channel_id), ("state", "!=", "gone")]
        )
        for order in self.random.sample(orders, min(2, len(orders))):
            later = order.version + timedelta(seconds=1)
            order.write({"wanted_version": later, "fetch_after": False})

    def pull_all_again(self, env):
        env.cr.execute(
            "UPDATE channel_shared_state SET value = value - 'watermark' "
            "WHERE channel_id = %s AND key = 'poll'",
            (self.channel_id,),
        )

    def have_something_to_tell(self, sku):
        with self.commit() as env:
            waiting = env["channel.message"].search_count(
                [("channel_id", "=", self.channel_id), ("state", "=", "ready")]
            )
            env.cr.execute("UPDATE channel_message SET retry_at = NULL")
        if not waiting:
            ref = self.life.sell({sku: 1})
            for method in ("_job_poll", "_job_fetch", "_job_intake"):
                self.run_job("before", method)
            self.ship_order(ref)

    # -------------------------------------------------------------- genuine
    def check_genuine_still_work(self, number):
        """A new order comes in by a delivery, another by a pull, and both are sold:
        also what a spoiled catalogue had left out, which a sale has read again."""
        self.life.calm()
        self.recover()
        self.run_job("genuine", "_job_webhooks")
        self.life.restock()
        first, second = self.life.skus
        del self.inbox.deliveries[:]
        told = self.life.sell({first: 1})
        self.life.deliver()
        for headers, body in self.inbox.signed():
            self.assertEqual(self.door.knock(headers, body), 200)
        pulled = self.life.sell({second: 2})
        for method in ("_job_intake", "_job_poll", "_job_fetch", "_job_intake"):
            self.run_job("genuine", method)
        self.run_job("genuine", "_job_fetch_listings")
        self.run_job("genuine", "_job_intake")
        with self.commit() as env:
            for way, ref in (("delivered", told), ("pulled", pulled)):
                order = self.find_order(env, ref)
                if order.sale_order_id.state != "sale":
                    problems = self.excused(env, order).mapped("message")
                    detail = f"number {number}: {order.state} {problems}"
                    self.note(f"a genuine order that was {way} is not sold", detail)
