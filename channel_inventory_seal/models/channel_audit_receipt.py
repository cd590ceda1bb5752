# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models

from odoo.addons.channel_inventory_base.db.audit_guard import lifted_guard

from ..db.guard import create_guard


class ChannelAuditReceipt(models.Model):
    """A seal that has been sent outside. What proves anything is what lies there: this
    row says where to look."""

    _name = "channel.audit.receipt"
    _description = "Anchored Seal"
    _inherit = ["channel.guarded"]
    _order = "id desc"
    _rec_name = "reference"
    _log_access = False

    anchor_id = fields.Many2one(
        "channel.audit.anchor",
        required=True,
        readonly=True,
        ondelete="restrict",
        index=True,
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="restrict"
    )
    seal_number = fields.Integer(
        string="Seal", required=True, readonly=True, index=True, aggregator=None
    )
    seal_hash = fields.Char(string="Hash", required=True, readonly=True)
    at = fields.Datetime(string="Sent", required=True, readonly=True)
    reference = fields.Char(
        string="Where", readonly=True, help="Name of the file, or of the mail's readers"
    )

    def init(self):
        create_guard(self.env.cr, self._table)

    def _init_column(self, column_name):
        with lifted_guard(self.env.cr, self._table):
            return super()._init_column(column_name)
