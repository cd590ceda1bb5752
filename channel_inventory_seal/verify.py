#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Judge the sealed audit trail of Channel Inventory without Odoo.

    python verify.py export.zip [--anchor anchor.json ...] [--key PUBLIC_KEY ...]
    python verify.py proof.json [--anchor anchor.json ...] [--key PUBLIC_KEY ...]

Needs Python 3.8 and, for signatures, the package ``cryptography``. Ends with 0 where
nothing was found, 1 where something was, 2 where the file is none of ours.

What is checked, in this order of trust: an *anchor* (a seal that was sent outside when
it was made) or a public key that you know; the chain of seals (each names the hash of
the one before); the Merkle root in each seal (RFC 6962) over its *leaves*; the SHA-256
in each leaf of the row it stands for. It shares no code with what has made the seals.

Without an anchor nobody can tell whether the newest seals were cut off. Without a key
or an anchor nobody can tell whether the whole chain was made anew.
"""

import argparse
import base64
import binascii
import hashlib
import io
import json
import re
import sys
import zipfile
from datetime import datetime, timedelta

EXPORT, PROOF, ANCHOR = (
    "channel-inventory-seals/1",
    "channel-inventory-proof/1",
    "channel-inventory-anchor/1",
)
GENESIS = "0" * 64
GRACE = timedelta(hours=2)
"""A row that is that much older than the seal before its own was not there then."""
AUDIT = "channel.audit"
NUMBER = "channel.publication.line"
REMOVABLE = frozenset((AUDIT, "channel.publication", NUMBER))
"""What retention may remove."""
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?")
AUDIT_DAYS = timedelta(days=90, hours=-1)
"""No retention removes younger rows of the trail; clocks may differ by an hour."""
SHOWN = 200
"""Findings of one kind that are named; the rest are counted."""
WITHHELD = b"-"

KINDS = {
    "changed": "rows were changed after they were sealed",
    "removed": "rows were removed before their time",
    "late": "rows were written, or appeared, after they should have been sealed",
    "leaves": "the list of rows that a seal stands for was changed",
    "seal": "a seal was changed",
    "chain": "seals are missing, or do not follow each other",
    "cut": "seals were cut off the end, or made anew: an anchor says so",
    "signature": "a signature is wrong or missing",
    "claim": "what is said of retention is not proven",
}


class Unreadable(Exception):
    """The file is none of ours."""


class Report:
    """What was found, in bounded memory.

    :ivar findings: [(kind, words)], ``SHOWN`` of a kind at the most
    :ivar counts: {kind: how many there are}
    :ivar notes: what a reader has to know beside them
    """

    def __init__(self):
        self.findings, self.counts, self.notes = [], {}, []
        self.seals = self.rows = self.retained = self.withheld = self.loose = 0
        self.last = None

    def add(self, kind, words):
        count = self.counts[kind] = self.counts.get(kind, 0) + 1
        if count <= SHOWN:
            self.findings.append((kind, words))

    @property
    def is_clean(self):
        return not self.counts

    def lines(self):
        yield (
            f"{self.seals} seals, {self.rows} rows proven unchanged, "
            f"{self.retained} removed by retention, "
            f"{self.withheld} not in this export, {self.loose} not sealed yet"
        )
        for kind, count in self.counts.items():
            yield f"{count} x {kind}: {KINDS[kind]}"
            yield from (f"  {words}" for one, words in self.findings if one == kind)
            if count > SHOWN:
                yield f"  ... and {count - SHOWN} more"
        yield from (f"note: {note}" for note in self.notes)
        yield "RESULT: " + ("nothing was found" if self.is_clean else "NOT INTACT")


# ---------------------------------------------------------------- Merkle trees
def _leaf_hash(data):
    return hashlib.sha256(b"\0" + data).digest()


class Tree:
    """The root of a tree whose leaves come one by one: a stack of whole subtrees, as
    many as the number of leaves has bits."""

    def __init__(self):
        self.size, self._stack = 0, []

    def add(self, leaf_hash):
        node, size = leaf_hash, self.size
        while size & 1:
            node = hashlib.sha256(b"\1" + self._stack.pop() + node).digest()
            size >>= 1
        self._stack.append(node)
        self.size += 1

    def root(self):
        if not self._stack:
            return hashlib.sha256(b"").digest()
        node = self._stack[-1]
        for left in reversed(self._stack[:-1]):
            node = hashlib.sha256(b"\1" + left + node).digest()
        return node


def root_of_path(leaf_hash, index, size, path):
    """RFC 9162, 2.1.3.2. :return: the root that the path leads to, None for no path"""
    if not 0 <= index < size:
        return None
    node, last = leaf_hash, size - 1
    for step in path:
        if not last:
            return None
        if index & 1 or index == last:
            node = hashlib.sha256(b"\1" + step + node).digest()
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\1" + node + step).digest()
        index, last = index >> 1, last >> 1
    return None if last else node


# ------------------------------------------------------------------ signatures
def _signed_by(statement, keys, signatures):
    """:return: ({keys whose signature is right}, {keys whose is wrong})"""
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError as error:
        raise Unreadable("signatures need: pip install cryptography") from error
    right, wrong = set(), set()
    for index, key in enumerate(keys):
        try:
            public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
            public.verify(base64.b64decode(signatures[index]), statement.encode())
            right.add(key)
        except (
            InvalidSignature,
            IndexError,
            TypeError,
            ValueError,
            binascii.Error,
        ):
            wrong.add(key)
    return right, wrong


# ------------------------------------------------------------------- the chain
class Chain:
    """Seals in the order of their numbers: each is checked against the one before.

    :param anchors: [{number, hash, statement, signatures}], as they were received
    :param keys: public keys (hex) that the reader knows from elsewhere
    """

    def __init__(self, report, anchors=(), keys=(), first=1):
        self.report, self._expected, self._previous = report, first, None
        self._is_first = first == 1
        self._anchors = {}
        for anchor in anchors:
            self._anchors.setdefault(anchor["number"], []).append(anchor)
        self._trusted = {key.lower() for key in keys}
        for anchor in anchors:
            right, _wrong = _signed_by(
                anchor["statement"], _keys(anchor), anchor.get("signatures") or []
            )
            self._trusted |= right
        self._asked = bool(anchors or keys)
        self._vouched = self._anchored = 0
        self._was_signed, self._signers, self._unsigned = False, {}, []
        self._strangers = {}

    def add(self, seal):
        """:return: what the seal states, as a dict"""
        report, number = self.report, seal["number"]
        report.seals += 1
        report.last = seal
        try:
            stated = json.loads(seal["statement"])
        except ValueError:
            stated = None
        if not isinstance(stated, dict):
            report.add("seal", f"seal {number}: its statement cannot be read")
            stated = {}
        self._check_order(number, stated)
        self._check_columns(seal, stated)
        self._check_signatures(number, seal, stated)
        self._check_anchors(seal)
        self._expected = number + 1
        self._previous = _sha256(seal["statement"])
        return stated

    def _check_order(self, number, stated):
        if number != self._expected:
            missing = f"{self._expected} to {number - 1}"
            self.report.add("chain", f"seals {missing} are missing")
        elif self._previous or self._is_first:
            if stated.get("previous") != (self._previous or GENESIS):
                self.report.add(
                    "chain", f"seal {number} does not follow seal {number - 1}"
                )

    def _check_columns(self, seal, stated):
        for name in ("number", "count", "sealed_at"):
            if name in seal and seal[name] != stated.get(name):
                self.report.add(
                    "seal",
                    f"seal {seal['number']}: {name} reads {seal[name]}, what was "
                    f"sealed is {stated.get(name)}",
                )
        if seal.get("hash") != _sha256(seal["statement"]):
            self.report.add("seal", f"seal {seal['number']}: its hash was changed")

    def _check_signatures(self, number, seal, stated):
        keys = [str(key) for key in stated.get("keys") or []]
        right, wrong = _signed_by(seal["statement"], keys, seal.get("signatures") or [])
        for key in sorted(wrong):
            self.report.add(
                "signature", f"seal {number}: the signature of key {key} is wrong"
            )
        for key in right:
            first, _last = self._signers.get(key, (number, number))
            self._signers[key] = first, number
        if not right:
            self._unsigned = [*self._unsigned[:1], number]
            if self._was_signed and not wrong:
                self.report.add(
                    "signature",
                    f"seal {number} is not signed, and seals before it are: the server "
                    "had lost its key, or somebody without it has made this seal",
                )
        self._was_signed = self._was_signed or bool(right)
        if right & self._trusted and not wrong:
            # a new key that signs beside one that is trusted is handed over by it
            self._trusted |= right
            self._vouched = number
        else:
            for key in right:
                self._strangers[key] = number

    def _check_anchors(self, seal):
        for anchor in self._anchors.pop(seal["number"], ()):
            self._anchored = seal["number"]
            if anchor["hash"] == _sha256(seal["statement"]):
                self._vouched = max(self._vouched, seal["number"])
            else:
                self.report.add(
                    "cut",
                    f"seal {seal['number']} is not the one that was anchored: from "
                    "there on, or before, the chain was made anew",
                )

    def end(self, whole=True, needed=0):
        """
        :param whole: False where seals that follow were left out on purpose
        :param needed: the last seal that has to be vouched for, where a key or an
            anchor was given
        """
        report, last = self.report, self._expected - 1
        for number in sorted(self._anchors):
            if number > last and not whole:
                report.notes.append(
                    f"the anchor of seal {number} is newer than this proof: ask for "
                    "one that was made behind it, or for an older anchor"
                )
            elif number > last:
                report.add(
                    "cut",
                    f"an anchor knows seal {number} of "
                    f"{_keyless(self._anchors[number][0])}; the last one here is "
                    f"{last}: {number - last} seals and their rows were cut off",
                )
        for key, (first, final) in self._signers.items():
            report.notes.append(f"seals {first} to {final} are signed by key {key}")
        if self._unsigned:
            first, final = self._unsigned[0], self._unsigned[-1]
            report.notes.append(
                f"seals between {first} and {final} are not signed: who can write to "
                "the database could have made them"
            )
        self._end_trust(last, whole, needed)

    def _end_trust(self, last, whole, needed):
        report = self.report
        if not self._asked:
            report.notes.append(
                "no anchor and no key was given: that the chain was made anew as a "
                "whole, or cut off at its end, would not show"
            )
            return
        strangers = [key for key, to in self._strangers.items() if to > self._vouched]
        for key in sorted(set(strangers) - self._trusted):
            report.add(
                "signature",
                f"seals up to {self._strangers[key]} are signed by key {key}, which "
                "neither you, an anchor nor an older key has vouched for",
            )
        if self._trusted and self._unsigned and self._unsigned[-1] > self._vouched:
            report.add(
                "signature",
                f"seals up to {self._unsigned[-1]} are not signed, though a key is "
                "known: somebody without it has made them",
            )
        elif needed > self._vouched:
            report.add(
                "signature",
                f"nobody vouches for seal {needed}: give the server's key, or an "
                "anchor that was sent behind it",
            )
        if self._anchored < last and whole:
            report.notes.append(
                f"anchors prove the chain up to seal {self._anchored}; that seals "
                f"after {last} were cut off would not show"
            )


def _keys(anchor):
    try:
        return [str(key) for key in json.loads(anchor["statement"]).get("keys") or []]
    except (ValueError, AttributeError):
        return []


def _keyless(anchor):
    try:
        return json.loads(anchor["statement"]).get("sealed_at")
    except (ValueError, AttributeError):
        return "an unknown time"


def _sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


# -------------------------------------------------------------------- the rows
class Rows:
    """The leaves of one seal after the other, with the rows that they stand for.

    :param removed: {source: {before, row}}: until when retention says it has removed
        rows, and the row of the trail that says so
    """

    def __init__(self, report, removed, shows=True):
        self.report, self._removed, self._shows = report, removed or {}, shows
        for source, claim in self._removed.items():
            if not isinstance(claim, dict) or not isinstance(claim.get("before"), str):
                raise Unreadable(f"what is said of retention of {source} is no time")
        self._befores = {
            source: _time(claim["before"])
            for source, claim in self._removed.items()
            if source in REMOVABLE
        }
        self._proven = set()
        self._full = None

    def check(self, seal, stated, lines):
        """:param lines: iterator of the leaves of this seal"""
        tree, position, last = Tree(), 0, None
        first_at = last_at = None
        sources, complete_at = self._known_before()
        for line in lines:
            parts = line.split(b"\t", 7)
            if len(parts) != 8:
                raise Unreadable(f"no row of an export: {line[:80]!r}")
            position += 1
            at = parts[4]
            if int(parts[1]) != position:
                self._gap(seal, position, int(parts[1]), last, parts)
                position = int(parts[1])
            tree.add(_leaf_hash(b"\t".join(parts[2:7])))
            first_at = at if first_at is None or at < first_at else first_at
            last_at = at if last_at is None or at > last_at else last_at
            if complete_at and at < complete_at and parts[2] in sources:
                self._late(seal, parts)
            self._check_row(seal, stated, parts)
            last = parts
        self._check_seal(seal, stated, tree, last, (first_at, last_at))
        if stated.get("complete"):
            self._full = stated

    def _known_before(self):
        """What the last seal that had left nothing out says: later rows of the same
        sources cannot be older."""
        if not self._full:
            return (), None
        sealed_at = datetime.fromisoformat(self._full["sealed_at"]) - GRACE
        sources = {name.encode() for name in self._full.get("sources") or ()}
        return sources, sealed_at.isoformat(timespec="microseconds").encode()

    def _gap(self, seal, wanted, found, last, parts):
        before = _name(last) if last else "the beginning"
        self.report.add(
            "leaves",
            f"seal {seal['number']}: leaf {wanted} to {found - 1} of "
            f"{seal.get('count')} are gone, between {before} and {_name(parts)}",
        )

    def _late(self, seal, parts):
        self.report.add(
            "late",
            f"{_name(parts)} of {parts[4].decode()} is in seal {seal['number']} only, "
            f"and seal {self._full['number']} of {self._full['sealed_at']} had "
            "everything there was",
        )

    def _check_row(self, seal, stated, parts):
        report, row = self.report, parts[7]
        if row == WITHHELD:
            report.withheld += 1
        elif not row:
            self._check_missing(seal, parts)
        elif hashlib.sha256(row).hexdigest().encode() != parts[6]:
            now = f"; it reads now: {row[:300].decode(errors='replace')}"
            report.add(
                "changed",
                f"{_name(parts)} of {parts[4].decode()}, sealed by seal "
                f"{seal['number']}, was changed{now if self._shows else ''}",
            )
        else:
            report.rows += 1
            if parts[2] == AUDIT.encode() and b'"removed"' in row:
                self._check_claim(stated, parts, row)

    def _check_missing(self, seal, parts):
        source, at = parts[2].decode(), _time(parts[4].decode())
        before = self._befores.get(source)
        if before and at and at < before:
            self.report.retained += 1
            return
        self.report.add(
            "removed",
            f"{_name(parts)} of {parts[4].decode()}, sealed by seal {seal['number']}, "
            "is gone, and retention has not removed it",
        )

    def _check_claim(self, stated, parts, row):
        """The row of the trail that says what retention has removed is sealed too. It
        is retention's own: of no channel; and no younger than the seal that has it."""
        values, at = json.loads(row), _time(parts[4].decode())
        sealed_at = _time(stated.get("sealed_at"))
        if parts[5] != b"1" or len(values) != 11 or not at or not sealed_at:
            return
        channel_id, kind, data = values[2], values[5], values[10]
        said = data.get("removed") if isinstance(data, dict) else None
        is_own = channel_id is None and kind == "control" and at <= sealed_at
        if not is_own or not isinstance(said, dict):
            return
        for source, claim in self._removed.items():
            if claim["row"] != int(parts[3]) or said.get(source) != claim["before"]:
                continue
            before = self._befores.get(source)
            if not before or before > at:
                continue
            if source != AUDIT or before <= at - AUDIT_DAYS:
                self._proven.add(source)
                self.report.notes.append(
                    f"{AUDIT} {claim['row']} of {at} says that retention has removed "
                    f"rows of {source} before {before}: compare it with the settings"
                )

    def _check_seal(self, seal, stated, tree, last, times):
        number = seal["number"]
        if tree.size != stated.get("count"):
            self.report.add(
                "leaves",
                f"seal {number} stands for {stated.get('count')} rows, {tree.size} of "
                f"them are listed{', the last is ' + _name(last) if last else ''}",
            )
        elif tree.root().hex() != stated.get("root"):
            self.report.add(
                "leaves",
                f"seal {number}: the list of its {tree.size} rows "
                f"({times[0].decode()} to {times[1].decode()}) is not the one that was "
                "sealed; each of them may have been changed",
            )

    def end(self):
        for source, claim in self._removed.items():
            if source not in self._proven:
                self.report.add(
                    "claim",
                    f"that rows of {source} before {claim['before']} were removed by "
                    f"retention is said by no sealed row (it should be {AUDIT} "
                    f"{claim['row']})",
                )


