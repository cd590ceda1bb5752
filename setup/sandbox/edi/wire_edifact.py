"""One partner's EDIFACT: interchanges judged, answered by CONTRL, and written."""

from . import edifact
from .edifact_guides import GUIDES, wrong_dates
from .segment import make
from .wire import Wire, own_problems

# {kind of problem: code of list 0085}
CODES = {
    "unknown": "15",
    "unexpected": "15",
    "missing_segment": "13",
    "too_often": "35",
    "missing": "13",
    "too_many": "16",
    "short": "40",
    "long": "39",
    "characters": "37",
    "code": "12",
    "date": "12",
    "time": "12",
    "pair": "13",
}
STATES = {"7": "accepted", "8": "received", "4": "rejected"}


class EdifactWire(Wire):
    suffix = "edi"
    guides = GUIDES
    quantities = {"QTY": (1, 2)}
    spoils = (
        "usage_test",
        "wrong_count",
        "cp1252",
        "no_una",
        "utf8",
        "release_characters",
    )

    def clear(self):
        super().clear()
        # {interchange reference: [log entries]}
        self.interchanges_sent = {}

    def read(self, data):
        return edifact.read(data)

    # --- what comes

    def take(self, interchange, name):
        kinds = {each.kind for each in interchange.messages}
        if note := self._refusal(interchange):
            rule, code, words = note
            label = f"interchange {interchange.control}"
            self.partner.charge(rule, label, words)
            self._log_refused(interchange, name, words)
            if kinds != {"CONTRL"}:
                segments = [self._uci(interchange, "4", code)]
                self._send_contrl(interchange.control, segments)
            return
        fresh = self.follows(interchange)
        if kinds == {"CONTRL"}:
            for message in interchange.messages:
                entry = self._log(interchange, message, name)
                entry.state = "accepted" if fresh else "dropped"
                self._take_contrl(message, entry)
            return
        if not fresh:
            self._log_refused(interchange, name, "came before", "dropped")
            if interchange.control in self.answered:
                segments = [self._uci(interchange, "4", "26")]
                self._send_contrl(interchange.control, segments)
                return
        self._take_messages(interchange, name, fresh)

    def _refusal(self, interchange):
        """(rule, code of 0085, words) of what makes an interchange unacceptable."""
        for fault in interchange.faults:
            if self.partner.minds(fault.rule):
                return fault.rule, fault.code, fault.text
        if interchange.sender != self.config.us:
            return "wrong_identity", "23", f"from {interchange.sender}"
        if interchange.receiver != self.config.identity:
            return "wrong_identity", "7", f"to {interchange.receiver}"
        if interchange.is_test != self.config.test and self.strikes("wrong_usage"):
            return "wrong_usage", "25", "marked as a test, or not"
        return None

    def _log_refused(self, interchange, name, words, state="refused"):
        for message in interchange.messages:
            entry = self._log(interchange, message, name)
            entry.state = state
            entry.notes.append(words)

    def _log(self, interchange, message, name):
        head = next((each for each in message.segments if each.tag == "BGM"), None)
        return self.partner.log(
            "in",
            message.kind,
            head.at(2) if head else "",
            control=(interchange.control, "", message.reference),
            file=name,
        )

    def _take_messages(self, interchange, name, fresh):
        verdicts, accepted, numbers = [], [], set()
        for message in interchange.messages:
            problems = self._problems(interchange, message, numbers)
            verdicts.append((message, problems))
            if not fresh:
                continue
            entry = self._log(interchange, message, name)
            for rule, _code, words in problems:
                entry.notes.append(words)
                self.partner.charge(rule, f"{message.kind} {entry.reference}", words)
            entry.state = "refused" if problems else "accepted"
            if not problems:
                accepted.append((message, entry))
        clean = not any(problems for _message, problems in verdicts)
        if clean and self.strikes("ack_reject"):
            segments = [self._uci(interchange, "4", "18")]
            self._give(interchange, interchange.control, segments)
            for _message, entry in accepted:
                entry.state = "refused"
                entry.notes.append("refused by a fault of the sandbox")
            return
        self._acknowledge(interchange, verdicts, clean)
        for message, entry in accepted:
            message.mark = interchange.marks.decimal
            self.partner.take(message, entry)

    def _problems(self, interchange, message, numbers):
        """[(rule, code of 0085, words)]"""
        found = [(each.rule, each.code, each.text) for each in message.faults]
        if message.reference in numbers:
            found.append(("set_repeat", "26", f"{message.reference} is there twice"))
        numbers.add(message.reference)
        version = tuple(message.head.at(2, number) for number in range(2, 5))
        if message.kind not in self.partner.READS:
            found.append(("unsupported", "12", f"no {message.kind} was agreed"))
        elif version != self._envelope().version[:3]:
            found.append(("wrong_version", "12", f"version {':'.join(version)}"))
        else:
            mark = interchange.marks.decimal
            other = "." if mark == "," else ","
            for problem in GUIDES[message.kind].check(message.segments, mark):
                rule = "guide"
                if problem.kind == "characters" and other in problem.value:
                    rule = "decimal_mark"
                found.append((rule, CODES[problem.kind], str(problem)))
            for segment in wrong_dates(message):
                found.append(("guide", "12", f"{segment} is no date"))
        return [each for each in found if self.partner.minds(each[0])]

    # --- acknowledging

    def _uci(self, interchange, action, code=None):
        sender, receiver = interchange.sender, interchange.receiver
        return make(
            "UCI",
            interchange.control[:14],
            _party(sender),
            _party(receiver),
            action,
            code,
        )

    def _acknowledge(self, interchange, verdicts, clean):
        action = "7"
        if clean and self.strikes("ack_received"):
            action, verdicts = "8", []
        segments = [self._uci(interchange, action)]
        for message, problems in verdicts:
            code = problems[0][1] if problems else None
            action = "4" if problems else "7"
            reference = message.reference[:14] or "?"
            segments.append(make("UCM", reference, _version(message), action, code))
        self._give(interchange, interchange.control, segments)
        if self.strikes("ack_for_nothing"):
            stranger = make(
                "UCI",
                f"{interchange.control}X",
                [self.config.us[1], self.config.us[0]],
                [self.config.identity[1], self.config.identity[0]],
                "7",
            )
            self._give(interchange, f"{interchange.control}X", [stranger])

    def _give(self, interchange, reference, segments):
        kinds = {each.kind for each in interchange.messages}
        self.give(interchange.control, kinds, self._send_contrl, reference, segments)

    def _send_contrl(self, reference, segments):
        own_problems(self.partner, GUIDES, "CONTRL", reference, segments)
        entry = self.partner.log("out", "CONTRL", reference)
        self.write([(entry, segments)], plain=True)

    def _take_contrl(self, message, entry):
        """An acknowledgement is never acknowledged."""
        problems = GUIDES["CONTRL"].check(message.segments)
        for problem in problems:
            entry.notes.append(str(problem))
            self.partner.charge("guide", "CONTRL", str(problem))
        if problems:
            entry.state = "refused"
            return
        head, *rest = message.segments
        entry.reference = head.at(1)
        entries = self.interchanges_sent.get(head.at(1))
        if not entries:
            words = f"interchange {head.at(1)} was never sent"
            self.partner.charge("ack_unknown", "CONTRL", words)
            return
        codes = {each.at(1): each.at(3) for each in rest if each.tag == "UCM"}
        for each in entries:
            action = head.at(4)
            if action != "4":
                action = codes.get(each.control[2], action)
            self.settle(each, STATES[action])

    # --- writing

    def _envelope(self):
        config = self.config
        return edifact.Envelope(
            config.identity,
            config.us,
            charset=config.charset,
            marks=edifact.Marks(decimal=config.decimal),
            una=config.una,
        )

    def number(self, entries):
        self.interchange_number += 1
        reference = f"{self.interchange_number:08}"
        for place, entry in enumerate(entries, 1):
            entry.control = (reference, "", str(place))
            if entry.kind != "CONTRL":
                self.interchanges_sent.setdefault(reference, []).append(entry)

    def build(self, entries, contents, moment, struck):
        """Numbers of documents have a point; it becomes the declared mark."""
        envelope = self._envelope()
        if "no_una" in struck:
            envelope.una, envelope.marks = False, edifact.Marks()
        if "utf8" in struck:
            envelope.charset = "UNOY"
        words = [text for name, text in WORDS.items() if name in struck]
        messages = [
            (entry.kind, entry.control[2], _worded(segments, words, envelope.marks))
            for entry, segments in zip(entries, contents, strict=True)
        ]
        test = self.config.test or "usage_test" in struck
        control = entries[0].control[0]
        lines = edifact.write(envelope, control, moment, messages, test)
        if "wrong_count" in struck:
            lines[-2] = f"UNT+{len(contents[-1]) + 3}+{entries[-1].control[2]}"
        charset = "cp1252" if "cp1252" in struck else None
        return edifact.join(envelope, lines, charset)


