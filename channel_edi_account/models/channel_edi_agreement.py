# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class ChannelEdiAgreement(models.Model):
    """What was agreed about invoices."""

    _inherit = "channel.edi.agreement"

    invoice_when = fields.Selection(
        [
            ("posted", "When it is posted"),
            ("shipped", "When its goods have left"),
            ("notified", "After the ship notice was sent"),
            ("accepted", "After the ship notice was acknowledged"),
        ],
        string="Send Invoices",
        default="notified",
        required=True,
        help="An invoice that is posted before waits. Where no ship notice (856, "
        "DESADV) goes out, it is sent when its goods have left.",
    )
    invoice_hours = fields.Float(
        string="Report Waiting Invoices After (hours)",
        default=24,
        help="So long after it was posted a person is told why it was not sent yet.",
    )
    credit_notes = fields.Selection(
        [
            ("plus", "Amounts without a sign"),
            ("minus", "Amounts with a minus"),
            ("none", "Not by EDI"),
        ],
        default="plus",
        required=True,
        help="How credit notes are written. Not by EDI: a person is told of each.",
    )
    replaces_invoices = fields.Boolean(
        string="Takes Replaced Invoices",
        help="The partner takes an invoice once more that was changed, marked as a "
        "replacement (BIG08 05, BGM 5). Otherwise it has to be credited.",
    )
