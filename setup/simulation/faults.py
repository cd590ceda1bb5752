"""What goes wrong, each kind by name, until the shoppers have gone."""

import contextlib
import os
import random
import signal
import threading
import time

import psutil

from . import partners, tills

KINDS = {
    "webhooks": "dropped, doubled, delayed, overtaken",
    "timeouts": "the shop has done it, and the answer is lost",
    "errors": "429 and 5xx, broken answers, and storms of them",
    "tokens": "access tokens expire",
    "down": "an API does not answer for a while, and shoppers buy on",
    "kill": "SIGKILL for a worker of Odoo: while it plans, sends, hears the answer, "
    "imports, pulls, ships",
    "servers": "of several servers one falls, with all its processes: first the one"
    " whose job runner leads",
    "database": "all connections to the database end, and new ones are refused",
    "skew": "the shops' clocks are wrong",
    "edits": "somebody in a shop changes a number",
    "polls": "a marketplace refuses to be searched for orders, for an hour of its own",
    "feeds": "all numbers rise, by a feed that stays for hours and lands on newer ones",
    "partners": "files grow, come twice and are oddly written, answers are lost"
    " or doubled, trucks leave in parts, advices are late, doubled or brief, counts are"
    " old or break off",
    "callers": "of a headless shop and of tills answers are lost, and requests come"
    " twice",
    "offline": "a till has no connection for a while, and sells on",
}
WRITES = {
    "shopify": ("inventorySetQuantities",),
    "woocommerce": ("wc-chansync/v1/stock", "products/batch"),
    "amazon": ("patchListingsItem", "createFeed"),
}
PARCELS = {"amazon": "confirmShipment"}
STORM_SECONDS, DOWN_SECONDS, RESTART_SECONDS = 4, 8, 3
FALL_SECONDS = 10
"""How long a server lies still before it is started, which takes some seconds more."""
SKEWS = (90, -120, 45, -30)
# What a worker is doing is told by its job, and how far it is by the advisory lock of
# the addons that is held (db/transaction.py), or by a statement that runs.
JOBS = {
    "plan": ("_job_plan", 19101),
    "send": ("_job_publish", 19102),
    "pull": ("_job_poll", 19103),
    "ship": ("_job_send", 19106),
    "import": ("_job_intake", None),
}
# Whether a parcel is known is asked a minute later: not at the very end.
STEPS = ("send", "ship", "ack", "import", "plan", "pull")
SECONDS_TO_CATCH = 6


def read(text):
    """:return: the kinds that ``--faults`` names"""
    if text in ("all", "none"):
        return list(KINDS) if text == "all" else []
    names = [name.strip() for name in text.split(",")]
    if unknown := sorted(set(names) - set(KINDS)):
        raise ValueError(f"--faults: no {', '.join(unknown)}: {', '.join(KINDS)}")
    return names


