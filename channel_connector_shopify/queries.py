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

_BEGIN = re.compile(r"^(?:# cost: (\d+)\n)?(query|mutation) (\w+)", re.MULTILINE)


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
    """The documents of a file, by name; a comment above one tells what it may cost."""
    text = Path(path).with_suffix(".graphql").read_text("utf-8")
    begins = list(_BEGIN.finditer(text))
    ends = [begin.start() for begin in begins[1:]] + [len(text)]
    found = {}
    for begin, end in zip(begins, ends, strict=True):
        cost, kind, name = begin.groups()
        body = text[begin.start(2) : end].strip()
        found[name] = Document(
            name, body, int(cost or 10), kind == "mutation", "@idempotent" in body
        )
    return found


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
WEBHOOKS = _documents["Webhooks"]
WEBHOOK_CREATE = _documents["WebhookCreate"]
WEBHOOK_DELETE = _documents["WebhookDelete"]

BULK_VARIANTS = """{
  productVariants {
    edges {
      node {
        id
        sku
        barcode
        title
        requiresComponents
        product { title status }
        inventoryItem { id tracked }
      }
    }
  }
}"""
"""Run by ``BULK_START``, the nodes of ``VARIANTS``: without pages, and outside of the
points."""

BULK_LEVELS = """{
  productVariants {
    edges {
      node {
        id
        inventoryPolicy
        inventoryItem {
          inventoryLevels {
            edges {
              node {
                id
                item { id sku tracked }
                location { id isActive }
                quantities(names: ["available", "committed"]) {
                  name
                  quantity
                  updatedAt
                }
              }
            }
          }
        }
      }
    }
  }
}"""
"""Run by ``BULK_START``: what ``LEVEL_PAGE`` tells, of all active locations. A line of
a variant comes before those of its levels, which name it in ``__parentId``."""