def _time(text):
    """:return: a datetime; None for what is not written as a seal writes it"""
    if not isinstance(text, str) or not TIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _name(parts):
    return f"{parts[2].decode()} {parts[3].decode()}"


class _BySeal:
    """Hands out the lines of one seal after the other, from a stream in that order."""

    def __init__(self, lines):
        self._lines, self._line = iter(lines), None

    def of(self, number):
        wanted = b"%d\t" % number
        while True:
            line = self._take()
            if line is None or not line.startswith(wanted):
                return
            self._line = None
            yield line

    def before(self, number):
        """Lines of seals that are not there; None: of all that follow."""
        while True:
            line = self._take()
            if line is None:
                return
            if number is not None and int(line.partition(b"\t")[0]) >= number:
                return
            self._line = None
            yield line

    def _take(self):
        if self._line is None:
            line = next(self._lines, None)
            self._line = line.rstrip(b"\n") if line is not None else None
        return self._line


def verify(seals, rows, loose=(), removed=None, anchors=(), keys=(), shows=True):
    """Check a whole chain.

    :param seals: dicts, by number; ``rows``: lines of bytes by seal and position
        (see the manual of the export); ``loose``: lines of rows that no seal has
    :param shows: False where findings may not say how a changed row reads
    :return: a ``Report``
    """
    report = Report()
    chain, checked = Chain(report, anchors, keys), Rows(report, removed, shows)
    by_seal = _BySeal(rows)
    for seal in seals:
        _lost(report, by_seal.before(seal["number"]))
        stated = chain.add(seal)
        checked.check(seal, stated, by_seal.of(seal["number"]))
    _lost(report, by_seal.before(None))
    checked.end()
    chain.end()
    _check_loose(report, loose)
    return report


