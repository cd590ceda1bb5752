# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which of a country's states a channel means. No odoo in here.

Odoo has some states by the code alone (``CA`` of US), some with their country in
front (``JP-13``, ``DE-BY``). Channels say it as ISO 3166-2 does (``US-CA``, ``JP-13``),
as its second half (``CA``, ``13``), or both run together (``JP13``). Where a country's
codes are Odoo's own (China's are characters), only the name can tell.
"""

import unicodedata

ENDINGS = ("省", "市", "自治区", "壮族自治区", "回族自治区", "维吾尔自治区")
"""What names of Chinese provinces may end in."""


def find_state(country, code, states, name=""):
    """The key of the one state that is meant, None when none or several may be.

    :param country: the country's code of two letters
    :param states: iterable of (key, code, name), of that country alone

    >>> japan = [(1, "JP-13", "東京都"), (2, "JP-01", "北海道")]
    >>> [find_state("JP", each, japan) for each in ("JP-13", "JP13", "13", "JP-1")]
    [1, 1, 1, None]
    >>> usa = [(1, "CA", "California"), (2, "US", "Unsaid")]
    >>> [find_state("US", each, usa) for each in ("ca", "US-CA", "USCA", "US")]
    [1, 1, 1, 2]
    >>> find_state("US", "", usa, "california")
    1
    """
    states = [(key, _plain(own), label) for key, own, label in states]
    code = _plain(code)
    bare = [(key, own.removeprefix(f"{country}-")) for key, own, _label in states]
    for wanted, known in (
        (code, [(key, own) for key, own, _label in states]),
        (code.removeprefix(f"{country}-"), bare),
        (code.removeprefix(country), bare),
    ):
        found = {key for key, own in known if own == wanted != ""}
        if len(found) == 1:
            return found.pop()
    if wanted := _plain_name(name or code):
        found = {key for key, _own, label in states if _plain_name(label) == wanted}
        if len(found) == 1:
            return found.pop()
    return None


def _plain(text):
    return "".join((text or "").upper().split()).replace("–", "-")


def _plain_name(text):
    """
    >>> _plain_name("Côte-d'Or"), _plain_name("云南省") == _plain_name("云南")
    ('COTEDOR', True)
    """
    text = unicodedata.normalize("NFKD", (text or "").upper())
    text = "".join(each for each in text if each.isalnum())
    for ending in sorted(ENDINGS, key=len, reverse=True):
        if text.endswith(ending) and len(text) > len(ending) + 1:
            return text.removesuffix(ending)
    return text
