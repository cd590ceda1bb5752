# SPDX-License-Identifier: AGPL-3.0-or-later
import os
from contextlib import suppress

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from odoo.tests import tagged

from .shop import PLACES, Inbox, ShopCase

THREE = (*PLACES, "Third Warehouse")
SKU = "SKU-1"
EXAMPLES = int(os.environ.get("CHANNEL_PLACES_EXAMPLES", 8))
ORDERS = int(os.environ.get("CHANNEL_PLACES_ORDERS", 12))
STOCK = st.lists(st.integers(0, 4), min_size=3, max_size=3)
# what happens next: (what, of which order, how many units, at which place)
ACT = st.tuples(
    st.sampled_from(
        ("sell", "sell", "ship", "ship_here", "move", "take_off", "cancel", "receive")
    ),
    st.integers(0, 9),
    st.integers(1, 5),
    st.integers(0, 2),
)


class PlacesCase(ShopCase):
    """A store with several locations, each of them a warehouse here."""

    places = THREE

    def setUp(self):
        super().setUp()
        self.adapter_model._test_connection(self.channel)
        self.inbox = Inbox()
        self.addCleanup(self.inbox.stop)
        self.warehouses = [self.warehouse] + [
            self.make_warehouse(self.env, f"CH{number}")
            for number in range(2, len(self.places) + 1)
        ]
        self.env["channel.node"].create(
            [
                {
                    "channel_id": self.channel.id,
                    "external_id": f"to be named {number}",
                    "name": place,
                    "warehouse_ids": [(6, 0, warehouse.ids)],
                }
                for number, (place, warehouse) in enumerate(
                    zip(self.places[1:], self.warehouses[1:], strict=True)
                )
            ]
        )
        self.add_stock(self.env, self.product, self.warehouse, -10)

    def open_with(self, stock):
        """The store and the shelves as new, with so much at each place."""
        self.shop.reset()
        self.shop.seed({"locations": list(self.places)})
        del self.inbox.deliveries[:]
        self.placed = []
        variant = self.shop.store.find_variant(SKU)
        self.listing.write({"external_id": variant.gid, "stock_ref": self.item(SKU)})
        nodes = self.channel.node_ids.sorted("id")
        for place, node, warehouse, units in zip(
            self.places, nodes, self.warehouses, stock, strict=True
        ):
            node.write({"external_id": self.place(place), "name": place})
            self.shop.edit_stock(SKU, place, quantity=units)
            if units:
                self.add_stock(self.env, self.product, warehouse, units)
        self.plan()
        for level in self.levels():
            self.make_known(self.env, level, level.target)
        self.adapter_model._ensure_webhooks(self.channel, f"{self.inbox.url}/hook")
        self.publish()

    def levels(self):
        return self.env["channel.level"].search(
            [("listing_id", "=", self.listing.id)], order="node_id"
        )

    def receive(self):
        """Store what webhooks have brought since."""
        self.assertTrue(self.shop.webhooks.wait_idle())
        brought = self.inbox.deliveries[:]
        del self.inbox.deliveries[: len(brought)]
        events = [
            self.adapter_model._verify_webhook(self.channel, headers, body)
            for headers, body in brought
        ]
        self.env["channel.inbox.event"]._store(self.channel, events, "webhook")
        self.env.flush_all()

    def work(self):
        """What the jobs do, a publisher coming before a planner too."""
        self.receive()
        while self.env["channel.intake"]._capture_next(self.channel):
            pass
        self.plan()
        self.publish()
        self.intake()
        self.publish()
        self.plan()
        self.publish()

    def shown_at(self):
        return [self.shown(SKU, place) or 0 for place in self.places]

    def writes(self):
        return self.env["channel.publication"].search_count(
            [("channel_id", "=", self.channel.id)]
        )


