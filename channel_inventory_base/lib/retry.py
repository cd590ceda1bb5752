# SPDX-License-Identifier: AGPL-3.0-or-later
"""Trying again: how often, for how long, and when not. No odoo in here."""

import itertools
import logging
import random
import time
from dataclasses import dataclass
from typing import Any

from .errors import ClientError, Throttled, Unavailable

_logger = logging.getLogger(__name__)


@dataclass
class Retry:
    """When a request is sent again.

    ``budget``: seconds after which no attempt begins: other channels wait for the
    worker. ``longest``: longer waits are left to the caller's queue: a worker is not
    for sleeping. Clock, sleep and jitter (a number in [0, 1)) are replaced by tests.
    """

    attempts: int = 3
    budget: float = 20
    longest: float = 5
    clock: Any = time.time
    sleep: Any = time.sleep
    jitter: Any = random.random

    def run(self, name, attempt, repeatable=True):
        """Call ``attempt`` until it gives something, or trying again is useless.

        :param name: of what is asked for, for the log
        :param repeatable: False: what may have been carried out is not sent again
        :raise ClientError: the last one; ``uncertain`` when the request may have been
            carried out in this or an earlier attempt
        """
        uncertain, began = False, self.clock()
        for number in itertools.count(1):
            try:
                return attempt()
            except ClientError as error:
                uncertain = error.uncertain = uncertain or error.uncertain
                wait = self._delay(error, number, repeatable)
                if wait is None or self.clock() + wait - began >= self.budget:
                    raise
                _logger.info(
                    "%s: attempt %s failed (%s), again in %.1f s",
                    name,
                    number,
                    error,
                    wait,
                )
            self.sleep(wait)

    def _delay(self, error, number, repeatable):
        """Seconds to wait before the next attempt; None when there is to be none. What
        the server asks for is honoured, or left to the caller where it is long."""
        if number >= self.attempts or not isinstance(error, Throttled | Unavailable):
            return None
        if error.uncertain and not repeatable:
            return None
        wait = error.retry_after
        if wait is None:
            # full jitter: workers that failed together do not come back together
            wait = 0.5 * 2 ** (number - 1) * (0.5 + self.jitter())
        return wait if wait <= self.longest else None
