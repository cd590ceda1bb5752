# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class ChannelEdiDocument(models.Model):
    _inherit = "channel.edi.document"

    counted = fields.Binary(
        readonly=True,
        attachment=False,
        help="Of the last report of a warehouse: what it has of which products",
    )
