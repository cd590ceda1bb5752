# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models

from ..const import SHORT_POLICIES

# Setting of a channel -> categories of exceptions that its change may fix.
RETRIES = {
    "currency_id": ("currency",),
    "custom_product_id": ("configuration", "unknown_sku"),
    "tip_product_id": ("configuration",),
    "gift_card_product_id": ("configuration",),
    "shipping_product_id": ("configuration",),
    "discount_product_id": ("configuration",),
    "environment": ("test_order",),
    "phone_policy": ("phone",),
    "address_policy": ("address",),
    "duplicate_minutes": ("duplicate",),
    "risk_policy": ("risk",),
    "check_credit": ("credit",),
    "short_policy": ("short_stock",),
    "price_policy": ("price",),
    "price_tolerance": ("price",),
    "pricelist_id": ("price",),
    "charges_no_tax": ("tax",),
}


class ChannelOrderPolicy(models.AbstractModel):
    """A channel's policy: orders accepted automatically, and orders to be reviewed
    first."""

    _name = "channel.order.policy"
    _description = "Order Policy"

    confirm_policy = fields.Selection(
        [
            ("paid", "When paid or authorized"),
            ("captured", "When paid"),
            ("always", "At once"),
            ("manual", "Manually"),
        ],
        default="paid",
        required=True,
        help="When a sale order of this channel is confirmed and reserved. Its stock "
        "is held from the moment the order is captured, whatever is chosen here.",
    )
    short_policy = fields.Selection(
        SHORT_POLICIES,
        string="Short Stock Policy",
        default="backorder",
        required=True,
        help="Policy for an order line that is not in stock on confirmation: ship the "
        "available units and back-order the rest; wait for all units (parked, "
        "stock held); ship a substitute; cancel the missing units on the channel; "
        "or let an operator decide. Products and listings may override it.",
    )
    reroute_confirmed = fields.Boolean(
        string="Reroute Confirmed Orders",
        help="Orders whose stock is gone are rerouted to another allowed warehouse "
        "with stock, as long as nothing is picked or printed.",
    )
    fulfilled_policy = fields.Selection(
        [("record", "Record as sale orders"), ("ignore", "Ignore")],
        string="Orders Shipped by the Channel",
        default="record",
        required=True,
        help="Orders that the channel ships from its own warehouse. Record: the sale "
        "order is confirmed when the channel has shipped it, with the shipped "
        "quantities as delivered; nothing is held, reserved or transferred here.",
    )
    phone_policy = fields.Selection(
        [
            ("note", "Note it on the sale order"),
            ("report", "Report it and continue"),
            ("stop", "Stop the order"),
        ],
        default="report",
        required=True,
        help="When a phone number is invalid. It is kept as entered by the customer.",
    )
    unpaid_policy = fields.Selection(
        [("tell", "Report it and continue"), ("stop", "Stop the delivery")],
        string="Reversed Payments",
        default="tell",
        required=True,
        help="When the payment of a confirmed order is reversed on the channel (a "
        "dispute, a failed payment). Stop: its delivery cannot be validated before "
        "it is paid, or an operator overrides the check.",
    )
    early_policy = fields.Selection(
        [
            ("stop", "Stop the delivery"),
            ("tell", "Report it and continue"),
            ("ignore", "Ship it"),
        ],
        string="Shipping Before the Ship Window",
        default="stop",
        required=True,
        help="When a delivery is validated before the time from which its customer "
        "wants it shipped: many retailers charge for that. Stop: it cannot be "
        "validated before, or until an operator allows it on the order.",
    )
    address_policy = fields.Selection(
        [("country", "Known country"), ("strict", "Complete for carriers")],
        default="country",
        required=True,
        help="Strict: street, city, and postcode and state where the country has them.",
    )
    duplicate_minutes = fields.Integer(
        string="Duplicate Check Period (minutes)",
        help="An order is blocked when the same customer placed one with the same "
        "lines and total within this time. 0 disables the check.",
    )
    risk_policy = fields.Selection(
        [
            ("none", "Accept all"),
            ("high", "Stop high risk"),
            ("medium", "Stop medium and high risk"),
        ],
        default="high",
        required=True,
        help="Policy for the fraud risk reported by the channel.",
    )
    price_policy = fields.Selection(
        [("accept", "Accept the channel's prices"), ("check", "Review differences")],
        default="accept",
        required=True,
        help="When the channel tells another price than the customer's pricelist has. "
        "An order without prices is sold at the pricelist's.",
    )
    price_tolerance = fields.Float(
        string="Price Tolerance (%)",
        digits=(5, 2),
        help="Differences up to so many percent of our price are accepted.",
    )
    check_credit = fields.Boolean(
        help="Block orders on account that would exceed the customer's credit limit."
    )
    payment_hours = fields.Integer(
        string="Report Unpaid After (hours)",
        default=48,
        help="An exception is raised for an order that is unpaid for longer than this "
        "while its stock is held. 0 for never.",
    )

    def _get_service_products(self):
        """Products of lines that stand for no listing and are the channel's figures."""
        names = ("shipping", "fee", "tip", "gift_card", "discount")
        products = (self[f"{name}_product_id"] for name in names)
        return self.env["product.product"].union(*products)

    def write(self, vals):
        result = super().write(vals)
        if categories := {each for name in vals for each in RETRIES.get(name, ())}:
            self.env["channel.order"]._retry_blocked(self, categories)
        return result
