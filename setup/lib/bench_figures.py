"""Timings, memory, and how they are told."""

import contextlib
import statistics
import time
from collections import defaultdict
from pathlib import Path


class Timings:
    """Seconds by name of phase; a phase is measured several times."""

    def __init__(self):
        self.seconds = defaultdict(list)

    @contextlib.contextmanager
    def measure(self, phase):
        start = time.perf_counter()
        yield
        self.seconds[phase].append(time.perf_counter() - start)

    def median(self, phase):
        values = self.seconds.get(phase)
        return statistics.median(values) if values else None

    def ratio(self, phase, base):
        """How many times as long ``phase`` takes; None where one was not measured."""
        one, other = self.median(phase), self.median(base)
        return round(one / other, 3) if one and other else None

    def summary(self):
        return {phase: summary(values) for phase, values in self.seconds.items()}


def summary(values):
    """
    >>> summary([3, 1, 2])
    {'median': 2, 'min': 1, 'max': 3, 'values': [3, 1, 2]}
    """
    digits = [round(value, 6) for value in values]
    return {
        "median": statistics.median(digits),
        "min": min(digits),
        "max": max(digits),
        "values": digits,
    }


class Memory:
    """Peak memory of this process and of the backends of a database, phase by phase."""

    def __init__(self, session):
        self.session = session
        self.peaks = {}

    @contextlib.contextmanager
    def watch(self, phase, database):
        self.session.disconnect(database)
        _reset_peak()
        yield
        old = self.peaks.get(phase, {})
        new = {"python": _peak("self"), "postgres": self._backends(database)}
        self.peaks[phase] = {
            who: max(filter(None, (old.get(who), new[who])), default=None)
            for who in new
        }

    def _backends(self, database):
        with self.session.sql(database) as cursor:
            cursor.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = %s"
                " AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
                [database],
            )
            peaks = [_peak(pid) for [pid] in cursor.fetchall()]
        return max(filter(None, peaks), default=None)


def _reset_peak():
    """Forget the peak so far, so that each phase has its own."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _peak(pid):
    """:return: MB of resident memory at the peak; of a backend with the part of
    PostgreSQL's shared buffers that it has touched; None for a foreign machine"""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    kilobytes = status.split("VmHWM:")[1].split()[0]
    return round(int(kilobytes) / 1024, 1)


# --- tables -------------------------------------------------------------------------


def duration(seconds):
    """
    >>> duration(0.0123), duration(2.5), duration(None)
    ('12.3 ms', '2.50 s', '-')
    """
    if seconds is None:
        return "-"
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.1f} ms"


def spread(timing):
    return f"{duration(timing['min'])} - {duration(timing['max'])}"


def table(head, rows):
    """Lines of a Markdown table that is readable as it is."""
    cells = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [_line(row, widths) for row in cells]
    lines.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
    return lines


def _line(row, widths):
    padded = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
    return "| " + " | ".join(padded) + " |"
