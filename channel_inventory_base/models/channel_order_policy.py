from odoo import fields, models

from ..const import SHORT_POLICIES

# Setting of a channel -> categories of exceptions that its change may heal.
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
}


class ChannelOrderPolicy(models.AbstractModel):
    """What each channel lets pass, and what a person has to look at first."""

    _name = "channel.order.policy"
    _description = "Order Policy"

    confirm_policy = fields.Selection(
        [
            ("paid", "When paid or authorized"),
            ("captured", "When paid"),
            ("always", "At once"),
            ("manual", "By a person"),
        ],
        default="paid",
        required=True,
        help="When a sale order of this channel is confirmed and reserved. Its stock "
        "is held from the moment the order is known, whatever is chosen here.",
    )
    short_policy = fields.Selection(
        SHORT_POLICIES,
        string="When Short",
        default="backorder",
        required=True,
        help="What happens to an order line whose stock is not there when the order is "
        "to be confirmed: what is there is shipped and the rest follows; all of it "
        "waits (parked, its stock held); an offered substitute is shipped; the channel "
        "is told to cancel the rest; or a person decides. Products and listings may "
        "say otherwise.",
    )
    archived_policy = fields.Selection(
        [("sell", "Sold as long as there is stock"), ("stop", "Not sold any more")],
        string="Archived Products",
        default="sell",
        required=True,
        help="What is published for products that were archived in Odoo while their "
        "listings are still on the channel. They are told either way.",
    )
    reroute_confirmed = fields.Boolean(
        string="Route Confirmed Orders Again",
        help="Orders whose stock is gone are shipped from another warehouse that may "
        "ship them and has it, as long as nothing of them is picked or printed.",
    )
    phone_policy = fields.Selection(
        [
            ("note", "Note it on the sale order"),
            ("report", "Report it, and go on"),
            ("stop", "Stop the order"),
        ],
        default="report",
        required=True,
        help="When a telephone number is none. It is kept as the customer wrote it.",
    )
    unpaid_policy = fields.Selection(
        [("tell", "Report it, and go on"), ("stop", "Stop the delivery")],
        string="Payment Taken Back",
        default="tell",
        required=True,
        help="When an order that was paid is open again on the channel after it was "
        "confirmed (a dispute, a payment that failed after all). Stop: its delivery "
        "cannot be validated before it is paid, or a person lets it pass.",
    )
    address_policy = fields.Selection(
        [("country", "A country that is known"), ("strict", "All that carriers need")],
        default="country",
        required=True,
        help="Strict: street, city, and postcode and state where the country has them.",
    )
    duplicate_minutes = fields.Integer(
        string="Ordered Twice Within (minutes)",
        help="An order is stopped when the same customer placed one with the same "
        "lines and total within this time. 0 lets all pass.",
    )
    risk_policy = fields.Selection(
        [
            ("none", "Let all pass"),
            ("high", "Stop high risk"),
            ("medium", "Stop medium and high risk"),
        ],
        default="high",
        required=True,
        help="What the channel says about the risk of fraud.",
    )
    check_credit = fields.Boolean(
        help="Stop orders on account that would go over the customer's credit limit."
    )
    payment_hours = fields.Integer(
        string="Report Unpaid After (hours)",
        default=48,
        help="An order that waits for its payment longer than that, with its stock "
        "held, is a person's to decide. 0 for never.",
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
