# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may do what with this addon's models: see the base's ``attack/rights.py``."""

from odoo.addons.channel_inventory_base.tests.attack.rights import Row, Standard

RIGHTS = {
    "channel.channel": Row(
        adds=True,
        fields={
            "manager": (
                "invoice_policy post_invoices invoice_journal_id payment_policy "
                "payment_journal_id payment_map_ids post_credit_notes"
            )
        },
    ),
    "channel.order": Row(adds=True, methods={"reader": "action_open_invoices"}),
    "channel.refund": Row(
        adds=True,
        methods={"reader": "action_open_credit_note", "operator": "action_retry"},
    ),
    "channel.market": Row(adds=True, fields={"manager": "invoice_journal_id"}),
    "channel.payment.map": Row(
        write="manager",
        create="manager",
        unlink="manager",
        fields={"manager": "channel_id gateway journal_id", "server": "company_id"},
    ),
    "channel.bookkeeping": Row(),
}

STANDARD = {
    "account.move": Standard(server="channel_made channel_refund_ids"),
    "account.bank.statement.line": Standard(server="channel_made"),
    "sale.order": Standard(server="channel_invoice_policy"),
}
