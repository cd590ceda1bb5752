"""Timings, memory, and how they are told."""

import contextlib
import statistics
import time
from collections import defaultdict
from pathlib import Path


class Timings:
    """Seconds by name of phase; a phase is measured several times.

    Beside the time on the clock stands the time on a processor, of this process and of
    PostgreSQL's for it: on a busy machine that is what can be compared.
    """

    def __init__(self, session):
        self.session = session
        self.seconds = defaultdict(list)
        self.cpu_seconds = defaultdict(list)

    @contextlib.contextmanager
    def measure(self, phase, database):
        backends = backends_cpu(self.session, database)
        cpu, start = time.process_time(), time.perf_counter()
        yield
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
        after = backends_cpu(self.session, database)
        cpu += sum(used - backends.get(pid, 0) for pid, used in after.items())
        self.seconds[phase].append(seconds)
        self.cpu_seconds[phase].append(cpu)

    def forget(self, phase):
        self.seconds.pop(phase, None)
        self.cpu_seconds.pop(phase, None)

    def ratio(self, phase, base, cpu=False):
        """How many times as long ``phase`` takes; None where one was not measured."""
        values = self.cpu_seconds if cpu else self.seconds
        if not values.get(phase) or not values.get(base):
            return None
        one, other = (statistics.median(values[each]) for each in (phase, base))
        return round(one / other, 3) if other else None

    def summary(self):
        return {
            phase: {
                **summary(values),
                "cpu_median": round(statistics.median(self.cpu_seconds[phase]), 6),
            }
            for phase, values in self.seconds.items()
        }


def backends_cpu(session, database):
    """:return: process id -> seconds on a processor, of the backends of ``database``;
    nothing for a server on another machine"""
    return {
        pid: int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
        for pid in session.backends(database)
        if Path(f"/proc/{pid}/schedstat").exists()
    }


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
        peaks = [_peak(pid) for pid in self.session.backends(database)]
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
