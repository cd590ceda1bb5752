# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models


class ChannelPublicationLine(models.Model):
    """A published number can be proven."""

    _inherit = "channel.publication.line"

    def action_open_proof(self):
        self.ensure_one()
        self._require_auditor()
        # stored at once: a file of a record that is none cannot be fetched
        wizard = self.env["channel.audit.proof.file"].create({"line_id": self.id})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Proof of %s", self.level_id.display_name),
            "res_model": wizard._name,
            "res_id": wizard.id,
            "view_mode": "form",
            "target": "new",
        }

    def _require_auditor(self):
        """:raise AccessError: the user may not read the audit trail"""
        self.check_access("read")
        self.env["channel.audit"].check_access("read")
