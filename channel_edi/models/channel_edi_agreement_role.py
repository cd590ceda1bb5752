# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class ChannelEdiAgreementRole(models.Model):
    """Another role of the same partner: documents of these kinds are about another
    channel than the agreement's."""

    _name = "channel.edi.agreement.role"
    _description = "EDI Role of a Partner"
    _inherit = ["channel.guarded"]
    _order = "agreement_id, id"
    _rec_name = "kinds"
    _check_company_auto = True

    agreement_id = fields.Many2one(
        "channel.edi.agreement", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        related="agreement_id.company_id", store=True, index=True, precompute=True
    )
    channel_id = fields.Many2one(
        "channel.channel",
        required=True,
        ondelete="restrict",
        check_company=True,
        domain=[("channel_type", "=", "edi")],
    )
    kinds = fields.Char(
        string="Documents", required=True, help="Such as 940 945 944 947 846"
    )

    def _kinds(self):
        return (self.kinds or "").replace(",", " ").split()
