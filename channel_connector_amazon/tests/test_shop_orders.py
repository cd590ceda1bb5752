# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.channel_inventory_base import exceptions, schemas

from ..const import MERCHANT
from .common import FR, SE
from .shop import AccountCase


@tagged("post_install", "-at_install")
class TestShopOrders(AccountCase):
    """Orders, against a running account."""

    def since(self, **values):
        now = self.shop.store.clock.now()
        return now - timedelta(**(values or {"days": 1}))

    def page(self, since=None, cursor=""):
        since = since or self.since()
        return self.adapter_model._fetch_orders(self.channel, since, cursor)

    def parse(self, event):
        return self.adapter_model._parse_order(self.channel, event.body)

    def polled(self):
        return {event.ref: event for event in self.page().events}

    # ----------------------------------------------------------------- poll
    def test_pending_order_is_announced_with_its_units(self):
        order = self.sell({"SKU-2": 2}, payment="pending")
        data = self.parse(self.polled()[order.id])
        self.assertEqual((data.state, data.complete), ("pending", True))
        [line] = data.lines
        self.assertEqual((line.sku, line.open_quantity), ("SKU-2", 2))
        self.assertEqual(line.deductions, (schemas.Deduction(MERCHANT, 2),))

    def test_paid_order_is_sold_with_what_it_cost(self):
        order = self.sell([{"sku": "SKU-2", "quantity": 2, "shipping": "4.95"}])
        data = self.parse(self.polled()[order.id])
        self.assertEqual((data.state, data.payment), ("open", "paid"))
        self.assertEqual((str(data.total), data.currency), ("24.95", "EUR"))
        self.assertEqual(data.taxed_by, "odoo")
        self.assertEqual(data.shipping.country_code, "DE")

    def test_pending_and_paid_within_one_second_are_two_events(self):
        """Amazon's times have whole seconds."""
        order = self.shop.checkout({"SKU-2": 2}, payment="pending")
        first = self.adapter_model._fetch_order(self.channel, order.id)
        updated = order.updated
        self.shop.pay(order)
        order.updated = updated
        second = self.adapter_model._fetch_order(self.channel, order.id)
        self.assertEqual(first.occurred_at, second.occurred_at)
        self.assertNotEqual(first.key, second.key)
        states = [self.parse(each).state for each in (first, second)]
        self.assertEqual(states, ["pending", "open"])

    def test_pages_miss_nothing_and_repeat_nothing(self):
        self.shop.edit_stock("SKU-5", 500)
        sold = {self.sell({"SKU-5": 1}).id for _shopper in range(3)}
        sold |= {
            self.shop.checkout({"SKU-5": 1}, payment="paid").id for _i in range(130)
        }
        self.shop.pass_time(200)
        since, seen, cursor = self.since(), [], ""
        for _page in range(9):
            page = self.page(since, cursor)
            seen += [event.ref for event in page.events]
            cursor = page.cursor
            if not cursor:
                break
        self.assertEqual(len(seen), len(set(seen)))
        self.assertEqual(set(seen), sold)
        self.assertEqual(len(self.requests("searchOrders")), 2)
        self.assertEqual(self.violations(), {})

    def test_change_that_shows_late_is_found_by_the_next_poll(self):
        """The search is up to five minutes later with some changes than with those
        after them: each poll reaches back further than its overlap."""
        self.shop.rules.next("late_index")
        late = self.shop.checkout({"SKU-2": 1}, payment="pending")
        self.shop.pass_time(100)
        self.sell({"SKU-3": 1}, payment="pending")
        events = self.page().events
        self.assertNotIn(late.id, [event.ref for event in events])
        newest = max(event.occurred_at for event in events)
        self.shop.pass_time(600)
        again = self.page(newest).events
        self.assertIn(late.id, [event.ref for event in again])

    def test_orders_of_all_marketplaces_come_in_their_currencies(self):
        orders = [
            self.sell({"SKU-2": 1}, marketplace=FR),
            self.sell({"SKU-2": 1}, marketplace=SE),
        ]
        found = self.polled()
        data = [self.parse(found[order.id]) for order in orders]
        self.assertEqual([each.currency for each in data], ["EUR", "SEK"])
        self.assertEqual([each.market for each in data], [FR, SE])

    def test_order_that_amazon_ships_takes_nothing_of_ours(self):
        data = self.fetch(self.sell({"FBA-1": 2}))
        self.assertTrue(data.fulfilled_by_channel)
        self.assertEqual([line.deductions for line in data.lines], [()])

    def test_units_come_back_or_not_with_a_cancellation(self):
        for restock, reason in ((True, "BuyerCanceled"), (False, "NoInventory")):
            order = self.sell({"SKU-2": 2}, payment="pending")
            self.shop.cancel(order, "MERCHANT", reason, restock)
            data = self.fetch(order)
            self.assertEqual(data.state, "cancelled")
            taken = sum(each.quantity for each in data.lines[0].deductions)
            self.assertEqual(taken, 0 if restock else 2)

    # ----------------------------------------------------------------- look
    def test_order_that_vanished_is_gone(self):
        order = self.sell(payment="pending")
        self.shop.vanish(order)
        self.assertIsNone(self.adapter_model._fetch_order(self.channel, order.id))
        placed = self.env["channel.intake"]._database_time() - timedelta(days=2)
        self.assertTrue(self.adapter_model._is_gone(self.channel, order.id, placed))
        old = placed - timedelta(days=730)
        self.assertFalse(self.adapter_model._is_gone(self.channel, order.id, old))

    def test_order_without_its_state_is_asked_for_again(self):
        order = self.sell()
        self.shop.rules.next("state_missing")
        data = self.fetch(order)
        self.assertEqual((data.complete, data.state), (False, "open"))
        self.assertTrue(self.fetch(order).complete)

    def test_order_that_is_not_of_the_model_is_salvaged(self):
        order = self.sell({"SKU-2": 3})
        body = self.adapter_model._fetch_order(self.channel, order.id).body
        broken = body.replace('"UNSHIPPED"', '"LOST_IN_SPACE"')
        with self.assertRaises(exceptions.MalformedDataError):
            self.adapter_model._parse_order(self.channel, broken)
        data = self.adapter_model._salvage_order(self.channel, broken)
        self.assertEqual(data.external_id, order.id)
        self.assertEqual([line.open_quantity for line in data.lines], [3])

    def test_business_order_tells_who_buys(self):
        data = self.fetch(self.sell(business=True))
        self.assertEqual(data.customer_ref, "PO-4711")
        self.assertEqual(data.customer.vat, "NL123456789B01")

    def test_broken_answers_are_outages(self):
        for kind in ("truncated", "html", "http_500", "http_502"):
            with self.subTest(kind):
                self.shop.faults.add(kind=kind, next=9, operation="searchOrders")
                with self.assertRaises(exceptions.UnavailableError):
                    self.page()
                self.shop.faults.clear()

    # ----------------------------------------------------------------- flow
    def test_polled_order_holds_its_units(self):
        self.env["channel.catalogue"]._fetch(self.channel)
        listing = self.env["channel.listing"].search(
            [("channel_id", "=", self.channel.id), ("external_id", "=", "SKU-2")]
        )
        listing.write({"product_id": self.product.id, "state": "mapped"})
        self.node.external_id = MERCHANT
        order = self.sell({"SKU-2": 2}, payment="pending")
        self.poll()
        self.intake()
        stored = self.order(order.id)
        self.assertEqual(stored.line_ids.listing_id, listing)
        self.assertEqual(stored.line_ids.open_quantity, 2)
        self.assertEqual(self.position.held, 2)
