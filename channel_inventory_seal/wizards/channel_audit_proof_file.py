# SPDX-License-Identifier: AGPL-3.0-or-later
import base64
import json

from odoo import api, fields, models


class ChannelAuditProofFile(models.TransientModel):
    """Shows what the proof of a number says, and hands it out."""

    _name = "channel.audit.proof.file"
    _description = "Proof of a Number, as a File"
    _inherit = ["channel.guarded"]

    line_id = fields.Many2one("channel.publication.line", required=True)
    summary = fields.Text(compute="_compute_proof")
    file = fields.Binary(compute="_compute_proof", string="JSON")
    filename = fields.Char(compute="_compute_proof")

    @api.depends("line_id")
    def _compute_proof(self):
        proofs = self.env["channel.audit.proof"]
        for wizard in self:
            wizard.line_id._require_auditor()
            proof = proofs._prepare(wizard.line_id)
            wizard.summary = "\n".join(proofs._judge(proof))
            text = json.dumps(proof, indent=1, ensure_ascii=False)
            wizard.file = base64.b64encode(text.encode())
            wizard.filename = f"proof-{wizard.line_id.id}.json"

    def action_print(self):
        self.ensure_one()
        report = self.env.ref("channel_inventory_seal.channel_audit_proof_report")
        return report.report_action(self.line_id)
