# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class ChannelMetric(models.Model):
    _inherit = "channel.metric"

    name = fields.Selection(
        selection_add=[
            ("message_sent", "Notification confirmed"),
            ("message_retry", "Notification repeated"),
            ("shipped", "Shipped with a date"),
            ("shipped_late", "Shipped late"),
            ("shortage", "Order lines short"),
        ],
        ondelete={
            "message_sent": "cascade",
            "message_retry": "cascade",
            "shipped": "cascade",
            "shipped_late": "cascade",
            "shortage": "cascade",
        },
    )
