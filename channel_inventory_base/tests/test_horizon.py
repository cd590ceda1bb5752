# SPDX-License-Identifier: AGPL-3.0-or-later
import random
from datetime import timedelta, timezone

from odoo import fields
from odoo.tests import tagged

from .. import schemas
from .common_position import PositionCase


@tagged("post_install", "-at_install")
class TestHorizon(PositionCase):
    """Orders that are shipped much later: inbound stock that is due in time is theirs
    first, and stock from the hold horizon on. 10 pieces on hand."""

    def setUp(self):
        super().setUp()
        self.suppliers = self.place("suppliers")
        self.stock = self.warehouse.lot_stock_id
        self.channel.hold_horizon_days = 30

    def in_days(self, days):
        return fields.Datetime.now() + timedelta(days=days)

    def order(self, quantity, days, name="PO-1", minute=0, **values):
        data = schemas.OrderData(
            external_id=name,
            name=name,
            version=fields.Datetime.now().replace(tzinfo=timezone.utc)
            + timedelta(minutes=minute),
            ship_from=self.in_days(days).replace(tzinfo=timezone.utc),
            lines=(
                schemas.OrderLineData(
                    external_id="1",
                    listing_ref="variant-1",
                    quantity=quantity,
                    open_quantity=quantity,
                    deductions=(),
                ),
            ),
            **values,
        )
        return self.env["channel.order"]._capture(self.channel, data, "trace")

    def receipt(self, quantity, days):
        return self.move(self.suppliers, self.stock, quantity, date=self.in_days(days))

    def hold(self, order):
        return order.line_ids.hold_ids.filtered(lambda hold: hold.state == "active")

    def test_order_within_the_horizon_holds_stock_at_once(self):
        self.receipt(8, 5)
        order = self.order(6, 20)
        self.assertFalse(order.held_from)
        self.plan()
        self.check(held=6, dedicated=0, available=4)

    def test_far_order_is_promised_what_comes_in_before_and_holds_the_rest(self):
        self.receipt(4, 50)
        order = self.order(6, 60)
        self.assertEqual(order.held_from, order.ship_from - timedelta(days=30))
        # counted from the moment it is stored, whoever plans it when
        self.check(held=6, available=4)
        self.plan()
        self.check(held=2, in_transit=4, dedicated=4, available=8)
        self.assertEqual(self.level.target, 8)
        self.assertEqual(self.hold(order).promised_quantity, 4)

    def test_what_comes_in_too_late_is_promised_to_nobody_before(self):
        self.receipt(4, 61)
        self.order(6, 60)
        self.plan()
        self.check(held=6, dedicated=0, available=4)

    def test_no_goods_are_promised_twice(self):
        self.receipt(5, 40)
        late, early = self.order(4, 80), self.order(4, 60, "PO-2")
        self.plan()
        self.assertEqual(self.hold(early).promised_quantity, 4)
        self.assertEqual(self.hold(late).promised_quantity, 1)
        self.check(held=3, dedicated=5)
        # nor by a rule that sells what is on its way
        self.rule("backorder", 50, horizon_days=90)
        self.plan()
        self.assertEqual(self.level.target, 7)

    def test_receipt_that_is_cancelled_is_replaced_by_stock_in_the_same_plan(self):
        receipt = self.receipt(4, 50)
        self.order(6, 60)
        self.plan()
        self.assertEqual(self.level.target, 8)
        receipt._action_cancel()
        self.plan()
        self.check(held=6, dedicated=0, available=4)
        self.assertEqual(self.level.target, 4)

    def test_what_is_missing_anyway_is_not_promised(self):
        self.env["channel.hold"].create(
            {
                "product_id": self.product.id,
                "warehouse_id": self.warehouse.id,
                "stock_quantity": 13,
            }
        )
        self.receipt(5, 40)
        order = self.order(4, 60)
        self.plan()
        self.assertEqual(self.hold(order).promised_quantity, 2)

    def test_time_that_passes_holds_stock_and_plans_exactly_that_product(self):
        self.receipt(4, 50)
        order = self.order(6, 60)
        self.plan()
        self.assertEqual(self.level.target, 8)
        # 31 days go by, and nobody writes anything
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE channel_hold SET held_from = held_from - interval '31 days' "
            "WHERE held_from IS NOT NULL"
        )
        self.env.cr.execute("DELETE FROM channel_change")
        self.env.invalidate_all()
        self.env["channel.hold"]._follow_horizon()
        changes = self.env["channel.change"].search([])
        self.assertEqual(changes.product_id, self.product)
        self.plan()
        self.check(held=6, dedicated=0, available=4)
        self.assertEqual(self.hold(order).stock_quantity, 6)

    def test_newer_version_with_other_units_or_time_follows(self):
        self.receipt(9, 50)
        order = self.order(6, 60)
        self.plan()
        self.order(8, 60, minute=1)
        self.plan()
        self.assertEqual(self.hold(order).promised_quantity, 8)
        self.order(8, 10, minute=2)
        self.plan()
        self.assertFalse(order.held_from)
        self.check(held=8, dedicated=0)

    def test_change_of_the_setting_is_followed(self):
        self.receipt(6, 50)
        order = self.order(6, 60)
        self.plan()
        self.check(held=0, dedicated=6)
        self.channel.hold_horizon_days = 0
        self.plan()
        self.assertFalse(order.held_from)
        self.check(held=6, dedicated=0)

    def test_whatever_is_ordered_and_comes_in_no_unit_is_promised_twice(self):
        """Of all that ships until any day no more is promised than comes in until then;
        what is not promised is held."""
        for seed in range(12):
            dice = random.Random(seed)
            with self.subTest(seed), self.env.cr.savepoint() as savepoint:
                self.env["channel.hold"].create(
                    {
                        "product_id": self.product.id,
                        "warehouse_id": self.warehouse.id,
                        "stock_quantity": dice.choice((0, 4, 13)),
                    }
                )
                short = max(0, -self.position.available)
                trucks = [
                    (dice.randint(1, 9), dice.randint(1, 90))
                    for _truck in range(dice.randint(0, 5))
                ]
                for quantity, days in trucks:
                    self.receipt(quantity, days)
                orders = [
                    self.order(dice.randint(1, 9), dice.randint(31, 90), f"PO-{number}")
                    for number in range(dice.randint(1, 5))
                ]
                self.plan()
                self.check()
                holds = [(order, self.hold(order)) for order in orders]
                for order, hold in holds:
                    self.assertEqual(
                        hold.stock_quantity + hold.promised_quantity, hold.quantity
                    )
                    day = order.ship_from.date()
                    promised = sum(
                        each.promised_quantity
                        for other, each in holds
                        if other.ship_from.date() <= day
                    )
                    inbound = sum(
                        quantity
                        for quantity, days in trucks
                        if self.in_days(days).date() <= day
                    )
                    self.assertLessEqual(promised, max(0, inbound - short))
                # the one that ships first gets what there is
                order, hold = min(holds, key=lambda each: each[0].ship_from)
                inbound = sum(
                    quantity
                    for quantity, days in trucks
                    if self.in_days(days).date() <= order.ship_from.date()
                )
                self.assertEqual(
                    hold.promised_quantity,
                    min(hold.quantity, max(0, inbound - short)),
                )
                self.env.flush_all()
                savepoint.rollback()
                self.env.invalidate_all()

    def test_cancelled_order_gives_everything_back(self):
        self.receipt(6, 50)
        self.order(6, 60)
        self.plan()
        self.order(6, 60, minute=1, state="cancelled")
        self.plan()
        self.check(held=0, dedicated=0, available=10)
