# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class ChannelInboxEvent(models.Model):
    _inherit = "channel.inbox.event"

    source = fields.Selection(
        selection_add=[("reconcile", "Reconciliation")],
        ondelete={"reconcile": "set poll"},
    )
