"""One partner's X12: envelopes judged, acknowledged, and written."""

import re
from datetime import datetime

from . import x12
from .segment import clean, make
from .wire import Wire, own_problems
from .x12_guides import GUIDES

NUMBER = re.compile(r"[0-9]{1,9}")
# {kind of problem: code of AK304, code of AK403}
SEGMENT_CODES = {
    "unknown": "1",
    "unexpected": "2",
    "missing_segment": "3",
    "too_often": "5",
}
ELEMENT_CODES = {
    "missing": "1",
    "pair": "2",
    "too_many": "3",
    "short": "4",
    "long": "5",
    "characters": "6",
    "code": "7",
    "date": "8",
    "time": "9",
}
# where a document tells its business number
REFERENCES = {
    "850": ("BEG", 3),
    "855": ("BAK", 3),
    "810": ("BIG", 2),
    "860": ("BCH", 3),
    "856": ("BSN", 2),
    "846": ("BIA", 3),
    "940": ("W05", 2),
    "943": ("W06", 2),
}
STATES = {"A": "accepted", "E": "errors", "P": "partial"}


class X12Wire(Wire):
    suffix = "x12"
    guides = GUIDES
    quantities = {
        "PO1": (2, 1),
        "SDQ": (4, 1),
        "POC": (3, 1),
        "W12": (3, 1),
        "W03": (1, 1),
        "W07": (1, 1),
        "W14": (1, 1),
        "W19": (2, 1),
        "QTY": (2, 1),
        "SN1": (2, 1),
    }
    spoils = ("usage_test", "wrong_count", "lf_terminators", "isa_short")

    def clear(self):
        super().clear()
        self.group_number = 0
        self.groups_seen = set()
        # {(functional id, group control): [log entries]}, {interchange: [log entries]}
        self.groups_sent, self.interchanges_sent = {}, {}

    def read(self, data):
        return x12.read(data)

    # --- what comes

    def take(self, interchange, name):
        if note := self._refusal(interchange):
            rule, code, words = note
            label = f"interchange {interchange.control}"
            self.partner.charge(rule, label, words)
            self._log_refused(interchange, name, words)
            self._note(interchange, "R", code)
            return
        only_acks = all(each.functional_id == "FA" for each in interchange.groups)
        fresh = self.follows(interchange)
        if not fresh:
            self._log_refused(interchange, name, "came before", "dropped")
            known = interchange.control in self.answered
            if known:
                self._note(interchange, "R", "025")
            if known or only_acks:
                return
        elif interchange.wants_ack and interchange.groups:
            self._note(interchange, "A", "000")
        for ta1 in interchange.notes:
            self._take_ta1(ta1)
        for group in interchange.groups:
            self._take_group(interchange, group, name, fresh)

    def _refusal(self, interchange):
        """(rule, TA1 code, words) of what makes an interchange unacceptable."""
        for fault in interchange.faults:
            if self.partner.minds(fault.rule):
                return fault.rule, fault.code, fault.text
        for group in interchange.groups:
            number = group.control
            if len(group.functional_id) != 2 or not NUMBER.fullmatch(number):
                words = f"GS01 {group.functional_id!r}, GS06 {number!r}"
                return "envelope", "024", words
        if not re.fullmatch("[0-9]{9}", interchange.control):
            return "isa_control", "018", f"ISA13 is {interchange.control!r}"
        written = interchange.head.at(9), interchange.head.at(10)
        if not _is_time(*written):
            return "isa_time", "014", f"ISA09 and ISA10 are {written}"
        if interchange.sender != self.config.us:
            return "wrong_identity", "006", f"from {interchange.sender}"
        if interchange.receiver != self.config.identity:
            return "wrong_identity", "008", f"to {interchange.receiver}"
        if interchange.is_test != self.config.test and self.strikes("wrong_usage"):
            return "wrong_usage", "020", f"usage {interchange.head.at(15)}"
        return None

    def _log_refused(self, interchange, name, words, state="refused"):
        for group in interchange.groups:
            for document in group.documents:
                entry = self._log(interchange, group, document, name)
                entry.state = state
                entry.notes.append(words)

    def _log(self, interchange, group, document, name):
        tag, element = REFERENCES.get(document.kind, ("", 1))
        head = next((each for each in document.segments if each.tag == tag), None)
        control = interchange.control, group.control, document.control
        return self.partner.log(
            "in",
            document.kind,
            head.at(element) if head else "",
            control=control,
            file=name,
        )

    def _take_group(self, interchange, group, name, fresh):
        if group.functional_id == "FA":
            for document in group.documents:
                entry = self._log(interchange, group, document, name)
                entry.state = "accepted"
                self._take_997(document, entry)
            return
        group_codes = self._group_codes(group, fresh)
        numbers = set()
        verdicts, accepted = [], []
        for document in group.documents:
            problems = self._document_problems(group, document, numbers)
            verdicts.append((document, problems))
            if not fresh:
                continue
            entry = self._log(interchange, group, document, name)
            label = f"{document.kind} {entry.reference}"
            for rule, _code, words, _problem in problems:
                entry.notes.append(words)
                self.partner.charge(rule, label, words)
            if problems or group_codes:
                entry.state = "refused"
            else:
                accepted.append((document, entry))
        dropped = self._acknowledge(interchange, group, verdicts, group_codes)
        for document, entry in accepted:
            if dropped == "all" or (dropped == "first" and document is verdicts[0][0]):
                entry.state = "refused"
                entry.notes.append("refused by a fault of the sandbox")
                continue
            entry.state = "accepted"
            self.partner.take(document, entry)

    def _group_codes(self, group, fresh):
        """Codes (716) of what makes a group unacceptable, which is charged."""
        label, codes = f"group {group.control}", []

        def refuse(rule, code, words):
            if self.partner.minds(rule):
                codes.append(code)
                if fresh:
                    self.partner.charge(rule, label, words)

        for fault in group.faults:
            refuse(fault.rule, fault.code, fault.text)
        if (group.sender, group.receiver) != (self.config.us_group, self.config.group):
            words = f"from {group.sender} to {group.receiver}"
            refuse("wrong_identity", "1", words)
        if group.version != self.config.version:
            refuse("wrong_version", "2", f"version {group.version}")
        if fresh and group.control in self.groups_seen:
            refuse("group_repeat", "6", "the group's number was used before")
        self.groups_seen.add(group.control)
        return codes

    def _document_problems(self, group, document, numbers):
        """[(rule, code of AK5, words, Problem or None)]"""
        found = [(each.rule, each.code, each.text, None) for each in document.faults]
        if document.control in numbers:
            words = f"set {document.control} is there twice"
            found.append(("set_repeat", "23", words, None))
        numbers.add(document.control)
        if document.kind not in self.partner.READS:
            found.append(("unsupported", "1", f"no {document.kind} was agreed", None))
        elif x12.KINDS.get(group.functional_id) != document.kind:
            words = f"a {document.kind} in a group {group.functional_id}"
            found.append(("envelope", "6", words, None))
        else:
            for problem in GUIDES[document.kind].check(document.segments):
                found.append(("guide", "5", str(problem), problem))
            for position, segment, number, value in x12.strange_characters(document):
                words = f"{segment.tag} at {position}, element {number}: {value!r}"
                found.append(("charset", "5", words, None))
        return [each for each in found if self.partner.minds(each[0])]

    # --- acknowledging

    def _acknowledge(self, interchange, group, verdicts, group_codes):
        """Give the 997 of a group, as the habits say.

        :return: what is not to be processed because of them: all, first or nothing
        """
        clean = not group_codes and not any(problems for _doc, problems in verdicts)
        dropped, mode = None, "plain"
        if clean:
            if self.strikes("ack_reject"):
                dropped, mode = "all", "reject"
            elif self.strikes("ack_partial"):
                dropped, mode = "first", "partial"
            elif self.strikes("ack_partial_bare"):
                dropped, mode = "all", "bare"
            elif self.strikes("ack_errors"):
                mode = "errors"
            elif self.strikes("ack_bare"):
                mode = "short"
        segments = _functional_ack(group, verdicts, group_codes, mode)
        kinds, number = {each.kind for each, _p in verdicts}, interchange.control
        self.give(number, kinds, self._send_997, group.control, segments)
        if self.strikes("ack_for_nothing"):
            stranger = str(int(group.control or 0) + 5000)
            other = [make("AK1", group.functional_id, stranger)]
            other.append(make("AK9", "A", 1, 1, 1))
            self.give(number, kinds, self._send_997, stranger, other)
        return dropped

    def _send_997(self, reference, segments):
        own_problems(self.partner, GUIDES, "997", reference, segments)
        entry = self.partner.log("out", "997", reference)
        self.write([(entry, segments)], plain=True)

    def _note(self, interchange, code, note):
        """TA1."""
        head = interchange.head
        numbers = (clean(head.at(place), 9) for place in (13, 9, 10))
        segment = make("TA1", *numbers, code, note)
        entry = self.partner.log("out", "TA1", interchange.control)
        self.interchange_number += 1
        number, moment = self.interchange_number, self.partner.local()
        entry.control = (f"{number:09}",)
        usage = "T" if self.config.test else "P"
        envelope = self._envelope()
        lines = x12.write(envelope, number, moment, [], usage, [segment])
        self.post([entry], x12.join(envelope, lines), plain=True)

    def _take_ta1(self, segment):
        entries = self.interchanges_sent.get(segment.at(1))
        if not entries:
            words = f"TA1 for interchange {segment.at(1)}"
            self.partner.charge("ack_unknown", "TA1", words)
        for entry in entries or ():
            if segment.at(4) == "R":
                self.settle(entry, "rejected")

    def _take_997(self, document, entry):
        """Acknowledgements are never acknowledged, whatever is wrong with them."""
        problems = GUIDES["997"].check(document.segments)
        for problem in problems:
            entry.notes.append(str(problem))
            self.partner.charge("guide", "997", str(problem))
        head = document.segments[0] if document.segments else None
        if problems or head is None:
            entry.state = "refused"
            return
        entry.reference = head.at(2)
        tail = document.segments[-1]
        codes = {}
        for segment in document.segments:
            if segment.tag == "AK2":
                codes[segment.at(2)] = None
                current = segment.at(2)
            elif segment.tag == "AK5":
                codes[current] = segment.at(1)
        self._check_counts(tail, codes)
        entries = self.groups_sent.get((head.at(1), head.at(2)))
        if not entries:
            words = f"group {head.at(1)} {head.at(2)} was never sent"
            self.partner.charge("ack_unknown", "997", words)
            return
        for each in entries:
            code = codes.get(each.control[2], tail.at(1) if not codes else None)
            if code:
                self.settle(each, STATES.get(code, "rejected"))

    def _check_counts(self, tail, codes):
        included, received, accepted = (int(tail.at(number)) for number in (2, 3, 4))
        wrong = accepted > received or (tail.at(1) == "A" and accepted != included)
        if codes:
            right = sum(1 for code in codes.values() if code in ("A", "E"))
            # sets that were accepted may be left out where one was not
            wrong = wrong or len(codes) > received or right > accepted
            wrong = wrong or len(codes) - right != received - accepted
        if wrong:
            words = f"AK9 says {included}, {received}, {accepted} of {codes}"
            self.partner.charge("ack_counts", "997", words)

    # --- writing

    def _envelope(self):
        config = self.config
        element, component, terminator, newline = config.delimiters
        return x12.Envelope(
            config.identity,
            config.us,
            config.group,
            config.us_group,
            config.version,
            element,
            component,
            terminator,
            newline,
        )

    def number(self, entries):
        self.interchange_number += 1
        interchange = f"{self.interchange_number:09}"
        groups, places = {}, {}
        for entry in entries:
            functional_id = x12.FUNCTIONAL_IDS[entry.kind]
            if functional_id not in groups:
                self.group_number += 1
                groups[functional_id] = str(self.group_number)
            place = places[functional_id] = places.get(functional_id, 0) + 1
            entry.control = (interchange, groups[functional_id], f"{place:04}")
            if functional_id == "FA":
                continue
            group = functional_id, entry.control[1]
            self.groups_sent.setdefault(group, []).append(entry)
            self.interchanges_sent.setdefault(interchange, []).append(entry)

    def build(self, entries, contents, moment, struck):
        envelope = self._envelope()
        if "lf_terminators" in struck:
            envelope.terminator, envelope.newline = "\n", ""
        groups = {}
        for entry, segments in zip(entries, contents, strict=True):
            interchange, group, number = entry.control
            key = x12.FUNCTIONAL_IDS[entry.kind], group
            groups.setdefault(key, []).append((entry.kind, number, segments))
        rows = [(*key, documents) for key, documents in groups.items()]
        usage = "T" if self.config.test or "usage_test" in struck else "P"
        lines = x12.write(envelope, int(interchange), moment, rows, usage)
        if "wrong_count" in struck:
            tail = ["SE", str(len(contents[-1]) + 3), entries[-1].control[2]]
            lines[-3] = envelope.element.join(tail)
        if "isa_short" in struck:
            lines[0] = _shorter(lines[0], envelope.element, 2)
        return x12.join(envelope, lines)