def _lost(report, lines):
    for line in lines:
        parts = line.split(b"\t", 7)
        report.add(
            "chain",
            f"{_name(parts)} of {parts[4].decode()} was sealed by seal "
            f"{parts[0].decode()}, which is gone",
        )


def _check_loose(report, loose):
    """Rows that no seal has yet: some may be waiting, old ones may not."""
    sealed_at = report.last and json.loads(report.last["statement"])
    full = sealed_at and sealed_at.get("complete") and sealed_at["sealed_at"]
    border = full and (datetime.fromisoformat(full) - GRACE).isoformat(
        timespec="microseconds"
    )
    for line in loose:
        source, row_id, at = line.rstrip(b"\n").decode().split("\t")
        report.loose += 1
        if border and at < border and source in sealed_at["sources"]:
            report.add(
                "late",
                f"{source} {row_id} of {at} is in no seal, and seal "
                f"{report.last['number']} of {full} had everything there was",
            )


def verify_proof(proof, anchors=(), keys=()):
    """Check the proof of one number: its rows, their paths, and the seals up to one
    that was anchored."""
    report, seals = Report(), proof["seals"]
    if not seals:
        report.add("leaves", "none of its rows is sealed yet")
    chain = Chain(report, anchors, keys, first=seals[0]["number"] if seals else 1)
    stated = {seal["number"]: chain.add(seal) for seal in seals}
    needed = max((row.get("seal") or 0 for row in proof["rows"]), default=0)
    chain.end(whole=False, needed=needed if anchors or keys else 0)
    proven = [
        row
        for row in proof["rows"]
        if _check_proven(report, row, stated.get(row["seal"]))
    ]
    _check_about(report, proof, proven)
    return report


