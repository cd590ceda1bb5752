# SPDX-License-Identifier: AGPL-3.0-or-later
"""One order out of many documents, and many orders out of one."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from ..lib.fold import Piece, fold
from ..lib.split import split
from ..schemas import (
    Allocation,
    ChangeLine,
    Dates,
    ItemId,
    Moment,
    OrderChange,
    OrderLine,
    Party,
    Price,
    PurchaseOrder,
    Reference,
)
from .common import AT, PureCase

ALL = ("quantity", "unit", "price", "dates", "ids", "allocations")


def line(number, quantity, **values):
    values.setdefault("ids", (ItemId("VN", f"SKU{number}"),))
    return OrderLine(int(number), Decimal(quantity), "EA", str(number), **values)


def change(number, *lines, **values):
    return OrderChange("4711", lines=lines, change_number=number, **values)


def change_line(action, number, quantity=0, told=("quantity",), **values):
    left = values.pop("left", None)
    relative = values.pop("relative", False)
    made = line(number, quantity, **values)
    return ChangeLine(action, made, left=left, relative=relative, told=told)


ORDER = PurchaseOrder("4711", (line(1, 10), line(2, 20), line(3, 30)))
MOMENT = Moment(AT, AT, "x")


def quantities(folded):
    return {each.number: each.quantity for each in folded.order.lines}


class TestFold(PureCase):
    def test_changes_count_in_the_order_of_their_numbers(self):
        second = change("2", change_line("change", 1, 5))
        tenth = change("10", change_line("change", 1, 7))
        for pieces in (
            [ORDER, second, tenth],
            [tenth, ORDER, second],
            [tenth, second, ORDER],
        ):
            self.assertEqual(quantities(fold(pieces))["1"], 7)

    def test_those_without_a_number_in_that_of_their_sending(self):
        first = Piece(change("", change_line("change", 1, 5)), "20261201")
        last = Piece(change("", change_line("change", 1, 7)), "20261202")
        base = Piece(ORDER, "20261130")
        for pieces in ([base, first, last], [last, first, base]):
            self.assertEqual(quantities(fold(pieces))["1"], 7)

    def test_a_change_without_its_order_waits(self):
        folded = fold([change("1", change_line("change", 1, 5))])
        self.assertIsNone(folded.order)
        self.assertEqual(folded.problems, (("missing", ""),))
        self.assertEqual(fold([]).problems, ())

    def test_actions(self):
        for action, values, expected in (
            ("change", {"quantity": 8}, 8),
            ("increase", {"quantity": 13}, 13),
            ("decrease", {"quantity": 8}, 8),
            ("increase", {"quantity": 3, "relative": True}, 13),
            ("decrease", {"quantity": 3, "relative": True}, 7),
            ("decrease", {"quantity": 7, "left": Decimal(3), "relative": True}, 7),
            ("decrease", {"quantity": 99, "relative": True}, 0),
            ("delete", {}, 0),
            ("none", {"quantity": 99}, 10),
            ("price", {"quantity": 0}, 10),
            ("dates", {"quantity": 0}, 10),
        ):
            with self.subTest(f"{action} {values}"):
                folded = fold([ORDER, change("1", change_line(action, 1, **values))])
                self.assertEqual(quantities(folded), {"1": expected, "2": 20, "3": 30})
                self.assertFalse(folded.problems)

    def test_what_is_not_told_stays(self):
        price = Price(Decimal(5))
        made = change("1", change_line("price", 1, price=price))
        first = fold([ORDER, made]).order.lines[0]
        self.assertEqual(
            (first.price, first.quantity, first.ids), (price, 10, ORDER.lines[0].ids)
        )

    def test_a_line_more(self):
        folded = fold([ORDER, change("1", change_line("add", 4, 5, ALL))])
        self.assertEqual(quantities(folded)["4"], 5)
        self.assertEqual(folded.order.lines[-1].position, 4)

    def test_numbers_are_compared_without_zeros(self):
        made = change_line("change", 1, 5)
        made = replace(made, line=replace(made.line, number="0001"))
        self.assertEqual(quantities(fold([ORDER, change("1", made)]))["1"], 5)

    def test_without_a_number_the_item_tells(self):
        made = change_line("change", 2, 5)
        made = replace(made, line=replace(made.line, number=""))
        self.assertEqual(quantities(fold([ORDER, change("1", made)]))["2"], 5)

    def test_a_line_that_is_not_there(self):
        folded = fold([ORDER, change("1", change_line("change", 9, 5))])
        self.assertEqual(folded.problems, (("unmatched", "1/9"),))
        self.assertEqual(quantities(folded), quantities(fold([ORDER])))

    def test_replaced_means_that_the_rest_is_not_wanted(self):
        folded = fold(
            [ORDER, change("1", change_line("change", 1, 5), purpose="replace")]
        )
        self.assertEqual(quantities(folded), {"1": 5, "2": 0, "3": 0})
        new = replace(ORDER, purpose="replace", lines=(line(1, 4),))
        self.assertEqual(
            quantities(fold([Piece(ORDER, "1"), Piece(new, "2")])), {"1": 4}
        )

    def test_cancelled(self):
        for gone in (
            change("2", purpose="cancel"),
            replace(ORDER, purpose="cancel", lines=()),
        ):
            folded = fold([Piece(ORDER, "1"), Piece(gone, "2")])
            self.assertTrue(folded.cancelled)
            self.assertEqual(set(quantities(folded).values()), {0})
        late = fold(
            [
                ORDER,
                change("2", purpose="cancel"),
                change("3", change_line("change", 1, 5)),
            ]
        )
        self.assertEqual(late.problems, (("cancelled", "3"),))
        self.assertEqual(set(quantities(late).values()), {0})

    def test_the_same_order_with_other_content_is_never_taken(self):
        again = replace(ORDER, lines=(line(1, 99),))
        folded = fold([Piece(ORDER, "1"), Piece(again, "2")])
        self.assertEqual(quantities(folded), quantities(fold([ORDER])))
        self.assertEqual(folded.problems, (("conflict", "4711"),))
        # the copy of an order changes nothing, whatever it says
        copy = replace(again, purpose="duplicate")
        self.assertFalse(fold([ORDER, copy]).problems)

    def test_the_same_change_with_other_content_is_never_taken(self):
        one = Piece(change("1", change_line("change", 1, 5)), "1")
        other = Piece(change("1", change_line("change", 1, 6)), "2")
        folded = fold([ORDER, other, one])
        self.assertEqual(quantities(folded)["1"], 5)
        self.assertEqual(folded.problems, (("conflict", "1"),))

    def test_head(self):
        store = Party("ship_to", "ST", "92", "2")
        order = replace(
            ORDER,
            parties=(Party("ship_to", "ST", "92", "1"), Party("buyer")),
            dates=Dates(cancel_after=MOMENT, ship_by=MOMENT),
        )
        later = Moment(AT.replace(day=9), AT.replace(day=9))
        made = change(
            "1",
            dates=Dates(cancel_after=later),
            parties=(store,),
            refs=(Reference("DP", "1"),),
        )
        found = fold([order, made]).order
        self.assertEqual(
            (found.dates.cancel_after, found.dates.ship_by), (later, MOMENT)
        )
        self.assertEqual(found.parties, (Party("buyer"), store))
        self.assertEqual(found.refs, made.refs)

    def test_change_that_names_a_place_by_its_code_keeps_its_address(self):
        head = Party(
            *("ship_to", "ST", "92", "DC07", "BIGMART DC 07"),
            **{"street": "700 DEPOT ROAD", "city": "JOLIET", "zip": "60431"},
        )
        order = replace(ORDER, parties=(head, Party("buyer")))
        for told in (
            Party("ship_to", "ST", "92", "DC07"),
            Party("ship_to", "ST", "", "DC07"),
            Party("ship_to", "ST", "92", "DC07", "BigMart DC 07"),
            Party("ship_to", "ST", name="BigMart DC 07"),
        ):
            [found] = [
                each
                for each in fold([order, change("1", parties=(told,))]).order.parties
                if each.role == "ship_to"
            ]
            self.assertEqual((found.street, found.code), ("700 DEPOT ROAD", "DC07"))
            self.assertEqual(found.name, told.name or head.name)
        for told in (
            Party("ship_to", "ST", "92", "DC12"),
            Party("ship_to", "ST", "UL", "DC07"),
            Party("ship_to", "ST", name="BigMart DC 12"),
            Party("ship_to", "ST", "92", "DC07", street="1 New Street"),
        ):
            found = fold([order, change("1", parties=(told,))]).order.parties
            self.assertEqual(found, (Party("buyer"), told))

    def test_shares_of_places_do_not_outlive_a_change_of_the_quantity(self):
        order = replace(
            ORDER, lines=(line(1, 10, allocations=(Allocation("1", Decimal(10)),)),)
        )
        found = fold([order, change("1", change_line("change", 1, 5))]).order
        self.assertEqual(found.lines[0].allocations, ())


change_lines = st.builds(
    change_line,
    st.sampled_from(
        ["add", "change", "delete", "increase", "decrease", "price", "dates", "none"]
    ),
    st.integers(1, 5),
    st.integers(0, 50),
    st.sets(st.sampled_from(ALL)).map(lambda names: tuple(sorted(names))),
    left=st.none() | st.integers(0, 9).map(Decimal),
    relative=st.booleans(),
)
changes = st.builds(
    lambda number, lines, purpose: change(number, *lines, purpose=purpose),
    st.sampled_from(["", "1", "2", "3", "10", "A"]),
    st.lists(change_lines, max_size=3),
    st.sampled_from(["change", "change", "change", "replace", "cancel", ""]),
)
orders = st.builds(
    lambda purpose, quantity: replace(
        ORDER, purpose=purpose, lines=(line(1, quantity), *ORDER.lines[1:])
    ),
    st.sampled_from(["original", "replace", "change", "cancel", "duplicate", ""]),
    st.integers(1, 50),
)
pieces = st.builds(Piece, changes | orders, st.sampled_from(["", "1", "2", "3"]))


class TestAnyOrder(PureCase):
    @settings(deadline=None, max_examples=200)
    @given(st.lists(pieces, min_size=1, max_size=7), st.data())
    def test_neither_order_of_arrival_nor_repetition_matter(self, documents, data):
        """Only which documents there are: each is applied once, in one order."""
        expected = fold([Piece(ORDER, "0"), *documents])
        shuffled = data.draw(st.permutations([Piece(ORDER, "0"), *documents]))
        repeated = data.draw(st.lists(st.sampled_from(shuffled), max_size=5))
        self.assertEqual(fold([*shuffled, *repeated]), expected)
        self.assertTrue(all(each.quantity >= 0 for each in expected.order.lines))

    @settings(deadline=None, max_examples=100)
    @given(st.lists(pieces, max_size=6))
    def test_one_after_the_other_comes_to_the_same(self, documents):
        """What is folded whenever a document comes in: the last word is that of all."""
        arrived, last = [], None
        for each in [*documents, Piece(ORDER, "0")]:
            arrived.append(each)
            last = fold(arrived)
        self.assertEqual(last, fold(list(reversed(arrived))))


class TestSplit(PureCase):
    def allocated(self, *shares, quantity=None, unit="EA"):
        total = sum(each for _code, each in shares) if quantity is None else quantity
        return line(
            1,
            total,
            allocations=tuple(
                Allocation(code, Decimal(each), unit, "92") for code, each in shares
            ),
        )

    def test_one_order_a_place(self):
        order = PurchaseOrder("4711", (self.allocated(("A", 3), ("B", 7)), line(2, 5)))
        found = split(order)
        self.assertFalse(found.problems)
        self.assertEqual(
            [
                (p.code, [(each.number, each.quantity) for each in p.order.lines])
                for p in found.parts
            ],
            [("", [("2", 5)]), ("A", [("1", 3)]), ("B", [("1", 7)])],
        )

    def test_to_the_head(self):
        order = PurchaseOrder("4711", (self.allocated(("A", 3), ("B", 7)),))
        (part,) = split(order, "head").parts
        self.assertEqual((part.code, part.order.lines[0].quantity), ("", 10))
        self.assertEqual(part.order.lines[0].allocations, order.lines[0].allocations)

    def test_places_of_lines(self):
        store = Party("ship_to", "ST", "92", "7")
        order = PurchaseOrder("4711", (line(1, 3), line(2, 5, parties=(store,))))
        found = split(order, "lines")
        self.assertEqual(
            [(p.code, p.party) for p in found.parts], [("", None), ("7", store)]
        )

    def test_shares_that_do_not_add_up(self):
        for quantity in (9, 11):
            order = PurchaseOrder(
                "4711", (self.allocated(("A", 3), ("B", 7), quantity=quantity),)
            )
            found = split(order)
            self.assertEqual([position for position, _words in found.problems], [1])
            shipped = [each.quantity for p in found.parts for each in p.order.lines]
            self.assertEqual(sum(shipped), quantity)

    def test_shares_in_another_unit(self):
        order = PurchaseOrder(
            "4711", (self.allocated(("A", 3), quantity=36, unit="CA"),)
        )
        found = split(order)
        self.assertTrue(found.problems)
        self.assertEqual(found.parts[0].order.lines[0].quantity, 36)

    def test_no_such_mode(self):
        with self.assertRaises(ValueError):
            split(ORDER, "somehow")

    @settings(deadline=None, max_examples=150)
    @given(
        st.lists(
            st.tuples(
                st.integers(0, 30),
                st.lists(
                    st.tuples(st.sampled_from("ABC"), st.integers(-1, 12)), max_size=5
                ),
            ),
            max_size=4,
        ),
        st.sampled_from(["places", "lines", "head"]),
    )
    def test_nothing_is_lost_or_shipped_twice(self, rows, mode):
        lines = tuple(
            line(
                number,
                quantity,
                allocations=tuple(
                    Allocation(code, Decimal(each), "EA", "92") for code, each in shares
                ),
            )
            for number, (quantity, shares) in enumerate(rows, 1)
        )
        found = split(PurchaseOrder("4711", lines), mode)
        total = {each.number: Decimal(0) for each in lines}
        for part in found.parts:
            for each in part.order.lines:
                self.assertGreaterEqual(each.quantity, 0)
                total[each.number] += each.quantity
        self.assertEqual(total, {each.number: each.quantity for each in lines})
