# SPDX-License-Identifier: AGPL-3.0-or-later
"""Trading partners on an SFTP server of this machine. They come with the repository
(``setup/sandbox``), so their tests are skipped where only the addon is."""

import sys
from pathlib import Path
from unittest import SkipTest

SETUP = Path(__file__).resolve().parents[2] / "setup"


def start_partners(seed=None, names=None, **settings):
    """:return: a running sandbox whose partners move when ``step`` is called"""
    if not SETUP.joinpath("sandbox/edi").is_dir():
        raise SkipTest("needs setup/sandbox")
    if str(SETUP) not in sys.path:
        sys.path.insert(0, str(SETUP))
    from sandbox.edi import start

    return start(seed, names, tick=None, **settings)


def connect(mailbox, agreement, sandbox, config):
    """Have a mailbox and an agreement be those of a partner on its SFTP server."""
    mailbox.write(
        {
            "kind": "sftp",
            "host": "127.0.0.1",
            "port": sandbox.sftp.port,
            "username": config.user,
            "host_key": sandbox.sftp.host_key,
            "incoming": "/out",
            "outgoing": "/in",
            "after_reading": "delete",
            "ready_when": "named",
        }
    )
    mailbox.password = config.password
    agreement.write(
        {
            "their_qualifier": config.identity[0],
            "their_id": config.identity[1],
            "our_qualifier": config.us[0],
            "our_id": config.us[1],
            "their_group_id": config.group,
            "our_group_id": config.us_group,
            "group_version": config.version,
            "tz": config.zone,
        }
    )
