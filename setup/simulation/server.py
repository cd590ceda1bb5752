"""Odoo with its job runner, on a database that is there already."""

import contextlib
import os
import signal
import sys
import threading
import time

import databases
from demo.database import LOCAL_ONLY
from demo.processes import DemoError, Process
from demo.rpc import Rpc

# More hands for orders than a small company has: this one has a year's in minutes. One
# of them always listens where a shop has an event stream.
JOB_CHANNELS = (
    "root:14,root.channel:14,root.channel.in:3,root.channel.back:1,root.channel.plan:2,"
    "root.channel.pull:2,root.channel.out:2,root.channel.check:2,root.channel.book:1,"
    "root.channel.listen:1"
)
SECONDS_TO_START = 120


class Server:
    """``with Server(...) as server``: ``server.rpc()`` logs in.

    :ivar url: where it is reached; of one of several servers, what stands before them
    """

    # there is another one that works on the same database
    has_others = False

    def __init__(
        self,
        env,
        folder,
        sql,
        ports,
        log="setup",
        workers=16,
        channels=JOB_CHANNELS,
        more_addons=(),
    ):
        self.env, self.folder, self.sql, self.ports = env, folder, sql, ports
        self.log, self.workers, self.channels = log, workers, channels
        self.more_addons = more_addons
        self.url = self.own_url = f"http://127.0.0.1:{ports[0]}"
        self.process = self._guard = None
        self.restarts, self._over = 0, threading.Event()
        # as ``time.monotonic``: not started again before
        self._rests_until = 0.0

    def __enter__(self):
        self.sql.run(LOCAL_ONLY % {"url": f"'{self.url}'"})
        self._start()
        try:
            self.process.wait_for("answers at its port", self.is_up, SECONDS_TO_START)
        except BaseException:
            self.process.stop()
            raise
        return self

    def __exit__(self, *_error):
        self._over.set()
        if self._guard:
            self._guard.join(30)
        self.process.stop()
        self.sql.close()

    def is_up(self):
        return Rpc(self.own_url, "").is_up()

    def heads(self):
        """Process ids of the servers, each the parent of its workers."""
        return [self.process.pid]

    def fall(self, seconds):
        """All its processes end at once, as if the machine had lost its power, and it
        is not started again before so many seconds have passed."""
        self._rests_until = time.monotonic() + seconds
        # it may have ended by itself
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def keep_up(self):
        """From here on start Odoo again when it ends, as a service manager does: its
        head ends where it wants a new worker while the database is away."""
        self._guard = threading.Thread(target=self._keep_up, daemon=True)
        self._guard.start()

    def _keep_up(self):
        while not self._over.wait(1):
            try:
                self.process.check()
            except DemoError:
                if time.monotonic() < self._rests_until:
                    continue
                self.process.stop()
                self.restarts += 1
                self._start()

    def _start(self):
        script = databases.REPO / "setup" / "lib" / "odoo_server.py"
        suffix = f"-{self.restarts}" if self.restarts else ""
        self.process = Process(
            "Odoo",
            [sys.executable, script, "--config", self._write_conf()],
            self.folder / f"odoo-{self.log}{suffix}.log",
            self.env,
            self.folder,
        )

    def wait_for(self, what, condition, seconds):
        """Wait until ``condition()`` is true, whether Odoo is up or comes back."""
        end = time.monotonic() + seconds
        while not condition():
            if not self._guard:
                self.process.check()
            if time.monotonic() > end:
                raise DemoError(f"Odoo: {what}: not within {seconds:g} s")
            time.sleep(0.1)

    def rpc(self):
        return Rpc(self.url, self.sql.name).login("admin", "admin")

    def _write_conf(self):
        data = self.folder / "data"
        data.mkdir(exist_ok=True)
        options = {
            "http_port": self.ports[0],
            "gevent_port": self.ports[1],
            "db_name": self.sql.name,
            # no dbfilter: for it each webhook and each job would ask PostgreSQL for
            # the names of its databases
            "list_db": False,
            "data_dir": data,
            "workers": self.workers,
            # the driver runs what is scheduled, on the trace's own schedule
            "max_cron_threads": 0,
            "log_handler": ":INFO,werkzeug:WARNING",
        }
        path = self.folder / f"odoo-{self.log}.conf"
        return databases.write_conf(
            self.env, path, options, self.channels, self.more_addons
        )
