# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may do what: the models are the base's, and this addon adds no field to them."""

RIGHTS = {}
STANDARD = {}
