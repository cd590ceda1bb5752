# SPDX-License-Identifier: AGPL-3.0-or-later
"""From a path to an operation of the document. No odoo in here."""

import re
from dataclasses import dataclass
from functools import lru_cache

from .document import DOCUMENT
from .problems import Problem

METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Found:
    """An operation of the document, and what its path names."""

    operation: dict
    names: dict

    @property
    def id(self):
        return self.operation["operationId"]


@lru_cache(1)
def _patterns():
    return [
        (re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)), methods)
        for path, methods in DOCUMENT["paths"].items()
    ]


def find(method, path):
    """:param path: within the version, decoded: no name in it has a slash
    :raise Problem: there is nothing of the kind

    >>> found = find("GET", "/orders/A-1")
    >>> found.id, found.names
    ('getOrder', {'reference': 'A-1'})
    >>> try:
    ...     find("PUT", "/orders/1")
    ... except Problem as problem:
    ...     problem.status, problem.headers
    (405, (('Allow', 'GET'),))
    """
    for pattern, methods in _patterns():
        if match := pattern.fullmatch(path):
            if method.lower() in methods:
                return Found(methods[method.lower()], match.groupdict())
            allowed = [each.upper() for each in METHODS if each in methods]
            raise Problem(
                "method_not_allowed",
                f"{method} is not known here.",
                headers=[("Allow", ", ".join(allowed))],
            )
    raise Problem("not_found", "There is nothing at this address.")
