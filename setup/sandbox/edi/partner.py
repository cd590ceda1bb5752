"""What all partners have: a mailbox, a wire, rules, a ledger, a log of documents."""

import contextlib
import functools
import random
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from ..common.rules import Rules
from .entry import LogEntry
from .ledger import Ledger
from .mailbox import Mailbox, is_hidden
from .rules import ENVELOPE, WATCHED
from .segment import clean, make

HOUR, DAY = 3600, 86400


class PartnerError(Exception):
    """The partner's own business forbids this; the text is for a person."""


def locked(method):
    """A method that people and tests call: alone, with all done that is due."""

    @functools.wraps(method)
    def call(self, *arguments, **values):
        with self.sandbox.transaction():
            return method(self, *arguments, **values)

    return call


class Partner:
    """:cvar RULES: {name: what breaks it} besides those of envelopes
    :cvar READS: {kind of document: method that takes it}
    """

    name = None
    RULES = {}
    READS = {}

    def __init__(self, sandbox, config, root):
        self.sandbox, self.config = sandbox, config
        # all partners of one login, as a VAN has them; empty where it is alone
        self.sharing = []
        self.clock = sandbox.clock
        self.mailbox = Mailbox(root, self.clock)
        self.rules = Rules(self._refusals(), self.habits(), sandbox.config.random_seed)
        names = [*ENVELOPE, *self.RULES, *WATCHED]
        self.ledger = Ledger(names, self.clock)
        self.wire = self.make_wire()
        self.clear()

    def _refusals(self):
        return {**ENVELOPE, **self.RULES}

    def habits(self):
        raise NotImplementedError

    def make_wire(self):
        raise NotImplementedError

    def clear(self):
        """As on the first day, without its seed."""
        seed = self.sandbox.config.random_seed
        self.dice = random.Random(f"{self.name} {seed}")
        self.rules.clear(seed)
        self.ledger.clear()
        self.documents = []
        self.silent_until = 0.0
        self.wire.clear()
        self.mailbox.clear()

    # Time

    @property
    def zone(self):
        return ZoneInfo(self.config.zone)

    def local(self, moment=None):
        """A moment by the partner's own clock on the wall."""
        return (moment or self.clock.now()).astimezone(self.zone)

    def today(self, days=0):
        return self.local().date() + timedelta(days)

    def after(self, seconds, function, *arguments):
        """Call it so much later in the partner's own life."""
        self.clock.after(self.config.life(seconds), function, *arguments)

    def each(self, seconds, function):
        """Call it so often, in the partner's own life."""
        if not seconds:
            return

        def work():
            self.after(seconds, work)
            function()

        self.after(seconds, work)

    def at_hour(self, text, function):
        """Call it each day at ``HH:MM`` of the partner's own day."""
        if not text:
            return
        hour, minute = map(int, text.split(":"))
        now = self.clock.now()
        local = self.local(now)
        due = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
        if due <= local:
            due += timedelta(days=1)

        def work():
            self.at_hour(text, function)
            function()

        # against UTC: within one zone, hours of a changed clock would not count
        self.clock.after((due - now).total_seconds(), work)

    # Documents

    def log(self, direction, kind, reference, **values):
        number = len(self.documents) + 1
        entry = LogEntry(number, self.clock.now(), direction, kind, reference, **values)
        self.documents.append(entry)
        return entry

    def sent(self, kind=None):
        return self._logged("out", kind)

    def received(self, kind=None):
        return self._logged("in", kind)

    def _logged(self, direction, kind):
        return [
            each
            for each in self.documents
            if each.direction == direction and kind in (None, each.kind)
        ]

    def look(self):
        """Read what has come. Under the lock."""
        if self.clock.time() < self.silent_until:
            return
        for name, data in self.mailbox.take(self._is_mine):
            self.wire.receive(name, data)

    def _is_mine(self, data):
        """Whether a file of a shared folder is for this partner; the first one has what
        is for nobody."""
        if not self.sharing:
            return True
        head = data[:200].decode("latin-1")
        named = [each for each in self.sharing if each.config.identity[1] in head]
        return self in named[:1] or (not named and self is self.sharing[0])

    def take(self, document, entry):
        """A document has come whose form is right."""
        getattr(self, self.READS[document.kind])(document, entry)

    def opened(self, path):
        """The client opens a file for writing. Not under the lock."""
        folder, _slash, name = path.rpartition("/")
        if folder.endswith("/in") and not is_hidden(name):
            self.charge("written_in_place", name, "opened under its final name")

    def minds(self, rule):
        """Whether a rule is on at all."""
        return self.rules.rates[rule] > 0

    def charge(self, rule, document, reason, amount=None):
        """Put it into the ledger, if the partner minds.

        :return: the entry, or None
        """
        if not self.rules.strikes(rule):
            return None
        amount = self.config.charge if amount is None else Decimal(amount)
        return self.ledger.add(rule, document, reason, amount)

    def ack_delay(self, _kinds):
        """Seconds from a document's coming to its acknowledgement."""
        return self.config.ack_seconds

    def expects(self, _truck):
        """Whether goods on the road come here."""
        return False

    def send_advice(self, document, entry, problems, code):
        """824: what is wrong with a document whose form was right.

        :param code: TE accepted with errors, TR rejected
        """
        now = self.local()
        number = f"ADV{len(self.documents) + 1:06}"
        _interchange, group, control = entry.control
        segments = [
            make("BGN", "11", number, now.strftime("%Y%m%d"), now.strftime("%H%M")),
            make(
                "OTI",
                code,
                "TN",
                entry.reference or "NONE",
                *(None, None, None, None),
                *(group, control, document.kind),
            ),
        ]
        segments += [
            make("TED", "024", clean(f"{each.rule} {each.reason}", 60))
            for each in problems
        ]
        self.wire.send("824", number, segments)

    # What people do

    def step(self, seconds=0):
        """Let so much time pass and the partner look into its folder.

        :return: the documents that it has written or read meanwhile
        """
        before = len(self.documents)
        self.sandbox.step(seconds)
        return self.documents[before:]

    @contextlib.contextmanager
    def together(self):
        """What it writes meanwhile goes into one interchange: a set a document, and in
        X12 a group a kind."""
        with self.sandbox.transaction(), self.wire.together():
            yield self

    @locked
    def resend(self, entry):
        """Somebody asked for a document again: same bytes, another file."""
        self.wire.post_again(entry)

    @locked
    def silence(self, seconds=DAY):
        """Nothing is read nor written for so long."""
        self.silent_until = self.clock.time() + self.config.life(seconds)

    def calm(self):
        """Nothing by chance any more."""
        self.rules.calm()

    def files(self, folder="out"):
        return self.mailbox.files(folder)

    def truth(self):
        raise NotImplementedError

    @contextlib.contextmanager
    def with_faults(self, *names):
        """These habits are certain for a while."""
        before = {name: self.rules.rates[name] for name in names}
        self.rules.set(**dict.fromkeys(names, 1.0))
        yield self
        self.rules.set(**before)
