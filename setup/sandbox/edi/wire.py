"""What the wires of both standards have in common: files, repeats, and due answers."""

import copy

from . import segment
from .x12 import Unreadable

HOUR = 3600
# {segment: (element, component) of a quantity}: to say something else the next time
QUANTITIES = {
    "PO1": (2, 1),
    "SDQ": (4, 1),
    "POC": (3, 1),
    "W12": (3, 1),
    "W03": (1, 1),
    "W07": (1, 1),
    "W14": (1, 1),
    "W19": (2, 1),
    "QTY": (1, 2),
}


class Wire:
    """:cvar suffix: of file names
    :cvar acks: the kinds that are acknowledgements themselves
    """

    suffix = ""
    acks = ()

    def __init__(self, partner):
        self.partner, self.config = partner, partner.config
        self.clear()

    def clear(self):
        # {control number: digest} of interchanges that came
        self.seen = {}
        self.last = None
        # {control number: [files of acknowledgement]} that were given
        self.answers = {}
        self.interchange_number = 0
        # [(log entry, bytes)] that wait for the next file
        self.kept = []

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
            elif self.answers.get(number):
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

    def post(self, entry, data, plain=False):
        """Write a document's file.

        :param plain: without faults of files
        """
        entry.data = entry.data or data
        if not plain:
            self.kept.append((entry, data))
            if len(self.kept) == 1 and self.strikes("two_interchanges"):
                entry.state = "kept"
                entry.faults.append("two_interchanges")
                return
            data = b"".join(each for _entry, each in self.kept)
            for other, _data in self.kept:
                other.state = "sent"
            self.kept = []
        entry.state = "sent"
        name = f"{entry.kind}_{entry.control[0]}.{self.suffix}"
        if plain:
            self._write(entry, name, data)
            return
        if self.strikes("same_name"):
            entry.faults.append("same_name")
            name = f"{entry.kind}.{self.suffix}"
        if self.strikes("bom"):
            entry.faults.append("bom")
            data = b"\xef\xbb\xbf" + data
        half = len(data) // 2
        if self.strikes("half_file"):
            entry.faults.append("half_file")
            data = data[:half]
        elif self.strikes("growing"):
            entry.faults.append("growing")
            rest = data[half:]
            data = data[:half]
            self.partner.after(
                self.config.grow_seconds, self.partner.mailbox.append, name, rest
            )
        self._write(entry, name, data)

    def post_again(self, entry):
        """The same bytes under another name."""
        count = sum(1 for each in self.partner.documents if each.data == entry.data)
        again = self.partner.log(
            "out", entry.kind, entry.reference, control=entry.control, data=entry.data
        )
        again.state = "again"
        name = f"{entry.kind}_{entry.control[0]}_{count}.{self.suffix}"
        self._write(again, name, entry.data)

    def _write(self, entry, name, data):
        entry.file = name
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

    def repeat(self, entry, segments, send_again, build):
        """Play the habits by which a document comes once more.

        :param send_again: writes segments under new numbers
        :param build: gives the bytes of segments under the same numbers
        """
        later = self.config.again_seconds
        partner = self.partner
        if self.strikes("again_same"):
            entry.faults.append("again_same")
            partner.after(later, self.post_again, entry)
        if self.strikes("again_new_number"):
            entry.faults.append("again_new_number")
            partner.after(later, send_again, segments)
        if self.strikes("again_changed"):
            entry.faults.append("again_changed")
            partner.after(later, send_again, changed(segments))
        if self.strikes("again_changed_same_number"):
            entry.faults.append("again_changed_same_number")
            data = build(changed(segments))
            name = f"{entry.kind}_{entry.control[0]}_b.{self.suffix}"
            partner.after(later, self._deliver, name, data)
        if self.strikes("rewritten"):
            entry.faults.append("rewritten")
            # what was in the file before counts: no order was ever meant twice
            data = build(changed(segments))
            partner.after(self.config.rewrite_seconds, self._deliver, entry.file, data)

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
        self.answers.setdefault(number, []).append(seconds)
        for _time in range(times):
            if seconds:
                self.partner.after(seconds, function, *arguments)
            else:
                function(*arguments)


def spoilt(entry):
    """Whether it was sent so that an app may reject it."""
    wrong = {"wrong_count", "usage_test", "isa_short", "half_file", "bom", "rewritten"}
    return bool(wrong & set(entry.faults))


def changed(segments):
    """The same document with one more of its first item."""
    result, done = copy.deepcopy(segments), set()
    for each in result:
        place = QUANTITIES.get(each.tag)
        if place and each.tag not in done:
            done.add(each.tag)
            number, component = place
            text = each.at(number, component).replace(",", ".")
            value = segment.plain(segment.Decimal(text or 0) + 1)
            each.elements[number - 1][component - 1] = value
    return [each for each in result if each.tag != "AMT"]


def own_problems(partner, guides, kind, reference, segments, mark="."):
    """A document against its own guide is a bug in here, and must be seen."""
    for problem in guides[kind].check(segments, mark):
        partner.ledger.add("own_documents", f"{kind} {reference}", str(problem))
