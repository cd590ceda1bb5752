# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import api, fields, models

from odoo.addons.channel_inventory_base.models.channel_secret_mixin import (
    secret_field,
)

from ..const import API_VERSIONS, DEFAULT_VERSION, WARN_DAYS, last_day


class ChannelChannel(models.Model):
    """Settings of the connection to a Shopify store. ``base_url`` is its address."""

    _inherit = "channel.channel"

    channel_type = fields.Selection(
        selection_add=[("shopify", "Shopify")], ondelete={"shopify": "set default"}
    )
    shopify_api_version = fields.Selection(
        [(version, version) for version in API_VERSIONS],
        string="API Version",
        default=DEFAULT_VERSION,
        help="Shopify publishes a version each quarter and serves each for a year.",
    )
    shopify_version_warning = fields.Char(compute="_compute_shopify_version_warning")
    shopify_auth_kind = fields.Selection(
        [
            ("client_credentials", "App of the same organization"),
            ("static", "Access token of a custom app"),
            ("offline", "Offline token with refresh token"),
        ],
        string="Authentication",
        default="client_credentials",
        help="App of the same organization: made in the developer dashboard; tokens "
        "last a day and are renewed automatically. Access token: from a custom app "
        "made in the store's admin; it does not end. Offline token: of an app that "
        "was installed by OAuth; it lasts an hour and is renewed with its refresh "
        "token.",
    )
    shopify_client_id = fields.Char(
        string="Client ID", groups="channel_inventory_base.group_channel_manager"
    )
    shopify_client_secret = secret_field(
        "Client Secret",
        help="Also used to verify that webhooks come from Shopify.",
    )
    shopify_access_token = secret_field("Access Token")
    shopify_refresh_token = secret_field(
        "Refresh Token",
        help="Used once: each renewal brings the next one, which is kept here.",
    )
    shopify_webhook_secret = secret_field(
        "Webhook Secret",
        help="Only where it differs from the client secret: the API secret key of a "
        "custom app, or the new secret while the app's secret is being rotated.",
    )

    shopify_notify_customers = fields.Boolean(
        string="Shopify Notifies Customers",
        default=True,
        help="Shopify e-mails the customer when it is notified of a shipment, its "
        "tracking changes or an order is cancelled.",
    )

    @api.depends("shopify_api_version")
    def _compute_api_versions(self):
        return super()._compute_api_versions()

    @api.depends("shopify_api_version")
    def _compute_shopify_version_warning(self):
        for channel in self:
            channel.shopify_version_warning = channel._get_shopify_version_message()

    def _get_shopify_version_message(self):
        """A warning when the version ends soon; False when it does not."""
        version = self.shopify_api_version or DEFAULT_VERSION
        end, today = last_day(version), fields.Date.context_today(self)
        if today >= end:
            return self.env._(
                "API version %(version)s ended on %(date)s: Shopify answers in a later "
                "one. Choose a version that is supported.",
                version=version,
                date=end,
            )
        if today >= end - timedelta(days=WARN_DAYS):
            return self.env._(
                "API version %(version)s ends on %(date)s. Choose a later one in time.",
                version=version,
                date=end,
            )
        return False
