# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class ChannelException(models.Model):
    _inherit = "channel.exception"

    category = fields.Selection(
        selection_add=[
            ("cut_over", "Cut-over"),
            ("master_data", "Product data differs"),
        ],
        ondelete={"cut_over": "cascade", "master_data": "cascade"},
    )
