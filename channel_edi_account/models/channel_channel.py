# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, models
from odoo.tools import SQL


class ChannelChannel(models.Model):
    _inherit = "channel.channel"

    @api.model
    def _recovery_steps(self):
        return (*super()._recovery_steps(), ("channel.edi.invoices", "_watch"))

    @api.model
    def _get_health_queries(self):
        return {
            **super()._get_health_queries(),
            "edi_open_count": SQL(
                "SELECT count(*) FROM channel_edi_document document "
                "WHERE document.channel_id = channel.id "
                "AND document.state IN ('new', 'ready', 'framed', 'waiting')"
            ),
        }