def _shorter(head, element, count):
    """An ISA whose sender or receiver is not filled up: so many characters less."""
    fields = head.split(element)
    for number in (8, 6):
        spare = len(fields[number]) - len(fields[number].rstrip())
        cut = min(spare, count)
        fields[number] = fields[number][: len(fields[number]) - cut]
        count -= cut
    return element.join(fields)


def _functional_ack(group, verdicts, group_codes, mode):
    """The segments of a 997.

    :param mode: plain, or how a right group is answered wrongly: reject, partial
        (the first set), bare (P without sets), errors (E), short (A without sets)
    """
    segments = [make("AK1", group.functional_id, group.control)]
    count = len(verdicts)
    good = 0
    for place, (document, problems) in enumerate(verdicts):
        code = "R" if problems or group_codes else "A"
        if mode == "reject" or (mode == "partial" and place == 0):
            code = "R"
        elif mode == "errors":
            code = "E"
        good += code != "R"
        if mode in ("bare", "short"):
            continue
        segments.append(make("AK2", *_head(document)))
        for _rule, _code, _words, problem in problems[:99]:
            if problem:
                segments += _place(problem)
        codes = list(dict.fromkeys(each[1] for each in problems))[:5]
        if code in ("R", "E") and not codes and not group_codes:
            codes = ["5"]
        segments.append(make("AK5", code, *codes))
    if mode == "bare":
        total, good = "P", max(count - 1, 0)
    elif mode == "errors":
        total = "E"
    elif mode == "partial":
        total = "P"
    else:
        total = "A" if good == count else "P" if good else "R"
    segments.append(make("AK9", total, count, count, good, *group_codes[:5]))
    return segments


def _is_time(day, hour):
    try:
        datetime.strptime(f"{day} {hour}", "%y%m%d %H%M")
    except ValueError:
        return False
    return True


def _head(document):
    """ST01 and ST02 as far as an answer can repeat them."""
    kind, control = clean(document.kind, 6), clean(document.control, 9)
    return kind or "?", control or "?"


def _place(problem):
    """AK3 and AK4."""
    code = SEGMENT_CODES.get(problem.kind, "8")
    # positions count ST as the first
    tag = problem.segment[:3] if problem.segment.isalnum() else "ZZZ"
    segments = [make("AK3", tag, problem.position + 2, None, code)]
    if problem.kind in ELEMENT_CODES:
        code = ELEMENT_CODES[problem.kind]
        bad = clean(problem.value, 99)
        segments.append(make("AK4", problem.element, None, code, bad))
    return segments
