# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class ChannelMetric(models.Model):
    _inherit = "channel.metric"

    name = fields.Selection(
        selection_add=[
            ("difference", "Difference found"),
            ("order_found", "Order found late"),
            ("drift", "Differences pending"),
        ],
        ondelete={
            "difference": "cascade",
            "order_found": "cascade",
            "drift": "cascade",
        },
    )
