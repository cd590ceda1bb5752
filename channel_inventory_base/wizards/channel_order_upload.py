# SPDX-License-Identifier: AGPL-3.0-or-later
import base64

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_list

from ..lib import order_csv

MAX_BYTES = 20_000_000
NAMED = 10
"""So many rows are named."""


class ChannelOrderUpload(models.TransientModel):
    """Orders from the channel's own export, while its API is down."""

    _name = "channel.order.upload"
    _description = "Import Exported Orders"
    _inherit = ["channel.guarded"]

    channel_id = fields.Many2one("channel.channel", required=True, readonly=True)
    data = fields.Binary(string="File", attachment=False)
    name = fields.Char(string="File Name")
    found = fields.Text(compute="_compute_found", string="In the File")

    @api.depends("data")
    def _compute_found(self):
        for wizard in self:
            if not wizard.data:
                wizard.found = False
                continue
            try:
                orders, bad = order_csv.read(wizard._read_text())
            except (UserError, order_csv.BadExportError) as error:
                wizard.found = wizard._get_refusal(error)
                continue
            wizard.found = wizard._get_words(len(orders), bad)

    def action_import(self):
        self.ensure_one()
        self._require_role("operator")
        channel = self.channel_id
        channel.check_access("read")
        if channel.state == "draft" or not channel._takes_exports():
            raise UserError(
                self.env._("Orders of %s are not imported from files.", channel.name)
            )
        try:
            new, count, bad = self.env["channel.order.export"]._store(
                channel, self._read_text()
            )
        except order_csv.BadExportError as error:
            raise UserError(self._get_refusal(error)) from error
        self.env["channel.audit"]._log(
            "operator",
            channel,
            self.env._(
                "%(file)s: %(new)s of %(count)s orders were new",
                file=self.name or self.env._("Exported orders"),
                new=new,
                count=count,
            ),
        )
        if bad:
            self._report(bad)
        return channel._notify_user(
            self.env._("%s orders were new", new),
            self._get_words(count, bad),
            "warning" if bad else "success",
        )

    def _report(self, bad):
        """Whoever brings a file may look away: what is not in is an exception."""
        self.env["channel.exception"]._report(
            self.channel_id,
            "malformed",
            key=f"export:{self.name or self.id}",
            record=self.channel_id,
            message=self.env._(
                "%(file)s: %(words)s",
                file=self.name or self.env._("Exported orders"),
                words=self._get_bad_words(bad),
            ),
            suggestion=self.env._(
                "Correct these rows and import the file again, or wait until the "
                "channel responds: then its orders are pulled. Resolve this then."
            ),
        )

    def _read_text(self):
        """:raise UserError: it is too large, or no text"""
        data = base64.b64decode(self.with_context(bin_size=False).data or b"")
        if not data or len(data) > MAX_BYTES:
            raise UserError(
                self.env._("The file is empty, or has more than %s bytes.", MAX_BYTES)
            )
        for charset in ("utf-8-sig", "cp1252"):
            try:
                return data.decode(charset)
            except UnicodeDecodeError:
                continue
        raise UserError(self.env._("The file is no text: export it as CSV."))

    def _get_refusal(self, error):
        if isinstance(error, UserError):
            return str(error)
        if not error.missing:
            return self.env._("This is no table with a title row and orders below it.")
        names = {
            "id": self.env._("the channel's id of the order"),
            "placed": self.env._("the time of the order"),
            "sku": self.env._("the SKU"),
            "quantity": self.env._("the quantity"),
        }
        missing = [names[each] for each in error.missing]
        return self.env._(
            "The file has no column with %s.", format_list(self.env, missing)
        )

    def _get_words(self, count, bad):
        words = self.env._("%s orders can be read.", count)
        return f"{words} {self._get_bad_words(bad)}" if bad else words

    def _get_bad_words(self, bad):
        return self.env._(
            "%(count)s rows cannot be read, and their orders are left out: %(rows)s",
            count=len(bad),
            rows=", ".join(str(each) for each in bad[:NAMED]),
        )
