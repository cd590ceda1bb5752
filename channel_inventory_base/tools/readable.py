# SPDX-License-Identifier: AGPL-3.0-or-later
"""Raw bodies for people's eyes. No odoo."""

import json

LONGEST = 200_000


def readable(text):
    """Indent JSON; leave everything else, and what is very long, as it is.

    >>> print(readable('{"a": [1]}'))
    {
      "a": [
        1
      ]
    }
    >>> readable("<xml />")
    '<xml />'
    """
    if not text or len(text) > LONGEST:
        return text or ""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text
