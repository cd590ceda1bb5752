# SPDX-License-Identifier: AGPL-3.0-or-later
"""HTTP with bounds: time, size, no redirects, and errors that carry no secrets."""

import itertools
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timezone
from email.utils import parsedate_to_datetime

import requests
from urllib3 import exceptions as urllib3_errors

from . import unpack
from .errors import Malformed, Misconfigured, Unavailable

MAX_BYTES = 20_000_000
"""Of an answer, packed and unpacked."""
MAX_FILE = 4_000_000_000
"""Of a file that is read line by line: a catalogue of millions has less."""
MAX_LINE = 1_000_000
SLOWEST = 20_000
"""Bytes a second of a file, on the average: a worker that waits serves nobody else."""
CHUNK = 65_536
PACKED = {"Accept-Encoding": unpack.ACCEPTED}
LOST = (requests.exceptions.RequestException, urllib3_errors.HTTPError)
"""What a connection ends with; a body that is read raw, with the latter."""


@dataclass(frozen=True)
class Reply:
    status: int
    headers: object
    body: bytes


def time_of(headers):
    """The server's time of the response; None if it has none.

    >>> time_of({"Date": "Tue, 01 Dec 2026 10:00:00 GMT"}).isoformat()
    '2026-12-01T10:00:00+00:00'
    >>> time_of({"Date": "now"}), time_of({})
    (None, None)
    """
    try:
        moment = parsedate_to_datetime(headers.get("Date") or "")
    except (TypeError, ValueError):
        return None
    return moment.replace(tzinfo=moment.tzinfo or timezone.utc)


def send(
    session,
    method,
    url,
    body,
    headers,
    *,
    timeout,
    clock=time.monotonic,
    acts=None,
    secrets=(),
):
    """Send a request and read its whole answer.

    :param timeout: seconds of silence; the whole may take twice that
    :param acts: the request changes something: a lost answer leaves that open; None
        where the method says it
    :param secrets: texts that are sent: a server that gives them back, in the words of
        an error maybe, does not make us store or log them
    :raise Unavailable: no answer, with ``uncertain`` where the request may have
        arrived and acts
    """
    acts, failure = method != "GET" if acts is None else acts, None
    try:
        with session.request(
            method,
            url,
            data=body,
            headers={**headers, **PACKED},
            timeout=timeout,
            stream=True,
            # a redirect would take the credentials somewhere else
            allow_redirects=False,
        ) as response:
            content = _read(response, _Bounds(clock, clock() + 2 * timeout, acts))
            return Reply(
                response.status_code, response.headers, _masked(content, secrets)
            )
    except requests.exceptions.SSLError:
        failure = Misconfigured("the server's certificate is not trusted", code="TLS")
    except requests.exceptions.InvalidURL:
        failure = Misconfigured("the address is not valid", code="ADDRESS")
    except UnicodeError:
        # not quoted: it may be a secret, pasted together with an odd letter
        failure = Misconfigured(
            "the credentials or the address have a letter that HTTP does not take",
            code="LETTER",
        )
    except LOST as error:
        failure = _lost(error, acts)
    # raised out here, so that nothing chains to the request and its credentials
    raise failure


def _masked(content, secrets):
    """
    >>> _masked(b"no such token: shpat_1", ["shpat_1", None])
    b'no such token: ***'
    """
    for secret in filter(None, secrets):
        content = content.replace(secret.encode(), b"***")
    return content


@dataclass
class _Bounds:
    """What an answer may take, and whether more of it would leave anything open."""

    clock: object
    deadline: float
    acts: bool
    size: int = MAX_BYTES

    def within(self, chunks):
        """The chunks as they are, as long as they are not too many or too slow."""
        size = 0
        for chunk in chunks:
            size += len(chunk)
            if size > self.size:
                raise Unavailable(
                    f"the answer has more than {self.size} bytes",
                    code="TOO_LARGE",
                    uncertain=self.acts,
                )
            if self.clock() > self.deadline:
                raise Unavailable(
                    "the answer takes too long", code="SLOW", uncertain=self.acts
                )
            yield chunk


def _read(response, bounds):
    try:
        return b"".join(_pieces(response, bounds))
    except Unavailable as error:
        error.status, error.uncertain = response.status_code, bounds.acts
        raise


