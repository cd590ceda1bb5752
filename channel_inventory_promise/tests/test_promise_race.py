# SPDX-License-Identifier: AGPL-3.0-or-later
import threading
from unittest.mock import patch

from odoo import api
from odoo.tests import tagged

from odoo.addons.channel_inventory_base.db.transaction import retry_on_conflict
from odoo.addons.channel_inventory_base.tests.common_committed import CommittedCase

from .common_quote import QuoteSetup


@tagged("post_install", "-at_install")
class TestPromiseRace(QuoteSetup, CommittedCase):
    """Salespeople, a channel and a planner at once, each on a connection of its own.

    A request is run as Odoo runs one: on a picture of its beginning (REPEATABLE READ),
    and again when PostgreSQL has refused it.
    """

    stocked = 5

    def setUp(self):
        super().setUp()
        number = next(self.numbers)
        with self.commit() as env:
            env.company.write(
                {"channel_quote_percent": 100, "channel_quote_policy": "manual"}
            )
            self.people = [
                self.make_salesperson(env, f"seller {number} {each}").id
                for each in range(2)
            ]
        self.conflicts = 0

    # ------------------------------------------------------------- actions
    def quote(self, quantity, person=0):
        with self.commit() as env:
            return self.make_quotation(
                env,
                env["product.product"].browse(self.product_id),
                quantity,
                env["stock.warehouse"].browse(self.warehouse_id),
                env["res.users"].browse(self.people[person]),
            ).id

    def request(self, order_id, method, person=0, values=None):
        """What the button of a salesperson does, as Odoo's server runs it."""

        def run():
            with self.registry.cursor() as cr:
                env = api.Environment(cr, self.people[person], {})
                order = env["sale.order"].browse(order_id)
                # the request has read something before it comes to the stock
                self.assertTrue(order.name)
                self.gate.wait(30)
                if values:
                    order.order_line.write(values)
                else:
                    getattr(order, method)()
                env.flush_all()

        def count():
            try:
                run()
            except Exception as error:
                self.conflicts += getattr(error, "pgcode", None) == "40001"
                raise

        self.gate = self.gate if hasattr(self, "gate") else _Open()
        retry_on_conflict(count)

    def capture(self, quantity):
        self.fake.levels["item-1", "node-1"] = quantity
        name = self.fake.sell(quantity)
        self.store(self.fake.event(name))
        with self.commit() as env:
            env["channel.intake"]._capture_next(self.channel(env))

    # --------------------------------------------------------------- looks
    def held(self, *order_ids):
        with self.commit() as env:
            holds = env["channel.hold"].search(
                [("cause", "=", "quotation"), ("state", "=", "active")]
            )
            return [
                sum(
                    holds.filtered(
                        lambda hold, wanted=order_id: hold.sale_order_id.id == wanted
                    ).mapped("stock_quantity")
                )
                for order_id in order_ids
            ]

    def available(self):
        with self.commit() as env:
            return (
                env["channel.position"]
                .search(
                    [
                        ("product_id", "=", self.product_id),
                        ("warehouse_id", "=", self.warehouse_id),
                    ]
                )
                .available
            )

    # --------------------------------------------------------------- tests
    def test_two_salespeople_hold_the_last_5_at_once(self):
        """Exactly one of them has them; both have begun before either wrote."""
        orders = [self.quote(5, person) for person in range(2)]
        self.gate = threading.Barrier(2)
        gate = self.gate

        def once():
            # only the first tries meet; a second one has nobody to wait for
            try:
                gate.wait(10)
            except threading.BrokenBarrierError:
                return
            gate.abort()

        self.gate = _Gate(once)
        self.in_threads(
            *(
                lambda each=each: self.request(
                    orders[each], "action_channel_hold", each
                )
                for each in range(2)
            )
        )
        self.assertEqual(sorted(self.held(*orders)), [0, 5])
        self.assertEqual(self.available(), 0)
        self.assertEqual(self.conflicts, 1)

    def test_without_the_turn_both_would_have_them(self):
        """What the test above protects from is real."""
        orders = [self.quote(5, person) for person in range(2)]
        turn = self.registry["channel.promise.turn"]
        met = threading.Barrier(2)
        read = self.registry["channel.promise"]._read_stock

        def read_together(model, places):
            found = read(model, places)
            met.wait(30)
            return found

        with (
            patch.object(turn, "_take", lambda *_args: None),
            patch.object(
                self.registry["channel.promise"], "_read_stock", read_together
            ),
        ):
            self.in_threads(
                *(
                    lambda each=each: self.request(
                        orders[each], "action_channel_hold", each
                    )
                    for each in range(2)
                )
            )
        self.assertEqual(self.held(*orders), [5, 5])
        # and the plan takes back what is not there
        self.plan()
        self.assertEqual(sorted(self.held(*orders)), [0, 5])
        self.assertEqual(self.available(), 0)

    def test_salespeople_and_a_web_order_at_once(self):
        """The web order has its units, the quotations what is left of them."""
        orders = [self.quote(4, person) for person in range(2)]
        self.in_threads(
            lambda: self.request(orders[0], "action_channel_hold", 0),
            lambda: self.request(orders[1], "action_channel_hold", 1),
            lambda: self.capture(3),
        )
        self.plan()
        self.assertEqual(sum(self.held(*orders)), 2)
        self.assertEqual(self.available(), 0)

    def test_web_order_in_the_moment_of_a_hold(self):
        """Captured between the look and the commit of a salesperson."""
        order = self.quote(5)
        read = self.registry["channel.promise"]._read_stock
        captured = []

        def read_then_sell(model, places):
            found = read(model, places)
            if not captured:
                captured.append(True)
                self.capture(3)
            return found

        with patch.object(
            self.registry["channel.promise"], "_read_stock", read_then_sell
        ):
            self.request(order, "action_channel_hold")
        self.assertEqual(self.available(), -3)
        self.plan()
        self.assertEqual((self.held(order), self.available()), ([2], 0))

    def test_hold_and_confirmation_at_once(self):
        """A colleague confirms the last 5 while they are being held: one of them."""
        held, confirmed = self.quote(5, 0), self.quote(5, 1)
        outcome = []

        def confirm():
            try:
                self.request(confirmed, "action_confirm", 1)
                outcome.append("sale")
            except Exception as error:
                outcome.append(type(error).__name__)

        self.in_threads(lambda: self.request(held, "action_channel_hold", 0), confirm)
        won = outcome == ["sale"]
        self.assertIn(outcome, (["sale"], ["UserError"]))
        self.assertEqual(self.held(held), [0 if won else 5])
        self.assertEqual(self.available(), 0)

    def test_plan_takes_from_no_hold_that_is_being_changed(self):
        """Neither waits for the other; the change has it planned again."""
        order = self.quote(5)
        self.request(order, "action_channel_hold")
        self.capture(2)
        with self.registry.cursor() as cr:
            env = api.Environment(cr, self.people[0], {})
            env["sale.order"].browse(order).order_line.product_uom_qty = 4
            env.flush_all()
            self.plan()
            # it has waited for nobody, and taken nothing
            self.assertEqual(self.held(order), [5])
        self.plan()
        self.assertEqual((self.held(order), self.available()), ([3], 0))

    def test_killed_between_hold_and_commit_leaves_nothing(self):
        order = self.quote(5)
        with self.registry.cursor() as cr:
            env = api.Environment(cr, self.people[0], {})
            env["sale.order"].browse(order).action_channel_hold()
            env.flush_all()
            cr.rollback()
        self.assertEqual((self.held(order), self.available()), ([0], 5))
        self.request(order, "action_channel_hold")
        self.assertEqual(self.held(order), [5])

    def test_five_salespeople_and_a_shop_for_a_while(self):
        """Whatever comes when, what is held and sold is never more than there is."""
        orders = [self.quote(2, each % 2) for each in range(5)]

        def work(each):
            for method in (
                "action_channel_hold",
                "action_channel_release",
                "action_channel_hold",
            ):
                self.request(orders[each], method, each % 2)

        def shop():
            for _sale in range(2):
                self.capture(1)
                self.plan()

        self.in_threads(*(lambda each=each: work(each) for each in range(5)), shop)
        self.plan()
        self.assertLessEqual(sum(self.held(*orders)), 3)
        self.assertGreaterEqual(self.available(), 0)


class _Open:
    def wait(self, _seconds):
        """Nobody waits."""


class _Gate:
    def __init__(self, function):
        self.function = function

    def wait(self, _seconds):
        self.function()
