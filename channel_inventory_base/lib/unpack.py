# SPDX-License-Identifier: AGPL-3.0-or-later
"""Bodies unpacked within bounds: a few bytes can stand for gigabytes.

No odoo in here.
"""

import zlib

from .errors import Unavailable

ACCEPTED = "gzip"
"""What we say that we take; anything else, and anything packed twice, is refused."""
MAGIC = b"\x1f\x8b"
"""What a file that is packed by gzip begins with."""

_WINDOW = 16 + zlib.MAX_WBITS


def pieces(chunks, encoding, size):
    """Unpack a body as it comes.

    :param chunks: an iterable of bytes as received
    :param encoding: header Content-Encoding, or None
    :param size: no piece has more bytes, however little it was made of
    :raise Unavailable: it is packed in a way that we did not ask for, or is broken
    """
    encoding = (encoding or "").strip().lower()
    if encoding in ("", "identity"):
        return iter(chunks)
    if encoding not in (ACCEPTED, "x-gzip"):
        raise Unavailable(
            f"the answer is packed as {encoding!r:.40}, which was not asked for",
            code="ENCODING",
        )
    return _members(chunks, size)


def _members(chunks, size):
    """One gzip after the other: a body may be several, and padding."""
    box, whole = zlib.decompressobj(_WINDOW), 0
    for chunk in chunks:
        while chunk or not box.eof:
            if box.eof:
                box, whole = zlib.decompressobj(_WINDOW), whole + 1
            try:
                piece = box.decompress(chunk, size)
            except zlib.error:
                if whole:
                    return
                raise Unavailable(
                    "the answer cannot be unpacked", code="ENCODING"
                ) from None
            chunk = box.unused_data if box.eof else box.unconsumed_tail
            if piece:
                yield piece
            elif not chunk:
                break
    if not box.eof and not whole:
        raise Unavailable("the answer broke off", code="ENCODING")
