# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import datetime, timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.channel_inventory_base.tests.common_position import PositionCase

EPOCH = datetime(1970, 1, 1)


@tagged("post_install", "-at_install")
class TestBacktest(PositionCase):
    """Two shops sell 10 pieces of one warehouse; figures were computed by hand."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.make_channel(cls.env, code="BT2", name="Other")
        cls.other.node_ids.warehouse_ids = cls.warehouse
        cls.make_listing(cls.env, cls.other, cls.product)
        cls.product.standard_price = 4

    def setUp(self):
        super().setUp()
        self.fake.levels["item-1", "node-1"] = 100
        self.now = fields.Datetime.now()

    def sold(self, channel, quantity, seconds_ago, known_after=60, **values):
        """An order of ``channel``, so long ago."""
        event = self.fake.event(self.fake.sell(quantity, **values))
        self.env["channel.inbox.event"]._store(channel, [event], "webhook")
        self.env["channel.intake"]._capture_next(channel)
        order = self.env["channel.order"].search(
            [("channel_id", "=", channel.id)], order="id desc", limit=1
        )
        self.shift(order, seconds_ago, known_after)
        return order

    def shift(self, order, seconds_ago, known_after=60):
        placed_at = self.now - timedelta(seconds=seconds_ago)
        known_at = placed_at + timedelta(seconds=known_after)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE channel_order SET placed_at = %s, version = %s WHERE id = %s",
            (placed_at, known_at, order.id),
        )
        self.env.cr.execute(
            "UPDATE channel_hold SET create_date = %s, write_date = %s "
            "WHERE order_line_id = ANY(%s)",
            (known_at, known_at, order.line_ids.ids),
        )
        self.env.invalidate_all()

    def draft(self, kind="fixed", value=5, **terms):
        terms = {"product_id": self.product.id, **terms}
        return self.env["channel.rule"].create({"kind": kind, "value": value, **terms})

    def played(self, subject, days=1):
        self.plan()
        preview = subject.env["channel.rule.preview"].browse(
            subject.action_preview()["res_id"]
        )
        action = preview.action_open_backtest()
        backtest = subject.env[action["res_model"]].browse(action["res_id"])
        backtest.days = days
        backtest.action_play()
        return backtest

    def figure(self, backtest, kind):
        [line] = backtest.line_ids.filtered(lambda each: each.kind == kind)
        return line.happened, line.present, line.draft

    def history(self, hours=24):
        self.env.flush_all()
        return self.env["channel.backtest.source"]._read_histories(
            self.env.company,
            self.product.ids,
            self.now - timedelta(hours=hours),
            lambda *place: None,
        )[self.product.id]

    # ------------------------------------------------------------- figures
    def test_known_history(self):
        # ten there: 3 are sold here, and 10 seconds later 9 there, before either shop
        # can have heard of the other
        self.sold(self.channel, 3, 7200)
        self.sold(self.other, 9, 7190)
        backtest = self.played(self.draft())
        self.assertEqual(self.figure(backtest, "sold"), (12, 12, 8))
        self.assertEqual(self.figure(backtest, "oversold"), (2, 2, 0))
        self.assertEqual(self.figure(backtest, "oversold_orders"), (1, 1, 0))
        # with 5 kept back the second shop shows 5 of the 7 that are there
        self.assertEqual(self.figure(backtest, "hidden"), (0, 0, 2))
        self.assertEqual(self.figure(backtest, "hidden_orders"), (0, 0, 1))
        self.assertEqual((backtest.sale_count, backtest.product_count), (2, 1))
        self.assertIn("Other", backtest.notes)

    def test_latency_is_the_measured_one(self):
        # 20 seconds apart, known at once: whether the second shop knew is the latency
        self.sold(self.channel, 9, 7220, known_after=0)
        self.sold(self.other, 2, 7200, known_after=0)
        self.assertEqual(self.figure(self.played(self.draft()), "oversold")[1], 1)
        self.plan()
        for level in self.env["channel.level"].search(
            [("product_id", "=", self.product.id)]
        ):
            self.make_publication(level, 10)
        backtest = self.played(self.draft(value=4))
        self.assertEqual(self.figure(backtest, "oversold")[1], 0)
        self.assertNotIn("latency", backtest.notes)

    def make_publication(self, level, seconds):
        acked_at = self.now - timedelta(hours=2)
        self.env["channel.publication"].create(
            {
                "channel_id": level.channel_id.id,
                "key": f"backtest-{level.id}",
                "trace": "backtest",
                "payload": "{}",
                "state": "done",
                "sent_at": acked_at,
                "acked_at": acked_at,
                "line_ids": [
                    (
                        0,
                        0,
                        {
                            "level_id": level.id,
                            "quantity": 5,
                            "base": 3,
                            "deducted": 0,
                            "since": acked_at - timedelta(seconds=seconds),
                            "result": "acked",
                        },
                    )
                ],
            }
        )

    def test_group_draft_shares_the_scarce(self):
        self.sold(self.channel, 9, 7220)
        self.sold(self.other, 4, 7215)
        group = self.make_group(self.env, self.channel | self.other)
        group.action_activate()
        rule = self.draft("exclusive", 0, allocation_group_id=group.id)
        backtest = self.played(rule)
        # five each: 5 of 9 and 4 of 4; four more were there, the other shop showed them
        self.assertEqual(self.figure(backtest, "oversold"), (3, 3, 0))
        self.assertEqual(self.figure(backtest, "sold"), (13, 13, 9))
        self.assertEqual(self.figure(backtest, "hidden"), (0, 0, 4))

    def test_money_is_that_of_the_sale_orders(self):
        order = self.sold(self.channel, 2, 7200)
        self.intake()
        lines = order.line_ids.sale_line_ids
        self.assertTrue(lines, order.state)
        self.shift(order, 7200)
        backtest = self.played(self.draft(value=9))
        value = sum(lines.mapped("price_subtotal"))
        self.assertEqual(
            self.figure(backtest, "margin"), (value - 8, value - 8, value / 2 - 4)
        )
        self.assertEqual(self.figure(backtest, "lost"), (0, 0, value / 2))

    def test_a_currency_stands_beside_money_alone(self):
        backtest = self.played(self.draft())
        found = {each.unit: each.currency_name for each in backtest.line_ids}
        currency = self.env.company.currency_id.name
        self.assertEqual(found, {"units": False, "orders": False, "money": currency})

    def test_nothing_is_written(self):
        self.sold(self.channel, 2, 7200)
        rule = self.draft()
        self.plan()
        before = self.env["channel.level"].search([]).mapped("target")
        self.played(rule)
        self.plan()
        self.assertEqual(rule.state, "draft")
        self.assertEqual(self.env["channel.level"].search([]).mapped("target"), before)

    def test_days_have_bounds(self):
        for days in (0, -3, 181):
            with self.assertRaises(UserError):
                self.played(self.draft(), days)

    def test_operator_plays(self):
        user = self.make_user(self.env, "operator", "backtest_operator")
        self.sold(self.channel, 3, 7200)
        backtest = self.played(self.draft().with_user(user))
        self.assertEqual(self.figure(backtest, "sold")[0], 3)

    def test_other_company_is_not_played(self):
        """Products may be shared; stock, orders and rules are a company's."""
        company = self.env["res.company"].create({"name": "Elsewhere"})
        place = self.env["stock.warehouse"].search([("company_id", "=", company.id)])
        self.sold(self.channel, 3, 7200)
        expected = self.history().beginning()
        self.add_stock(self.env, self.product, place, 50)
        self.assertEqual(self.history().beginning(), expected)

    # ------------------------------------------------------- the beginning
    # Whatever happened within the days, what was there before is known: 10 pieces.
    def beginning(self):
        return self.history().beginning().get(self.warehouse.id)

    def test_beginning_after_receipts_and_scrap(self):
        stock, supplier = self.warehouse.lot_stock_id, self.place("suppliers")
        self.move_done(self.move(supplier, stock, 5), 3)
        self.move(supplier, stock, 7)
        scrap = self.env["stock.location"].search(
            [("usage", "=", "inventory"), ("company_id", "=", self.env.company.id)],
            limit=1,
        )
        self.move_done(self.move(stock, scrap, 2))
        self.assertEqual(self.beginning(), 10)

    def test_beginning_after_a_salesperson_and_a_backorder(self):
        picking = self.sell(4).picking_ids
        self.done(picking, 1)
        self.assertEqual(self.beginning(), 10)

    def test_demand_from_before_is_no_demand_of_these_days(self):
        picking = self.sell(4).picking_ids
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE stock_move SET create_date = create_date - interval '9 days'"
        )
        self.env.cr.execute(
            "UPDATE stock_picking SET create_date = create_date - interval '9 days'"
        )
        self.env.invalidate_all()
        self.done(picking, 1)
        # six could be promised then as now, whatever of it has left
        self.assertEqual(self.beginning(), 6)

    def test_beginning_after_orders_in_any_state(self):
        sold = self.sold(self.channel, 2, 7200)
        self.intake()
        picking = sold.line_ids.sale_line_ids.order_id.picking_ids
        self.assertTrue(picking)
        self.sold(self.channel, 1, 7200)
        self.assertEqual(self.beginning(), 10)
        self.done(picking)
        self.assertEqual(self.beginning(), 10)

    def test_beginning_after_a_cancelled_order(self):
        order = self.sold(self.channel, 2, 7200)
        self.intake()
        order.line_ids.sale_line_ids.order_id._action_cancel()
        self.assertEqual(self.beginning(), 10)
        [sale] = self.history().sales
        self.assertEqual((sale.sold, sale.returned), (2, 1))

    def test_cancelled_units_are_back_when_the_channel_says(self):
        order = self.sold(self.channel, 2, 7200)
        self.intake()
        order.line_ids.sale_line_ids.order_id._action_cancel()
        [sale] = self.history().sales
        # it was decided here, just now
        self.assertGreater(sale.back_at, (self.now - EPOCH).total_seconds() - 60)
        cancelled_at = self.now - timedelta(seconds=3600)
        order.write(
            {"data": {**order.data, "state": "cancelled"}, "version": cancelled_at}
        )
        [sale] = self.history().sales
        self.assertEqual(sale.back_at, (cancelled_at - EPOCH).total_seconds())
