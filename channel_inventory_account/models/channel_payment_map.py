# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class ChannelPaymentMap(models.Model):
    """The journal for the payments of one of a channel's payment gateways."""

    _name = "channel.payment.map"
    _description = "Channel Payment Mapping"
    _inherit = ["channel.guarded"]
    _order = "channel_id, gateway, id"
    _rec_name = "gateway"
    _check_company_auto = True

    channel_id = fields.Many2one(
        "channel.channel", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        related="channel_id.company_id", store=True, index=True, precompute=True
    )
    gateway = fields.Char(
        required=True,
        help="The channel's name for the gateway, such as shopify_payments, stripe or "
        "bacs.",
    )
    journal_id = fields.Many2one(
        "account.journal",
        required=True,
        check_company=True,
        ondelete="restrict",
        domain="[('type', 'in', ('bank', 'cash', 'credit'))]",
    )

    _gateway_uniq = models.UniqueIndex(
        "(channel_id, lower(gateway))", "The channel has a journal for it already."
    )

    def _find(self, gateway):
        wanted = (gateway or "").strip().lower()
        return self.filtered(lambda each: each.gateway.strip().lower() == wanted)[:1]
