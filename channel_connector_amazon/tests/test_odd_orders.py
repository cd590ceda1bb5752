# SPDX-License-Identifier: AGPL-3.0-or-later
"""Orders that are not of Amazon's model: each is refused with its place, or read, and
what can be read of a refused one is held."""

import copy
import random

from odoo.addons.channel_inventory_base import schemas
from odoo.addons.channel_inventory_base.exceptions import MalformedDataError
from odoo.addons.channel_inventory_base.lib.errors import Malformed

from .. import mapper
from ..lib import salvage
from .common import PureCase
from .orders import american, item, order, pending
from .test_notifications import change

ODD = (
    None,
    "",
    "x",
    "1e999999",
    "NaN",
    -1,
    0,
    1.5,
    True,
    10**40,
    "9" * 5000,
    [],
    {},
    [None],
    {"x": 1},
    "\x00\u202e",
)
REFUSED = (Malformed, MalformedDataError)


def places(value, path=()):
    """The path of each value in a document."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield (*path, name)
            yield from places(each, (*path, name))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield (*path, number)
            yield from places(each, (*path, number))


def changed(raw, path, value):
    """A copy with one value replaced; ``...`` takes it out."""
    raw = copy.deepcopy(raw)
    place = raw
    for step in path[:-1]:
        place = place[step]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return raw


SAMPLES = (
    order(
        item(
            parts={"ITEM": "20.00", "TAX": "3.19", "DISCOUNT": "-1.00"},
            details={"DISCOUNT": {"ITEM": "-1.00"}, "TAX": {"ITEM": "3.19"}},
            cancellation={"cancellationRequest": {"requester": "BUYER"}},
        ),
        packages=[
            {
                "packageReferenceId": "1",
                "trackingNumber": "JJD1",
                "packageItems": [{"orderItemId": "1", "quantity": 1}],
            }
        ],
        associatedOrders=[{"orderId": "028-0-0", "associationType": "OTHER"}],
        tax={
            "taxRegistrations": [{"entityType": "BUYER", "taxRegistrationNumber": "1"}]
        },
        payment={"paymentExecutions": [{"paymentMethod": "Invoice"}]},
    ),
    american(
        item(currency="USD", parts={"ITEM": "20.00", "TAX": "1.65"}, collected=True),
        total="21.65",
    ),
    pending(),
    change(),
)


class TestOddOrders(PureCase):
    def parsed(self, raw):
        return schemas.load(schemas.OrderData, mapper.any_order(raw))

    def test_samples_are_read_as_they_are(self):
        for raw in SAMPLES:
            self.assertTrue(self.parsed(raw).external_id)

    def test_each_value_replaced_by_each_odd_one(self):
        """Refused by one of two errors, or read: never anything else."""
        refused = read = 0
        for raw in SAMPLES:
            for path in places(raw):
                for value in (..., *ODD):
                    broken = changed(raw, path, value)
                    try:
                        self.parsed(broken)
                        read += 1
                    except REFUSED:
                        refused += 1
                        self.check_salvage(broken)
        self.assertGreater(refused, 1000)
        self.assertGreater(read, 1000)

    def test_many_values_at_once(self):
        dice = random.Random(20261201)
        for _round in range(1500):
            broken = dice.choice(SAMPLES)
            for _each in range(dice.randint(2, 6)):
                path = dice.choice(list(places(broken)))
                broken = changed(broken, path, dice.choice((..., *ODD)))
            try:
                self.parsed(broken)
            except REFUSED:
                self.check_salvage(broken)

    def check_salvage(self, raw):
        """It gives an order that the base takes, or nothing."""
        values = salvage.order(raw)
        if values:
            self.assertFalse(schemas.load(schemas.OrderData, values).complete)

    def test_place_is_told(self):
        raw = order(item("1"), item("2", done="many", left=0))
        with self.assertRaises(Malformed) as caught:
            self.parsed(raw)
        self.assertEqual(
            caught.exception.path, "orderItems[1].fulfillment.quantityFulfilled"
        )

    def test_amounts_of_two_currencies_are_refused(self):
        with self.assertRaises(Malformed) as caught:
            self.parsed(order(item(currency="SEK")))
        self.assertIn("orderItems[0]", caught.exception.path)

    def test_state_that_nobody_knows_is_refused(self):
        with self.assertRaises(Malformed):
            self.parsed(order(status="LOST"))

    def test_price_of_anything_else_is_refused(self):
        for amount in ("1e999999", "1" * 13, "0.00001", "1e-30"):
            with self.subTest(amount), self.assertRaises(Malformed):
                self.parsed(order(total=amount))


class TestSalvage(PureCase):
    def held(self, raw):
        data = schemas.load(schemas.OrderData, salvage.order(raw))
        self.assertFalse(data.complete)
        return {line.listing_ref: line.open_quantity for line in data.lines}, data

    def test_units_of_an_unreadable_order_are_held(self):
        held, data = self.held(order(item("1"), item("2", done=1), total="free"))
        self.assertEqual(held, {"LAMP-1": 2, "LAMP-2": 1})
        self.assertEqual([each.quantity for each in data.lines[0].deductions], [2])
        self.assertEqual(data.state, "open")

    def test_state_that_nobody_knows_is_held(self):
        held, data = self.held(order(status="LOST"))
        self.assertEqual((held, data.state), ({"LAMP-1": 2}, "open"))

    def test_pending_one_is_pending(self):
        self.assertEqual(self.held(pending(total="x"))[1].state, "pending")

    def test_what_has_ended_holds_nothing(self):
        for status in ("SHIPPED", "CANCELLED"):
            held, _data = self.held(order(status=status, total="x"))
            self.assertEqual(held, {"LAMP-1": 0})

    def test_what_amazon_ships_is_told_so(self):
        data = self.held(order(by="AMAZON", total="x"))[1]
        self.assertTrue(data.fulfilled_by_channel)
        self.assertIsNone(data.lines[0].deductions)

    def test_line_that_says_nothing_is_left_out(self):
        raw = order(item("1"), item("2", ordered="some", left=0))
        self.assertEqual(self.held(raw)[0], {"LAMP-1": 2})

    def test_notification_is_held_as_a_part(self):
        raw = change(level="OrderItemLevel", FulfillmentType=5)
        held, data = self.held(raw)
        self.assertEqual((held, data.whole), ({"SellerSKUID1": 10}, False))

    def test_nothing_is_made_up(self):
        for raw in ({}, {"orderId": 5}, {"orderId": "1"}, {"NotificationType": "X"}):
            self.assertIsNone(salvage.order(raw))
        foreign = order(salesChannel={"channelName": "NON_AMAZON"})
        self.assertIsNone(salvage.order(foreign))
