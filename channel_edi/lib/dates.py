# SPDX-License-Identifier: AGPL-3.0-or-later
"""Dates and times of documents: without a zone, the agreement's is meant. No odoo in
here.

A day is a stretch of time, see ``schemas.Moment``: "no later than 24 December" is over
at midnight of the partner's zone.
"""

import re
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..schemas_parts import Moment

SECOND = timedelta(seconds=1)
YEARS = range(1970, 2101)
"""A year beyond is a mistake of typing."""

PIVOT = 80
"""Years of two digits: 80 to 99 are of the last century."""

ZONES = {
    "UT": "UTC",
    "GM": "UTC",
    "ET": "America/New_York",
    "ES": "Etc/GMT+5",
    "ED": "Etc/GMT+4",
    "CT": "America/Chicago",
    "CS": "Etc/GMT+6",
    "CD": "Etc/GMT+5",
    "MT": "America/Denver",
    "MS": "Etc/GMT+7",
    "MD": "Etc/GMT+6",
    "PT": "America/Los_Angeles",
    "PS": "Etc/GMT+8",
    "PD": "Etc/GMT+7",
}
"""X12 623; "LT" is the local time of who writes. ES is standard time all the year."""

_DIGITS = re.compile("[0-9]+")
_OFFSETS = {"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "GMT": 0, "UTC": 0, "Z": 0}
_OFFSETS |= {"MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "CET": 1, "CEST": 2}


def zone_of(name):
    """The zone of an agreement, or of a code of X12.

    :raise ValueError: there is none of this name
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is no time zone") from error


def x12_moment(day, time="", zone="UTC", code="", century=""):
    """A date of X12 (YYMMDD, or CCYYMMDD since 4010) with its time (HHMM[SS[dd]]).

    >>> at = x12_moment("20261224", zone="America/New_York")
    >>> at.first.isoformat(), at.last.isoformat()
    ('2026-12-24T05:00:00+00:00', '2026-12-25T04:59:59+00:00')
    >>> x12_moment("261224", "1030", "UTC", "CT").first.isoformat()
    '2026-12-24T16:30:00+00:00'
    >>> x12_moment("010808", century="20").first.year
    2001

    :raise ValueError: it is none
    """
    written = f"{day} {time} {code}".strip()
    zone = zone_of(ZONES[code]) if code in ZONES else zone_of(zone)
    if len(day) == 6 and len(century) == 2 and century.isdigit():
        day = century + day
    local = _day(day)
    if not time:
        return _of_day(local, zone, written)
    if not _DIGITS.fullmatch(time) or len(time) not in (4, 6, 7, 8):
        raise ValueError(f"{time!r} is no time")
    hour, minute, second = int(time[:2]), int(time[2:4]), int(time[4:6] or 0)
    if (hour, minute) == (24, 0):
        # the end of the day, which is the start of the next
        local, hour = local + timedelta(days=1), 0
    start = datetime(local.year, local.month, local.day, hour, minute, second)
    return _stretch(
        start, timedelta(minutes=1) if len(time) == 4 else SECOND, zone, written
    )


def x12_range(value, zone="UTC"):
    """RD8: CCYYMMDD-CCYYMMDD, both days being part of it.

    >>> at = x12_range("20261201-20261224")
    >>> at.first.isoformat(), at.last.isoformat()
    ('2026-12-01T00:00:00+00:00', '2026-12-24T23:59:59+00:00')
    """
    first, _dash, last = value.partition("-")
    first, last = x12_moment(first, zone=zone), x12_moment(last, zone=zone)
    if last.last < first.first:
        raise ValueError(f"{value!r} ends before it begins")
    return Moment(first.first, last.last, value)


def edifact_moment(value, form, zone="UTC"):
    """A date of EDIFACT (DTM 2380) by its format (2379).

    >>> edifact_moment("20261224", "102", "Europe/Berlin").first.isoformat()
    '2026-12-23T23:00:00+00:00'
    >>> at = edifact_moment("202652", "616")
    >>> at.first.date().isoformat(), at.last.date().isoformat()
    ('2026-12-21', '2026-12-27')
    >>> edifact_moment("202612241030+01", "303").first.isoformat()
    '2026-12-24T09:30:00+00:00'
    >>> at = edifact_moment("20261201-20261224", "718")
    >>> at.first.day, at.last.day
    (1, 24)

    :raise ValueError: it is none, or of a format that is no point in time
    """
    if form in ("718", "719", "711"):
        parts = value.split("-") if "-" in value else _halves(value)
        size = len(parts[0])
        inner = {6: "101", 8: "102", 12: "203"}.get(size, "")
        first = edifact_moment(parts[0], inner, zone)
        last = edifact_moment(parts[1], inner, zone)
        if last.last < first.first:
            raise ValueError(f"{value!r} ends before it begins")
        return Moment(first.first, last.last, value)
    if form == "616":
        return _week(value, zone_of(zone))
    if form == "610":
        return _month(value, zone_of(zone))
    if form in ("303", "304"):
        size = 12 if form == "303" else 14
        return _clock(value[:size], _offset(value[size:], zone), value)
    sizes = {"101": 6, "102": 8, "201": 10, "203": 12, "204": 14}
    size = sizes.get(form) or (len(value) if not form else 0)
    if form == "102" and len(value) in (12, 14) and value.isdigit():
        size = len(value)  # the hour is told as well
    if len(value) != size or size not in (6, 8, 10, 12, 14):
        raise ValueError(f"{value!r} is no date of the format {form!r}")
    if size in (6, 8):
        return _of_day(_day(value), zone_of(zone), value)
    if size == 10:
        value = f"{_century(value[:2])}{value}"
    return _clock(value, zone_of(zone), value)


def _halves(value):
    half = len(value) // 2
    return value[:half], value[half:]


def _century(year):
    """
    >>> _century("26"), _century("99")
    ('20', '19')
    """
    return "20" if int(year) < PIVOT else "19"


def _day(value):
    if not _DIGITS.fullmatch(value) or len(value) not in (6, 8) or not value.isascii():
        raise ValueError(f"{value!r} is no date")
    if len(value) == 6:
        value = _century(value[:2]) + value
    found = date(int(value[:4]), int(value[4:6]), int(value[6:]))
    if found.year not in YEARS:
        raise ValueError(f"{value!r} is no date of our times")
    return found


def _of_day(local, zone, written):
    start = datetime(local.year, local.month, local.day)
    return _stretch(start, timedelta(days=1), zone, written)


def _stretch(start, length, zone, written):
    """From local ``start``, so long by the clock on the wall."""
    first = start.replace(tzinfo=zone).astimezone(timezone.utc)
    last = (start + length).replace(tzinfo=zone).astimezone(timezone.utc) - SECOND
    return Moment(first, max(first, last), written)


def _clock(value, zone, written):
    if not _DIGITS.fullmatch(value) or not value.isascii():
        raise ValueError(f"{written!r} is no time")
    day, rest = _day(value[:8]), value[8:]
    hour, minute, second = int(rest[:2]), int(rest[2:4]), int(rest[4:6] or 0)
    if (hour, minute, second) == (24, 0, 0):
        day, hour = day + timedelta(days=1), 0
    start = datetime(day.year, day.month, day.day, hour, minute, second)
    length = SECOND if len(value) == 14 else timedelta(minutes=1)
    return _stretch(start, length, zone, written)


def _offset(value, zone):
    """The zone behind a time: "+01", "-0530", "EST", or none: the agreement's."""
    if not value:
        return zone_of(zone)
    if value in _OFFSETS:
        return timezone(timedelta(hours=_OFFSETS[value]))
    match = re.fullmatch("([+-])([0-9]{2}):?([0-9]{2})?", value)
    if not match:
        return zone_of(zone)
    sign = -1 if match[1] == "-" else 1
    minutes = int(match[2]) * 60 + int(match[3] or 0)
    return timezone(sign * timedelta(minutes=minutes))


def _week(value, zone):
    """CCYYWW, Monday to Sunday."""
    if not re.fullmatch("[0-9]{6}", value):
        raise ValueError(f"{value!r} is no week")
    monday = date.fromisocalendar(int(value[:4]), int(value[4:]), 1)
    start = datetime(monday.year, monday.month, monday.day)
    return _stretch(start, timedelta(days=7), zone, value)


def _month(value, zone):
    """CCYYMM."""
    first = _day(f"{value}01" if len(value) == 6 else value)
    following = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    start = datetime(first.year, first.month, 1)
    return _stretch(start, timedelta(days=(following - first).days), zone, value)


def local(at, zone):
    """The clock on the partner's wall at a time of ours.

    >>> local(datetime(2026, 12, 24, 3, tzinfo=timezone.utc), "America/New_York").day
    23
    """
    return at.astimezone(zone_of(zone))
