# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import new_test_user

from odoo.addons.channel_inventory_base.tests.common import ChannelCase
from odoo.addons.channel_inventory_base.tests.common_dated import DatedSetup

SALES = "sales_team.group_sale_salesman"


class QuoteSetup:
    """Quotations of salespeople, in cases that commit and in those that do not."""

    @classmethod
    def make_quotation(cls, env, product, quantity, warehouse, user=None, **values):
        order = env["sale.order"].create(
            {
                "partner_id": env["res.partner"].create({"name": "Customer"}).id,
                "warehouse_id": warehouse.id,
                "user_id": (user or env.user).id,
                "order_line": [
                    Command.create(
                        {"product_id": product.id, "product_uom_qty": quantity}
                    )
                ],
                **values,
            }
        )
        # a salesperson without a warehouse of his own would bring another
        order.warehouse_id = warehouse
        return order.with_user(user) if user else order

    @classmethod
    def make_salesperson(cls, env, login, groups=SALES):
        return new_test_user(env, login, groups=groups)


class QuoteCase(QuoteSetup, DatedSetup, ChannelCase):
    """10 pieces of a product that one channel sells, and a salesperson."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.company.write(
            {
                "channel_quote_policy": "manual",
                "channel_quote_hours": 48,
                "channel_quote_percent": 100,
                "channel_quote_short": "partial",
                "channel_confirm_policy": "warn",
            }
        )
        cls.company.partner_id.tz = "America/New_York"
        cls.seller = cls.make_salesperson(cls.env, "seller")
        cls.rival = cls.make_salesperson(cls.env, "rival")

    # ------------------------------------------------------------- actions
    def quote(self, quantity, product=None, user=None, **values):
        return self.make_quotation(
            self.env,
            product or self.product,
            quantity,
            values.pop("warehouse", self.warehouse),
            user or self.seller,
            **values,
        )

    def held_quote(self, quantity, **values):
        order = self.quote(quantity, **values)
        order.action_channel_hold()
        return order

    def web_order(self, units):
        """An order of the channel that is captured and not imported yet."""
        self.fake.levels["item-1", "node-1"] = units
        return self.capture(self.fake.sell(units))

    def pass_hours(self, hours):
        """The holds there are get so much older."""
        holds = self.env["channel.hold"].search([("cause", "=", "quotation")])
        for hold in holds:
            hold.expires_at -= timedelta(hours=hours)
        self.env.flush_all()
        self.env.invalidate_all()

    def heal(self):
        """The steps of the minute that are this addon's, and those before."""
        self.env.flush_all()
        self.env["channel.hold"]._expire()
        self.env["channel.hold"]._follow_quotations()
        self.env["channel.hold"]._tell_quotations()
        self.env["channel.quote.guard"]._look()
        self.env.invalidate_all()

    # --------------------------------------------------------------- looks
    def holds(self, order, state="active"):
        self.env.invalidate_all()
        return self.env["channel.hold"].search(
            [("sale_order_id", "=", order.id), ("state", "=", state)]
        )

    def units(self, order):
        return sum(self.holds(order).mapped("stock_quantity"))

    def audit(self, order):
        return self.env["channel.audit"].search(
            [("res_model", "=", "sale.order"), ("res_id", "=", order.id)]
        )

    def exceptions(self):
        return self.env["channel.exception"].search([("category", "=", "beyond_stock")])

    def notes(self, order):
        return "\n".join(order.sudo().message_ids.mapped(lambda m: m.body or ""))

    def now(self):
        return fields.Datetime.now()
