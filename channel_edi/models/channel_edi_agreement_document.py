# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models

from odoo.addons.channel_inventory_base.tools.actions import open_form

from ..kinds import TABLES
from ..lib.flat.layout import Layout


class ChannelEdiAgreementDocument(models.Model):
    """What was agreed about one kind of document, one way; of a table, which column
    means what."""

    _name = "channel.edi.agreement.document"
    _description = "EDI Agreement on a Document"
    _inherit = ["channel.guarded"]
    _order = "direction, kind, id"
    _rec_name = "kind"

    agreement_id = fields.Many2one(
        "channel.edi.agreement", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        related="agreement_id.company_id", store=True, index=True, precompute=True
    )
    standard = fields.Selection(related="agreement_id.standard")
    direction = fields.Selection(
        [("in", "From the partner"), ("out", "To the partner")],
        required=True,
        default="in",
    )
    kind = fields.Char(
        string="Document", required=True, help="Such as 850, 856, ORDERS, DESADV"
    )
    wants_ack = fields.Boolean(
        string="Acknowledged",
        default=True,
        help="To the partner: it has to be acknowledged in time (997, CONTRL).",
    )
    ack_hours = fields.Float(
        string="Within (hours)",
        default=24,
        help="An acknowledgement that stays away longer is an exception.",
    )
    version = fields.Char(
        help="Where it differs from the agreement's, such as 004010VICS or "
        "D:96A:UN:EAN005"
    )
    table_document = fields.Selection(
        [
            ("order", "Orders"),
            ("stock", "Stock"),
            ("shipment", "Shipments"),
            ("advice", "Shipping advices of a warehouse"),
            ("shipping_order", "Shipping orders to a warehouse"),
        ],
        string="Rows Are",
        default="order",
    )
    fixed = fields.Boolean(string="Fixed Columns")
    titles = fields.Boolean(string="First Row Has Titles", default=True)
    skip = fields.Integer(string="Lines Before It")
    delimiter = fields.Char(default=";", help="One character, or TAB")
    quote = fields.Char(default='"')
    decimal_mark = fields.Char(default=".")
    thousands_mark = fields.Char()
    date_format = fields.Char(default="%Y-%m-%d")
    trailer = fields.Char(
        help="What the last row begins with, where it tells that the file is whole"
    )
    unit = fields.Char(string="Unit of Rows without One", help="Such as EA")
    column_ids = fields.One2many("channel.edi.column", "terms_id", copy=True)

    _kind_uniq = models.UniqueIndex("(agreement_id, direction, kind)")

    @api.onchange("table_document")
    def _onchange_table_document(self):
        if self.standard == "table" and self.table_document:
            self.kind = TABLES[self.table_document]

    # ------------------------------------------------------------- actions
    def action_open_columns(self):
        self.ensure_one()
        return open_form(self._name, self.id, name=self.kind, target="new")

    # ------------------------------------------------------------ business
    def _get_layout(self):
        """:return: lib.flat.layout.Layout"""
        self.ensure_one()
        agreement = self.agreement_id
        complete = {"snapshot": True, "changes": False}
        return Layout(
            document=self.table_document,
            columns=tuple(
                column._get_column() for column in self.column_ids.filtered("path")
            ),
            fixed=self.fixed,
            titles=self.titles,
            skip=self.skip,
            delimiter={"TAB": "\t"}.get(self.delimiter, self.delimiter or ";"),
            quote=self.quote or "",
            charset=agreement.charset or "",
            decimal=self.decimal_mark or ".",
            thousands=self.thousands_mark or "",
            date_format=self.date_format or "%Y-%m-%d",
            zone=agreement.tz,
            complete=complete.get(agreement.stock_complete),
            trailer=self.trailer or "",
            unit=self.unit or "",
        )

    @api.model
    def _prepare_layout_vals(self, layout, titles=(), examples=()):
        """:param layout: lib.flat.layout.Layout
        :param titles, examples: of all columns of a sample, in their order
        :return: values of a record, with all columns of the sample"""
        known = {column.position: column for column in layout.columns}
        count = max([len(titles), *known]) if (titles or known) else 0
        columns = []
        for position in range(1, count + 1):
            column = known.get(position)
            shown = examples[position - 1] if position <= len(examples) else ()
            columns.append(
                fields.Command.create(
                    {
                        "position": position,
                        "header": titles[position - 1]
                        if position <= len(titles)
                        else column.header,
                        "path": column.path if column else False,
                        "width": column.width if column else 0,
                        "example": " | ".join(shown)[:80],
                    }
                )
            )
        return {
            "kind": TABLES[layout.document],
            "table_document": layout.document,
            "fixed": layout.fixed,
            "titles": layout.titles,
            "skip": layout.skip,
            "delimiter": "TAB" if layout.delimiter == "\t" else layout.delimiter,
            "quote": layout.quote,
            "decimal_mark": layout.decimal,
            "thousands_mark": layout.thousands,
            "date_format": layout.date_format,
            "column_ids": columns,
        }
