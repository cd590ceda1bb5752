from odoo import api, fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    channel_change_approval = fields.Boolean(
        string="Channel Changes Need Approval",
        help="Changes of channel rules and mappings are proposed by one user and "
        "approved by another.",
    )

    def _get_books_context(self):
        """Jobs have no time zone, and Odoo dates documents by that of who makes them:
        around midnight they would be in another month than the company's.

        :return: dict for ``with_context``
        """
        zone = self.partner_id.tz
        return {"tz": zone} if zone else {}

    @api.ondelete(at_uninstall=False)
    def _unlink_except_in_audit_trail(self):
        """Its trail stays, and names it."""
        self.env["channel.audit"]._refuse_deletion("company_id", self)
