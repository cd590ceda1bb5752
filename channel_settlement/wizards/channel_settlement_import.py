# SPDX-License-Identifier: AGPL-3.0-or-later
import base64
import hashlib

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.channel_inventory_base import schemas

MAX_BYTES = 60_000_000
AT_ONCE = 2_000_000
"""Bytes up to which a file is read while its user waits; a larger one by a job."""


class ChannelSettlementImport(models.TransientModel):
    """Take in a settlement file by hand: of a gateway, or as the channel writes it."""

    _name = "channel.settlement.import"
    _description = "Import a Settlement"
    _inherit = ["channel.accountant"]

    channel_id = fields.Many2one(
        "channel.channel",
        required=True,
        default=lambda self: self.env["channel.channel"].search([], limit=1),
    )
    reads_own = fields.Boolean(compute="_compute_reads_own")
    format_id = fields.Many2one(
        "channel.settlement.format",
        domain="[('company_id', 'in', (False, company_id))]",
        help="Empty: the file is as the channel itself writes it.",
    )
    company_id = fields.Many2one(related="channel_id.company_id", related_sudo=False)
    data = fields.Binary(string="File", required=True)
    file_name = fields.Char()
    has_total = fields.Boolean(string="I Know the Amount in the Bank")
    total = fields.Float(string="Amount in the Bank", digits=(16, 4))
    paid_on = fields.Date()
    preview = fields.Text(compute="_compute_preview")

    @api.depends("channel_id")
    def _compute_reads_own(self):
        for wizard in self:
            channel = wizard.channel_id
            wizard.reads_own = channel and channel._capabilities().settlements

    @api.depends("data", "format_id", "channel_id")
    def _compute_preview(self):
        for wizard in self:
            # a form asks while the file is being chosen: then it is as the web sent it
            stored = wizard.with_context(bin_size=False).data
            wizard.preview = wizard._get_preview(stored) if stored else False

    def _get_preview(self, stored):
        if not self.format_id:
            return False
        content = base64.b64decode(stored)
        lines, problem = self.format_id._preview(content)
        shown = [
            f"{line.kind:<11} {line.gross:>12} {line.fee:>10} {line.net:>12}  "
            f"{line.order_ref or '–':<16} {line.words}"
            for line in lines
        ]
        if problem:
            shown += [problem, self.format_id._get_header(content)]
        return "\n".join(shown)

    # ------------------------------------------------------------- actions
    def action_import(self):
        self.ensure_one()
        self._require_accountant()
        self.channel_id.check_access("read")
        content = base64.b64decode(self.with_context(bin_size=False).data)
        self._check(content)
        digest = hashlib.sha256(content).hexdigest()
        document = schemas.SettlementDocument(
            key=f"upload:{self.format_id.id or 0}:{digest}",
            name=self.file_name or digest[:12],
            content=content,
        )
        # sudo: files are the reader's; the role was asked for
        file = (
            self.env["channel.settlement.file"]
            .sudo()
            ._store(
                # sudo: as of the file
                self.channel_id.sudo(),
                document,
                source="upload",
                format_id=self.format_id.id or None,
                given_total=self.total if self.has_total else None,
                has_total=self.has_total,
                given_date=self.paid_on or None,
            )
        )
        if not file:
            raise UserError(
                self.env._(
                    "This file was received before: see Settlements, Files. What is in "
                    "it counts once."
                )
            )
        if len(content) <= AT_ONCE:
            # sudo: as of the file
            self.env["channel.settlement.reader"].sudo()._read(file.id)
        return self._show(file)

    def _check(self, content):
        if not content:
            raise UserError(self.env._("The file is empty."))
        if len(content) > MAX_BYTES:
            raise UserError(
                self.env._("The file is larger than %s MB.", MAX_BYTES // 1_000_000)
            )
        if not self.format_id and not self.reads_own:
            raise UserError(
                self.env._(
                    "Choose a format: %s writes no settlements of its own.",
                    self.channel_id.name,
                )
            )

    def _show(self, file):
        if file.state != "read":
            return {
                "type": "ir.actions.act_window",
                "res_model": file._name,
                "res_id": file.id,
                "view_mode": "form",
            }
        return file.action_open_settlements()
