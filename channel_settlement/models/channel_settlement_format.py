# SPDX-License-Identifier: AGPL-3.0-or-later
import hashlib
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.channel_inventory_base import schemas
from odoo.addons.channel_inventory_base.exceptions import MalformedDataError
from odoo.addons.channel_inventory_base.lib.errors import Malformed

from ..lib.gateway_csv import GatewayFile, Mapping, decoded

COLUMNS = (
    *("kind", "line", "settlement", "gross", "fee", "net", "currency", "order"),
    *("transaction", "refund", "date", "deposit", "words", "status", "balance"),
    *("paid_amount", "paid_currency"),
)
PREVIEW = 20


class ChannelSettlementFormat(models.Model):
    """How the CSV file of a payment gateway is read: which column tells what.

    Those without a company are examples (Stripe, PayPal): copied, they can be changed.
    """

    _name = "channel.settlement.format"
    _description = "Settlement Format"
    _inherit = ["channel.accountant"]
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", default=lambda self: self.env.company, index=True
    )
    gateway = fields.Char(
        help="The channel's name for the gateway, such as stripe or ppcp-gateway."
    )
    delimiter = fields.Selection(
        [(",", "Comma"), (";", "Semicolon"), ("\t", "Tab")], default=",", required=True
    )
    charset = fields.Char(
        string="Character Set", help="Empty: UTF-8, or Windows-1252 where it is none."
    )
    mark = fields.Selection(
        [(".", "Point"), (",", "Comma")],
        string="Decimal Mark",
        help="Empty: as the amounts show it; one that may be two refuses the file.",
    )
    date_format = fields.Char(
        help="Such as %d.%m.%Y %H:%M:%S; empty: 2026-11-24 10:00:00."
    )
    tz = fields.Char(string="Time Zone", default="UTC", required=True)
    default_currency_id = fields.Many2one(
        "res.currency", help="Of files that do not tell a currency."
    )
    fee_is_negative = fields.Boolean(
        string="Fees Have a Minus", help="Net is gross plus fee, as with PayPal."
    )
    kind_column = fields.Char(string="Kind of Row", required=True)
    line_column = fields.Char(string="Id of Row", required=True)
    settlement_column = fields.Char(
        string="Payout", help="Empty: the file is a statement of the account."
    )
    gross_column = fields.Char(string="Gross")
    fee_column = fields.Char(string="Fee")
    net_column = fields.Char(string="Net", required=True)
    currency_column = fields.Char(string="Currency")
    order_column = fields.Char(string="Order")
    transaction_column = fields.Char(string="Transaction")
    refund_column = fields.Char(string="Refund")
    date_column = fields.Char(
        string="Date", help="One column, or several with commas: Date,Time."
    )
    deposit_column = fields.Char(string="Paid On")
    words_column = fields.Char(
        string="Description", help="Accounts may be chosen by it, too."
    )
    status_column = fields.Char(string="Status")
    status_words = fields.Char(
        string="Status That Counts",
        help="Words with commas; rows of another status are left out. Empty: all "
        "count.",
    )
    balance_column = fields.Char(
        string="Balance", help="Of a statement: what is on the account after the row."
    )
    paid_amount_column = fields.Char(string="Customer's Amount")
    paid_currency_column = fields.Char(string="Customer's Currency")
    word_ids = fields.One2many(
        "channel.settlement.format.word", "format_id", string="Words", copy=True
    )

    @api.constrains("tz")
    def _check_tz(self):
        for each in self:
            try:
                ZoneInfo(each.tz)
            except (KeyError, ValueError, OSError) as error:
                raise ValidationError(
                    self.env._("%s is no time zone.", each.tz)
                ) from error

    @api.constrains("date_format")
    def _check_date_format(self):
        for each in self.filtered("date_format"):
            try:
                datetime.strptime(
                    datetime(2026, 11, 24, 13, 5).strftime(each.date_format),
                    each.date_format,
                )
            except ValueError as error:
                raise ValidationError(
                    self.env._("%s is no format of dates.", each.date_format)
                ) from error

    def copy_data(self, default=None):
        """A copy of an example is the company's own."""
        own = {"company_id": self.env.company.id}
        return super().copy_data(dict(own, **(default or {})))

    def write(self, vals):
        result = super().write(vals)
        self._read_again()
        return result

    def _read_again(self):
        """Files that were refused are read again by the corrected format."""
        # sudo: files are the reader's; of formats that the user may change
        files = self.env["channel.settlement.file"].sudo()
        refused = files.search(
            [("format_id", "in", self.ids), ("state", "=", "refused")]
        )
        refused.filtered("data").write({"state": "new", "error": False})
        refused.channel_id._wake("_job_settle")

    # ------------------------------------------------------------ business
    def _mapping(self):
        """:return: lib.gateway_csv.Mapping"""
        self.ensure_one()
        columns = {name: (self[f"{name}_column"] or "").strip() for name in COLUMNS}
        counts = (self.status_words or "").lower().split(",")
        return Mapping(
            **columns,
            kinds={word.word.strip().lower(): word.kind for word in self.word_ids},
            counts=frozenset(word.strip() for word in counts if word.strip()),
            delimiter=self.delimiter,
            charset=self.charset or "",
            mark=self.mark or "",
            date_format=self.date_format or "",
            zone=self.tz,
            fee_is_negative=self.fee_is_negative,
            default_currency=self.default_currency_id.name or "",
            gateway=self.gateway or "",
        )

    def _parse(self, content):
        """As ``channel.adapter._parse_settlement``, of a gateway's file."""
        mark = hashlib.sha256(content).hexdigest()[:10]
        try:
            for what, values in GatewayFile(content, self._mapping(), mark).iter_told():
                if what == "head":
                    yield schemas.SettlementData(**values)
                else:
                    yield schemas.SettlementLineData(**values)
        except Malformed as error:
            raise MalformedDataError(error.reason, path=error.path) from error

    def _preview(self, content):
        """What the first rows are read as, for the person who maps the columns.

        :return: (list of SettlementLineData, words of what is wrong or "")
        """
        lines, problem = [], ""
        try:
            lines = list(
                islice(
                    (
                        each
                        for each in self._parse(content)
                        if isinstance(each, schemas.SettlementLineData)
                    ),
                    PREVIEW,
                )
            )
        except MalformedDataError as error:
            problem = str(error)
        return lines, problem

    def _get_header(self, content):
        """The first line of a file, so that its columns can be chosen."""
        try:
            return decoded(content, self.charset or "").partition("\n")[0].strip()
        except Malformed as error:
            return str(error)