def _check_about(report, proof, proven):
    """What a proof tells people is what is proven."""
    numbers = [row for row in proven if row["source"] == NUMBER]
    if len(numbers) != 1:
        if not report.loose:
            report.add(
                "leaves", f"{len(numbers)} published numbers are proven, not one"
            )
        return
    values = json.loads(numbers[0]["row"])
    report.notes.append(f"proven: {NUMBER} {values[0]} is the number {values[3]}")
    said = (proof.get("about") or {}).get("quantity")
    if said != values[3]:
        report.add("changed", f"it says the number {said}, proven is {values[3]}")


def _check_proven(report, row, stated):
    """:return: whether the row is proven to be as it was"""
    name = f"{row['source']} {row['row_id']}"
    if not row.get("seal"):
        report.loose += 1
        return False
    leaf = [row[each] for each in ("source", "row_id", "at", "form", "digest")]
    path = [bytes.fromhex(step) for step in row["path"]]
    root = root_of_path(
        _leaf_hash("\t".join(map(str, leaf)).encode()),
        row["position"] - 1,
        (stated or {}).get("count", 0),
        path,
    )
    if root is None or root.hex() != (stated or {}).get("root"):
        report.add("leaves", f"{name} is not in seal {row['seal']}")
    elif row["row"] == "-":
        report.withheld += 1
    elif not row["row"]:
        report.add("removed", f"{name} is gone")
    elif _sha256(row["row"]) != row["digest"]:
        report.add("changed", f"{name} is not what was sealed")
    else:
        report.rows += 1
        return True
    return False


