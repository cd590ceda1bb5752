# SPDX-License-Identifier: AGPL-3.0-or-later
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..lib.replay import Figures, History, Level, Sale, play
from ..lib.terms import Terms

ALPHA, BRAVO = "alpha", "bravo"
HERE, THERE = 1, 2


def level(key=ALPHA, warehouses=(HERE,), group=None, **terms):
    return Level(key, key, frozenset(warehouses), Terms(**terms), group)


def sale(at, key=ALPHA, sold=1, known_at=None, units=None, **values):
    return Sale(
        at=at,
        known_at=at if known_at is None else known_at,
        level=key,
        sold=sold,
        parts=((HERE, sold if units is None else units),),
        order=values.pop("order", at),
        **values,
    )


def played(history, levels, latency=0, limited=True):
    figures = Figures()
    play(history, levels, lambda channel, at: latency, figures, limited)
    return figures


@tagged("post_install", "-at_install")
class TestReplay(BaseCase):
    """Small histories whose right answers were computed by hand."""

    def test_beginning_is_reckoned_back_from_now(self):
        # 4 now, 5 came in, 3 were sold and one of them came back: 4 - 5 + 2 = 1
        history = History(
            {HERE: 4},
            [(10, HERE, 5)],
            [sale(20, sold=3, returned=1 / 3, back_at=30)],
        )
        self.assertAlmostEqual(history.beginning()[HERE], 1)

    def test_two_shops_sell_the_last_unit_within_the_latency(self):
        # one there; bravo's shopper comes 5 seconds after alpha's, known after 2
        history = History(
            {HERE: -1}, [], [sale(100, known_at=102), sale(105, BRAVO, known_at=107)]
        )
        shops = [level(), level(BRAVO)]
        self.assertEqual(played(history, shops, latency=4).oversold, 1)
        # known at 102, shown at 105: bravo shows 0 in time, and nothing was there
        quick = played(history, shops, latency=3)
        self.assertEqual((quick.oversold, quick.hidden, quick.sold), (0, 0, 1))
        as_it_was = played(history, shops, limited=False)
        self.assertEqual((as_it_was.oversold, as_it_was.sold), (1, 2))

    def test_shop_does_not_sell_its_own_last_unit_twice(self):
        # Odoo hears of neither sale in time; the shop has taken them off itself
        history = History(
            {HERE: 0}, [], [sale(1, known_at=99, sold=2), sale(2, known_at=99)]
        )
        self.assertEqual(played(history, [level()], latency=50).oversold, 0)

    def test_buffer_hides_what_is_there(self):
        # 3 there, 2 kept back: the shopper wants 2 and finds 1
        history = History({HERE: 1}, [], [sale(1, sold=2, price=10, cost=4)])
        figures = played(history, [level(fixed=2)])
        self.assertEqual((figures.sold, figures.hidden), (1, 1))
        self.assertEqual((figures.lost_value, figures.lost_margin), (10, 6))
        self.assertEqual((figures.margin, figures.hidden_orders), (6, {1}))

    def test_what_is_not_there_is_not_hidden(self):
        # 1 there, wanted 3, nothing kept back: 2 were never there
        history = History({HERE: -2}, [], [sale(1, sold=3)])
        figures = played(history, [level()])
        self.assertEqual((figures.sold, figures.hidden, figures.oversold), (1, 0, 0))

    def test_goods_that_come_later_do_not_undo_an_oversale(self):
        history = History({HERE: 9}, [(50, HERE, 10)], [sale(1)])
        figures = played(history, [level()], limited=False)
        self.assertEqual((figures.oversold, figures.oversold_orders), (1, {1}))

    def test_receipt_is_shown_a_latency_later(self):
        history = History({HERE: 4}, [(100, HERE, 5)], [sale(104)])
        self.assertEqual(played(history, [level()], latency=5).hidden, 1)
        self.assertEqual(played(history, [level()], latency=4).sold, 1)

    def test_cancelled_units_are_sold_again(self):
        # one there: sold, cancelled at 50, and wanted again at 60
        history = History({HERE: 0}, [], [sale(1, returned=1, back_at=50), sale(60)])
        figures = played(history, [level()])
        self.assertEqual((figures.sold, figures.oversold, figures.hidden), (2, 0, 0))

    def test_packs_are_whole(self):
        # 11 there, cases of six: one is shown; in stock units the second was there
        # for five sixths
        history = History({HERE: -1}, [], [sale(1, sold=2, units=12, price=60)])
        figures = played(history, [level(factor=6)])
        self.assertEqual((figures.sold, figures.hidden), (6, 5))
        self.assertEqual(figures.lost_value, 50)

    def test_warehouse_that_a_shop_does_not_sell_from_is_not_there(self):
        history = History({HERE: 0, THERE: 5}, [], [sale(1)])
        self.assertEqual(played(history, [level()], limited=False).oversold, 0)
        history.now[HERE] = -1
        self.assertEqual(played(history, [level()], limited=False).oversold, 1)

    def test_unit_without_a_price_counts_as_a_unit(self):
        figures = played(History({HERE: 0}, [], [sale(1)]), [level()])
        self.assertEqual((figures.sold, figures.margin, figures.unpriced), (1, 0, 1))

    def test_exclusive_shops_never_show_the_same_unit(self):
        # one there, two shops, sold at once: the first in order has it
        shops = [level(weight=1, group="g"), level(BRAVO, weight=1, group="g")]
        history = History(
            {HERE: -1}, [], [sale(1, known_at=9), sale(2, BRAVO, known_at=9)]
        )
        figures = played(history, shops, latency=60)
        self.assertEqual((figures.sold, figures.oversold), (1, 0))
        # bravo's shopper alone: there, and shown by the other shop only
        alone = played(History({HERE: 0}, [], [sale(2, BRAVO)]), shops)
        self.assertEqual(alone.hidden, 1)

    def test_exclusive_share_moves_when_the_other_has_given_it_up(self):
        # four there: two each. alpha sells two; then one of bravo's is alpha's
        shops = [level(weight=1, group="g"), level(BRAVO, weight=1, group="g")]
        sales = [sale(10, sold=2), sale(11), sale(40)]
        figures = played(History({HERE: 0}, [], sales), shops, latency=5)
        self.assertEqual((figures.sold, figures.hidden, figures.oversold), (3, 1, 0))