@dataclass
class _Patience:
    """How long is waited for a file: as long as it comes at all fast. Whoever reads it
    may take his time.

    :ivar grace: seconds that it may take besides
    """

    clock: object
    grace: float

    def awaiting(self, chunks):
        chunks, waited, size = iter(chunks), 0, 0
        while True:
            began = self.clock()
            chunk = next(chunks, b"")
            waited += self.clock() - began
            size += len(chunk)
            if not chunk:
                return
            if waited > self.grace + size / SLOWEST:
                raise Unavailable("the file comes too slowly", code="SLOW")
            yield chunk


def _pieces(response, bounds, patience=None):
    """The body unpacked, bounded as it is received and as it is unpacked."""
    received = _received(response.raw)
    if patience:
        received = patience.awaiting(received)
    received = bounds.within(received)
    encoding = response.headers.get("Content-Encoding")
    return bounds.within(unpack.pieces(received, encoding, CHUNK))


def _received(raw):
    """The received part of the body, as soon as it arrives: waiting for a whole chunk
    of a response of one byte per second would take hours."""
    while chunk := raw.read1(CHUNK, decode_content=False):
        yield chunk


def _lost(error, acts):
    sent = not _never_sent(error)
    words = type(error).__name__
    return Unavailable(
        f"no answer ({words})" if sent else f"not reached ({words})",
        code="NO_ANSWER" if sent else "NOT_REACHED",
        uncertain=acts and sent,
    )


def _never_sent(error):
    """Whether the connection failed before anything could be sent."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return True
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return isinstance(
        reason, urllib3_errors.NewConnectionError | urllib3_errors.ConnectTimeoutError
    )


def stream_lines(session, url, *, timeout):
    """Yield the lines of a file, none longer than ``MAX_LINE``, as bytes."""
    with document(session, url, timeout=timeout) as found:
        yield from found.lines()


@dataclass
class Document:
    """A file as it comes: read it once, as lines or as a whole.

    :ivar charset: as the server names it, "" where it does not
    """

    charset: str
    chunks: object

    def lines(self):
        """Bytes of each line, none longer than ``MAX_LINE``, without empty ones."""
        return _lines(self.chunks)

    def content(self):
        """All of it at once."""
        return b"".join(self.chunks)


@contextmanager
def document(session, url, *, timeout, packed=False, size=None, clock=time.monotonic):
    """A file at an address that needs no credentials of ours, such as a signed one.
    Neither the address nor its query is in any error.

    :param packed: the file itself is packed by gzip, whatever the server says of its
        transport; one that says it is and is not is taken as it is
    :param size: bytes that it may have, packed and unpacked; None: ``MAX_FILE``
    :raise Unavailable: it is not there, breaks off, is larger, or trickles in
    """
    bounds, failure = _Bounds(lambda: 0, 0, False, size or MAX_FILE), None
    try:
        with session.get(
            url, headers=PACKED, timeout=timeout, stream=True, allow_redirects=False
        ) as response:
            if response.status_code != 200:
                raise Unavailable(
                    f"the file answers {response.status_code}",
                    status=response.status_code,
                    code="FILE",
                )
            chunks = _pieces(response, bounds, _Patience(clock, 2 * timeout))
            yield Document(
                _charset(response.headers),
                bounds.within(_unpacked(chunks)) if packed else chunks,
            )
            return
    except LOST as error:
        failure = _lost(error, False)
    raise failure


def _charset(headers):
    """
    >>> _charset({"Content-Type": 'text/plain; Charset="Cp1252"'}), _charset({})
    ('cp1252', '')
    """
    for part in str(headers.get("Content-Type") or "").split(";")[1:]:
        name, _equals, value = part.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip("\"'").lower()
    return ""


def _unpacked(chunks):
    """
    >>> b"".join(_unpacked(iter([b"pla", b"in"])))
    b'plain'
    """
    chunks = iter(chunks)
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= len(unpack.MAGIC):
            break
    chunks = itertools.chain([head], chunks)
    packed = head.startswith(unpack.MAGIC)
    return unpack.pieces(chunks, unpack.ACCEPTED if packed else None, CHUNK)


def _lines(chunks):
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > MAX_LINE:
            raise Malformed(f"a line has more than {MAX_LINE} bytes")
        yield from filter(None, lines)
    if rest:
        yield rest
