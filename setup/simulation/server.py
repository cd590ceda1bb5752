"""Odoo with its job runner, on a database that is there already."""

import sys

import databases
from demo_database import LOCAL_ONLY
from demo_processes import Process
from demo_rpc import Rpc

# More hands for orders than a small company has: this one has a year's in minutes.
JOB_CHANNELS = (
    "root:9,root.channel:9,root.channel.in:2,root.channel.back:1,root.channel.plan:1,"
    "root.channel.pull:1,root.channel.out:2,root.channel.check:1,root.channel.book:1"
)
SECONDS_TO_START = 120


class Server:
    """``with Server(...) as server``: ``server.rpc()`` logs in."""

    def __init__(self, env, folder, sql, ports, log="setup", workers=10):
        self.env, self.folder, self.sql, self.ports = env, folder, sql, ports
        self.log, self.workers = log, workers
        self.url = f"http://127.0.0.1:{ports[0]}"
        self.process = None

    def __enter__(self):
        self.sql.run(LOCAL_ONLY % {"url": f"'{self.url}'"})
        script = databases.REPO / "setup" / "lib" / "odoo_server.py"
        self.process = Process(
            "Odoo",
            [sys.executable, script, "--config", self._write_conf()],
            self.folder / f"odoo-{self.log}.log",
            self.env,
            self.folder,
        )
        try:
            self.process.wait_for(
                "answers at its port", Rpc(self.url, "").is_up, SECONDS_TO_START
            )
        except BaseException:
            self.process.stop()
            raise
        return self

    def __exit__(self, *_error):
        self.process.stop()
        self.sql.close()

    def rpc(self):
        return Rpc(self.url, self.sql.name).login("admin", "admin")

    def _write_conf(self):
        data = self.folder / "data"
        data.mkdir(exist_ok=True)
        options = {
            "http_port": self.ports[0],
            "gevent_port": self.ports[1],
            "db_name": self.sql.name,
            "dbfilter": f"^{self.sql.name}$",
            "list_db": False,
            "data_dir": data,
            "workers": self.workers,
            # the driver runs what is scheduled, on the trace's own schedule
            "max_cron_threads": 0,
            "log_handler": ":INFO,werkzeug:WARNING",
        }
        path = self.folder / "odoo.conf"
        return databases.write_conf(self.env, path, options, channels=JOB_CHANNELS)
