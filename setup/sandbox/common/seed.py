"""Where what a shop begins with comes from."""

import json
from pathlib import Path


def load(source, default):
    """Read a seed: a dict, the path of a JSON file, or nothing for the default."""
    if source is None:
        return default
    if isinstance(source, dict):
        return source
    return json.loads(Path(source).read_text(encoding="utf-8"))
