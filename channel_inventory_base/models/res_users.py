# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, models


class ResUsers(models.Model):
    _inherit = "res.users"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_in_audit_trail(self):
        """Users in the audit trail are never deleted: the trail refers to them and
        cannot be changed."""
        self.env["channel.audit"]._refuse_deletion("user_id", self)
