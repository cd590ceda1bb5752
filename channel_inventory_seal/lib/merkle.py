# SPDX-License-Identifier: AGPL-3.0-or-later
"""Merkle trees as in RFC 6962 (2.1), level by level. No odoo in here.

The verifier (``verify.py``) has an implementation of its own, on purpose.
"""

from hashlib import sha256

HASH_BYTES = 32


def leaf_hash(data):
    return sha256(b"\0" + data).digest()


def root(hashes):
    """:param hashes: of the leaves, in their order"""
    level = list(hashes)
    if not level:
        return sha256(b"").digest()
    while len(level) > 1:
        level = _next_level(level)
    return level[0]


def path(hashes, index):
    """The hashes that lead from a leaf to the root, from below (RFC 6962, 2.1.1).

    >>> [step.hex()[:8] for step in path([leaf_hash(b""), leaf_hash(b"x")], 0)]
    ['3c7e9bc9']
    """
    level, steps = list(hashes), []
    if not 0 <= index < len(level):
        raise IndexError(f"no leaf {index} of {len(level)}")
    while len(level) > 1:
        sibling = index ^ 1
        if sibling < len(level):
            steps.append(level[sibling])
        level, index = _next_level(level), index >> 1
    return steps


def split(blob):
    """:param blob: hashes, one behind the other"""
    return [blob[at : at + HASH_BYTES] for at in range(0, len(blob), HASH_BYTES)]


def _next_level(level):
    above = [
        sha256(b"\1" + left + right).digest()
        for left, right in zip(level[::2], level[1::2], strict=False)
    ]
    # one without a sibling goes up as it is: so each left subtree is a full one
    return above + level[-1:] if len(level) & 1 else above
