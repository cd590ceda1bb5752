# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.tools.rollout import Step


class ChannelChannel(models.Model):
    """How the orders of a channel are sold and shipped, and what it is told of them."""

    _name = "channel.channel"
    _inherit = [
        "channel.channel",
        "channel.order.policy",
        "channel.notification.policy",
    ]

    pricelist_id = fields.Many2one("product.pricelist", check_company=True)
    team_id = fields.Many2one("crm.team", string="Sales Team", check_company=True)
    tip_product_id = fields.Many2one(
        "product.product",
        check_company=True,
        help="Product for tips. Empty: such orders are blocked.",
    )
    fee_product_id = fields.Many2one(
        "product.product",
        check_company=True,
        help="Product for fees. Empty: the delivery charge.",
    )
    gift_card_product_id = fields.Many2one(
        "product.product",
        check_company=True,
        help="Product for gift cards that the channel deducts from an order's total: a "
        "service whose income account is the gift card liability. Empty: such "
        "orders are blocked.",
    )
    shipping_product_id = fields.Many2one(
        "product.product",
        check_company=True,
        default=lambda self: self.env.ref(
            "channel_inventory_sale.product_channel_shipping", raise_if_not_found=False
        ),
    )
    discount_product_id = fields.Many2one(
        "product.product",
        check_company=True,
        default=lambda self: self.env.ref(
            "channel_inventory_sale.product_channel_discount", raise_if_not_found=False
        ),
    )
    market_ids = fields.One2many("channel.market", "channel_id", string="Markets")
    tax_map_ids = fields.One2many("channel.tax.map", "channel_id")
    charges_no_tax = fields.Boolean(
        help="The shop charges no tax: no tax mapping is needed.",
    )
    oldest_message = fields.Datetime(
        string="Oldest Notification", compute="_compute_health"
    )
    short_order_count = fields.Integer(
        compute="_compute_health",
        string="Short Orders",
        help="Orders with missing units.",
    )

    _policy_times = models.Constraint(
        "CHECK (duplicate_minutes >= 0 AND payment_hours >= 0)",
        "Times cannot be negative.",
    )
    _price_tolerance = models.Constraint(
        "CHECK (price_tolerance BETWEEN 0 AND 100)",
        "A price tolerance is 0 to 100 percent.",
    )

    @api.depends("tax_map_ids", "charges_no_tax", "market_ids.tax_mode")
    def _compute_next_step(self):
        return super()._compute_next_step()

    def _get_order_steps(self):
        return [
            *super()._get_order_steps(),
            Step(
                "aligned",
                self.env._("Taxes"),
                str(len(self.tax_map_ids) or ""),
                bool(self.tax_map_ids)
                or self.charges_no_tax
                or self._adds_taxes()
                or "odoo" in self.market_ids.mapped("tax_mode"),
                self.env._(
                    "Map each tax rate that the shop charges (Orders tab), or tick "
                    "Charges No Tax there: an order with an unmapped rate is blocked."
                ),
                page="orders",
            ),
        ]

    def _get_rollout_steps(self):
        steps, can = super()._get_rollout_steps(), self._capabilities()
        if not (steps and can.sells):
            return steps
        return [
            *steps,
            *self._get_sale_steps(can),
            *(self._get_refund_steps() if "refund" in can.messages else []),
        ]

    def _get_sale_steps(self, can):
        imported = self.env["channel.order"].search_count(
            [("channel_id", "=", self.id), ("state", "=", "imported")]
        )
        blocked = self.blocked_order_count
        told = self._count_messages("shipment")
        steps = [
            Step(
                "orders",
                self.env._("Orders imported"),
                str(imported or ""),
                self.state == "live" and bool(imported) and not blocked,
                self.env._("%s orders are blocked: see their exceptions.", blocked)
                if blocked
                else self.env._("Sell one on the live channel and see its sale order."),
                action="action_open_orders",
            )
        ]
        if "shipment" in can.messages and self.send_shipments:
            steps.append(
                Step(
                    "orders",
                    self.env._("Shipment told"),
                    str(told or ""),
                    bool(told),
                    self.env._(
                        "Validate the delivery of one order: the channel has to take "
                        "the news of its shipment."
                    ),
                    action="action_open_messages",
                )
            )
        return steps

    def _get_refund_steps(self):
        refunds = dict(
            self.env["channel.refund"]._read_group(
                [("channel_id", "=", self.id), ("is_deleted", "=", False)],
                ["state"],
                ["__count"],
            )
        )
        waiting = refunds.pop("todo", 0)
        # of Odoo's own there may be both, or one that the channel does not show
        handled = max(sum(refunds.values()), self._count_messages("refund"))
        return [
            Step(
                "refunds",
                self.env._("Refund handled"),
                str(handled or ""),
                bool(handled) and not waiting,
                self.env._(
                    "%s refunds need attention: see the exceptions of their orders.",
                    waiting,
                )
                if waiting
                else self.env._(
                    "Refund one order, on the channel or by a credit note in Odoo: "
                    "both sides have to come to the same."
                ),
                action="action_open_orders",
            )
        ]

    def _count_messages(self, kind):
        """:return: how many of a kind the channel has confirmed"""
        return self.env["channel.message"].search_count(
            [
                ("channel_id", "=", self.id),
                ("kind", "=", kind),
                ("state", "=", "done"),
            ]
        )

    def action_open_messages(self):
        return self._open_own("channel_inventory_sale.channel_message_action")

    def _adds_taxes(self):
        """Hook: whether its prices are without tax, and Odoo puts its own on them."""
        return False

    # ------------------------------------------------------------- markets
    def _learn_markets(self, markets):
        """Storefronts that are new get a market; of a known one the currency is the
        channel's to tell, and the rest the user's. None is removed: it may have orders.
        """
        result = super()._learn_markets(markets)
        known = {each.external_id: each for each in self.market_ids}
        names = [each.currency for each in markets]
        currencies = self.env["res.currency"].with_context(active_test=False)
        currencies = {
            each.name: each for each in currencies.search([("name", "in", names)])
        }
        for data in markets:
            currency = currencies.get(data.currency)
            if not currency:
                continue
            if not currency.active:
                # sudo: a currency in which the account sells is in use
                currency.sudo().active = True
            if market := known.get(data.external_id):
                if market.currency_id != currency:
                    market.currency_id = currency
            else:
                self.env["channel.market"].create(
                    self._prepare_market_vals(data, currency)
                )
        return result

    def _prepare_market_vals(self, data, currency):
        return {
            "channel_id": self.id,
            "external_id": data.external_id,
            "name": data.name,
            "currency_id": currency.id,
            "tax_mode": "odoo" if data.includes_taxes else "told",
            "sequence": 10 * (len(self.market_ids) + 1),
        }

    # -------------------------------------------------------------- health
    @api.model
    def _get_health_queries(self):
        return super()._get_health_queries() | HEALTH_FACTS

    def _get_oldest_work(self):
        return [*super()._get_oldest_work(), self.oldest_message]

    def _judge_people(self):
        judged = super()._judge_people()
        if self.blocked_order_count or not self.short_order_count:
            return judged
        return "late", self.env._("Orders short of stock: %s", self.short_order_count)

    # ---------------------------------------------------------------- jobs
    def _job_send(self):
        """Tell the channel what became of its orders; also while publishing is paused:
        a shipment must always be recordable."""
        self._guarded("_job_send", self.env["channel.messenger"]._run, self._may_talk)

    @api.model
    def _get_job_priorities(self):
        # what becomes of orders goes with the orders
        return super()._get_job_priorities() | {"_job_send": 5}

    def _wake_all_jobs(self):
        result = super()._wake_all_jobs()
        self._wake("_job_send")
        return result

    @api.model
    def _recovery_steps(self):
        return (
            *super()._recovery_steps(),
            ("channel.order.stage", "_refresh_moving"),
            ("channel.allocator", "_release_due"),
            ("channel.ship.window", "_report_ending"),
            ("channel.order.owed", "_settle_forgotten"),
            ("channel.shortage", "_look_around"),
        )


# Each a scalar query on ``channel``; all of them stand on partial indexes.
HEALTH_FACTS = {
    "short_order_count": SQL(
        # what waits for stock by policy is nobody's problem
        "SELECT count(DISTINCT short.order_id) FROM channel_shortage short "
        "JOIN channel_order ON channel_order.id = short.order_id "
        "WHERE short.channel_id = channel.id AND channel_order.state <> 'parked'"
    ),
    "oldest_message": SQL(
        # what the channel holds back, or waits for an operator, is nobody's delay
        "SELECT min(message.create_date) FROM channel_message message "
        "LEFT JOIN channel_message earlier ON earlier.id = message.after_id "
        "WHERE message.channel_id = channel.id "
        "AND message.state IN ('ready', 'sending', 'pending') "
        "AND COALESCE(earlier.state, 'done') IN ('done', 'void')"
    ),
}
