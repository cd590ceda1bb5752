# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models

from odoo.addons.channel_inventory_base.models.channel_secret_mixin import (
    secret_field,
)


class ChannelChannel(models.Model):
    """Settings of the connection to a WooCommerce shop. ``base_url`` is its address."""

    _inherit = "channel.channel"

    channel_type = fields.Selection(
        selection_add=[("woocommerce", "WooCommerce")],
        ondelete={"woocommerce": "set default"},
    )
    woocommerce_consumer_key = secret_field(
        "Consumer Key",
        help="WooCommerce > Settings > Advanced > REST API > Add key, with read and "
        "write access, for a user who may manage the shop.",
    )
    woocommerce_consumer_secret = secret_field(
        "Consumer Secret",
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
