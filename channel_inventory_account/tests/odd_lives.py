# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lives of orders of odd shapes, and what must hold after every single step of them."""

import os
import random

from odoo.exceptions import UserError

from odoo.addons.channel_inventory_base.tests.common import ChannelCase, fake_adapter
from odoo.addons.channel_inventory_sale.tests.ledger_units import units_faults

from .fuzz.judge import find_broken
from .ledger_money import money_faults
from .odd_shop import RATE, OddShop

LIVES = int(os.environ.get("CHANNEL_ODD_LIVES", 0))
FIRST = int(os.environ.get("CHANNEL_ODD_SEED", 1))
STEPS = int(os.environ.get("CHANNEL_ODD_STEPS", 10))
TRIES = 12
"""What cannot happen just now is tried no more often in one step."""
PRICES = ("2.49", "3.33", "5.00", "10.01")
AMOUNTS = ("0.33", "1.00", "2.50")
# Each with a number that chooses the order, and one that chooses all the rest.
ACTS = (
    "buy",
    "buy",
    "buy_split",
    "buy_unpaid",
    "pay",
    "take_payment_back",
    "take_off",
    "put_on",
    "take_goods_back",
    "pay_back_line",
    "give",
    "reprice",
    "exchange",
    "cancel_there",
    "ship_there",
    "trash",
    "restore",
    "ship",
    "ship",
    "ship_one",
    "refuse_backorder",
    "cancel_transfer",
    "deliver_again",
    "cancel_rest",
    "receive_back",
    "cancel_sale",
    "take_unit_off",
    "count",
    "change_pack",
    "press_retry",
    "press_resolve",
)