def _party(identity):
    """An identity as far as an answer can repeat it."""
    qualifier, number = identity
    return [number[:35] or "?", qualifier[:4]]


def _version(message):
    """S009 of a message, as far as an answer can repeat it."""
    widths = (6, 3, 3, 3, 6)
    told = [message.head.at(2, number) for number in range(1, 6)]
    cut = [value[:width] for value, width in zip(told, widths, strict=True)]
    return [value or "?" for value in cut[:4]] + cut[4:]


# {habit: what stands behind texts for people}
WORDS = {"cp1252": " – 5 € “fein”", "release_characters": "+A:B'C?"}
# {segment: (element, component) of a text for people}
TEXTS = {"IMD": (3, 4), "FTX": (4, 1)}
# {segment: (element, component) of a number with decimals}
NUMBERS = {"QTY": (1, 2), "PRI": (1, 2), "MOA": (1, 2)}


def _worded(segments, words, marks):
    for more in words:
        segments = [_reworded(each, more) for each in segments]
    return [_marked(each, marks.decimal) for each in segments]


def _reworded(segment, more):
    """The segment with more behind its text, if it has one."""
    return _replaced(segment, TEXTS, lambda text: (text[: 35 - len(more)]) + more)


def _marked(segment, mark):
    return _replaced(segment, NUMBERS, lambda text: text.replace(".", mark))


def _replaced(segment, places, function):
    if segment.tag not in places:
        return segment
    number, component = places[segment.tag]
    if not segment.at(number, component):
        return segment
    elements = [list(each) for each in segment.elements]
    elements[number - 1][component - 1] = function(segment.at(number, component))
    return type(segment)(segment.tag, elements)
