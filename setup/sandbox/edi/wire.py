"""What the wires of both standards have in common: files, repeats, and due answers."""

import contextlib
import copy

from . import segment
from .x12 import Unreadable

HOUR = 3600
# habits of files, and habits by which a document comes once more
FILE_HABITS = ("same_name", "bom", "half_file", "growing")
REPEATS = (
    "again_same",
    "again_new_number",
    "again_changed",
    "again_changed_same_number",
    "rewritten",
)
CHANGING = {"again_changed", "again_changed_same_number", "rewritten"}


class Wire:
    """:cvar suffix: of file names
    :cvar guides: {kind: Guide} of what is written
    :cvar quantities: {segment: (element, component) of a quantity}
    :cvar spoils: habits that change what stands in an interchange

    A standard adds ``read``, ``take``, ``number`` (gives entries their control numbers)
    and ``build`` (their bytes).
    """

    suffix = ""
    guides = {}
    quantities = {}
    spoils = ()

    def __init__(self, partner):
        self.partner, self.config = partner, partner.config
        self.clear()

    def clear(self):
        # {control number: digest} of interchanges that came
        self.seen = {}
        self.last = None
        # control numbers of those that were acknowledged
        self.answered = set()
        self.interchange_number = 0
        # [([log entries], bytes)] that wait for the next file
        self.kept = []
        # [(log entry, segments)] that are collected for one interchange
        self.batch = None

    def strikes(self, name):
        return name in self.partner.rules.rates and self.partner.rules.strikes(name)

    # Reading

    def receive(self, name, data):
        """A file has come."""
        try:
            for interchange in self.read(data):
                self.take(interchange, name)
        except Unreadable as error:
            self.partner.charge(error.rule, name, str(error))
            entry = self.partner.log("in", "", "", file=name, state="unreadable")
            entry.notes.append(str(error))

    def follows(self, interchange):
        """Whether its number is new; gaps are charged.

        Bytes that came before and were never acknowledged may come again: they are
        answered, but not processed a second time.
        """
        number, label = interchange.control, f"interchange {interchange.control}"
        known = self.seen.get(number)
        if known is not None:
            if known != interchange.digest:
                words = "the number was used before, for other bytes"
                self.partner.charge("control_repeat", label, words)
            elif number in self.answered:
                words = "it came before and was acknowledged"
                self.partner.charge("control_repeat", label, words)
            return False
        self.seen[number] = interchange.digest
        value = int("".join(filter(str.isdigit, number)) or 0)
        follows = self.last is None or value == self.last % 999_999_999 + 1
        if not follows and self.config.watch_numbers:
            words = f"{value} does not follow {self.last}"
            self.partner.charge("control_gap", label, words)
        self.last = value
        return True

    # Writing

    def send(self, kind, reference, segments):
        """Write a document, with whatever the habits do to it.

        :return: its log entry
        """
        own_problems(self.partner, self.guides, kind, reference, segments)
        entry = self.partner.log("out", kind, reference)
        if self.batch is None:
            self.write([(entry, segments)])
        else:
            entry.state = "kept"
            self.batch.append((entry, segments))
        return entry

    @contextlib.contextmanager
    def together(self):
        """What is sent meanwhile goes into one interchange."""
        self.batch = []
        try:
            yield
        finally:
            batch, self.batch = self.batch, None
            if batch:
                self.write(batch)

    def write(self, documents, plain=False, repeats=True):
        """Write documents as one interchange.

        :param documents: [(log entry, segments)]
        :param plain: an acknowledgement: without faults of documents and files
        :param repeats: whether the habits of coming again are played
        """
        entries = [entry for entry, _segments in documents]
        self.number(entries)
        struck = [] if plain else [x for x in self.spoils if self.strikes(x)]
        if len(documents) > 1 and "usage_test" in struck:
            # it is decided before the rest of the interchange is known
            struck.remove("usage_test")
        for entry in entries:
            entry.faults += struck
        moment = self.partner.local()

        def build(contents):
            return self.build(entries, contents, moment, struck)

        contents = [segments for _entry, segments in documents]
        self.post(entries, build(contents), plain)
        if plain:
            return
        for entry in entries:
            self.expect(entry)
        if repeats and len(documents) == 1:
            self._repeat(entries[0], contents[0], build)

    def post(self, entries, data, plain=False):
        """Write an interchange's file.

        :param plain: without faults of files
        """
        for entry in entries:
            entry.data = entry.data or data
        if plain:
            self._write(entries, self._name(entries[0]), data)
            return
        self.kept.append((entries, data))
        if len(self.kept) == 1 and self.strikes("two_interchanges"):
            for entry in entries:
                entry.state = "kept"
                entry.faults.append("two_interchanges")
            # nothing may come any more
            self.partner.after(self.config.keep_hours * HOUR, self._post_kept)
            return
        self._post_kept()

    def _post_kept(self):
        """Write what waits, as one file."""
        entries = [entry for several, _data in self.kept for entry in several]
        data = b"".join(each for _entries, each in self.kept)
        self.kept = []
        if not entries:
            return
        name = self._name(entries[-1])
        struck = [name for name in FILE_HABITS if self.strikes(name)]
        for entry in entries:
            entry.faults += struck
        if "same_name" in struck:
            name = f"{entries[-1].kind}.{self.suffix}"
        if "bom" in struck:
            data = b"\xef\xbb\xbf" + data
        half = len(data) // 2
        if "growing" in struck and "half_file" not in struck:
            self._grow(name, data[half:])
        if {"growing", "half_file"} & set(struck):
            data = data[:half]
        self._write(entries, name, data)

    def _grow(self, name, rest):
        """The rest of a file comes later, never before its beginning."""
        clock, partner = self.partner.clock, self.partner
        silence = max(0, partner.silent_until + 1 - clock.time())
        later = silence + self.config.life(self.config.grow_seconds)
        clock.after(later, partner.mailbox.append, name, rest)

    def _name(self, entry, more=""):
        owner = f"{self.partner.name}_" if self.partner.sharing else ""
        return f"{owner}{entry.kind}_{entry.control[0]}{more}.{self.suffix}"

    def post_again(self, entry):
        """The same bytes under another name."""
        count = sum(1 for each in self.partner.documents if each.data == entry.data)
        again = self.partner.log(
            "out", entry.kind, entry.reference, control=entry.control, data=entry.data
        )
        again.faults = [*entry.faults]
        self._write([again], self._name(entry, f"_{count}"), entry.data, "again")

    def _write(self, entries, name, data, state="sent"):
        for entry in entries:
            entry.file, entry.state = name, state
        self._deliver(name, data)

    def _deliver(self, name, data):
        clock, partner = self.partner.clock, self.partner
        wait = partner.silent_until - clock.time()
        if wait > 0:
            clock.after(wait + 1, self._deliver, name, data)
            return
        overwritten = partner.mailbox.root / "out" / name
        if overwritten.exists():
            for other in partner.sent():
                if other.file == name and other.state == "sent" and data != other.data:
                    other.state = "lost"
        partner.mailbox.put(name, data)

    def _repeat(self, entry, segments, build):
        """Play the habits by which a document comes once more.

        :param build: gives the bytes of [segments] under the same numbers
        """
        later, partner = self.config.again_seconds, self.partner
        struck = [name for name in REPEATS if self.strikes(name)]
        entry.faults += struck
        if "again_same" in struck:
            partner.after(later, self.post_again, entry)
        if "again_new_number" in struck:
            partner.after(later, self._send_again, entry, segments)
        if not CHANGING & set(struck):
            return
        other = changed(segments, self.quantities)
        if "again_changed" in struck:
            partner.after(later, self._send_again, entry, other)
        if "again_changed_same_number" in struck:
            name, data = self._name(entry, "_b"), build([other])
            partner.after(later, self._deliver, name, data)
        if "rewritten" in struck and entry.file:
            data = build([other])
            partner.after(self.config.rewrite_seconds, self._deliver, entry.file, data)

    def _send_again(self, entry, segments):
        again = self.partner.log("out", entry.kind, entry.reference)
        self.write([(again, segments)], repeats=False)

    # Due answers

    def expect(self, entry):
        """The app has so long to acknowledge it."""
        if "half_file" not in entry.faults:
            self.partner.after(self.config.ack_hours * HOUR, self._overdue, entry)

    def _overdue(self, entry):
        if entry.state == "sent":
            entry.state = "overdue"
            words = f"not acknowledged within {self.config.ack_hours:g} hours"
            label = f"{entry.kind} {entry.reference}"
            self.partner.charge("missing_ack", label, words)

    def settle(self, entry, state):
        """The app has said what it thinks of a document."""
        entry.state = state
        if state == "rejected" and not spoilt(entry):
            label = f"{entry.kind} {entry.reference}"
            self.partner.ledger.add("app_rejected", label, "it was right")

    def give(self, number, kinds, function, *arguments):
        """Acknowledge an interchange, in the time and way the habits say."""
        if self.strikes("ack_never"):
            return
        seconds = self.partner.ack_delay(kinds)
        if self.strikes("ack_late"):
            seconds += self.config.ack_late_hours * HOUR
        times = 2 if self.strikes("ack_twice") else 1
        for _time in range(times):
            if seconds:
                self.partner.after(seconds, self._answer, number, function, *arguments)
            else:
                self._answer(number, function, *arguments)

    def _answer(self, number, function, *arguments):
        self.answered.add(number)
        function(*arguments)


def spoilt(entry):
    """Whether it was sent so that an app may reject it."""
    wrong = {"wrong_count", "usage_test", "isa_short", "half_file", "bom", "rewritten"}
    return bool(wrong & set(entry.faults))


def changed(segments, quantities):
    """The same document with one more of its first item, and without its sum of money.

    :param quantities: {segment: (element, component)}
    """
    result, done = copy.deepcopy(segments), set()
    for each in result:
        if each.tag in quantities and each.tag not in done:
            done.add(each.tag)
            number, component = quantities[each.tag]
            value = segment.plain(each.number(number, component) + 1)
            each.elements[number - 1][component - 1] = value
    return [each for each in result if each.tag != "AMT"]


def own_problems(partner, guides, kind, reference, segments, mark="."):
    """A document against its own guide is a bug in here, and must be seen."""
    for problem in guides[kind].check(segments, mark):
        partner.ledger.add("own_documents", f"{kind} {reference}", str(problem))
