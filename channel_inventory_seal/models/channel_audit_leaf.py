# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models

from odoo.addons.channel_inventory_base.db.audit_guard import lifted_guard

from ..db.guard import create_guard


class ChannelAuditLeaf(models.Model):
    """The hash of one sealed row. It stays when retention removes the row, so that
    what is left stays provable.

    No foreign keys: leaves are written a hundred thousand at a time, and nothing that
    is deleted elsewhere may take them along. Append-only: ``db.guard``.
    """

    _name = "channel.audit.leaf"
    _description = "Sealed Row"
    _inherit = ["channel.guarded"]
    _order = "seal_number desc, position"
    _rec_name = "digest"
    _log_access = False

    seal_number = fields.Integer(string="Seal", required=True, readonly=True)
    position = fields.Integer(required=True, readonly=True, help="In its seal, from 1")
    source = fields.Char(string="Table", required=True, readonly=True)
    row_id = fields.Integer(required=True, readonly=True, aggregator=None)
    at = fields.Datetime(string="Since", required=True, readonly=True)
    form = fields.Integer(
        required=True, readonly=True, help="How its text is made: db/sources.py"
    )
    digest = fields.Char(required=True, readonly=True, help="SHA-256 of the row's text")

    _row_uniq = models.UniqueIndex("(source, row_id)")
    _position_uniq = models.UniqueIndex("(seal_number, position)")

    def init(self):
        create_guard(self.env.cr, self._table)

    def _init_column(self, column_name):
        with lifted_guard(self.env.cr, self._table):
            return super()._init_column(column_name)
