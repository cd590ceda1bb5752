# SPDX-License-Identifier: AGPL-3.0-or-later
"""Words that several models share. No odoo in here."""

MOVE = "move:"
"""How a trace begins that names a stock move, see ``db.triggers``."""
