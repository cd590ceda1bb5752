# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models

# Categories of exceptions that a market may end.
RETRIED = ("configuration", "currency", "tax")


class ChannelMarket(models.Model):
    """A storefront of a channel, with its own currency and taxes.

    All storefronts of an account sell one quantity, so they are one channel. An order
    names its market; what is empty here is as on the channel, and a channel without
    markets sells in its own currency.
    """

    _name = "channel.market"
    _description = "Channel Market"
    _inherit = ["channel.guarded"]
    _order = "channel_id, sequence, name, id"
    _check_company_auto = True

    channel_id = fields.Many2one(
        "channel.channel", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        related="channel_id.company_id", store=True, index=True, precompute=True
    )
    sequence = fields.Integer(default=10)
    name = fields.Char(required=True)
    external_id = fields.Char(required=True, help="The channel's id of the market.")
    currency_id = fields.Many2one(
        "res.currency",
        compute="_compute_currency_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        help="Orders of this market in another currency are blocked.",
    )
    tax_mode = fields.Selection(
        [
            ("told", "As the channel tells"),
            ("odoo", "Taxes of the products, included in the prices"),
        ],
        string="Taxes",
        default="told",
        required=True,
        help="Orders that tell their taxes are imported with those in either case.",
    )
    fiscal_position_id = fields.Many2one(
        "account.fiscal.position",
        check_company=True,
        help="Maps the taxes of the products for orders of this market. Empty: by the "
        "customer's address, and the taxes of the products as they are.",
    )
    pricelist_id = fields.Many2one("product.pricelist", check_company=True)
    team_id = fields.Many2one("crm.team", string="Sales Team", check_company=True)
    lang = fields.Selection(
        lambda self: self.env["res.lang"].get_installed(),
        string="Language",
        help="Language of new customers of this market.",
    )

    _external_uniq = models.UniqueIndex(
        "(channel_id, external_id)", "The channel has this market already."
    )

    @api.depends("channel_id")
    def _compute_currency_id(self):
        for market in self:
            market.currency_id = market.currency_id or market.channel_id.currency_id

    # ---------------------------------------------------------------- CRUD
    @api.model_create_multi
    def create(self, vals_list):
        markets = super().create(vals_list)
        self.env["channel.order"]._retry_blocked(markets.channel_id, RETRIED)
        return markets

    def write(self, vals):
        result = super().write(vals)
        self.env["channel.order"]._retry_blocked(self.channel_id, RETRIED)
        return result
