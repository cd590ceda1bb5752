# SPDX-License-Identifier: AGPL-3.0-or-later
import random
from dataclasses import replace

from odoo.tests import tagged

from ..lib.flight import Flight, foretell
from .common_http import PureCase

HISTORIES = 20_000


class Shop:
    """Applies numbers in any order, and tells of its sales later than it sells.

    ``said``: the deductions that are known; ``flights``: with how many were known when
    each was sent.
    """

    def __init__(self, dice):
        self.dice, self.shown = dice, dice.randint(0, 6)
        self.base, self.base_deducted = self.shown, 0
        self.said, self.unsaid = [], []
        self.flights, self.landing = [], []

    def step(self):
        work = (self.publish, self.publish, self.land, self.land, self.sell, self.tell)
        return self.dice.choice((*work, self.give_back))()

    def land(self):
        if self.landing:
            at = self.dice.choice((0, 0, self.dice.randrange(len(self.landing))))
            self.shown = self.landing.pop(at)

    def sell(self):
        if self.shown > 0:
            units = self.dice.randint(1, self.shown)
            self.shown -= units
            self.unsaid.append(units)

    def give_back(self):
        if (sold := sum(self.said + self.unsaid)) > 0:
            units = self.dice.randint(1, sold)
            self.shown += units
            self.unsaid.append(-units)

    def tell(self):
        if self.unsaid:
            self.said.append(self.unsaid.pop(0))

    def publish(self):
        """:return: the number that was not sent although it may be overwritten"""
        target, known = self.dice.choice((0, 0, 1, 2, 3, 4)), sum(self.said)
        flights = [self.since(*each) for each in self.flights]
        stays = foretell(flights, target, known) == self.shown == target
        base = self.base + self.base_deducted - known
        flight = Flight(target, base, known, self.shown, True)
        self.flights.append((flight, len(self.said)))
        self.base, self.base_deducted = target, known
        if not stays:
            self.landing.append(target)
        elif not self.unsaid and any(each != target for each in self.landing):
            return target
        return None

    def since(self, flight, known):
        later = self.said[known:]
        sold = sum(units for units in later if units > 0)
        return replace(flight, sold=sold, returned=sold - sum(later))


@tagged("post_install", "-at_install")
class TestFlight(PureCase):
    def test_number_that_is_not_sent_is_overwritten_by_no_other(self):
        """Once all sales are known: until then a later one has it sent again."""
        for seed in range(HISTORIES):
            dice = random.Random(seed)
            shop = Shop(dice)
            for _step in range(dice.randint(2, 14)):
                self.assertIsNone(shop.step(), f"seed {seed}")

    def test_number_that_may_not_have_been_taken_is_not_foretold(self):
        flight = Flight(4, 10, 0, 10, False)
        self.assertIsNone(foretell([flight, replace(flight, quantity=0)], 0, 0))

    def test_number_before_which_nobody_has_looked_leaves_those_before_it_open(self):
        ten, zero = Flight(10, 8, 0, 8, True), Flight(0, 10, 0, 10, True)
        self.assertEqual(foretell([ten, zero], 0, 0), 0)
        self.assertIsNone(foretell([ten, replace(zero, shown=None)], 0, 0))

    def test_sale_and_cancellation_that_make_up_for_each_other_explain_a_number(self):
        """1 is shown because a sale of before was cancelled, and 2 is on its way."""
        two = Flight(2, 1, 0, 0, True)
        self.assertTrue(replace(two, quantity=1).is_seen(1, 0))
        self.assertFalse(replace(two, sold=1, returned=1).is_seen(1, 0))
        self.assertIsNone(foretell([replace(two, sold=1, returned=1)], 1, 0))
