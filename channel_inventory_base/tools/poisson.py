# SPDX-License-Identifier: AGPL-3.0-or-later
"""The arithmetic of the risk buffer, as ``db.functions`` has it. No odoo."""

import math

SMALLEST_CHANCE = 1e-9


def chance_of_more(mean, units):
    """P(N > units) for N Poisson with this mean.

    >>> round(chance_of_more(2.0, 5), 4)
    0.0166
    >>> chance_of_more(0, 0)
    0.0
    """
    if mean <= 0:
        return 0.0
    log_term, covered = -mean, math.exp(-mean)
    for number in range(1, int(units) + 1):
        log_term += math.log(mean / number)
        covered += math.exp(log_term)
    return max(0.0, 1 - covered)


def smallest_buffer(mean, chance):
    """The smallest ``units`` with ``chance_of_more(mean, units) <= chance``.

    >>> smallest_buffer(2.0, 0.01)
    6
    >>> smallest_buffer(0, 0.01)
    0
    """
    units = 0
    while chance_of_more(mean, units) > max(chance, SMALLEST_CHANCE):
        units += 1
    return units