# -------------------------------------------------------------------- the file
def read_anchor(data):
    """:param data: bytes of an anchor as it was received

    :raise Unreadable: it is none
    """
    try:
        anchor = json.loads(data)
        if anchor["format"] != ANCHOR or anchor["hash"] != _sha256(anchor["statement"]):
            raise Unreadable("an anchor of another format, or one that was changed")
        if json.loads(anchor["statement"])["number"] != anchor["number"]:
            raise Unreadable("an anchor whose number was changed")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unreadable(f"no anchor: {error}") from error
    return anchor


def verify_file(path, anchors=(), keys=()):
    """:raise Unreadable: neither an export nor a proof"""
    if not zipfile.is_zipfile(path):
        with open(path, encoding="utf-8") as file:
            try:
                proof = json.load(file)
                if proof["format"] != PROOF:
                    raise Unreadable("a file of another format")
            except (ValueError, KeyError, TypeError) as error:
                raise Unreadable(f"neither an export nor a proof: {error}") from error
        return verify_proof(proof, anchors, keys)
    with zipfile.ZipFile(path) as export:
        head = json.loads(export.read("export.json"))
        if head.get("format") != EXPORT:
            raise Unreadable("a file of another format")
        with (
            _opened(export, "seals.jsonl") as seals,
            _opened(export, "rows.tsv") as rows,
            _opened(export, "loose.tsv") as loose,
        ):
            return verify(
                map(json.loads, seals), rows, loose, head["removed"], anchors, keys
            )


def _opened(export, name):
    return io.BufferedReader(export.open(name), 1 << 20)


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n")[0],
        epilog="Ends with 0: nothing found, 1: not intact, 2: cannot be read.",
    )
    parser.add_argument("file", help="an export (zip) or the proof of a number (json)")
    parser.add_argument("--anchor", action="append", default=[], help="anchor-*.json")
    parser.add_argument("--key", action="append", default=[], help="public key, hex")
    chosen = parser.parse_args(arguments)
    try:
        anchors = []
        for name in chosen.anchor:
            with open(name, "rb") as file:
                anchors.append(read_anchor(file.read()))
        report = verify_file(chosen.file, anchors, chosen.key)
    except (Unreadable, OSError, KeyError, ValueError) as error:
        sys.stderr.write(f"cannot be read: {error}\n")
        return 2
    sys.stdout.write("\n".join(report.lines()) + "\n")
    return 0 if report.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
