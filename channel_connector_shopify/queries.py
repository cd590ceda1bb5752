# SPDX-License-Identifier: AGPL-3.0-or-later
"""The GraphQL documents that are sent as they are written. No odoo in here.

They are in files of their own, one beside each module that names them. Tests validate
each against the published schemas of every version that can be selected, and keep each
under Shopify's cap of 1,000 points a request even if pages are counted by their full
size.
"""

import re
from dataclasses import dataclass
from pathlib import Path

_BEGIN = re.compile(
    r"^(?:# cost: (\d+)\n)?(query|mutation|fragment) (\w+)", re.MULTILINE
)
_SPREAD = re.compile(r"\.\.\.(\w+)")
_COMMENT = re.compile(r"^#.*\n", re.MULTILINE)


@dataclass(frozen=True)
class Document:
    """``mutation``: it acts. ``idempotent``: it takes a key, so it may be repeated.
    ``cost``: a first guess; what Shopify reports replaces it."""

    name: str
    text: str
    cost: int = 10
    mutation: bool = False
    idempotent: bool = False


def load(path):
    """The documents of a file, by name; a comment above one tells what it may cost.
    What several have in common is a fragment, and written out in each."""
    text = Path(path).with_suffix(".graphql").read_text("utf-8")
    begins = list(_BEGIN.finditer(text))
    ends = [begin.start() for begin in begins[1:]] + [len(text)]
    found, fragments = {}, {}
    for begin, end in zip(begins, ends, strict=True):
        cost, kind, name = begin.groups()
        body = _COMMENT.sub("", text[begin.start(2) : end]).strip()
        if kind == "fragment":
            fragments[name] = body[body.index("{") + 1 : body.rindex("}")].strip()
        else:
            found[name] = (body, int(cost or 10), kind == "mutation")

    def written_out(body):
        return _SPREAD.sub(lambda spread: written_out(fragments[spread[1]]), body)

    return {
        name: Document(name, written_out(body), cost, acts, "@idempotent" in body)
        for name, (body, cost, acts) in found.items()
    }


_documents = load(__file__)
SHOP = _documents["Shop"]
LOCATIONS = _documents["Locations"]
VARIANT_COUNT = _documents["VariantCount"]
VARIANTS = _documents["Variants"]
BULK_START = _documents["BulkStart"]
BULK_STATUS = _documents["BulkStatus"]
LEVELS = _documents["Levels"]
LEVEL_PAGE = _documents["LevelPage"]
SET_QUANTITIES = _documents["SetQuantities"]
ACTIVATE = _documents["Activate"]
PRODUCTS_OF = _documents["ProductsOf"]
STOP_SELLING = _documents["StopSelling"]
PAYOUTS = _documents["Payouts"]
PAYOUT_TRANSACTIONS = _documents["PayoutTransactions"]
WEBHOOKS = _documents["Webhooks"]
WEBHOOK_CREATE = _documents["WebhookCreate"]
WEBHOOK_DELETE = _documents["WebhookDelete"]
# what an operation runs is told without a name
BULK_VARIANTS, BULK_LEVELS = (
    _documents[name].text.removeprefix(f"query {name} ")
    for name in ("BulkVariants", "BulkLevels")
)
