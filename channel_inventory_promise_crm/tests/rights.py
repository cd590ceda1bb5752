# SPDX-License-Identifier: AGPL-3.0-or-later
"""It adds no field that is stored, and no model."""

RIGHTS = {}
