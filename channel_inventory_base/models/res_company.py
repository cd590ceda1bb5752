# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.exceptions import UserError


class ResCompany(models.Model):
    _inherit = "res.company"

    channel_change_approval = fields.Boolean(
        string="Channel Changes Need Approval",
        help="Changes of channel rules and mappings are proposed by one user and "
        "approved by another.",
    )
    channel_exception_user_id = fields.Many2one(
        "res.users",
        string="Owner of Stock Exceptions",
        help="Gets the exceptions that concern no channel, and those of channels "
        "without an owner.",
    )

    @api.constrains("channel_exception_user_id")
    def _check_channel_exception_user(self):
        for company in self.filtered("channel_exception_user_id"):
            company._check_channel_owner(company.channel_exception_user_id)

    def _check_channel_owner(self, owner):
        """Owners of exceptions are notified of the content by mail.

        :raise UserError: a user who may not see the exceptions of this company
        """
        # sudo: which companies a colleague works for
        theirs = owner.sudo().company_ids
        exceptions = self.env["channel.exception"].with_user(owner)
        if self not in theirs or not exceptions.has_access("read"):
            raise UserError(
                self.env._(
                    "%(user)s may not see exceptions of %(company)s: choose a "
                    "colleague who may.",
                    user=owner.name,
                    company=self.name,
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_in_audit_trail(self):
        """Its trail stays, and names it."""
        self.env["channel.audit"]._refuse_deletion("company_id", self)
