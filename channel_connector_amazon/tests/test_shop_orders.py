# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.channel_inventory_base import exceptions, schemas

from ..const import MERCHANT
from ..lib import pull
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

    def break_off(self, count):
        """A poll of so many orders, in pages of two, of which the first is read.

        :return: ids of the orders
        """
        self.patch(pull, "ORDERS_A_PAGE", 2)
        self.shop.edit_stock("SKU-5", 500)
        sold = {self.sell({"SKU-5": 1}).id for _shopper in range(count)}
        search, pages = self.adapter_model._fetch_orders, []

        def fails(_model, channel, since, cursor):
            if cursor:
                raise exceptions.UnavailableError("Amazon does not answer.")
            pages.append(1)
            return search(channel, since, cursor)

        model = type(self.adapter_model)
        with patch.object(model, "_fetch_orders", fails):
            with self.raises(exceptions.UnavailableError):
                self.poll()
        self.assertEqual(len(pages), 1)
        self.assertLess(len(self.known()), count)
        return sold

    def known(self):
        events = self.env["channel.inbox.event"].search(
            [("channel_id", "=", self.channel.id), ("kind", "=", "order")]
        )
        return set(events.mapped("ref"))

    def test_pull_that_breaks_off_misses_no_order_whatever_comes_first(self):
        """amzn/selling-partner-api-models#3945, and any search of which the documents
        do not say how it is sorted: the first page may have the newest orders."""
        self.shop.rules.set(search_unsorted=1)
        sold = self.break_off(7)
        asked = len(self.requests("searchOrders"))
        self.poll()
        self.assertEqual(self.known(), sold)
        # it goes on where it was: the first page of four is not read again
        self.assertEqual(len(self.requests("searchOrders")) - asked, 3)

    def test_pull_that_goes_on_days_later_begins_anew(self):
        """A token is good for a day."""
        self.shop.rules.set(search_unsorted=1)
        sold = self.break_off(5)
        self.shop.pass_time(2 * 86400)
        self.poll()
        self.assertEqual(self.known(), sold)
        opened = [("channel_id", "=", self.channel.id), ("state", "=", "open")]
        self.assertFalse(self.env["channel.exception"].search_count(opened))

    def test_pull_that_cannot_go_on_just_now_goes_on_later(self):
        self.shop.rules.set(search_unsorted=1)
        sold = self.break_off(5)
        for _minute in range(3):
            self.shop.faults.add(kind="http_429", operation="searchOrders", next=1)
            with self.raises(exceptions.ThrottledError):
                self.poll()
            self.shop.pass_time(400)
            self.env["channel.shared.state"].search(
                [("key", "like", "bucket.searchOrders")]
            ).unlink()
        asked = len(self.requests("searchOrders"))
        self.poll()
        self.assertEqual(self.known(), sold)
        self.assertEqual(len(self.requests("searchOrders")) - asked, 2)

    def test_order_that_the_search_never_shows_comes_in_by_the_queue(self):
        """amzn/selling-partner-api-models#3945: it is found by its id and by no search;
        its units are held when Amazon tells of it."""
        self.patch(self.shop.config, "blind_seconds", 10**9)
        self.shop.rules.set(new_order_told=1)
        self.listing.write({"external_id": "SKU-2", "stock_ref": "SKU-2"})
        self.node.external_id = MERCHANT
        self.channel.write(
            {
                "amazon_queue_url": self.shop.queue_url("orders"),
                "amazon_aws_key": "AKIATEST",
            }
        )
        self.adapter_model._drain(self.channel, 1)
        order = self.shop.checkout({"SKU-2": 2}, payment="paid")
        self.shop.pass_time(5)
        self.env.flush_all()
        self.env["channel.stream"]._drain(self.channel)
        self.intake()
        known = self.order(order.id)
        self.assertTrue(known.complete)
        self.assertEqual(self.position.held, 2)
        self.assertEqual(self.page().events, ())

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
