# SPDX-License-Identifier: AGPL-3.0-or-later
"""Amazon's storefronts: where they are, and what their prices are.

Source: Amazon's document "Marketplace IDs". ``taxes`` is not in it: whether a price
that customers see there is with tax. No odoo in here.
"""

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Marketplace:
    """``taxes``: included in the prices that customers see, or added to them."""

    external_id: str
    country: str
    region: str
    currency: str
    taxes: str


def _load():
    text = Path(__file__).with_suffix(".json").read_text(encoding="utf-8")
    return {ref: Marketplace(ref, **row) for ref, row in json.loads(text).items()}


MARKETPLACES = _load()
INCLUDED = "included"


def of_region(region):
    """
    >>> [each.country for each in of_region("fe")]
    ['AU', 'JP', 'SG']
    """
    found = [each for each in MARKETPLACES.values() if each.region == region]
    return sorted(found, key=lambda each: each.country)


HOMES = {"UK": "GB"}


def chosen(text, region):
    """Marketplaces by the names of their countries, or by Amazon's ids.

    :return: list of Marketplace, each once, in the order of the text
    :raise ValueError: with the names that are of no marketplace in the region

    >>> [each.country for each in chosen("de, UK de", "eu")]
    ['DE', 'GB']
    """
    known = {each.country: each for each in of_region(region)}
    known |= {each.external_id: each for each in of_region(region)}
    names = [name.upper() for name in text.replace(",", " ").split()]
    names = [HOMES.get(name, name) for name in names]
    if strange := [name for name in names if name not in known]:
        raise ValueError(", ".join(strange))
    return list(dict.fromkeys(known[name] for name in names))
