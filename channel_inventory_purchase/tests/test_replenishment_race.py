# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from odoo.addons.channel_inventory_base.db.transaction import (
    own_transaction,
    retry_on_conflict,
)
from odoo.addons.channel_inventory_base.tests.common_committed import CommittedCase


@tagged("post_install", "-at_install")
class TestReplenishmentRace(CommittedCase):
    """Orders, planners, buyers and the minute's healing, all at once. 50 on hand."""

    def setUp(self):
        super().setUp()
        with self.commit() as env:
            self.rule_id = (
                env["stock.warehouse.orderpoint"]
                .create(
                    {
                        "product_id": self.product_id,
                        "location_id": self.location_id,
                        "product_min_qty": 40,
                        "product_max_qty": 60,
                        "trigger": "auto",
                    }
                )
                .id
            )
            env["channel.sales.rate"].create(
                {
                    "product_id": self.product_id,
                    "company_id": env.company.id,
                    "per_day": 60,
                    "measured_at": fields.Datetime.now(),
                }
            )
            company = env["stock.warehouse"].browse(self.warehouse_id).company_id
            company.channel_exception_user_id = env.ref("base.user_admin")
            # of the test before
            env["channel.exception"].search(
                [("category", "=", "stockout"), ("state", "=", "open")]
            )._resolve("Over")
        self.plan()

    def hold(self, quantity):
        def work():
            with self.commit() as env:
                env["channel.hold"].create(
                    {
                        "product_id": self.product_id,
                        "warehouse_id": self.warehouse_id,
                        "stock_quantity": quantity,
                    }
                )

        retry_on_conflict(work)

    def buy(self, minimum):
        def work():
            with self.commit() as env:
                env["stock.warehouse.orderpoint"].browse(
                    self.rule_id
                ).product_min_qty = minimum

        retry_on_conflict(work)

    def heal(self):
        with self.commit() as env:
            env["stock.warehouse.orderpoint"]._follow_channels_all()

    def forecast(self):
        with self.commit() as env:
            env["channel.stockout"]._forecast([self.product_id])

    def tell(self):
        with self.commit() as env, own_transaction(env) as own:
            own["channel.stockout.teller"]._tell()

    def test_each_unit_is_counted_once_whoever_looks(self):
        self.in_threads(
            *(lambda quantity=quantity: self.hold(quantity) for quantity in (1, 2, 4)),
            lambda: self.buy(45),
            *(self.plan for _planner in range(3)),
            *(self.heal for _worker in range(2)),
            *(self.forecast for _worker in range(2)),
        )
        self.plan()
        self.heal()
        with self.commit() as env:
            rule = env["stock.warehouse.orderpoint"].browse(self.rule_id)
            self.assertEqual(rule.product_min_qty, 45)
            self.assertEqual((rule.channel_held, rule.qty_forecast), (7, 43))
            self.assertEqual(rule.qty_to_order, 17)
            stockout = env["channel.stockout"].search(
                [("product_id", "=", self.product_id)]
            )
            self.assertEqual((len(stockout), stockout.available), (1, 43))

    def test_two_nights_at_once_tell_once(self):
        self.forecast()
        self.in_threads(*(self.tell for _worker in range(4)))
        with self.commit() as env:
            exception = env["channel.exception"].search(
                [
                    ("category", "=", "stockout"),
                    ("company_id", "=", env.company.id),
                    ("state", "=", "open"),
                ]
            )
            self.assertEqual((len(exception), exception.count), (1, 1))
            told = env["mail.message"].search(
                [
                    ("model", "=", "channel.exception"),
                    ("res_id", "=", exception.id),
                    ("subject", "=", "Stockouts expected"),
                ]
            )
            self.assertEqual(len(told), 1)

    def test_night_that_was_killed_tells_the_next(self):
        self.forecast()
        with self.assertRaises(ZeroDivisionError), self.commit() as env:
            env["channel.stockout.teller"]._tell()
            env.flush_all()
            raise ZeroDivisionError("killed")
        with self.commit() as env:
            rows = env["channel.stockout"].search(
                [("product_id", "=", self.product_id)]
            )
            self.assertFalse(rows.told_urgency)
        self.tell()
        with self.commit() as env:
            rows = env["channel.stockout"].browse(rows.ids)
            self.assertEqual(rows.told_urgency, rows.urgency)

    def test_minute_that_was_killed_is_made_up_for(self):
        self.hold(20)
        with (
            self.assertRaises(ZeroDivisionError),
            self.commit() as env,
            own_transaction(env) as own,
        ):
            rules = own["stock.warehouse.orderpoint"].browse(self.rule_id)
            rules._find_outdated()._follow_held()
            own.flush_all()
            raise ZeroDivisionError("killed")
        with self.commit() as env:
            rule = env["stock.warehouse.orderpoint"].browse(self.rule_id)
            self.assertEqual(rule.channel_held, 0)
        self.heal()
        with self.commit() as env:
            rule = env["stock.warehouse.orderpoint"].browse(self.rule_id)
            self.assertEqual((rule.channel_held, rule.qty_to_order), (20, 30))

    def test_vendor_postpones_while_planners_count(self):
        with self.commit() as env:
            vendor = env["res.partner"].create({"name": "Vendor"})
            self.make_rule(env, "backorder", 100, horizon_days=10)
            warehouse = env["stock.warehouse"].browse(self.warehouse_id)
            warehouse.company_id.channel_vendor_dates = True
            purchase = env["purchase.order"].create(
                {
                    "partner_id": vendor.id,
                    "picking_type_id": warehouse.in_type_id.id,
                    "order_line": [
                        (
                            0,
                            0,
                            {
                                "product_id": self.product_id,
                                "product_qty": 30,
                                "price_unit": 1,
                                "date_planned": fields.Datetime.now()
                                + timedelta(days=3),
                            },
                        )
                    ],
                }
            )
            purchase.button_confirm()
            line_id = purchase.order_line.id
        self.plan()
        self.assertEqual(self.target(), 80)

        def postpone(days):
            def work():
                with self.commit() as env:
                    line = env["purchase.order.line"].browse(line_id)
                    line.date_planned = fields.Datetime.now() + timedelta(days=days)

            retry_on_conflict(work)

        self.in_threads(
            lambda: postpone(30),
            lambda: postpone(30),
            *(self.plan for _planner in range(3)),
        )
        self.plan()
        self.assertEqual(self.target(), 50)
        with self.commit() as env:
            moves = env["purchase.order.line"].browse(line_id).move_ids
            rows = env["channel.audit"].search(
                [
                    ("res_model", "=", "purchase.order"),
                    ("res_id", "=", moves.purchase_line_id.order_id.id),
                ]
            )
            self.assertEqual(len(rows), 1)
            self.assertEqual(
                moves.date.date(), fields.Date.today() + timedelta(days=30)
            )