@tagged("post_install", "-at_install")
class TestThreePlaces(PlacesCase):
    """Whatever becomes of the units of a line that three locations share."""

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize="CHANNEL_PLACES_EXAMPLES" not in os.environ,
        phases=(Phase.explicit, Phase.generate),
        # a slow machine is no finding
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(STOCK, st.lists(ACT, min_size=3, max_size=9))
    def test_all_places_together_never_show_more_than_there_is(self, stock, acts):
        with self.passing():
            self.open_with(stock)
            self.received = sum(stock)
            for act in acts:
                self.happen(*act)
                self.work()
                there = self.received - self.count_sold()
                shown = self.shown_at()
                self.assertLessEqual(sum(shown), there, (act, shown))
            self.come_to_rest()
            there = self.received - self.count_sold()
            self.assertEqual(sum(self.shown_at()), there)
            self.assertEqual(self.shown_at(), self.levels().mapped("target"))
            self.assertEqual(self.count_available(), there)

    def come_to_rest(self):
        for _round in range(3):
            self.env["channel.messenger"]._run(self.channel)
            self.env["channel.order"].search(
                [("channel_id", "=", self.channel.id)]
            ).write({"fetch_after": False})
            self.poll()
            self.work()
            self.observe()
            self.later(60)

    def count_sold(self):
        """By the store's own order book: units that are to leave, or have left."""
        return sum(
            line.current_quantity for order in self.placed for line in order.lines
        )

    def count_available(self):
        positions = self.env["channel.position"].search(
            [("product_id", "=", self.product.id)]
        )
        return sum(positions.mapped("available"))

    # ------------------------------------------------------------- happening
    def happen(self, what, which, units, where):
        from sandbox.shopify.store import StoreError

        order = self.placed[which % len(self.placed)] if self.placed else None
        with suppress(StoreError):
            if what == "sell":
                self.sell(min(units, sum(self.shown_at())))
            elif what == "receive":
                self.add_stock(self.env, self.product, self.warehouses[where], units)
                self.received += units
            elif order:
                getattr(self, what)(order, units, where)

    def sell(self, units):
        if units > 0:
            self.placed.append(self.shop.checkout({SKU: units}))

    def ship(self, order, units, _where):
        """The store ships some of it."""
        self.shop.fulfill(order, {SKU: units})

    def ship_here(self, order, units, _where):
        """One of our warehouses ships some of what it has to."""
        sale_order = self.order(order.gid).sale_order_id
        pickings = sale_order.picking_ids.filtered(
            lambda each: each.state == "assigned"
        )
        for picking in pickings[:1]:
            move = picking.move_ids[:1]
            move.quantity = min(units, move.product_uom_qty)
            move.picked = True
            picking.with_context(skip_backorder=True).button_validate()
            self.env.flush_all()
            self.env.cr.precommit.run()
            self.env["channel.messenger"]._run(self.channel)

    def move(self, order, units, where):
        """As far as the other place has them: what it has not it would owe."""
        from sandbox.shopify import fulfillment

        location = self.shop.store.find_location(self.places[where])
        for entry in order.fulfillment_orders[:1]:
            part = entry.lines[0]
            units = min(units, part.remaining, self.shown_at()[where])
            if units > 0:
                fulfillment.move(self.shop.store, entry, location, {part: units})

    def take_off(self, order, units, _where):
        self.shop.refund(order, {SKU: units}, restock="CANCEL")

    def cancel(self, order, _units, _where):
        self.shop.cancel(order, restock=True)


@tagged("post_install", "-at_install")
class TestTwoPlaces(PlacesCase):
    """A sale needs no number of ours, wherever it is taken from."""

    places = PLACES

    def test_orders_at_two_places_need_no_write(self):
        """``CHANNEL_PLACES_ORDERS`` for more of them."""
        self.open_with([3 * ORDERS, 2 * ORDERS])
        before = self.writes()
        for number in range(ORDERS):
            # every third leaves the choice to the store
            place = {"location": self.places[number % 2]} if number % 3 else {}
            self.placed.append(self.shop.checkout({SKU: 1 + number % 3}, **place))
            self.work()
        self.assertEqual(self.writes(), before)
        self.assertEqual(self.shown_at(), self.levels().mapped("target"))
        self.assertEqual(len(self.placed), ORDERS)
