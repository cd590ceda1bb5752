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
