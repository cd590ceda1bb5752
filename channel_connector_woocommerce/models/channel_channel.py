# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models


class ChannelChannel(models.Model):
    """Settings of the connection to a WooCommerce shop. ``base_url`` is its address."""

    _inherit = "channel.channel"

    channel_type = fields.Selection(
        selection_add=[("woocommerce", "WooCommerce")],
        ondelete={"woocommerce": "set default"},
    )
    woocommerce_consumer_key = fields.Char(
        string="Consumer Key",
        compute="_compute_secrets",
        inverse="_inverse_secrets",
        groups="channel_inventory_base.group_channel_manager",
        help="WooCommerce > Settings > Advanced > REST API > Add key, with read and "
        "write access, for a user who may manage the shop.",
    )
    woocommerce_consumer_secret = fields.Char(
        string="Consumer Secret",
        compute="_compute_secrets",
        inverse="_inverse_secrets",
        groups="channel_inventory_base.group_channel_manager",
        help="Also used to derive the secret that verifies webhooks.",
    )
    woocommerce_refund_by = fields.Selection(
        [
            ("gateway", "Refunded by the gateway"),
            ("record", "Recorded only"),
        ],
        string="Refunds",
        default="gateway",
        help="What a refund posted in Odoo does in the shop. Recorded only: an "
        "operator pays the money back manually. Gateways without refunds (bank "
        "transfer, cash on delivery) need this setting.",
    )

    @api.model
    def _secret_fields(self):
        names = ("woocommerce_consumer_key", "woocommerce_consumer_secret")
        return super()._secret_fields() | {name: name for name in names}
