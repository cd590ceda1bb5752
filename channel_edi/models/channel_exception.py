# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class ChannelException(models.Model):
    """What can go wrong between trading partners."""

    _inherit = "channel.exception"

    category = fields.Selection(
        selection_add=[
            ("edi_file", "EDI file"),
            ("edi_document", "EDI document"),
            ("edi_duplicate", "EDI duplicate"),
            ("edi_ack", "EDI acknowledgement"),
        ],
        ondelete={
            "edi_file": "cascade",
            "edi_document": "cascade",
            "edi_duplicate": "cascade",
            "edi_ack": "cascade",
        },
    )