class Faults:
    """Plans everything by the seed, then does it when its time comes."""

    def __init__(self, run, kinds):
        self.run, self.kinds = run, read(kinds)
        self.dice = random.Random(f"faults {run.world.seed}")
        self.shops = [each for each in run.shops.values() if each.shop.type in WRITES]
        self.done = dict.fromkeys(self.kinds, 0)
        self._plan = []
        # each kind has dice of its own: the others do not change what it does
        for kind in self.kinds:
            self.dice = random.Random(f"{kind} {run.world.seed}")
            getattr(self, f"_plan_{kind}")()
        if "skew" in self.kinds:
            run.most_skew = max(map(abs, SKEWS))

    def thread(self):
        return self.run._thread(self._work)

    def _at(self, part, kind, action, *arguments):
        """Do it when that part of the whole trace has passed: who plays its beginning
        alone has the same faults in it."""
        moment = part * self.run.whole_seconds
        if moment < self.run.seconds:
            self._plan.append((moment, len(self._plan), kind, action, arguments))

    def _work(self):
        for moment, _number, kind, action, arguments in sorted(
            self._plan, key=lambda entry: entry[:2]
        ):
            self.run.until(moment)
            if action(*arguments) is not False:
                self.done[kind] += 1

    def end(self):
        """Nothing goes wrong any more."""
        for shop in self.shops:
            shop.box.store.history.hook = None
            shop.calm()
        if self.run.partners:
            self.run.partners.calm()
        self.run.doors.calm()

    # --- networks

    def _plan_webhooks(self):
        for number, shop in enumerate(self.shops):
            rates = {"drop": 0.1, "duplicate": 0.1, "delay": 0.1, "reorder": 0.1}
            self._at(0, "webhooks", shop.disturb_webhooks, number + 1, rates)

    def _plan_timeouts(self):
        for shop in self.shops:
            for operation in WRITES[shop.shop.type]:
                for kind in ("timeout_after_commit", "reset_after_commit"):
                    self._at(0, "timeouts", self._fault, shop, kind, 0.04, operation)
            # whether a parcel is known is asked a minute later: not at the very end
            parcel = PARCELS.get(shop.shop.type, "fulfillmentCreate")
            rule = ("reset_after_commit", 0.3, parcel)
            third = self.run.whole_seconds / 3
            self._at(0, "timeouts", self._for_a_while, third, shop, *rule)

    def _plan_errors(self):
        for shop in self.shops:
            for kind in ("http_500", "http_503", "http_429", "truncated"):
                self._at(0, "errors", self._fault, shop, kind, 0.01)
            if shop.shop.type == "shopify":
                self._at(0, "errors", self._fault, shop, "throttled", 0.02)
        for part in (0.2, 0.6):
            shop = self.dice.choice(self.shops)
            kind = self.dice.choice(("http_429", "http_502"))
            self._at(
                part, "errors", self._for_a_while, STORM_SECONDS, shop, kind, 0.7, None
            )

    def _plan_tokens(self):
        for part in (0.25, 0.5, 0.75):
            for shop in self.shops:
                self._at(part, "tokens", shop.expire_tokens)

    def _plan_down(self):
        for part, shop in zip((0.4, 0.72), self.shops, strict=False):
            self._at(
                part, "down", self._for_a_while, DOWN_SECONDS, shop, "http_503", 1, None
            )

    def _fault(self, shop, kind, rate, operation=None):
        values = {"kind": kind, "rate": rate, "operation": operation}
        return shop.box.faults.add(**values, seconds=1.0, retry_after=1.0).id

    def _for_a_while(self, seconds, shop, kind, rate, operation):
        number = self._fault(shop, kind, rate, operation)
        # rules that were there before would strike first: this one is the storm
        rules = shop.box.faults.rules
        rules.insert(0, rules.pop())
        timer = threading.Timer(seconds, shop.box.faults.remove, [number])
        timer.daemon = True
        timer.start()

    # --- clocks and people

    def _plan_skew(self):
        for shop, seconds in zip(self.shops, SKEWS, strict=False):
            self._at(0, "skew", shop.skew, seconds)

    def _plan_edits(self):
        """Units that somebody adds are of what is plenty: no software can sell rightly
        what a person says is there and is not."""
        world = self.run.world
        plain = sorted(world.products)
        plenty = [sku for sku in plain if not world.products[sku].scarce] or plain
        for _number in range(max(2, self.run.options.orders // 100)):
            shop = self.dice.choice(self.shops)
            place = self.dice.choice(list(shop.shop.places))
            delta = self.dice.choice((-2, -1, -1, 1, 2))
            sku = self.dice.choice(plain if delta < 0 else plenty)
            part = self.dice.random() * 0.9
            self._at(part, "edits", self._edit, shop, sku, place, delta)

    def _edit(self, shop, sku, place, delta):
        if shop.offered(sku, place) + delta < 0:
            return False
        shop.edit(sku, place, delta)
        return True

    def _plan_polls(self):
        third = self.run.whole_seconds / 3
        for shop in self.shops:
            if shop.shop.type == "amazon":
                rule = ("http_429", 1, "searchOrders")
                self._at(0.25, "polls", self._for_a_while, third, shop, *rule)

    def _plan_feeds(self):
        for shop in self.shops:
            if shop.shop.type == "amazon":
                self._at(0.2, "feeds", self._stick_feed, shop)

    def _stick_feed(self, shop):
        shop.stick_feed()
        return self.run.strategy.raise_all(shop.key)

    # --- trading partners

    def _plan_partners(self):
        world = self.run.partners
        if not world:
            return
        self._at(0, "partners", world.disturb)
        if partners.HOUSE in world.names:
            house = partners.House(self.run, world, self.dice)
            for _number in range(max(3, self.run.options.orders // 25)):
                self._at(0.05 + self.dice.random() * 0.85, "partners", house.correct)

    # --- who sells beside the shops

    def _plan_callers(self):
        self._at(0, "callers", self.run.doors.disturb, 0.15)

    def _plan_offline(self):
        if counter := self.run.doors.counter:
            for part, action in zip(
                tills.AWAY, (counter.lose, counter.find), strict=True
            ):
                self._at(part, "offline", action)

    # --- Odoo and PostgreSQL

    def _plan_database(self):
        self._at(0.55, "database", self.run.sql.refuse_for, RESTART_SECONDS)

    def _plan_servers(self):
        if self.run.server.has_others:
            for part, leads in ((0.3, True), (0.68, False)):
                self._at(part, "servers", self.run.server.fall, FALL_SECONDS, leads)

    def _plan_kill(self):
        rounds = 2
        for number in range(rounds * len(STEPS)):
            step = STEPS[number % len(STEPS)]
            part = 0.06 + 0.9 * number / (rounds * len(STEPS))
            self._at(part, "kill", self._kill, step)

    def _kill(self, step):
        """Wait for a worker that is at this step, and kill it right there.

        :return: whether there was one
        """
        if step == "ack":
            return self._kill_at_ack()
        end = time.monotonic() + SECONDS_TO_CATCH
        while time.monotonic() < end:
            if self._kill_one(step):
                return True
            time.sleep(0.02)
        return False

    def _kill_at_ack(self):
        """The shop has changed a number and has not said so yet."""
        caught = threading.Event()

        def hook(kind):
            if kind == "write" and not caught.is_set():
                if self._kill_one("send"):
                    caught.set()

        for shop in self.shops:
            shop.box.store.history.hook = hook
        caught.wait(SECONDS_TO_CATCH)
        for shop in self.shops:
            shop.box.store.history.hook = None
        return caught.is_set()

    def _kill_one(self, step):
        mine = self._processes()
        for [pid] in self._find(*JOBS[step]):
            if pid in mine:
                # it may have ended by itself since it was found
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    return True
        return False

    def _find(self, method, lock):
        """Process ids of workers that are in the middle of it."""
        if not self.run.strategy.addons:
            # there is one thing to kill: whoever serves a call that writes
            return self._find_any()
        return self.run.sql.rows(
            """
            SELECT worker_pid FROM queue_job
             WHERE state = 'started' AND method_name = %(method)s AND EXISTS (
                   SELECT FROM pg_stat_activity activity
                     LEFT JOIN pg_locks lock
                            ON lock.pid = activity.pid AND lock.granted
                           AND lock.locktype = 'advisory'
                    WHERE activity.datname = current_database()
                      AND activity.state <> 'idle'
                      AND CASE WHEN %(lock)s IS NULL
                          THEN query ~ '"(sale_order|sale_order_line|stock_move)"'
                          ELSE lock.classid::bigint = %(lock)s END)
            """,
            method=method,
            lock=lock,
        )

    def _find_any(self):
        writing = self.run.sql.value(
            """
            SELECT count(*) FROM pg_stat_activity
             WHERE datname = current_database() AND state <> 'idle'
               AND query ~ '(INSERT INTO|UPDATE) "(sale_order|stock_move)'
            """
        )
        if not writing:
            return []
        # Odoo's backends do not tell their process: of its workers the busiest
        busiest = max(self._processes(), key=_seconds, default=0)
        return [[busiest]]

    def _processes(self):
        """Workers of the Odoo that this run has started, and of no other."""
        found = set()
        for head in self.run.server.heads():
            # it may have ended, and be about to be started again
            with contextlib.suppress(psutil.Error):
                children = psutil.Process(head).children(recursive=True)
                found.update(each.pid for each in children)
        return found


def _seconds(pid):
    """Processor seconds of a process so far."""
    try:
        return sum(psutil.Process(pid).cpu_times()[:2])
    except psutil.Error:
        return 0
