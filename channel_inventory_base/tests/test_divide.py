# SPDX-License-Identifier: AGPL-3.0-or-later
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import TransactionCase, tagged

NOISE = 1e-5


@dataclass
class Division:
    """Levels that claim resources: ``takes`` has a dictionary a level, resource ->
    (stock units a sold unit, weight)."""

    supply: list
    wanted: list
    showing: list  # None for one not seen yet
    takes: list

    def used(self, numbers, resource):
        return sum(
            number * takes[resource][0]
            for number, takes in zip(numbers, self.takes, strict=True)
            if resource in takes
        )

    def left(self, numbers):
        return [
            supply - self.used(numbers, resource)
            for resource, supply in enumerate(self.supply)
        ]

    def carry_out(self, cr):
        """:return: rows (level_no, entitled, number, claim_no, room)"""
        claims = [
            (level, resource + 1, units, weight)
            for level, takes in enumerate(self.takes, start=1)
            for resource, (units, weight) in sorted(takes.items())
        ]
        showing = [-1.0 if shown is None else float(shown) for shown in self.showing]
        cr.execute(
            "SELECT * FROM channel_divide(%s::float8[], %s::float8[], %s::float8[], "
            "%s::int[], %s::int[], %s::float8[], %s::float8[])",
            [
                [float(number) for number in self.wanted],
                showing,
                [float(number) for number in self.supply],
                *(list(column) for column in zip(*claims, strict=True)),
            ],
        )
        return cr.fetchall()


@st.composite
def divisions(draw):
    """Few resources and many claims on them, so that most hang together."""
    resources = draw(st.integers(1, 4))
    supply = [draw(st.integers(0, 30)) for _resource in range(resources)]
    levels = draw(st.integers(1, 7))
    takes = []
    for _level in range(levels):
        claimed = draw(st.sets(st.integers(0, resources - 1), min_size=1))
        takes.append(
            {
                resource: (
                    draw(st.sampled_from([1, 1, 1, 2, 3, 4, 12, 0.5, 1 / 3])),
                    draw(st.sampled_from([0, 1, 1, 1, 2, 5, 0.1])),
                )
                for resource in claimed
            }
        )
    wanted = [draw(st.integers(0, 40)) for _level in range(levels)]
    showing = [
        draw(st.one_of(st.none(), st.integers(0, 15), st.just(0)))
        for _level in range(levels)
    ]
    return Division(supply, wanted, showing, takes)


@tagged("post_install", "-at_install")
class TestDivide(TransactionCase):
    """Whatever is claimed of what: it is divided once, and as far as it goes."""

    def divide(self, division):
        rows = division.carry_out(self.env.cr)
        self.assertEqual(
            [row[0] for row in rows], list(range(1, len(division.takes) + 1))
        )
        return [[row[place] for row in rows] for place in (1, 2)]

    @settings(deadline=None, derandomize=True, max_examples=300)
    @given(divisions())
    def test_shares_fit_into_what_there_is(self, division):
        shares, _numbers = self.divide(division)
        for left in division.left(shares):
            self.assertGreaterEqual(left, -NOISE)
        for share, wanted in zip(shares, division.wanted, strict=True):
            self.assertEqual(share, int(share))
            self.assertTrue(0 <= share <= wanted)

    @settings(deadline=None, derandomize=True, max_examples=300)
    @given(divisions())
    def test_nothing_is_left_that_somebody_could_take(self, division):
        """Liveness: who wants more and has a weight in all that a unit takes lacks a
        whole unit of one of them."""
        shares, _numbers = self.divide(division)
        left = division.left(shares)
        for share, wanted, takes in zip(
            shares, division.wanted, division.takes, strict=True
        ):
            if share < wanted and all(weight for _units, weight in takes.values()):
                self.assertTrue(
                    any(left[each] < units for each, (units, _w) in takes.items())
                )

    @settings(deadline=None, derandomize=True, max_examples=300)
    @given(divisions())
    def test_whoever_has_a_part_gets_at_least_that(self, division):
        """Nobody is starved: one whose part of everything makes a unit has got it."""
        shares, _numbers = self.divide(division)
        weights = [
            sum(takes[each][1] for takes in division.takes if each in takes)
            for each in range(len(division.supply))
        ]
        for share, wanted, takes in zip(
            shares, division.wanted, division.takes, strict=True
        ):
            part = min(
                division.supply[each] * weight / weights[each] / units
                if weights[each]
                else 0
                for each, (units, weight) in takes.items()
            )
            self.assertGreaterEqual(share, min(wanted, int(part - NOISE)))

    @settings(deadline=None, derandomize=True, max_examples=300)
    @given(divisions())
    def test_raises_fit_into_the_room_all_together(self, division):
        shares, numbers = self.divide(division)
        may_show = [
            max(number, shown or 0)
            for number, shown in zip(numbers, division.showing, strict=True)
        ]
        for resource, supply in enumerate(division.supply):
            levels = [
                level for level, takes in enumerate(division.takes) if resource in takes
            ]
            raised = [
                level
                for level in levels
                if division.showing[level] is not None
                and numbers[level] > division.showing[level]
            ]
            if raised:
                self.assertLessEqual(division.used(may_show, resource), supply + NOISE)
                self.assertFalse(
                    supply and any(division.showing[each] is None for each in levels)
                )
        for share, number, shown in zip(shares, numbers, division.showing, strict=True):
            self.assertLessEqual(number, share)
            if shown is not None:
                self.assertGreaterEqual(number, min(share, shown))

    @settings(deadline=None, derandomize=True, max_examples=200)
    @given(divisions())
    def test_it_comes_to_rest_with_everybodys_share(self, division):
        """Liveness: lowered, acknowledged and raised, all show their shares."""
        division.showing = [shown or 0 for shown in division.showing]
        for _round in range(2):
            shares, numbers = self.divide(division)
            division.showing = numbers
        self.assertEqual(numbers, shares)

    def test_of_nothing_comes_nothing(self):
        self.env.cr.execute(
            "SELECT count(*) FROM channel_divide(NULL, NULL, NULL, NULL, NULL, NULL, "
            "NULL)"
        )
        self.assertEqual(self.env.cr.fetchall(), [(0,)])
