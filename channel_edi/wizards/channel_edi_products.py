# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import float_compare

from ..mapper import listing_ref

MOST = 5000
"""Products that are added at once; more by a second selection."""
NAMED = 5


class ChannelEdiProducts(models.TransientModel):
    """Products that a retailer may buy from us: a partner has no catalogue to read, and
    what is not listed is in no stock document."""

    _name = "channel.edi.products"
    _description = "Products for an EDI Partner"
    _inherit = ["channel.guarded"]

    channel_id = fields.Many2one(
        "channel.channel",
        string="Partner",
        required=True,
        domain=[("channel_type", "=", "edi"), ("edi_role", "=", "retailer")],
    )
    product_ids = fields.Many2many(
        "product.product",
        string="Products",
        domain="[('is_storable', '=', True), ('default_code', '!=', False)]",
        help="Products with an internal reference: it is what the partner orders by.",
    )
    unit = fields.Char(
        default="EA",
        required=True,
        help="The code of the unit that the partner orders: EA for a piece, CA for a "
        "case.",
    )
    pieces = fields.Float(
        string="Units in It",
        default=1.0,
        required=True,
        help="How many of the product's own unit one of it is: 12 for a case of 12.",
    )

    @api.constrains("unit", "pieces")
    def _check_pieces(self):
        for wizard in self:
            if float_compare(wizard.pieces, 0, precision_digits=6) <= 0:
                raise ValidationError(self.env._("Enter how many units are in it."))
            if not wizard.unit.strip() or "|" in wizard.unit:
                raise ValidationError(self.env._("Enter the code of the unit."))

    def action_add(self):
        """List them. :return: the action that shows the partner's listings"""
        self.ensure_one()
        self._require_role("manager")
        channel = self.channel_id
        channel.check_access("write")
        if not channel._is_edi() or channel.edi_role != "retailer":
            raise UserError(
                self.env._("%s is no retailer: it gets no stock.", channel.name)
            )
        products = self._get_products()
        # sudo: people make no listings, but for these; mappings are decided as usual
        listings = self.env["channel.listing"].sudo()
        unit = self.unit.strip().upper()
        refs = {each: listing_ref(each.default_code, unit) for each in products}
        known = set(
            listings.with_context(active_test=False)
            .search(
                [
                    ("channel_id", "=", channel.id),
                    ("external_id", "in", list(refs.values())),
                ]
            )
            .mapped("external_id")
        )
        listings.create(
            [
                self._prepare_listing_vals(product, ref)
                for product, ref in refs.items()
                if ref not in known
            ]
        )
        return channel._open_edi_listings()

    def _get_products(self):
        """:raise UserError: none, too many, or one without a reference"""
        products = self.product_ids
        if not products or len(products) > MOST:
            raise UserError(self.env._("Choose 1 to %s products.", MOST))
        if nameless := products.filtered(lambda each: not each.default_code):
            raise UserError(
                self.env._(
                    "The partner could not name these: enter an internal reference of "
                    "%s.",
                    ", ".join(nameless[:NAMED].mapped("display_name")),
                )
            )
        return products

    def _prepare_listing_vals(self, product, ref):
        return {
            "channel_id": self.channel_id.id,
            "external_id": ref,
            "stock_ref": ref,
            "sku": product.default_code,
            "barcode": product.barcode,
            "title": product.name,
            "product_id": product.id,
            "pack_qty": self.pieces,
            "state": "mapped",
        }
