# SPDX-License-Identifier: AGPL-3.0-or-later
"""What ends on a day, and how urgent that is. No odoo in here."""

from datetime import datetime, time, timedelta


def stage_of(ends_on, today, stages):
    """The stage that has been reached: so many days before the end, or fewer.

    :param stages: days, the first one the earliest
    :return: of ``stages``, None for none

    >>> from datetime import date
    >>> stage_of(date(2026, 7, 1), date(2026, 6, 10), (90, 30, 7, 0))
    30
    >>> stage_of(date(2026, 7, 1), date(2026, 1, 1), (90, 30, 7, 0))
    """
    left = (ends_on - today).days
    return min((stage for stage in stages if left <= stage), default=None)


def deadline_of(ends_on, stage, stages):
    """The moment from which the next stage is due: acted on by then, it never is.

    :return: naive UTC

    >>> from datetime import date
    >>> deadline_of(date(2026, 7, 1), 30, (90, 30, 7, 0)).isoformat()
    '2026-06-24T00:00:00'
    """
    later = [each for each in stages if each < stage]
    day = ends_on - timedelta(days=later[0] if later else 0)
    return datetime.combine(day, time())
