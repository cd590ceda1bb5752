# SPDX-License-Identifier: AGPL-3.0-or-later
from dataclasses import dataclass

from odoo.tools import SQL


@dataclass(frozen=True)
class Scope:
    """Which listings a statement is about, said twice so that every table can be
    reached by its own index."""

    listings: SQL  # condition on ``listing``
    products: SQL  # condition on a product id, true for theirs: follows its column
    # whether ``products`` names each: then most of their numbers differ, and PostgreSQL
    # knows how many there are
    named: bool = False
