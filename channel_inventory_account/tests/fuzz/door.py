# SPDX-License-Identifier: AGPL-3.0-or-later
"""Odoo's own HTTP stack, called as its server calls it, without a socket."""

from contextlib import contextmanager
from io import BytesIO
from unittest.mock import patch

from odoo import http


class Door:
    """Delivers to the webhook route of one database, each request a transaction."""

    def __init__(self, database, path):
        self.database, self.path = database, path

    def knock(self, headers, body, **environ):
        """:return: the status of the answer"""
        answer = []
        with self._open():
            chunks = http.root(
                {**self._environ(headers, body), **environ},
                lambda status, *_headers: answer.append(int(status.split()[0])),
            )
            for _chunk in chunks:
                pass
            getattr(chunks, "close", lambda: None)()
        return answer[0]

    @contextmanager
    def _open(self):
        with patch.object(http, "db_filter", lambda dbs, host=None: list(dbs)):
            yield

    def _environ(self, headers, body):
        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": self.path,
            "SCRIPT_NAME": "",
            "QUERY_STRING": "",
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "127.0.0.1",
            "HTTP_X_ODOO_DATABASE": self.database,
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(body),
            "wsgi.errors": BytesIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in headers.items():
            # what HTTP carries is latin-1
            value = value.encode("utf-8").decode("latin-1")
            name = name.upper().replace("-", "_")
            if name != "CONTENT_LENGTH":
                environ[name if name == "CONTENT_TYPE" else f"HTTP_{name}"] = value
        return environ
