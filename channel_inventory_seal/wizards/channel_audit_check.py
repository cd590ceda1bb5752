# SPDX-License-Identifier: AGPL-3.0-or-later
import base64
import tempfile

from odoo import fields, models
from odoo.exceptions import UserError

from .. import verify


class ChannelAuditCheck(models.TransientModel):
    """Verifies the whole trail, or exports it for a verification elsewhere.

    The judge is ``verify.py``, which shares no code with what has made the seals. Who
    does not trust this server runs it on another one.
    """

    _name = "channel.audit.check"
    _description = "Verification of the Audit Trail"
    _inherit = ["channel.guarded"]

    state = fields.Selection(
        [("new", "New"), ("done", "Verified"), ("exported", "Exported")],
        default="new",
        required=True,
    )
    anchor_file = fields.Binary(
        string="Anchor",
        attachment=False,
        help="A file anchor-*.json as it was received outside. Anchors in folders are "
        "read by themselves.",
    )
    anchor_name = fields.Char()
    keys = fields.Char(
        string="Public Keys",
        help="Those that you know from elsewhere, with a comma between them.",
    )
    is_clean = fields.Boolean(readonly=True)
    result = fields.Text(readonly=True)
    file = fields.Binary(string="Export", readonly=True)
    filename = fields.Char(readonly=True)

    def action_verify(self):
        self.ensure_one()
        self.env["channel.audit"].check_access("read")
        anchors, notes = self._read_anchors()
        # sudo: hashes of all companies' rows; findings name rows, and text of changed
        # ones only where the user may see it
        exporter = self.env["channel.audit.exporter"].sudo()
        report = verify.verify(
            exporter._iter_seals(),
            exporter._iter_rows(),
            exporter._iter_loose(),
            exporter._get_removed(),
            anchors,
            [key.strip() for key in (self.keys or "").split(",") if key.strip()],
            shows=self._sees_all(),
        )
        report.notes += notes
        # sudo: the result is the server's to write
        self.sudo().write(
            {
                "state": "done",
                "is_clean": report.is_clean,
                "result": "\n".join(report.lines()),
            }
        )
        return self._show()

    def action_export(self):
        self.ensure_one()
        self.env["channel.audit"].check_access("read")
        # sudo: leaves of all companies, texts of the user's only
        exporter = self.env["channel.audit.exporter"].sudo()
        with tempfile.TemporaryFile() as file:
            exporter._export(file, self.env.user.company_ids.ids)
            file.seek(0)
            # sudo: the file is the server's to write
            self.sudo().write(
                {
                    "state": "exported",
                    "file": base64.b64encode(file.read()),
                    "filename": f"audit-{self.env.cr.dbname}.zip",
                }
            )
        return self._show()

    def _sees_all(self):
        # sudo: whether there are companies that the user is not of
        companies = self.env["res.company"].sudo().with_context(active_test=False)
        return not companies.search_count(
            [("id", "not in", self.env.user.company_ids.ids)], limit=1
        )

    def _read_anchors(self):
        """:return: (anchors, what to say of those that could not be read)"""
        # sudo: anchors of all companies are of the one chain
        places = self.env["channel.audit.anchor"].sudo()
        places = places.search([("active", "=", True)])
        blobs, notes = places._read_back()
        if self.anchor_file:
            blobs.append(base64.b64decode(self.anchor_file))
        anchors = []
        for blob in blobs:
            try:
                anchors.append(verify.read_anchor(blob))
            except verify.Unreadable as error:
                raise UserError(
                    self.env._("An anchor cannot be read: %s", error)
                ) from error
        return anchors, notes

    def _show(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Verification of the Audit Trail"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }
