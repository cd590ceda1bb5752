# SPDX-License-Identifier: AGPL-3.0-or-later
"""Folders of this server, such as those that a VAN's own program fills. No odoo in
here."""

import os
from contextlib import contextmanager
from pathlib import Path

from odoo.addons.channel_inventory_base.lib.errors import (
    Forbidden,
    Misconfigured,
    Refused,
    Unavailable,
)

from .entry import MAX_BYTES, Entry, Taken, checked, partial


class Folder:
    """Files in folders below those that the server's configuration allows.

    :param allowed: option ``edi_folders``: paths with a colon between them
    """

    def __init__(self, incoming, outgoing, archive, allowed):
        roots = [Path(path).resolve() for path in allowed.split(":") if path.strip()]
        self._incoming = incoming and _inside(incoming, roots)
        self._outgoing = outgoing and _inside(outgoing, roots)
        self._archive = archive and _inside(archive, roots)

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        return None

    def look(self):
        with _told(self._incoming), os.scandir(_known(self._incoming)) as found:
            # a link could show any file of this server
            files = [each for each in found if each.is_file(follow_symlinks=False)]
            return [entry for each in files if (entry := _entry(each))]

    def fetch(self, name):
        path = _known(self._incoming) / checked(name)
        with _told(path):
            try:
                number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
            except FileNotFoundError as error:
                # somebody has taken it away since it was listed
                raise Unavailable(f"{name} is gone", code="GONE") from error
            except PermissionError:
                raise
            except OSError as error:
                # a link has taken its place, or the disk cannot read it
                raise Unavailable(f"{path}: {error.strerror}", code="FILE") from error
            with open(number, "rb") as file:
                data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise Refused(f"{name} has more than {MAX_BYTES} bytes", code="TOO_BIG")
        return data

    def put_away(self, name, how):
        path = _known(self._incoming) / checked(name)
        with _told(path):
            if how == "delete":
                path.unlink(missing_ok=True)
            elif how == "archive" and path.exists():
                try:
                    path.rename(_free(_known(self._archive), name))
                except FileNotFoundError:
                    # somebody else has taken it away, or there is no archive folder
                    if path.exists():
                        raise

    def deliver(self, name, data):
        path = _known(self._outgoing) / checked(name)
        unfinished = path.with_name(partial(name, data))
        with _told(path):
            if self.compare(name, data) is False:
                raise Taken(name)
            with open(unfinished, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)

    def compare(self, name, data):
        path = _known(self._outgoing) / checked(name)
        with _told(path):
            if not path.exists():
                return None
            return path.stat().st_size == len(data) and path.read_bytes() == data

    def check(self):
        """Prove that it can be read and written; change nothing."""
        for path in filter(None, (self._incoming, self._outgoing, self._archive)):
            with _told(path):
                os.listdir(path)
            if path != self._incoming and not os.access(path, os.W_OK):
                raise Forbidden(f"{path} may not be written to", code="FOLDER")
        return ""


def _entry(file):
    """:return: Entry, None where somebody has taken the file away meanwhile"""
    try:
        facts = file.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    return Entry(file.name, facts.st_size, int(facts.st_mtime))


def _inside(text, roots):
    path = Path(text).resolve()
    if not any(path.is_relative_to(root) for root in roots):
        raise Misconfigured(
            f"{text} is in none of the folders that the server's configuration allows "
            "(edi_folders)",
            code="FOLDER",
        )
    return path


def _known(path):
    if not path:
        raise Misconfigured("a folder is not set", code="FOLDER")
    return path


def _free(folder, name):
    """A name that no file of the folder has: the archive keeps what is there."""
    path, number = folder / name, 1
    while path.exists():
        path, number = folder / f"{name}.{number}", number + 1
    return path


@contextmanager
def _told(path):
    try:
        yield
    except PermissionError as error:
        raise Forbidden(f"{path}: {error.strerror}", code="FOLDER") from error
    except (FileNotFoundError, NotADirectoryError) as error:
        raise Misconfigured(f"{path}: {error.strerror}", code="FOLDER") from error
    except OSError as error:
        raise Unavailable(f"{path}: {error.strerror}", code="FOLDER") from error
