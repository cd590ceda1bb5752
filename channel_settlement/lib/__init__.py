# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files of payment gateways, read by a mapping of their columns. No odoo in here."""
