"""The SFTP server, the partners on it, their clock and the control port."""

import contextlib
import shutil
import tempfile
import threading
from pathlib import Path

from ..common.agenda import Agenda
from ..common.clock import parse_time
from ..common.requestlog import RequestLog
from ..common.seed import load
from .bigmart import BigMart
from .config import BigMartConfig, Dock9Config, FabrikConfig
from .dock9 import Dock9
from .fabrik import Fabrik
from .partner import PartnerError
from .server import Server
from .sftp import Account, SftpFaults, SftpServer

# {name: (class, class of its settings)}
PARTNERS = {
    "bigmart": (BigMart, BigMartConfig),
    "dock9": (Dock9, Dock9Config),
    "fabrik": (Fabrik, FabrikConfig),
}


class Sandbox:
    """Several partners with one clock, one SFTP server and one lock.

    :param data: a seed: {name of a partner: its settings and goods}; the README has the
        format
    :param names: the partners that are there
    :param every: settings of each of them, where the seed says nothing else
    """

    def __init__(
        self,
        config,
        data=None,
        names=None,
        host="127.0.0.1",
        port=0,
        sftp_port=0,
        every=None,
    ):
        self.every = every or {}
        self.config, self.data = config, load(data, {})
        start = config.start
        self.clock = Agenda(parse_time(start) if isinstance(start, str) else start)
        self.faults = SftpFaults(config.random_seed)
        self.log = RequestLog()
        self.stopping = threading.Event()
        self._lock = threading.RLock()
        self._ticker = None
        self._folder = tempfile.mkdtemp(prefix="partners-")
        self.sftp = SftpServer(self.faults, self.log, host, sftp_port)
        self.partners = {}
        try:
            for name in names or PARTNERS:
                self._add(name)
            self.server = Server(self, host, port)
        except BaseException:
            shutil.rmtree(self._folder)
            raise
        config.url = self.server.url

    def _add(self, name):
        kind, settings = PARTNERS[name]
        config = settings.of(
            {**self.every, **self.data.get(name, {}).get("settings", {})}
        )
        root = Path(self._folder) / config.user
        sharing = [x for x in self.partners.values() if x.config.user == config.user]
        account = Account(config.user, config.password, root, tuple(config.keys))
        if not sharing:
            self.sftp.add(account)
        partner = kind(self, config, root)
        if not sharing:
            account.opened = partner.opened
        for each in sharing and [*sharing, partner]:
            each.sharing = [*sharing, partner]
        self.partners[name] = partner
        setattr(self, name, partner)
        partner.fill(self.data.get(name, {}))

    @property
    def url(self):
        return self.server.url

    def start(self):
        try:
            self.sftp.start()
        except BaseException:
            # such as a port that is in use
            self.stop()
            raise
        self.server.start()
        if self.config.tick:
            self._ticker = threading.Thread(target=self._tick, daemon=True)
            self._ticker.start()
        return self

    def stop(self):
        """Stop serving; nothing of it is left running or lying about."""
        self.stopping.set()
        if self._ticker:
            self._ticker.join()
        self.server.stop()
        self.sftp.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.stop()

    def _tick(self):
        while not self.stopping.wait(self.config.tick):
            try:
                self.step()
            except Exception as error:
                # a bug in here must be seen, and not end all that is still due
                for partner in self.partners.values():
                    partner.ledger.add("own_work", "-", repr(error))

    @contextlib.contextmanager
    def transaction(self):
        """Hold the lock, with everything done that is due by now."""
        with self._lock:
            self.clock.run()
            yield self

    def step(self, seconds=0):
        """Partners read what has come; so much time passes; they read again."""
        with self.transaction():
            self.look()
            if seconds:
                self.clock.move(self.clock.skew + seconds)
                self.clock.run()
                self.look()

    def look(self):
        for partner in self.partners.values():
            partner.look()
        # what they do at once about it
        self.clock.run()

    def pass_time(self, seconds):
        self.step(seconds)

    def reset(self, data=None):
        """As new: the seed again, no documents, faults or charges."""
        with self._lock:
            self.clock.reset()
            self.faults.clear(self.config.random_seed)
            self.log.clear()
            data = load(data, self.data)
            for name, partner in self.partners.items():
                partner.clear()
                partner.fill(data.get(name, {}))

    def seed(self, data):
        with self.transaction():
            for name, values in data.items():
                self.partners[name].fill(values)

    def calm(self):
        """Nothing by chance any more, no faults of the wire."""
        for partner in self.partners.values():
            partner.calm()
        self.faults.clear(self.config.random_seed)

    def truth(self):
        """What really is, for whoever judges an app by it."""
        with self.transaction():
            return {name: each.truth() for name, each in self.partners.items()}

    def ship(self, truck):
        """Goods are on the road: to the partner that knows the address, if one does.

        :param truck: a Truck
        """
        for partner in self.partners.values():
            if partner.expects(truck):
                partner.truck(truck)
                return


__all__ = ["PARTNERS", "PartnerError", "Sandbox"]
