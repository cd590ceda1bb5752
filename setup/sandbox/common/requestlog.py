"""What was asked and answered, for tests and for people."""

import itertools
import threading
import time
from collections import deque


class RequestLog:
    """The last requests, without their tokens."""

    def __init__(self, size=5000):
        self._lock = threading.Lock()
        self._entries = deque(maxlen=size)
        self._number = itertools.count(1)

    def clear(self):
        with self._lock:
            self._entries.clear()

    def open(self, method, path):
        entry = {
            "number": next(self._number),
            "at": time.time(),
            "method": method,
            "path": path,
        }
        with self._lock:
            self._entries.append(entry)
        return entry

    def entries(self, operation=None, since=0):
        with self._lock:
            entries = list(self._entries)
        return [
            entry
            for entry in entries
            if entry["number"] > since
            and (operation is None or operation in entry.get("names", ()))
        ]
