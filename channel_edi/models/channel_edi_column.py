# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models

from ..lib.flat.layout import Column


class ChannelEdiColumn(models.Model):
    """One column of a partner's table, and what it means."""

    _name = "channel.edi.column"
    _description = "EDI Column"
    _inherit = ["channel.guarded"]
    _order = "terms_id, position, id"
    _rec_name = "header"

    terms_id = fields.Many2one(
        "channel.edi.agreement.document", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        related="terms_id.company_id", store=True, index=True, precompute=True
    )
    position = fields.Integer(
        help="1 for the first column; of fixed columns, the first character"
    )
    header = fields.Char(string="Title", help="In the first row of the file")
    example = fields.Char(readonly=True, help="From the sample file")
    path = fields.Char(
        string="Meaning",
        help="number, line.number, line.quantity, line.unit, line.price, line.id.VN "
        "(our SKU), line.id.BP (the partner's), line.id.EN (barcode), line.text, "
        "date.cancel_after, date.ship_by, date.deliver_by, party.ship_to.code, "
        "party.ship_to.name, .street, .city, .zip, .country, quantity.available, "
        "quantity.on_hand, as_of, place.code, tracking, pack.sscc. Empty: not used.",
    )
    width = fields.Integer(help="Characters, of fixed columns")
    constant = fields.Char(help="Always this value; there is no such column")
    date_format = fields.Char(help="Such as %d.%m.%Y, where it differs")
    required = fields.Boolean(help="A file with an empty value is refused")
    scale = fields.Integer(
        string="Decimals", help="That are not written: 000125 is 1.25"
    )

    @api.depends("header", "position")
    def _compute_display_name(self):
        for column in self:
            column.display_name = column.header or f"#{column.position}"

    def _get_column(self):
        """:return: lib.flat.layout.Column"""
        self.ensure_one()
        return Column(
            path=self.path,
            header=self.header or "",
            position=self.position,
            width=self.width,
            constant=self.constant or "",
            date_format=self.date_format or "",
            required=self.required,
            scale=self.scale,
        )
