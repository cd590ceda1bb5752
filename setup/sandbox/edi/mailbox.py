"""The folders of one partner on the SFTP server.

Seen from the partner's client, which is the app: it writes into ``in`` what the partner
is to read, and reads from ``out`` what the partner has written; ``archive`` is for the
client to move files to. A name that begins with a dot, or ends with one of UNFINISHED,
is a file on its way: the partner does not look at it.
"""

import os
from pathlib import Path

UNFINISHED = (".tmp", ".part", ".filepart")


def is_hidden(name):
    return name.startswith(".") or name.endswith(UNFINISHED)


class Mailbox:
    """:param root: the folder that the client sees as /
    :param clock: the partner's, by which files are dated
    """

    def __init__(self, root, clock):
        self.root, self.clock = Path(root), clock

    def files(self, folder="out"):
        """{name: bytes} of a folder, for tests and for people."""
        place = self.root / folder
        return {
            path.name: path.read_bytes()
            for path in sorted(place.iterdir())
            if path.is_file()
        }

    def put(self, name, data):
        """Write a file for the client, at once."""
        # on the same disk and out of sight, so that it appears whole
        hidden = self.root.parent / f"{self.root.name}.new"
        hidden.write_bytes(data)
        self._date(hidden)
        os.replace(hidden, self.root / "out" / name)

    def append(self, name, data):
        """More of a file that the client can see already."""
        path = self.root / "out" / name
        # the client may have moved the half file away: then the rest is a file alone
        with path.open("ab") as file:
            file.write(data)
        self._date(path)

    def take(self, wanted):
        """[(name, bytes)] of what the client has written, in the order of arrival.

        They are gone from the folder afterwards.

        :param wanted: tells by the bytes of a file whether it is taken
        """
        place = self.root / "in"
        found = sorted(
            (path.stat().st_ctime_ns, path.name, path)
            for path in place.iterdir()
            if path.is_file() and not is_hidden(path.name)
        )
        taken = []
        for _arrived, name, path in found:
            data = path.read_bytes()
            if wanted(data):
                taken.append((name, data))
                path.unlink()
        return taken

    def clear(self):
        for folder in ("in", "out", "archive"):
            for path in (self.root / folder).iterdir():
                path.unlink()

    def _date(self, path):
        moment = self.clock.time()
        os.utime(path, (moment, moment))
