# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, models


class ChannelChannel(models.Model):
    """How the orders of a channel are invoiced and paid in Odoo."""

    _name = "channel.channel"
    _inherit = ["channel.channel", "channel.invoicing.policy"]

    @api.model
    def _get_job_priorities(self):
        return super()._get_job_priorities() | {"_job_book": 20}

    @api.model
    def _recovery_steps(self):
        first, *others = super()._recovery_steps()
        return (
            first,
            ("channel.bookkeeping", "_wake_waiting"),
            *others,
            ("channel.order.ledger", "_prove_waiting"),
            ("channel.draft.watch", "_look"),
        )
