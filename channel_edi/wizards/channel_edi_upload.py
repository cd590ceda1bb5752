# SPDX-License-Identifier: AGPL-3.0-or-later
import base64

from odoo import fields, models
from odoo.exceptions import UserError

from ..transport.entry import MAX_BYTES
from ..transport.entry import checked as checked_name


class ChannelEdiUpload(models.TransientModel):
    """Files of a partner that come by hand: by mail, from a portal."""

    _name = "channel.edi.upload"
    _description = "Upload EDI Files"
    _inherit = ["channel.guarded"]

    mailbox_id = fields.Many2one("channel.edi.mailbox", required=True)
    data = fields.Binary(string="File", required=True, attachment=False)
    name = fields.Char(string="File Name")

    def action_upload(self):
        self.ensure_one()
        self._require_role("operator")
        mailbox = self.mailbox_id
        mailbox.check_access("read")
        data = base64.b64decode(self.with_context(bin_size=False).data or b"")
        if not data or len(data) > MAX_BYTES:
            raise UserError(
                self.env._("The file is empty, or has more than %s bytes.", MAX_BYTES)
            )
        name = (self.name or "upload").replace("\\", "/").rpartition("/")[2]
        # sudo: operators upload; only the receiver writes files otherwise
        file = (
            self.env["channel.edi.file"]
            .sudo()
            ._store(mailbox.sudo(), checked_name(name or "upload"), "by hand", data)
        )
        self.env["channel.audit"]._log(
            "operator",
            mailbox.channel_id,
            self.env._("%(name)s was uploaded", name=file.name),
            record=file,
        )
        mailbox.channel_id._wake("_job_edi_work")
        return {
            "type": "ir.actions.act_window",
            "res_model": "channel.edi.file",
            "res_id": file.id,
            "view_mode": "form",
        }
