# SPDX-License-Identifier: AGPL-3.0-or-later
"""WooCommerce's names of states whose codes are neither ISO's nor Odoo's.

Its codes are keys of ``i18n/states.php``; of most countries they are ISO 3166-2, with
or without the country in front. REST gives the code alone, so the names of the others
are in ``states.json``: {country: {code: name}}.
"""

import json
from pathlib import Path

NAMES = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))


def name_of_state(country, code):
    """
    >>> name_of_state("MX", "DF"), name_of_state("US", "CA")
    ('Ciudad de México', '')
    """
    return NAMES.get(country, {}).get(code, "")
