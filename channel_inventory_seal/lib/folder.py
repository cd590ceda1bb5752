# SPDX-License-Identifier: AGPL-3.0-or-later
"""A folder of this server that keeps anchors, such as one of another machine that is
mounted here. No odoo in here."""

import os
import uuid
from pathlib import Path

from odoo.addons.channel_inventory_base.lib.errors import Misconfigured, Unavailable

MAX_BYTES = 100_000
PATTERN = "anchor-*.json"


class Folder:
    """:param allowed: option ``seal_folders``: paths with a colon between them

    :raise Misconfigured: the folder is in none of them
    """

    def __init__(self, path, allowed):
        self._path = Path(path or "").resolve()
        roots = [Path(each).resolve() for each in allowed.split(":") if each.strip()]
        if not any(self._path.is_relative_to(root) for root in roots):
            raise Misconfigured(
                f"{path} is in none of the folders that the server's configuration "
                "allows (seal_folders)",
                code="FOLDER",
            )

    def deliver(self, name, data):
        """Whole or not at all; a file that is there already stays as it is.

        :raise Unavailable: it cannot be written
        """
        target = self._path / name
        # of several servers two processes may have the same number
        partial = self._path / f".{name}.{uuid.uuid4().hex}.part"
        try:
            with open(partial, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            # unlike a rename, a link replaces nothing
            os.link(partial, target)
        except FileExistsError as error:
            if target.read_bytes() != data:
                raise Unavailable(
                    f"{target} is there already, with other content", code="FOLDER"
                ) from error
        except OSError as error:
            raise Unavailable(f"{target}: {error.strerror}", code="FOLDER") from error
        finally:
            partial.unlink(missing_ok=True)

    def read_all(self):
        """:return: the bytes of all anchors in the folder

        :raise Unavailable: it cannot be read
        """
        try:
            os.listdir(self._path)
            return [
                path.read_bytes()[:MAX_BYTES]
                for path in sorted(self._path.glob(PATTERN))
                if path.is_file() and not path.is_symlink()
            ]
        except OSError as error:
            raise Unavailable(
                f"{self._path}: {error.strerror}", code="FOLDER"
            ) from error
