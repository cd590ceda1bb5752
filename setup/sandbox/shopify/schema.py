"""The published schemas: one file for each API version, with the scopes of fields.

A file is ``admin_<version>.json.gz`` with ``{data: introspection, offline_scopes}``
as the npm package ``@shopify/dev-mcp`` ships them. Building one takes about half a
second, so each is built once for a process, when it is first asked for.
"""

import gzip
import json
import re
import threading
from pathlib import Path
from typing import NamedTuple

from graphql import build_client_schema

# From here on @idempotent and ``changeFromQuantity`` are required.
STRICT = "2026-04"
_VERSION = re.compile(r"^\d{4}-\d{2}$")
_built = {}
_lock = threading.Lock()


class UnknownVersion(LookupError):
    """No such API version: Shopify answers 404."""


class Scopes(NamedTuple):
    """Of these scopes a token needs one; the text says so as the API does."""

    any_of: frozenset
    text: str


class ApiSchema:
    """One version: its schema and the scopes that its types and fields need."""

    def __init__(self, version, content):
        self.version = version
        self.schema = build_client_schema(content["data"], assume_valid=True)
        self.type_scopes = {}
        self.field_scopes = {}
        for entry in content["offline_scopes"]["items"]:
            if not entry["offlineScopes"]:
                continue
            scopes = Scopes(frozenset(entry["offlineScopes"]), entry["requiredAccess"])
            if entry["type"] == "type":
                self.type_scopes[entry["typeName"]] = scopes
            else:
                self.field_scopes[entry["typeName"], entry["fieldName"]] = scopes


def versions(folder, oldest=STRICT):
    """The versions of a folder that the sandbox serves, oldest first. Older files than
    ``oldest`` may lie there too."""
    if not folder or not Path(folder).is_dir():
        raise FileNotFoundError(
            f"no published schemas at {folder!r}: set CHANNEL_SHOPIFY_SCHEMAS or"
            " --schemas to the folder with admin_<version>.json.gz"
        )
    found = [
        path.name.removeprefix("admin_").removesuffix(".json.gz")
        for path in Path(folder).glob("admin_*.json.gz")
    ]
    return sorted(v for v in found if _VERSION.match(v) and v >= oldest)


def resolve_version(folder, wanted, oldest=STRICT):
    """The version that answers for the one asked for.

    A retired version falls forward to the oldest that is still served, as Shopify
    does it; one that never existed, or not yet, is unknown.
    """
    served = versions(folder, oldest)
    if wanted in served:
        return wanted
    if _VERSION.match(wanted) and served and wanted < served[0]:
        return served[0]
    raise UnknownVersion(wanted)


def load(folder, version):
    key = (str(folder), version)
    with _lock:
        if key not in _built:
            path = Path(folder) / f"admin_{version}.json.gz"
            with gzip.open(path, "rt", encoding="utf-8") as file:
                _built[key] = ApiSchema(version, json.load(file))
        return _built[key]
