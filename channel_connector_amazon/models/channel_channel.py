# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.channel_inventory_base.models.channel_secret_mixin import (
    secret_field,
)
from odoo.addons.channel_inventory_base.schemas import Capabilities

from ..const import REGIONS, SECRET_DAYS
from ..lib import marketplaces

ENDPOINTS = [region.endpoint for region in REGIONS.values()]


class ChannelChannel(models.Model):
    """Settings of the connection to a seller's account at Amazon: one seller in one
    region. ``base_url`` is the region's address."""

    _inherit = "channel.channel"

    channel_type = fields.Selection(
        selection_add=[("amazon", "Amazon")],
        ondelete={"amazon": "set default"},
    )
    amazon_region = fields.Selection(
        [
            ("eu", "Europe, Middle East, India"),
            ("na", "North America, Brazil"),
            ("fe", "Far East, Australia"),
        ],
        string="Region",
        help="A seller has an account in each region, and each is a channel.",
    )
    amazon_seller_id = fields.Char(
        string="Seller ID",
        help="The merchant token: Seller Central > Settings > Account Info > Merchant "
        "Token.",
    )
    amazon_marketplaces = fields.Char(
        string="Marketplaces",
        help="Countries of the storefronts, such as DE, FR, SE; the seller's home "
        "first. All of them show one quantity of a SKU.",
    )
    amazon_client_id = fields.Char(
        string="LWA Client ID",
        groups="channel_inventory_base.group_channel_manager",
        help="Login with Amazon: of the application that the seller has authorized.",
    )
    amazon_client_secret = secret_field("LWA Client Secret")
    amazon_refresh_token = secret_field(
        "LWA Refresh Token",
        help="Shown once, when the seller authorizes the application. It does not end.",
    )
    amazon_queue_url = fields.Char(
        string="Queue (SQS)",
        groups="channel_inventory_base.group_channel_manager",
        help="Address of the queue in the seller's own AWS account into which Amazon "
        "puts its notifications. Without a queue orders are only polled.",
    )
    amazon_aws_key = fields.Char(
        string="AWS Access Key ID",
        groups="channel_inventory_base.group_channel_manager",
        help="Of a user who may receive and delete messages of the queue, and read its "
        "attributes.",
    )
    amazon_aws_secret = secret_field("AWS Secret Access Key")

    @api.depends("amazon_queue_url")
    def _compute_order_lag(self):
        """Without a queue an order is known when the search shows it."""
        result = super()._compute_order_lag()
        # sudo: whoever may make a channel need not see where its queue is
        for channel in self.sudo():
            if channel.amazon_queue_url:
                channel.order_lag = Capabilities.order_lag
        return result

    @api.constrains("amazon_marketplaces", "amazon_region")
    def _check_amazon_marketplaces(self):
        for channel in self.filtered("amazon_region"):
            try:
                channel._get_amazon_marketplaces()
            except ValueError as error:
                raise ValidationError(
                    self.env._(
                        "Amazon has no marketplace %(names)s in this region. These are "
                        "there: %(known)s.",
                        names=error,
                        known=", ".join(
                            each.country
                            for each in marketplaces.of_region(channel.amazon_region)
                        ),
                    )
                ) from error

    @api.onchange("amazon_region")
    def _onchange_amazon_region(self):
        if self.amazon_region and self._has_amazon_address():
            self.base_url = REGIONS[self.amazon_region].endpoint

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("amazon_region") and not vals.get("base_url"):
                vals["base_url"] = REGIONS[vals["amazon_region"]].endpoint
        return super().create(vals_list)

    def _has_amazon_address(self):
        """Whether the address follows from the region: a test account has its own."""
        return not self.base_url or self.base_url in ENDPOINTS

    def _get_amazon_marketplaces(self):
        """:return: list of marketplaces.Marketplace, the seller's home first"""
        text = self.amazon_marketplaces or ""
        return marketplaces.chosen(text, self.amazon_region)

    @api.model
    def _secret_lifetimes(self):
        return super()._secret_lifetimes() | {"amazon_client_secret": SECRET_DAYS}