class Plain:
    """The model once more, obviously right and slow: for each shopper all that has
    happened is added up anew. Without exclusive shares."""

    def __init__(self, history, levels, latency):
        self.start = history.beginning()
        self.history, self.latency = history, latency
        self.levels = {each.key: each for each in levels}
        self.taken = []  # (sale, sold units)

    def stock(self, warehouses, supplied_by, is_known):
        total = sum(self.start.get(each, 0) for each in warehouses)
        total += sum(
            units
            for at, warehouse, units in self.history.supplies
            if at <= supplied_by and warehouse in warehouses
        )
        for sold, taken in self.taken:
            for warehouse, units in sold.parts:
                if warehouse in warehouses:
                    part = units * taken / sold.sold
                    total -= part * is_known(sold)
                    if sold.returned and max(sold.back_at, sold.at) <= supplied_by:
                        total += part * sold.returned
        return total

    def run(self):
        oversold = hidden = sold = 0
        for each in sorted(self.history.sales, key=lambda one: one.at):
            shop = self.levels[each.level]
            until = each.at - self.latency
            known = self.stock(
                shop.warehouses, until, lambda one, until=until: one.known_at <= until
            )
            unheard = sum(
                taken
                for one, taken in self.taken
                if one.level == each.level and one.known_at > until
            )
            shown = max(0, shop.terms.number(known) - unheard)
            there = max(0, self.stock(shop.warehouses, each.at, lambda one: True))
            taken = min(each.sold, shown)
            units = each.stock * taken / each.sold
            sold += units
            oversold += max(0, units - there)
            hidden += min(each.stock - units, max(0, there - units))
            self.taken.append((each, taken))
        return sold, oversold, hidden


TIMES = st.integers(0, 60)
SALES = st.builds(
    lambda at, late, key, sold, back: sale(
        at,
        key,
        sold=sold,
        known_at=at + late,
        returned=1.0 if back else 0.0,
        back_at=at + late + (back or 0),
    ),
    TIMES,
    st.integers(0, 15),
    st.sampled_from([ALPHA, BRAVO]),
    st.integers(1, 4),
    st.none() | st.integers(1, 20),
)
HISTORIES = st.builds(
    lambda now, supplies, sales: History({HERE: now}, supplies, sales),
    st.integers(-3, 12),
    st.lists(st.tuples(TIMES, st.just(HERE), st.integers(-3, 6)), max_size=5),
    st.lists(SALES, max_size=12),
)
TERMS = st.fixed_dictionaries(
    {},
    optional={
        "fixed": st.integers(0, 3),
        "percent": st.integers(0, 60),
        "cap": st.integers(1, 5),
        "threshold": st.integers(0, 3),
    },
)


@tagged("post_install", "-at_install")
class TestReplayProperty(BaseCase):
    @settings(max_examples=400, deadline=None)
    @given(HISTORIES, TERMS, TERMS, st.integers(0, 20))
    def test_play_is_the_plain_model(self, history, alpha, bravo, latency):
        levels = [level(**alpha), level(BRAVO, **bravo)]
        figures = played(history, levels, latency)
        plain = Plain(history, levels, latency).run()
        found = (figures.sold, figures.oversold, figures.hidden)
        for one, other in zip(found, plain, strict=True):
            self.assertAlmostEqual(one, other, places=6)

    @settings(max_examples=200, deadline=None)
    @given(HISTORIES, st.integers(0, 20), st.integers(1, 3))
    def test_exclusive_shops_oversell_nothing(self, history, latency, weight):
        """As long as nothing leaves otherwise: what vanishes is known too late."""
        history.supplies = [each for each in history.supplies if each[2] > 0]
        history.now[HERE] += 12 + sum(each.stock for each in history.sales)
        levels = [
            level(weight=weight, group="g"),
            level(BRAVO, weight=1, group="g"),
        ]
        self.assertEqual(played(history, levels, latency).oversold, 0)
