# SPDX-License-Identifier: AGPL-3.0-or-later
"""Times of day at which something is due. No odoo in here."""

from datetime import datetime, time, timedelta, timezone


def parse(text):
    """
    >>> parse("18:30, 6:00"), parse("")
    ((datetime.time(6, 0), datetime.time(18, 30)), ())

    :raise ValueError: with the part that is no time of day
    """
    found = set()
    for part in (text or "").replace(";", ",").split(","):
        part = part.strip()
        if not part:
            continue
        hour, _colon, minute = part.partition(":")
        if not (hour.isdecimal() and minute.isdecimal() and len(minute) == 2):
            raise ValueError(part)
        try:
            found.add(time(int(hour), int(minute)))
        except ValueError as error:
            raise ValueError(part) from error
    return tuple(sorted(found))


def next_due(last, times, zone):
    """The first moment after ``last`` at one of ``times``, in ``zone``.

    A time that a change of the clocks skips is due an hour later that day, and one that
    comes twice only the first time.

    >>> from zoneinfo import ZoneInfo
    >>> last = datetime(2026, 12, 1, 17, 0, tzinfo=timezone.utc)
    >>> next_due(last, parse("06:00, 18:30"), ZoneInfo("Europe/Berlin")).isoformat()
    '2026-12-01T17:30:00+00:00'
    >>> next_due(last, parse("06:00, 18:00"), ZoneInfo("Europe/Berlin")).isoformat()
    '2026-12-02T05:00:00+00:00'

    :param last: aware
    :param times: as ``parse`` gives them, at least one
    :return: aware, UTC
    """
    today = last.astimezone(zone).date()
    moments = (
        datetime.combine(today + timedelta(days=days), moment, zone).astimezone(
            timezone.utc
        )
        for days in range(3)
        for moment in times
    )
    return next(moment for moment in moments if moment > last)
