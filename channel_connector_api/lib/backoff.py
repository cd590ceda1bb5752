# SPDX-License-Identifier: AGPL-3.0-or-later
"""When a delivery is tried again. No odoo in here."""

WAITS = (5, 300, 1800, 7200, 18000, 36000, 36000, 50400)
"""Seconds after each failure, as Standard Webhooks proposes: over a day in all."""
RESTS_FROM = 3
"""Failures in a row after which a receiver is only probed."""
MAX_WAIT = 86_400


def wait(attempts, asked=None):
    """Seconds until the next try.

    :param attempts: how many have failed
    :param asked: what the receiver has asked for (``Retry-After``)
    :return: None: it is given up

    >>> wait(1), wait(3), wait(9)
    (5, 1800, None)
    >>> wait(1, asked=60), wait(2, asked=10**9), wait(1, asked=1)
    (60, 86400, 5)
    """
    if attempts > len(WAITS):
        return None
    return min(max(WAITS[attempts - 1], asked or 0), MAX_WAIT)
