"""One partner's X12: envelopes judged, acknowledged, and written."""

from . import x12
from .segment import make
from .wire import Wire, own_problems
from .x12_guides import GUIDES

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
    "860": ("BCH", 3),
    "856": ("BSN", 2),
    "846": ("BIA", 3),
    "940": ("W05", 2),
    "943": ("W06", 2),
}
STATES = {"A": "accepted", "E": "errors", "P": "partial"}


class X12Wire(Wire):
    suffix = "x12"
    acks = ("997",)

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
            if self.answers.get(interchange.control):
                self._note(interchange, "R", "025")
            if self.answers.get(interchange.control) or only_acks:
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
            if self.partner.rules.rates[fault.rule]:
                return fault.rule, fault.code, fault.text
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
            if self.partner.rules.rates[rule]:
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
        return [each for each in found if self.partner.rules.rates[each[0]]]

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
        self._write_document("997", reference, segments, plain=True)

    def _note(self, interchange, code, note):
        """TA1."""
        head = interchange.head
        segment = make("TA1", head.at(13), head.at(9), head.at(10), code, note)
        entry = self.partner.log("out", "TA1", interchange.control)
        control = self._next_interchange()
        entry.control = (f"{control:09}",)
        usage = "T" if self.config.test else "P"
        lines = x12.write(
            self._envelope(), control, self.partner.local(), [], usage, [segment]
        )
        self.post(entry, x12.join(self._envelope(), lines), plain=True)

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
        newline = "\n"
        return x12.Envelope(
            config.identity,
            config.us,
            config.group,
            config.us_group,
            config.version,
            newline=newline,
        )

    def _next_interchange(self):
        self.interchange_number += 1
        return self.interchange_number

    def send(self, kind, reference, segments):
        """Write a document, with whatever the habits do to it.

        :return: its log entry
        """
        own_problems(self.partner, GUIDES, kind, reference, segments)
        return self._write_document(kind, reference, segments)

    def _write_document(self, kind, reference, segments, plain=False, repeats=True):
        entry = self.partner.log("out", kind, reference)
        interchange = self._next_interchange()
        self.group_number += 1
        entry.control = (f"{interchange:09}", str(self.group_number), "0001")
        build = self._builder(entry, plain)
        self.post(entry, build(segments), plain)
        if plain:
            return entry
        functional_id = x12.FUNCTIONAL_IDS[kind]
        self.groups_sent.setdefault((functional_id, entry.control[1]), []).append(entry)
        self.interchanges_sent.setdefault(entry.control[0], []).append(entry)
        self.expect(entry)
        if repeats:

            def again(others):
                self._write_document(kind, reference, others, repeats=False)

            self.repeat(entry, segments, again, build)
        return entry

    def _builder(self, entry, plain):
        """A function that gives the bytes of segments under the entry's numbers."""
        interchange, group, number = entry.control
        moment = self.partner.local()
        names = ("usage_test", "wrong_count", "lf_terminators", "isa_short")
        struck = [name for name in names if not plain and self.strikes(name)]
        entry.faults += struck
        usage = "T" if self.config.test or "usage_test" in struck else "P"
        kind = entry.kind

        def build(segments):
            envelope = self._envelope()
            if "lf_terminators" in struck:
                envelope.terminator, envelope.newline = "\n", ""
            groups = [(x12.FUNCTIONAL_IDS[kind], group, [(kind, number, segments)])]
            lines = x12.write(envelope, int(interchange), moment, groups, usage)
            if "wrong_count" in struck:
                lines[-3] = f"SE*{len(segments) + 3}*{number}"
            if "isa_short" in struck:
                lines[0] = _shorter(lines[0], 2)
            return x12.join(envelope, lines)

        return build


def _shorter(head, count):
    """An ISA whose sender or receiver is not filled up: so many characters less."""
    fields = head.split("*")
    for number in (8, 6):
        spare = len(fields[number]) - len(fields[number].rstrip())
        cut = min(spare, count)
        fields[number] = fields[number][: len(fields[number]) - cut]
        count -= cut
    return "*".join(fields)


def _functional_ack(group, verdicts, group_codes, mode):
    """The segments of a 997.

    :param mode: plain, or how a right group is answered wrongly: reject, partial
        (the first set), bare (P without sets), errors (E), short (A without sets)
    """
    segments = [make("AK1", group.functional_id, group.control or "0")]
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
        segments.append(make("AK2", document.kind, document.control))
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


def _place(problem):
    """AK3 and AK4."""
    code = SEGMENT_CODES.get(problem.kind, "8")
    # positions count ST as the first
    tag = problem.segment[:3] if problem.segment.isalnum() else "ZZZ"
    segments = [make("AK3", tag, problem.position + 2, None, code)]
    if problem.kind in ELEMENT_CODES:
        code = ELEMENT_CODES[problem.kind]
        bad = "".join(c for c in problem.value[:99] if c.isprintable() and c.isascii())
        bad = bad.replace("*", " ").replace(">", " ").replace("~", " ")
        segments.append(make("AK4", problem.element, None, code, bad))
    return segments
