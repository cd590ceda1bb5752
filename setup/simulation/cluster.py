"""Several Odoo servers on one database, each with its job runner; one of them may fall.

Their runners need no setting to work together: each asks PostgreSQL for one advisory
lock of its session, and who has it leads; the others ask again every five seconds. What
has to be set is where the leader sends jobs: to the balancer, or all of them run on its
own server.
"""

import contextlib
import sys
import threading
import time
from pathlib import Path

import psutil
from demo.processes import Process
from demo.rpc import Rpc

from .server import Server

# of OCA's queue_job, see its ``jobrunner/runner.py``
LEADER_LOCK = 2293787760715711918
WATCH_SECONDS, LONGEST = 0.1, 120


class Member(Server):
    """One of several servers, asked by way of what stands before them."""

    def __init__(self, env, folder, sql, ports, log, front):
        env = {
            **env,
            "ODOO_QUEUE_JOB_HOST": "127.0.0.1",
            "ODOO_QUEUE_JOB_PORT": str(front),
        }
        super().__init__(env, folder, sql, ports, log)
        self.url = f"http://127.0.0.1:{front}"

    def has_process(self, pid):
        with contextlib.suppress(psutil.Error):
            children = psutil.Process(self.process.pid).children(recursive=True)
            return any(each.pid == pid for each in children)
        return False


class Cluster:
    """To whoever uses it one ``Server``.

    :ivar falls: of each server that fell a dict: which, whether its runner led, and the
        times ``at``, ``led_at`` (another runner leads) and ``until`` (it answers again)
    """

    has_others = True

    def __init__(self, env, folder, sql, ports, log):
        self.env, self.folder, self.log, self.sql = env, folder, log, sql
        self.front, *own = ports
        self.url = f"http://127.0.0.1:{self.front}"
        pairs = list(zip(own[::2], own[1::2], strict=True))
        self.members = [
            Member(env, folder, sql, pair, f"{log}-{number}", self.front)
            for number, pair in enumerate(pairs, 1)
        ]
        self.falls = []
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            stack.enter_context(self._balancer())
            for each in self.members:
                stack.enter_context(each)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error):
        return self._stack.__exit__(*error)

    def _balancer(self):
        ports = [self.front, *(each.ports[0] for each in self.members)]
        script = Path(__file__).with_name("balancer.py")
        return Process(
            "balancer",
            [sys.executable, script, *ports],
            self.folder / f"balancer-{self.log}.log",
            self.env,
            self.folder,
        )

    # --- as one server

    @property
    def restarts(self):
        return sum(each.restarts for each in self.members)

    def heads(self):
        return [pid for each in self.members for pid in each.heads()]

    def keep_up(self):
        for each in self.members:
            each.keep_up()

    def wait_for(self, what, condition, seconds):
        self.members[0].wait_for(what, condition, seconds)

    def rpc(self):
        return Rpc(self.url, self.sql.name).login("admin", "admin")

    # --- leading and falling

    def leader(self):
        """:return: the server whose runner leads just now; None between two"""
        rows = self.sql.rows(
            """
            SELECT activity.application_name
              FROM pg_locks lock JOIN pg_stat_activity activity USING (pid)
             WHERE lock.locktype = 'advisory' AND lock.granted
               AND lock.classid::bigint = %s AND lock.objid::bigint = %s
               AND lock.objsubid = 1 AND activity.datname = current_database()
            """,
            LEADER_LOCK >> 32,
            LEADER_LOCK & 0xFFFFFFFF,
        )
        # Odoo's connections are named after the process that opened them
        pids = [int(name.rpartition("-")[2]) for [name] in rows]
        for each in self.members:
            if any(map(each.has_process, pids)):
                return each
        return None

    def fall(self, seconds, leads):
        """One server ends, the one whose runner leads or another one.

        :return: False when none leads just now, or another one still lies there
        """
        leader = self.leader()
        if not leader or any("until" not in each for each in self.falls):
            return False
        fallen = next(each for each in self.members if (each is leader) == leads)
        facts = {"server": fallen.log, "led": leads, "at": time.time()}
        self.falls.append(facts)
        fallen.fall(seconds)
        watch = threading.Thread(
            target=self._watch, args=[facts, fallen, seconds], daemon=True
        )
        watch.start()
        return True

    def _watch(self, facts, fallen, seconds):
        """Note when another one leads, and when all are up again."""
        end = time.monotonic() + LONGEST
        while facts["led"] and time.monotonic() < end:
            if self.leader() not in (None, fallen):
                facts["led_at"] = time.time()
                break
            time.sleep(WATCH_SECONDS)
        # what fell says no word until it is started again
        time.sleep(max(0, facts["at"] + seconds - time.time()))
        while time.monotonic() < end:
            if fallen.is_up():
                facts["until"] = time.time()
                return
            time.sleep(WATCH_SECONDS)
