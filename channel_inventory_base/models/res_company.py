# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    channel_change_approval = fields.Boolean(
        string="Channel Changes Need Approval",
        help="Changes of channel rules and mappings are proposed by one user and "
        "approved by another.",
    )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_in_audit_trail(self):
        """Its trail stays, and names it."""
        self.env["channel.audit"]._refuse_deletion("company_id", self)
