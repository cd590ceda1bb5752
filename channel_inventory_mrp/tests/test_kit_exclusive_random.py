# SPDX-License-Identifier: AGPL-3.0-or-later
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import tagged

from .test_kit_exclusive import KitExclusiveCase

STEPS = 30


@tagged("post_install", "-at_install")
class TestKitExclusiveRandom(KitExclusiveCase):
    """Random kits and components on three channels; random sales, plans, publications,
    lost answers and receipts: at every moment what all channels show together of each
    component is there, and in the end all of it is shown that can be."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        third = cls.make_channel(cls.env, code="KX3")
        third.node_ids.warehouse_ids = cls.warehouse
        cls.channels |= third
        cls.group.member_ids = [(0, 0, {"channel_id": third.id})]
        cls.group.action_activate()
        cls.screw = cls.make_product(cls.env, 3, 10, cls.warehouse)
        cls.parts = cls.product | cls.part | cls.screw
        pair = cls.make_kit(
            cls.env, 10, [(cls.product, 1), (cls.part, 1)], listed=False
        )
        many = cls.make_kit(cls.env, 11, [(cls.screw, 3)], listed=False)
        both = cls.make_kit(cls.env, 12, [(pair, 1), (many, 1)], listed=False)
        # one of three sheets
        third_of = cls.make_kit(
            cls.env, 13, [(cls.part, 2), (cls.screw, 1)], listed=False, product_qty=3
        )
        cls.kits = pair | many | both | third_of
        cls.listing.state = "ignored"
        cls.env.flush_all()

    @settings(deadline=None, derandomize=True, max_examples=10)
    @given(st.integers(0, 2**32))
    def test_never_shown_twice_and_all_of_it_in_the_end(self, seed):
        savepoint = self.env.cr.savepoint()
        self.fake.__init__()
        try:
            self.play(random.Random(seed))
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all(flush=False)

    def play(self, dice):
        self.set_up(dice)
        events = [self.buy] * 4 + [self.see] * 2 + [self.plan_] * 3 + [self.send] * 6
        events += [self.lose, self.receive, self.look, self.weigh]
        for step in range(STEPS):
            event = dice.choice(events)
            event(dice)
            self.check(f"after step {step}: {event.__name__}")
        self.come_to_rest(dice)

    def set_up(self, dice):
        self.share(product_tmpl_id=False)
        self.weigh(dice)
        offers = [
            (channel, product)
            for channel in self.channels
            for product in self.parts | self.kits
        ]
        self.offers = {}
        for number, (channel, product) in enumerate(dice.sample(offers, 9), start=30):
            pack = dice.choice([1, 1, 1, 2])
            listing = self.sell(channel, product, number, pack_qty=pack)
            self.offers[listing] = (channel, product, pack)
        self.plan()
        self.takes = {part: {part: 1} for part in self.parts}
        for row in self.env["channel.kit.component"].search(
            [("product_id", "in", self.kits.ids)]
        ):
            takes = self.takes.setdefault(row.product_id, {})
            takes[row.component_id] = row.quantity
        self.stock = {part: 10.0 for part in self.parts}
        self.unseen = []
        self.start()

    def check(self, when):
        for part in self.parts:
            taken = sum(
                self.shown(listing) * pack * self.takes[product].get(part, 0)
                for listing, (_channel, product, pack) in self.offers.items()
            )
            self.assertLessEqual(taken, self.stock[part] + 1e-5, f"{part.name} {when}")

    def come_to_rest(self, dice):
        while self.unseen:
            self.see(dice)
        for channel in self.channels:
            self.observe_on(channel)
        self.settle()
        self.check("at rest")
        levels = self.env["channel.level"].search([])
        self.assertFalse(levels.filtered(lambda each: each.share_state == "waiting"))
        left = dict(self.stock)
        for listing, (_channel, product, pack) in self.offers.items():
            for part, quantity in self.takes[product].items():
                left[part] -= self.shown(listing) * pack * quantity
        weights = dict(
            zip(
                self.group.member_ids.channel_id,
                self.group.member_ids.mapped("weight"),
                strict=True,
            )
        )
        for listing, (channel, product, pack) in self.offers.items():
            if weights[channel]:
                makes = min(
                    left[part] / quantity
                    for part, quantity in self.takes[product].items()
                )
                self.assertLess(makes / pack, 1 - 1e-6, listing.display_name)

    # ------------------------------------------------------------- events
    def buy(self, dice):
        listing = dice.choice(list(self.offers))
        channel, product, pack = self.offers[listing]
        shown = self.shown(listing)
        if shown:
            quantity = dice.randint(1, shown)
            name = self.fake.sell(quantity, listing.stock_ref)
            for part, each in self.takes[product].items():
                self.stock[part] -= quantity * pack * each
            self.unseen.append((channel, name))

    def receive(self, dice):
        part, quantity = dice.choice(self.parts), dice.randint(1, 6)
        self.add_stock(self.env, part, self.warehouse, quantity)
        self.stock[part] += quantity

    def weigh(self, dice):
        for member in self.group.member_ids:
            member.weight = dice.choice([0, 1, 1, 2, 5])
        self.group.member_ids[0].weight = self.group.member_ids[1].weight = 1
        self.group.filtered(lambda each: each.state == "draft").action_activate()
