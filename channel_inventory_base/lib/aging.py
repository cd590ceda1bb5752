# SPDX-License-Identifier: AGPL-3.0-or-later
"""How long a process believes what it remembers of the database. No odoo in here."""

import time

SECONDS = 60


def period(clock=time.monotonic):
    """Another number every ``SECONDS``. As a part of a cache's key it bounds the age of
    what is cached.

    Odoo tells other processes that something has changed by a row that it writes after
    the commit. They look for it when a request begins, on the read replica where
    there is one. A worker that is killed in between tells nobody, and a replica that
    stands still tells nothing.

    >>> period(lambda: 59.9), period(lambda: 60.0)
    (0, 1)
    """
    return int(clock() // SECONDS)