class OddLives(ChannelCase):
    """A channel with a node of one warehouse and a node of two. Product 1 is sold by
    the piece, product 2 in packs; ``numbers`` are those that are sold.

    Nothing is committed: an example is forgotten at its end.
    """

    numbers = (1, 2)
    count = 3
    """Of lives; ``CHANNEL_ODD_LIVES`` for more, ``CHANNEL_ODD_SEED`` for the first."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        env = cls.env
        houses = [cls.make_warehouse(env, code) for code in ("CH7", "CH8")]
        env["channel.node"].create(
            {
                "channel_id": cls.channel.id,
                "name": "Node 2",
                "external_id": "node-2",
                "warehouse_ids": [(6, 0, [each.id for each in houses])],
            }
        )
        cls.houses = cls.warehouse | houses[0] | houses[1]
        cls.packed = cls.make_product(env, 2, 30, cls.warehouse)
        cls.make_listing(env, cls.channel, cls.packed, 2, pack_qty=3)
        for house in houses:
            cls.add_stock(env, cls.product, house, 4)
            cls.add_stock(env, cls.packed, house, 12)
        (cls.product | cls.packed).write({"invoice_policy": "order"})
        cls._keep_books()

    @classmethod
    def _keep_books(cls):
        journal = cls.env["account.journal"].create(
            {"name": "Gateway", "code": "CHGW", "type": "bank"}
        )
        cls.channel.write(
            {
                "payment_policy": "paid",
                "payment_journal_id": journal.id,
                "exception_user_id": cls.env.user.id,
            }
        )
        for included in (False, True):
            tax = cls.env["account.tax"].create(
                {
                    "name": f"VAT {included}",
                    "amount": float(RATE * 100),
                    "type_tax_use": "sale",
                    "price_include_override": (
                        "tax_included" if included else "tax_excluded"
                    ),
                }
            )
            cls.channel.tax_map_ids.create(
                {
                    "channel_id": cls.channel.id,
                    "rate": float(RATE * 100),
                    "price_included": included,
                    "tax_id": tax.id,
                }
            )

    # ---------------------------------------------------------------- a life
    def live_all(self):
        for seed in range(FIRST, FIRST + (LIVES or self.count)):
            with self.subTest(seed=seed), self.passing():
                self.live(random.Random(seed))

    def live(self, dice):
        self.shop = OddShop(dice.random() < 0.5, dice.random() < 0.5)
        self.history = []
        with fake_adapter(self.shop):
            policy = dice.choice(("none", "confirmed", "shipped"))
            self.channel.invoice_policy = policy
            self.history.append((self.shop.included, self.shop.tells_received, policy))
            self.begin()
            for _step in range(STEPS):
                self.step(dice)
                self.work()
                self.judge()

    def step(self, dice):
        """Something happens that can happen now."""
        for _try in range(TRIES):
            act = dice.choice(ACTS), dice.randint(0, 7), dice.randint(0, 4)
            if self.happen(*act):
                self.history.append(act)
                return

    def begin(self):
        self.plan()
        for level in self.env["channel.level"].search(
            [("channel_id", "=", self.channel.id)]
        ):
            self.make_known(self.env, level, level.target)
            ref = level.listing_id.stock_ref, level.node_id.external_id
            self.shop.levels[ref] = level.target
        self.poll()

    def happen(self, act, which, how):
        """:return: whether it could"""
        savepoint = self.env.cr.savepoint()
        try:
            getattr(self, f"do_{act}")(which, how)
            self.env.flush_all()
            self.env.cr.precommit.run()
        except (LookupError, UserError):
            self.env.cr.precommit.clear()
            savepoint.close(rollback=True)
            self.env.invalidate_all(flush=False)
            return False
        savepoint.close(rollback=False)
        self.env.invalidate_all()
        return True

    def work(self):
        """What the jobs do, until nothing is left to do."""
        for _round in range(3):
            self.poll()
            self.env.cr.execute(
                "UPDATE channel_order SET fetch_after = NULL, "
                "create_date = create_date - interval '2 hours'"
            )
            self.env.invalidate_all()
            self.intake()
            self.commit()
            self.book()
            self.env["channel.messenger"]._run(self.channel)
            self.commit()
        self.plan()
        self.publish()
        self.env["channel.order.owed"]._settle_forgotten()
        self.env["channel.shortage"]._look_around()
        self.commit()

    def commit(self):
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.env.invalidate_all()

    def book(self):
        orders = self.orders()
        taken = self.env["channel.bookkeeping"]._take(orders.ids)
        self.env["channel.bookkeeper"]._keep_books(orders.browse(taken))
        self.commit()

    # --------------------------------------------------------------- judging
    def judge(self):
        env, channel = self.env, self.channel
        found = find_broken(env, channel.id)
        if faults := money_faults(env, channel):
            found["money"] = faults
        if faults := units_faults(env, channel):
            found["units"] = faults
        if faults := list(self.find_unhealthy()):
            found["health"] = faults
        self.assertEqual(found, {}, self.history)

    def find_unhealthy(self):
        """No position below zero that nobody was told of, no channel healthy that has
        an order which is blocked or short."""
        positions = self.env["channel.position"].search(
            [("warehouse_id", "in", self.houses.ids), ("available", "<", 0)]
        )
        told = self.env["channel.exception"].search(
            [("category", "=", "oversold"), ("state", "=", "open")]
        )
        keys = set(told.mapped("key"))
        for each in positions:
            key = f"short:{each.product_id.id}:{each.warehouse_id.id}"
            if key not in keys and not self.is_excused(each):
                yield f"{each.product_id.default_code}: {each.available} and not told"
        self.channel.invalidate_recordset()
        stopped = self.orders().filtered(lambda order: order.state == "blocked")
        stopped |= told.order_ids
        if self.channel.health == "ok" and stopped:
            yield f"{self.channel.health_text}: {stopped.mapped('name')}"

    def is_excused(self, position):
        """Its orders wait by policy, or a person is asked about them already."""
        holds = self.env["channel.hold"].search(
            [
                ("product_id", "=", position.product_id.id),
                ("warehouse_id", "=", position.warehouse_id.id),
                ("state", "=", "active"),
            ]
        )
        asked = self.env["channel.exception"].search(
            [("category", "=", "short_stock"), ("state", "=", "open")]
        )
        waiting = holds.order_id.filtered(
            lambda order: (
                order.state in ("parked", "captured", "announced")
                or order.id in asked.mapped("res_id")
            )
        )
        held = sum(hold.stock_quantity for hold in holds if hold.order_id in waiting)
        return held >= -position.available

    # ----------------------------------------------------------------- looks
    def orders(self):
        return self.env["channel.order"].search(
            [("channel_id", "=", self.channel.id)], order="id"
        )

    def pick(self, which, trashed=False):
        names = sorted(self.shop.trashed if trashed else self.shop.orders)
        if not names:
            raise LookupError("there is none")
        return names[which % len(names)]

    def known(self, which):
        """The confirmed sale order of an order."""
        order = self.order(self.pick(which))
        if order.sale_order_id.state != "sale":
            raise LookupError("not sold")
        return order.sale_order_id

    def open_pickings(self, which):
        found = self.known(which).picking_ids.filtered(
            lambda each: (
                each.state == "assigned" and each.picking_type_code == "outgoing"
            )
        )
        if not found:
            raise LookupError("nothing to ship")
        return found

    # ------------------------------------------------------------- in the shop
    def do_buy(self, which, how, paid=True):
        number = self.numbers[which % len(self.numbers)]
        cart = {number: {f"node-{1 + how % 2}": 1 + how % 3}}
        if how == 4:
            other = self.numbers[(which + 1) % len(self.numbers)]
            cart[other] = {"node-1": 1}
        self.shop.buy(cart, paid)

    def do_buy_unpaid(self, which, how):
        self.do_buy(which, how, paid=False)

    def do_buy_split(self, which, how):
        number = self.numbers[which % len(self.numbers)]
        self.shop.buy({number: {"node-1": 1 + how % 2, "node-2": 1 + how % 3}})

    def do_pay(self, which, how):
        self.shop.pay(self.pick(which))

    def do_take_payment_back(self, which, how):
        self.shop.take_payment_back(self.pick(which))

    def do_take_off(self, which, how):
        back = how != 4 or not self.shop.tells_received
        self.shop.take_off(self.pick(which), how, 1 + how % 2, back)

    def do_put_on(self, which, how):
        paid = how != 4 or not self.shop.tells_received
        node = f"node-{1 + how % 2}"
        self.shop.put_on(self.pick(which), how, 1 + how % 2, node, paid)

    def do_take_goods_back(self, which, how):
        self.shop.take_goods_back(self.pick(which), how, 1 + how % 2, how % 2)

    def do_pay_back_line(self, which, how):
        self.shop.pay_back_line(self.pick(which), how, AMOUNTS[how % len(AMOUNTS)])

    def do_give(self, which, how):
        self.shop.give(self.pick(which), AMOUNTS[how % len(AMOUNTS)])

    def do_reprice(self, which, how):
        self.shop.reprice(self.pick(which), how, PRICES[how % len(PRICES)])

    def do_exchange(self, which, how):
        number = self.numbers[how % len(self.numbers)]
        self.shop.exchange(self.pick(which), how, number)

    def do_cancel_there(self, which, how):
        self.shop.cancel(self.pick(which))

    def do_ship_there(self, which, how):
        self.shop.ship_there(self.pick(which))

    def do_trash(self, which, how):
        name = self.pick(which)
        self.shop.trash(name)
        self.order(name)._want_fetch()

    def do_restore(self, which, how):
        self.shop.restore(self.pick(which, trashed=True))

    # ----------------------------------------------------------- in the house
    def do_ship(self, which, how):
        for picking in self.open_pickings(which):
            picking.move_ids.picked = True
            picking.with_context(skip_backorder=True).button_validate()

    def do_ship_one(self, which, how):
        picking = self.open_pickings(which)[0]
        move = picking.move_ids[how % len(picking.move_ids)]
        (picking.move_ids - move).picked = False
        move.write({"quantity": 1, "picked": True})
        picking.with_context(skip_backorder=True).button_validate()

    def do_refuse_backorder(self, which, how):
        picking = self.open_pickings(which)[0]
        move = picking.move_ids[how % len(picking.move_ids)]
        (picking.move_ids - move).quantity = 0
        move.write({"quantity": min(move.quantity, 1 + how), "picked": True})
        picking.with_context(
            skip_backorder=True, picking_ids_not_to_backorder=picking.ids
        ).button_validate()

    def do_cancel_transfer(self, which, how):
        self.open_pickings(which)[0].action_cancel()

    def do_deliver_again(self, which, how):
        self.order(self.pick(which)).action_deliver_again()

    def do_cancel_rest(self, which, how):
        self.order(self.pick(which)).action_cancel_rest()

    def do_receive_back(self, which, how):
        done = self.known(which).picking_ids.filtered(
            lambda each: each.state == "done" and each.picking_type_code == "outgoing"
        )
        if not done:
            raise LookupError("nothing was shipped")
        wizard = (
            self.env["stock.return.picking"]
            .with_context(active_id=done[0].id, active_model="stock.picking")
            .create({"picking_id": done[0].id})
        )
        for line in wizard.product_return_moves:
            line.quantity = min(1 + how % 3, line.move_id.quantity)
        action = wizard.action_create_returns()
        back = self.env["stock.picking"].browse(action["res_id"])
        back.move_ids.picked = True
        back.button_validate()

    def do_cancel_sale(self, which, how):
        self.known(which)._action_cancel()

    def do_take_unit_off(self, which, how):
        line = self.known(which).order_line.filtered(
            lambda each: (
                each.channel_order_line_id
                and each.product_uom_qty > max(1, each.qty_delivered)
            )
        )[:1]
        line.product_uom_qty -= 1

    def do_count(self, which, how):
        stocked = self.stocked()
        product = stocked[which % len(stocked)]
        house = self.houses[how % len(self.houses)]
        quants = self.env["stock.quant"].with_context(inventory_mode=True)
        quants.create(
            {
                "product_id": product.id,
                "location_id": house.lot_stock_id.id,
                "inventory_quantity": (0, 2, 9, 25)[which % 4],
            }
        ).action_apply_inventory()

    def stocked(self):
        return self.product | self.packed

    def do_change_pack(self, which, how):
        listing = self.env["channel.listing"].search(
            [("channel_id", "=", self.channel.id), ("sku", "=", "SKU-2")]
        )
        listing.pack_qty = 1 + how

    # ---------------------------------------------------------- in front of it
    def opened(self, which):
        found = self.env["channel.exception"].search(
            [("channel_id", "=", self.channel.id), ("state", "=", "open")], order="id"
        )
        if not found:
            raise LookupError("nothing to do")
        return found[which % len(found)]

    def do_press_retry(self, which, how):
        self.opened(which).action_retry()

    def do_press_resolve(self, which, how):
        found = self.opened(which)
        if found.category in ("books", "refund", "changed", "cancelled_late"):
            raise LookupError("who closes that has written it off")
        found._close("resolved", "Somebody says so")
