# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may do what with this addon's models: see the base's ``attack/rights.py``."""

from odoo.addons.channel_inventory_base.tests.attack.rights import Row, Standard

RIGHTS = {
    "channel.edi.agreement": Row(
        adds=True,
        fields={"manager": "invoice_when invoice_hours credit_notes replaces_invoices"},
    ),
    "channel.edi.document": Row(adds=True, methods={"operator": "action_send_waiting"}),
}

STANDARD = {"account.move": Standard(methods="action_open_edi_documents")}
