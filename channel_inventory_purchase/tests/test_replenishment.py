# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import fields
from odoo.tests import Form, new_test_user, tagged

from .common_purchase import ReplenishCase


@tagged("post_install", "-at_install")
class TestReplenishment(ReplenishCase):
    """What channels hold is to be replenished, once."""

    def assertRule(self, rule, forecast, to_order, deadline):
        rule.invalidate_recordset()
        self.assertEqual(
            (rule.qty_forecast, rule.qty_to_order, rule.deadline_date),
            (forecast, to_order, deadline),
        )

    # ----------------------------------------------------------------- held
    def test_hold_lowers_the_forecast_and_is_due_today(self):
        rule = self.reorder()
        self.assertRule(rule, 10, 0, False)
        self.hold(8)
        self.follow()
        self.assertRule(rule, 2, 18, self.today())
        self.assertEqual((rule.channel_held, rule.qty_on_hand), (8, 10))

    def test_hold_that_ends_is_to_be_ordered_no_more(self):
        rule = self.reorder()
        hold = self.hold(8)
        self.follow()
        self.assertRule(rule, 2, 18, self.today())
        hold.action_release()
        self.follow()
        self.assertRule(rule, 10, 0, False)

    def test_hold_that_leaves_the_minimum_changes_no_deadline(self):
        rule = self.reorder()
        self.hold(5)
        self.follow()
        self.assertRule(rule, 5, 0, False)

    def test_delivery_of_later_is_too_much_beside_a_hold(self):
        self.company.horizon_days = 60
        rule = self.reorder()
        self.hold(4)
        move = self.move(
            self.warehouse.lot_stock_id, self.place("customers"), quantity=2
        )
        move.date = self.in_days(20)
        self.follow()
        rule._compute_deadline_date()
        # 10 - 4 - 2 on day 20 is below 5: three days of the vendor before
        self.assertEqual(rule.deadline_date, self.today(20 - rule.lead_days))
        self.assertEqual(rule.qty_on_hand, 10)

    def test_hold_counts_once_however_many_rules_a_warehouse_has(self):
        shelf = self.env["stock.location"].create(
            {"name": "Shelf", "location_id": self.warehouse.lot_stock_id.id}
        )
        below, top = self.reorder(shelf, 0, 0), self.reorder()
        self.hold(8)
        self.follow()
        self.assertEqual((below.channel_held, top.channel_held), (0, 8))
        self.assertRule(below, 0, 0, False)
        self.assertRule(top, 2, 18, self.today())

    def test_topmost_rule_speaks_where_the_stock_location_has_none(self):
        stock = self.warehouse.lot_stock_id
        shelf = self.env["stock.location"].create(
            {"name": "Shelf", "location_id": stock.id}
        )
        box = self.env["stock.location"].create(
            {"name": "Box", "location_id": shelf.id}
        )
        deep, middle = self.reorder(box, 0, 0), self.reorder(shelf, 0, 0)
        self.hold(3)
        self.follow()
        self.assertEqual((deep.channel_held, middle.channel_held), (0, 3))
        middle.active = False
        self.follow()
        self.assertEqual(deep.channel_held, 3)

    def test_hold_elsewhere_is_replenished_there(self):
        other = self.env["stock.warehouse"].create({"name": "Other", "code": "OTH"})
        here, there = self.reorder(), self.reorder(other.lot_stock_id, 1, 1)
        self.hold(8, warehouse=other)
        self.follow()
        self.assertEqual((here.channel_held, there.channel_held), (0, 8))
        self.assertRule(here, 10, 0, False)
        self.assertEqual(there.qty_to_order, 9)

    def test_ordered_quantity_is_asked_for_once(self):
        # one that is ordered by hand Odoo deletes once it has ordered
        rule = self.reorder(trigger="auto")
        self.hold(8)
        self.follow()
        rule.action_replenish()
        lines = self.env["purchase.order.line"].search(
            [("product_id", "=", self.product.id)]
        )
        self.assertEqual(lines.product_qty, 18)
        rule.invalidate_recordset()
        self.assertEqual((rule.qty_forecast, rule.qty_to_order), (20, 0))

    def test_scheduler_orders_what_is_held(self):
        self.reorder(trigger="auto")
        self.hold(8)
        self.follow()
        self.env["stock.rule"].run_scheduler(company_id=self.company.id)
        lines = self.env["purchase.order.line"].search(
            [("product_id", "=", self.product.id)]
        )
        self.assertEqual(lines.product_qty, 18)

    def test_sale_that_takes_over_from_its_hold_counts_once(self):
        rule = self.reorder()
        hold = self.hold(8)
        self.follow()
        hold.action_release()
        self.sell(8)
        self.follow()
        self.assertEqual(
            (rule.channel_held, rule.qty_forecast, rule.qty_to_order), (0, 2, 18)
        )

    def test_rule_in_a_form_that_is_not_saved_yet(self):
        self.hold(8)
        form = Form(self.env["stock.warehouse.orderpoint"])
        form.product_id = self.product
        form.location_id = self.warehouse.lot_stock_id
        form.product_min_qty = 5
        rule = form.save()
        self.follow()
        self.assertEqual(rule.qty_forecast, 2)

    def test_packs_are_rounded_up(self):
        dozen = self.env["uom.uom"].create(
            {
                "name": "Box of 12",
                "relative_factor": 12,
                "relative_uom_id": self.product.uom_id.id,
            }
        )
        self.product.uom_ids = dozen
        rule = self.reorder(replenishment_uom_id=dozen.id)
        self.hold(8)
        self.follow()
        self.assertEqual((rule.qty_forecast, rule.qty_to_order), (2, 24))

    def test_warehouse_that_receives_in_two_steps(self):
        """Odoo's issue 75481: of two warehouses in two steps one was forgotten."""
        self.warehouse.reception_steps = "two_steps"
        other = self.env["stock.warehouse"].create(
            {"name": "Other", "code": "OTH", "reception_steps": "two_steps"}
        )
        here, there = (
            self.reorder(trigger="auto"),
            self.reorder(other.lot_stock_id, 0, 0, trigger="auto"),
        )
        self.hold(8)
        self.hold(20, warehouse=other)
        self.follow()
        (here | there).action_replenish()
        lines = self.env["purchase.order.line"].search(
            [("product_id", "=", self.product.id)]
        )
        self.assertEqual(sorted(lines.mapped("product_qty")), [18, 20])
        lines.order_id.button_confirm()
        self.env.invalidate_all()
        self.assertEqual((here.qty_to_order, there.qty_to_order), (0, 0))
        self.assertEqual((here.qty_forecast, there.qty_forecast), (20, 0))

    # ------------------------------------------------------------- promised
    def preorder(self, quantity, days):
        """An order that is shipped later and gets what comes in before."""
        order = self.env["channel.order"].create(
            {
                "channel_id": self.channel.id,
                "external_id": f"P{days}",
                "name": f"#P{days}",
                "ship_from": self.in_days(days),
            }
        )
        line = self.env["channel.order.line"].create(
            {
                "order_id": order.id,
                "external_id": "1",
                "listing_id": self.listing.id,
                "product_id": self.product.id,
                "quantity": quantity,
            }
        )
        hold = self.hold(quantity)
        hold.sudo().write(
            {
                "order_line_id": line.id,
                "held_from": fields.Datetime.now() + timedelta(days=days - 1),
            }
        )
        self.env.flush_all()
        self.env["channel.hold"]._promise_inbound(self.product.ids)
        return hold

    def test_order_of_goods_to_come_does_not_have_them_ordered_twice(self):
        self.buy_in(100, 60)
        hold = self.preorder(80, 61)
        self.assertEqual((hold.stock_quantity, hold.promised_quantity), (0, 80))
        rule = self.reorder()
        self.follow()
        # in three days neither those goods nor that order count
        self.assertRule(rule, 10, 0, False)

    def test_order_of_goods_to_come_takes_them_when_they_are_near(self):
        self.buy_in(100, 2)
        hold = self.preorder(98, 61)
        self.assertEqual(hold.promised_quantity, 98)
        rule = self.reorder(minimum=15, maximum=15)
        self.follow()
        self.assertEqual((rule.qty_forecast, rule.channel_held), (12, 98))
        self.assertEqual(rule.qty_to_order, 3)

    # --------------------------------------------------------------- follow
    def test_minute_brings_rules_up_to_date(self):
        rule = self.reorder()
        self.hold(8)
        self.env.flush_all()
        self.env["stock.warehouse.orderpoint"]._follow_channels_all()
        self.env.invalidate_all()
        self.assertEqual((rule.channel_held, rule.qty_to_order), (8, 18))

    def test_steady_minute_looks_at_no_rule(self):
        self.reorder()
        shelf = self.env["stock.location"].create(
            {"name": "Shelf", "location_id": self.warehouse.lot_stock_id.id}
        )
        self.reorder(shelf, 0, 0)
        self.hold(8)
        self.follow()
        orderpoints = self.env["stock.warehouse.orderpoint"]
        asked = []
        self.patch(
            type(orderpoints), "_follow_channels", lambda _self, ids: asked.append(ids)
        )
        orderpoints._follow_channels_all()
        self.assertEqual(asked, [[]])

    def test_hundred_rules_cost_as_many_queries_as_one(self):
        products = [self.make_product(self.env, 100 + each) for each in range(100)]
        rules = self.env["stock.warehouse.orderpoint"].browse(
            [self.reorder(product=product).id for product in products]
        )
        for product in products:
            self.hold(8, product)
        self.env.flush_all()
        with self.assertQueryCount(3):
            held = rules._get_channel_held()
        self.assertEqual(set(held.values()), {8})

    def test_warehouse_worker_sees_it_and_cannot_write_it(self):
        rule = self.reorder()
        self.hold(8)
        self.follow()
        worker = new_test_user(self.env, "worker", groups="stock.group_stock_manager")
        rule = rule.with_user(worker)
        self.assertEqual((rule.channel_held, rule.qty_forecast), (8, 2))
        with self.assertRaisesRegex(Exception, "Held for Channels|channel_held"):
            rule.channel_held = 0
