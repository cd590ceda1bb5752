# SPDX-License-Identifier: AGPL-3.0-or-later
"""The bytes of a file, as text whose characters are its bytes. No odoo in here.

Everything is read as latin-1, which never fails and keeps offsets: delimiters are ASCII
in all charsets that matter. Texts are decoded one by one when they are asked for.
"""

import re

from .errors import Unreadable

_BREAK = re.compile("\r\n|\n|\r")
_LATIN = re.compile("[\0-\u024f\u1e00-\u1eff\u2000-\u20cf\u2122]*")
"""What texts in Latin letters have in them."""

_WIDTHS = range(9, 513)


class Source:
    """A file: ``text`` to work on, ``data`` as it came, ``offset`` from one to the
    other.

    Files from punched-card times are broken into lines of the same length, wherever
    that falls: these breaks are taken out.

    >>> source = Source(b"ISA*00*   \\n*SENDER~GS\\n*PO~ST*850\\n~")
    >>> source.text, source.offset(9), source.offset(10), source.offset(20)
    ('ISA*00*   *SENDER~GS*PO~ST*850~', 9, 11, 22)
    """

    def __init__(self, data):
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise Unreadable(
                "the file is UTF-16, which is no charset of EDI: it has to be UTF-8",
                offset=0,
            )
        self.data = data
        # what no database takes into a text, and nobody means
        self.text = data.decode("latin-1").replace("\0", " ")
        self.width, self.gap = _wrapping(self.text)
        if self.width:
            self.text = _BREAK.sub("", self.text)

    def offset(self, index):
        """Bytes from the start of the file to a character of ``text``."""
        if not self.width:
            return index
        return index + index // self.width * self.gap

    def bytes(self, start, end):
        return self.data[self.offset(start) : self.offset(end)]


def _wrapping(text):
    """The length of the lines, and of their breaks, where all have the same; (0, 0).

    >>> _wrapping("a" * 80 + "\\r\\n" + "b" * 80 + "\\r\\n" + "c")
    (80, 2)
    >>> _wrapping("ISA******~\\nGS*******~\\nST*******~\\n")
    (0, 0)
    """
    first = _BREAK.search(text)
    if not first or first.start() not in _WIDTHS:
        return 0, 0
    width, gap = first.start(), len(first[0])
    step = width + gap
    if len(text) < 2 * step:
        return 0, 0
    lines = text.split(first[0])
    body = lines[: -2 if not lines[-1].strip() else -1]
    if len(body) < 2 or any(len(line) != width for line in body):
        return 0, 0
    if _are_segments(body):
        return 0, 0
    rest = lines[len(body) :]
    if len(rest[0]) > width or any(line.strip() for line in rest[1:]):
        return 0, 0
    return width, gap


def _are_segments(lines):
    """Whether lines of the same length end where segments do: in the same terminator,
    or in none where the line itself ends them (ISA is over, nothing ends UNB).

    >>> _are_segments(["ISA*1~", "GS*12~"]), _are_segments(["ISA*12", "~GS*1~"])
    (True, False)
    """
    first = lines[0].rstrip()
    if not all(line.lstrip()[:2].isalpha() for line in lines[1:]):
        return False
    at = max(first.find("ISA"), first.find("UNB"), 0)
    separator = first[at + 3 : at + 4]
    ends = {line.rstrip()[-1:] for line in lines}
    if len(ends) == 1:
        end = ends.pop()
        return not end.isalnum() and end != separator
    if first.startswith("ISA", at):
        whole = first.count(separator, at) == 16
        return whole and separator in (first[-1:], first[-2:-1])
    return first.startswith("UNB") and not any("'" in line for line in lines)


def charset_of(data, declared=""):
    """Which charset the texts of these bytes are in.

    ``declared``: what the file says, which is often not true: what is valid UTF-8, and
    would be control characters or gives Latin letters, is UTF-8; control characters of
    latin-1 are the quotes and the Euro sign of cp1252.

    >>> charset_of(b"abc", "ascii"), charset_of("M\\xfcller".encode(), "latin-1")
    ('ascii', 'utf-8')
    >>> charset_of("M\\xfcller".encode("latin-1"), "ascii")
    'latin-1'
    >>> charset_of("\\xdf\\xbf".encode("latin-1"), "latin-1")  # no letter of N'Ko
    'latin-1'
    >>> charset_of("5 \\u20ac".encode("cp1252"), "latin-1")
    'cp1252'
    >>> charset_of("\\u0416".encode("iso8859-5"), "iso8859-5")
    'iso8859-5'
    """
    if data.isascii():
        return declared or "ascii"
    if data.startswith(b"\xef\xbb\xbf"):
        return "utf-8"
    controls = any(0x80 <= byte < 0xA0 for byte in data)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = None
    if text is not None and (controls or declared == "utf-8" or _LATIN.fullmatch(text)):
        return "utf-8"
    if declared not in ("", "ascii", "latin-1", "utf-8"):
        return declared
    return "cp1252" if controls else "latin-1"


_CONTROLS = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029]+")
_HIDDEN = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def clean(value):
    """A text on one line, without what hides or turns around what it says: as it is
    stored, so that what is read again is the same.

    >>> clean("a\\tb\\r\\nc"), clean("\\u202e1001\\ufeff"), clean(" \\x1a")
    ('a b c', '1001', '')
    """
    if not value.isprintable():
        value = _HIDDEN.sub("", _CONTROLS.sub(" ", value))
    return value.strip()


def decode(value, charset):
    """A text of ``Source.text`` in its charset; what does not fit stays latin-1.

    >>> decode("M\\xc3\\xbcller", "utf-8"), decode("\\x81", "cp1252")
    ('Müller', '\\x81')
    """
    try:
        return value.encode("latin-1").decode(charset)
    except (UnicodeDecodeError, LookupError):
        return value
