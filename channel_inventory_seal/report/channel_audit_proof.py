# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, models


class ReportChannelAuditProof(models.AbstractModel):
    _name = "report.channel_inventory_seal.channel_audit_proof"
    _description = "Proof of a Published Number"

    @api.model
    def _get_report_values(self, docids, data=None):
        lines = self.env["channel.publication.line"].browse(docids)
        lines._require_auditor()
        proofs = self.env["channel.audit.proof"]
        made = {line.id: proofs._prepare(line) for line in lines}
        return {
            "doc_ids": docids,
            "doc_model": lines._name,
            "docs": lines,
            "proofs": made,
            "verdicts": {key: proofs._judge(proof) for key, proof in made.items()},
        }
