# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models
from odoo.exceptions import UserError


class ChannelAuditAnchor(models.Model):
    """Audit seals go to an SFTP server by a mailbox: into its outgoing folder."""

    _inherit = "channel.audit.anchor"

    kind = fields.Selection(
        selection_add=[("mailbox", "EDI mailbox (SFTP)")],
        ondelete={"mailbox": "cascade"},
    )
    mailbox_id = fields.Many2one(
        "channel.edi.mailbox",
        ondelete="restrict",
        index="btree_not_null",
        check_company=True,
        domain=[("kind", "!=", "manual")],
        help="Whose outgoing folder gets the seals: best one that no partner reads, on "
        "a server where what was written stays as it is.",
    )

    def _deliver_mailbox(self, name, data):
        """:raise UserError: there is no mailbox that delivers by itself"""
        mailbox = self.mailbox_id
        if not mailbox or mailbox.kind == "manual":
            raise UserError(
                self.env._("Choose a mailbox that delivers files by itself.")
            )
        with mailbox._reached() as place:
            place.deliver(name, data)
        return f"{mailbox.name}: {mailbox.outgoing or ''}/{name}"
