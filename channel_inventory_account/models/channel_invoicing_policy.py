# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models

from odoo.addons.channel_inventory_base.schemas import GATEWAY_SEPARATOR

INVOICE_POLICIES = [
    ("none", "Manually"),
    ("confirmed", "Ordered quantities, on confirmation"),
    ("shipped", "Shipped quantities, per delivery"),
]


class ChannelInvoicingPolicy(models.AbstractModel):
    """Policy for automatic invoices and payments."""

    _name = "channel.invoicing.policy"
    _description = "Invoicing Policy"

    invoice_policy = fields.Selection(
        INVOICE_POLICIES,
        string="Invoices",
        default="none",
        required=True,
        help="What is invoiced automatically. It replaces the products' own invoicing "
        "policy for new orders. Delivery charges are on the first invoice, "
        "discounts are spread over the deliveries.",
    )
    post_invoices = fields.Boolean(
        default=True,
        help="Off: invoices stay in draft for an accountant. A draft is recreated when "
        "its order changes.",
    )
    invoice_journal_id = fields.Many2one(
        "account.journal",
        check_company=True,
        domain="[('type', '=', 'sale')]",
        help="Empty: the company's default journal.",
    )
    post_credit_notes = fields.Boolean(
        default=True,
        help="Post the credit notes of the channel's refunds. Off: they stay in draft "
        "for an accountant.",
    )
    payment_policy = fields.Selection(
        [
            ("none", "Manually"),
            ("paid", "When the channel reports the payment"),
        ],
        string="Payments",
        default="none",
        required=True,
        help="When payments of posted invoices, and repayments of credit notes, are "
        "registered in Odoo. An authorization is not a payment.",
    )
    payment_journal_id = fields.Many2one(
        "account.journal",
        check_company=True,
        domain="[('type', 'in', ('bank', 'cash', 'credit'))]",
        help="Used unless the payment gateway has a journal of its own.",
    )
    payment_map_ids = fields.One2many("channel.payment.map", "channel_id")

    def write(self, vals):
        result = super().write(vals)
        if {"payment_journal_id", "payment_map_ids", "post_invoices"} & set(vals):
            # what failed for want of a setting is tried again
            self.env["channel.bookkeeping"]._retry_channels(self)
        return result

    def _keeps_books(self):
        return self.invoice_policy != "none" or self.payment_policy != "none"

    def _find_payment_journal(self, gateway):
        """The journal of a gateway; of several together only if all have the same one:
        what was paid by which of them is not told."""
        if mapped := self.payment_map_ids._find(gateway):
            return mapped.journal_id
        names = (gateway or "").split(GATEWAY_SEPARATOR)
        journals = [
            self.payment_map_ids._find(name).journal_id or self.payment_journal_id
            for name in names
        ]
        if len(set(journals)) > 1:
            return self.payment_journal_id.browse()
        return journals[0]

    def _job_book(self):
        """Invoice and register payments as the channel's policy says."""
        self._work_off(self.env["channel.bookkeeper"]._run, self._is_taking_orders)
