# SPDX-License-Identifier: AGPL-3.0-or-later
"""Options of this suite in the server's configuration file. No odoo in here."""

import functools
import os
from configparser import ConfigParser

SECTION = "channel_inventory"


def read(config_path, option):
    """:return: the option's text, "" without one"""
    if not config_path:
        return ""
    return _section(config_path, _version(config_path)).get(option, "")


def _version(path):
    """Another one whenever the file has changed: what is new in it counts at once, in
    every process; None without a file."""
    try:
        stat = os.stat(path)
    except OSError:
        return None
    return stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


@functools.lru_cache(maxsize=1)
def _section(path, _version):
    # each webhook needs the key, and a configuration file is long
    parser = ConfigParser(interpolation=None)
    parser.read(path)
    return dict(parser[SECTION]) if parser.has_section(SECTION) else {}
