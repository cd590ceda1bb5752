# SPDX-License-Identifier: AGPL-3.0-or-later
"""Public bug reports of other programs for Amazon, each tried here. Where one has no
test of its own in this file, the list names the one that tries it.

- amzn/selling-partner-api-models#2061, #2633: a merchant's offer beside FBA:
  ``test_shop_feed.TestShopNeverFba``
- amzn/selling-partner-api-models#4406, #4931: the handling time is wiped:
  ``test_shop_levels.test_handling_time_is_kept``
- jlevers/selling-partner-api#493, #861: INVALID with status 200:
  ``test_shop_levels.test_invalid_inside_of_200_is_a_refusal``
- jlevers/selling-partner-api#489, amzn/selling-partner-api-models#5094: the reference
  of a parcel: ``test_shipment``
- amzn/selling-partner-api-models#1603, jrl84/amazon-sp-api#23: SignatureDoesNotMatch
  of an upload: the sandbox refuses it, ``test_shop_feed``
- jlevers/selling-partner-api#830: QuotaExceeded whenever a feed is made:
  ``test_shop_feed.test_feeds_that_are_used_up_keep_no_number_back``
- jlevers/selling-partner-api#363, #240: one PATCH is refused with 400:
  ``test_numbers.test_refusal_of_one_number_keeps_back_no_other``
- Practica456/reporte-financiero-fba#89: a SKU with offers of both:
  ``test_report.test_sku_with_both_offers_is_never_written``
- amzn/selling-partner-api-models#5365: for a day the search refused FULFILLMENT with
  400: ``test_search_that_is_refused_keeps_no_lower_number_back``
  of the base: the orders are found by the queue, or when it is over
- airbytehq/airbyte#9001, amzn/selling-partner-api-models#5048: only the first page of
  a hundred orders is read: ``test_shop_orders.test_pages_miss_nothing``
- amzn/selling-partner-api-docs#688: who searches by the time of the order never hears
  that one was paid: ``test_pull.test_first_page_asks_by_time_without_an_offset``
- abuzuhri/Amazon-SP-API-CSharp#621, jrl84/amazon-sp-api#221, jlevers/
  selling-partner-api#885: ORDER_CHANGE without a filter of events, and
  amzn/selling-partner-api-models#4135: with marketplaces in it:
  ``test_messages.TestSubscriptions``, and the sandbox refuses it
- jlevers/selling-partner-api#698: a time with +00:00 is no time:
  ``test_shipment.test_time_is_utc_without_an_offset``
- airbytehq/airbyte#15415: each attempt orders another report, and none is waited for:
  ``test_catalogue.test_report_is_waited_for_by_the_next_job``
- magento/magento2#32645: orders that Amazon has shipped have no address, and are not
  imported: ``test_order.TestAmazonShips``
- ericcj/amz_sp_api#35, double-break/spapi-php#41: a token that was cached for too long:
  ``test_client.test_token_that_has_ended_is_renewed``, ``test_shop_race``
- jlevers/selling-partner-api#555: feeds of a suspended marketplace are all CANCELLED:
  ``test_lane.test_feed_that_is_not_done_is_refused_as_a_whole``
- jrl84/amazon-sp-api#176, amzn/selling-partner-api-docs#3185, #2490: a SKU with a space
  is encoded twice, one with a comma is taken for two: ``test_skus_with_any_letters``
"""

import dataclasses
import gzip
import json
from datetime import datetime, timezone

from odoo.tests import tagged

from odoo.addons.channel_inventory_base import exceptions, schemas
from odoo.addons.channel_inventory_base.lib.errors import (
    Forbidden,
    Malformed,
    NotFound,
    Refused,
    Unavailable,
)

from .. import mapper
from ..client import address
from ..const import MERCHANT, OPERATIONS
from ..lib import fba, feed, listing, lwa, notifications, report
from ..lib.lane import Batch, freeze_feeds
from ..lib.offers import KnownOffers
from ..lib.pull import Orders
from .common import (
    DE,
    FakeResponse,
    FakeSession,
    FakeStore,
    PureCase,
    make_client,
    refusal,
)
from .orders import item, order
from .shop import AccountCase
from .test_feed import issue
from .test_feed import report as feed_report
from .test_lane import FakeFeeds, entry
from .test_notifications import change


def summaries(sku, token):
    """A page of the stock in Amazon's warehouses."""
    row = {"sellerSku": sku, "inventoryDetails": {"fulfillableQuantity": 3}}
    return {
        "payload": {
            "granularity": {"granularityId": DE},
            "inventorySummaries": [row],
        },
        "pagination": {"nextToken": token},
    }


DEPRECATED = "Deprecated column"
TAB = "\t"


def table(*rows):
    return report.Table([TAB.join(row).encode() + b"\r\n" for row in rows])


class TestPublicReports(PureCase):
    """Of files and addresses."""

    def test_columns_without_a_name_of_their_own(self):
        """amzn/selling-partner-api-models#3999, #4140: several columns are called
        "Deprecated column", and fulfilment-channel is spelled as in British English."""
        columns = ("item-name", "seller-sku", *[DEPRECATED] * 3, "quantity")
        columns += (DEPRECATED, "fulfilment-channel", DEPRECATED, "status")
        row = ("Lamp", "LAMP", "a", "b", "c", "7", "d", "DEFAULT", "e", "Active")
        [offer] = report.offers(table(columns, row)).values()
        self.assertEqual((offer.sku, offer.title), ("LAMP", "Lamp"))
        self.assertTrue(offer.by_merchant and offer.is_active)

    def test_status_that_is_missing(self):
        """amzn/selling-partner-api-models#5216: the column is gone for some accounts,
        and others have columns of businesses in between: nothing is taken for gone."""
        columns = ("item-name", "Business Price", "seller-sku", "fulfillment-channel")
        [offer] = report.offers(
            table(columns, ("Lamp", "7.00", "LAMP", "DEFAULT"))
        ).values()
        self.assertTrue(offer.is_complete and offer.by_merchant)

    def test_custom_report_without_the_channel_is_refused(self):
        """amzn/selling-partner-api-models#4864: columns that were always there are not:
        what Amazon ships could not be told from the rest."""
        with self.assertRaises(Malformed):
            report.Table([b"seller-sku\tprice"], needed=report.NEEDED)

    def test_file_with_commas_is_refused(self):
        """amzn/selling-partner-api-models#4945: a file that was exported by hand comes
        with commas: refused with its header, and no catalogue of one odd column."""
        with self.assertRaisesRegex(Malformed, "seller-sku"):
            report.Table(
                [b"item-name,seller-sku,fulfillment-channel", b"Lamp,LAMP,DEFAULT"],
                needed=report.NEEDED,
            )

    def test_quotes_are_a_part_of_the_title(self):
        """airbytehq/airbyte#38465, jrl84/amazon-sp-api#22: a title that begins with a
        quote, or has one, swallows no column and no row."""
        columns = ("item-name", "seller-sku", "fulfillment-channel")
        rows = [('"Big" lamp', "A", "DEFAULT"), ('12" lamp', 'B"', "DEFAULT")]
        found = report.offers(table(columns, *rows))
        self.assertEqual(
            [(each.sku, each.title) for each in found.values()],
            [("A", '"Big" lamp'), ('B"', '12" lamp')],
        )

    def test_page_token_that_is_not_taken_begins_the_search_anew(self):
        """amzn/selling-partner-api-models#5144, #1269, #2576: the token is refused,
        though all else is the same. It may be a day old; no order is missed, and
        nobody has to do anything."""
        refused = refusal(400, "InvalidInput", "The input you have submitted is odd")
        found = {"orders": [order()], "pagination": {"nextToken": "t2"}}
        client, session, _clock = make_client(refused, found)
        since = datetime(2026, 11, 24, tzinfo=timezone.utc)
        page = Orders(client, [DE]).page(since, "2026-11-20T10:00:00Z|t1")
        self.assertEqual(len(page["events"]), 1)
        self.assertEqual(page["cursor"], "2026-11-20T10:00:00Z|t2")
        first, second = (each["url"] for each in session.sent)
        self.assertIn("paginationToken=t1", first)
        self.assertNotIn("paginationToken", second)
        self.assertIn("lastUpdatedAfter=2026-11-20", second)

    def test_search_that_is_refused_without_a_token_stays_refused(self):
        client, session, _clock = make_client(refusal(400, "InvalidInput", "odd"))
        with self.assertRaises(Refused):
            Orders(client, [DE]).page(datetime(2026, 11, 24, tzinfo=timezone.utc), "")
        self.assertEqual(len(session.sent), 1)

    def test_page_without_orders_is_not_the_last_one(self):
        """amzn/selling-partner-api-models#5048: there is a token, and so there is
        more."""
        empty = {"orders": [], "pagination": {"nextToken": "t2"}}
        client, _session, _clock = make_client(empty)
        page = Orders(client, [DE]).page(
            datetime(2026, 11, 24, tzinfo=timezone.utc), ""
        )
        self.assertTrue(page["cursor"].endswith("|t2"))

    def test_letters_that_amazon_has_lost(self):
        """amzn/selling-partner-api-models#4888: cp1252 without the letters of Poland.
        A title is wrong, and the SKU beside it right."""
        row = "Kr\xf3wka ?\t SKU-1\tDEFAULT".encode("cp1252")
        head = b"item-name\tseller-sku\tfulfillment-channel"
        [offer] = report.offers(report.Table([head, row])).values()
        self.assertEqual((offer.sku, offer.title), ("SKU-1", "Kr\xf3wka ?"))

    def test_compressed_file_of_which_nobody_says_so(self):
        """amzn/selling-partner-api-docs#2423: it begins with 1F 8B and makes no
        sense: refused as a whole, not read as a catalogue."""
        content = gzip.compress(b"seller-sku\tfulfillment-channel\nLAMP\tDEFAULT\n")
        with self.assertRaises(Malformed):
            report.Table(content.splitlines(True), needed=report.NEEDED)

    def test_skus_with_any_letters(self):
        """saleweaver/python-amazon-sp-api#495, #891; amzn/selling-partner-api-models
        #4727; jlevers/selling-partner-api#257: spaces, slashes and wide letters."""
        for sku, encoded in (
            ("my sku", "my%20sku"),
            ("DE-36023/4", "DE-36023%2F4"),
            ("wScrew&Gun", "wScrew%26Gun"),
            ("Book#320", "Book%23320"),
            ("a+b", "a%2Bb"),
            ("test-M\uff06L", "test-M%EF%BC%86L"),
            ("50%", "50%25"),
        ):
            params = {"sellerId": "A1", "sku": sku, "marketplaceIds": [DE]}
            found = address(OPERATIONS["patchListingsItem"], params)
            self.assertIn(f"/A1/{encoded}?", found)

    def test_page_token_with_a_plus(self):
        """amzn/selling-partner-api-models#446, #1411, #1993 and
        jlevers/selling-partner-api#434: sent as it came, its plus is a space, and the
        answer 400."""
        token = "RnzV+A/9l=="
        found = address(OPERATIONS["searchOrders"], {"paginationToken": token})
        self.assertIn("paginationToken=RnzV%2BA%2F9l%3D%3D", found)

    def test_feed_that_refuses_a_message_without_a_sku(self):
        """amzn/selling-partner-api-models#4554: BAD_REQUEST with the number of the
        message alone."""
        found = feed.report(
            feed_report(issue(1, "BAD_REQUEST"), processed=1, accepted=0)
        )
        [result] = found.results([7])
        self.assertEqual(
            (result["status"], result["code"]), ("rejected", "BAD_REQUEST")
        )

    def test_feed_that_is_done_and_has_looked_at_nothing(self):
        """amzn/selling-partner-api-docs#2201: all counts are 0, and nothing was wrong:
        none of it was applied."""
        content = feed_report(issue(None, "4002001"), processed=0, accepted=0)
        payload = freeze_feeds([entry(1, "A"), entry(2, "B")], DE, set(), {})
        batch = Batch(payload, FakeFeeds(("DONE", content)))
        self.assertEqual({each["status"] for each in batch.outcome("1")}, {"retry"})

    def test_report_that_is_cut_off(self):
        """amzn/selling-partner-api-models#1329: CANCELLED, or half a file, is never an
        empty shop."""
        with self.assertRaises(Unavailable):
            report.Table([], needed=report.NEEDED)

    def test_stock_of_amazon_that_breaks_off(self):
        """amzn/selling-partner-api-models#2947: the token of the next page is always
        the same, or is refused: no account without FBA, and no stock of the half."""
        first, second = summaries("A", token="x"), summaries("B", token="x")
        for answers in (
            (first, second),
            (first, refusal(400, "InvalidInput", "invalid nextToken")),
        ):
            client, _session, _clock = make_client(*answers)
            with self.assertRaises(Unavailable):
                fba.everything(client, [DE])

    def test_stock_of_amazon_is_read_whole(self):
        """amzn/selling-partner-api-models#2583, #1983 and selling-partner-api-docs#110:
        with startDateTime rows are missing, or it is wanted where it is optional."""
        self.assertNotIn("startDateTime", fba.params(DE, "token"))

    def test_page_asks_for_the_same_once_more(self):
        """jlevers/selling-partner-api#459: with a token alone the answer is 400."""
        reader = Orders(None, [DE])
        first, second = (
            reader.params("2026-11-24T10:00:00Z"),
            reader.params("2026-11-24T10:00:00Z", "token"),
        )
        self.assertEqual({**first, "paginationToken": "token"}, second)

    def test_time_of_the_answer_is_where_the_next_search_begins(self):
        """saleweaver/python-amazon-sp-api#1001: an answer tells lastUpdatedBefore: up
        to then it is complete, and it is no filter of ours."""
        answer = {"orders": [], "lastUpdatedBefore": "2026-11-24T09:58:00Z"}
        client, session, _clock = make_client(answer)
        reader = Orders(client, [DE])
        reader.page(datetime(2026, 11, 24, tzinfo=timezone.utc), "")
        self.assertEqual(reader.until, "2026-11-24T09:58:00Z")
        self.assertNotIn("lastUpdatedBefore", session.sent[0]["url"])

    def test_sku_that_amazon_ships_in_any_country(self):
        """jlevers/selling-partner-api#349: a quantity for AMAZON_JP is refused, and one
        for DEFAULT would open a second offer."""
        for code in ("AMAZON_JP", "AMAZON_NA", "AMAZON_EU", "AMAZON_XX"):
            self.assertTrue(listing.is_by_amazon({code: 5}))

    def test_feed_that_is_too_long(self):
        """amzn/selling-partner-api-models#4097: "feed messages list beyond allowed
        size", whatever the limit is that day: nothing of it is applied, and its numbers
        go one by one."""
        payload = freeze_feeds([entry(1, "A"), entry(2, "B")], DE, set(), {})
        batch = Batch(payload, FakeFeeds(("FATAL", None)))
        with self.assertRaises(Refused) as caught:
            batch.outcome("1")
        self.assertEqual(caught.exception.code, "FEED")

    def test_removal_that_was_to_leave_in_1995(self):
        """frappe/ecommerce_integrations#344: Amazon takes unsold goods out of its
        warehouse by an order with impossible dates, which ended the synchronization."""
        raw = order(by="AMAZON")
        window = {"earliestDateTime": "1995-01-01T00:00:00Z"}
        window["latestDateTime"] = "1995-01-01T00:00:00Z"
        raw["fulfillment"]["shipByWindow"] = window
        data = schemas.load(schemas.OrderData, mapper.any_order(raw))
        self.assertTrue(data.fulfilled_by_channel)
        self.assertEqual(data.ship_by.year, 1995)

    def test_refusal_without_words(self):
        """amzn/selling-partner-api-docs#3113: InvalidInput for a page's token, with
        null for its words. It is a refusal all the same, of whatever kind."""

        def null(status, code):
            error = {"code": code, "message": None, "details": None}
            return FakeResponse(status, {"errors": [error]})

        found = {"orders": [order()], "pagination": {}}
        client, session, _clock = make_client(null(400, "InvalidInput"), found)
        since = datetime(2026, 11, 24, tzinfo=timezone.utc)
        page = Orders(client, [DE]).page(since, "2026-11-20T10:00:00Z|t1")
        self.assertEqual(len(page["events"]), 1)
        # gone is gone, and a token that has ended is renewed
        client, *_rest = make_client(null(404, "NotFound"))
        with self.assertRaises(NotFound):
            client.call("getOrder", orderId="1")
        client, session, _clock = make_client(null(403, "Unauthorized"), {"order": {}})
        client.call("getOrder", orderId="1")
        self.assertEqual(len(session.sent), 2)

    def test_secret_that_ended_while_the_token_lives(self):
        """amzn/selling-partner-api-models#4489: the API says 403 as if a role were
        missing, and in its details what it is. Both are told: a new token is refused
        by its own words, or these say it."""
        words = "The LWA secret token you provided has expired."
        denied = refusal(403, "Unauthorized", "Access is denied.", words)
        client, session, _clock = make_client(denied)
        with self.assertRaises(Forbidden) as caught:
            client.call("getOrder", orderId="1")
        self.assertEqual(len(session.sent), 3, "with each of three tokens")
        self.assertIn(words, str(caught.exception))

    def test_token_that_is_not_given_now_and_then(self):
        """amzn/selling-partner-api-models#201: for months one request in many for a
        token fails, and the next one does not: nobody is called for that."""
        for reply in (
            FakeResponse(400, {"error": "server_error"}),
            FakeResponse(503, {"error": "temporarily_unavailable"}),
            FakeResponse(200, b"<html>"),
        ):
            with self.subTest(reply=reply.status_code):
                grant = lwa.seller_grant("id", "secret", session=FakeSession(reply))
                with self.assertRaises(Unavailable):
                    grant("Atzr|1")

    def test_first_column_behind_a_mark(self):
        """airbytehq/airbyte#33779: the file begins with a mark of its encoding, and the
        first column is known by no name."""
        rows = ["seller-sku", "LAMP"], ["fulfillment-channel", "DEFAULT"]
        lines = [TAB.join(row).encode() for row in zip(*rows, strict=True)]
        found = report.offers(report.Table([b"\xef\xbb\xbf" + lines[0], lines[1]]))
        self.assertEqual(list(found), ["LAMP"])

    def test_price_of_an_order_that_is_not_paid(self):
        """amzn/selling-partner-api-models#5139: in Japan a pending order has its price.
        It is announced like any other, and not sold."""
        told = order(item(ordered=2, left=0), status="PENDING")
        found = mapper.any_order(told)
        self.assertEqual((found["state"], found["complete"]), ("pending", True))
        [line] = found["lines"]
        self.assertEqual(line["open_quantity"], 2)

    def test_order_without_its_items(self):
        """amzn/selling-partner-api-docs#979, #970: for a day the items of new orders
        were null. It is asked for again, and not taken for one that has none: what was
        known of it stays held."""
        for items in (None, []):
            for status in ("PENDING", "UNSHIPPED", "CANCELLED"):
                with self.subTest(items=items, status=status):
                    raw = {**order(status=status), "orderItems": items}
                    data = schemas.load(schemas.OrderData, mapper.any_order(raw))
                    self.assertEqual((data.complete, data.whole), (False, False))
                    self.assertEqual(data.lines, ())

    def test_answer_that_is_no_json(self):
        """frappe/ecommerce_integrations#307: the synchronization dies on an answer of
        another form; here it is an outage, and is asked for again."""
        client, _session, _clock = make_client(*[FakeResponse(200, "<html>")] * 9)
        with self.assertRaises(Unavailable):
            client.call("getOrder", orderId="1")


@tagged("post_install", "-at_install")
class TestPublicReportsShop(AccountCase):
    """Against a running account."""

    def test_report_with_nothing_but_its_header_changes_nothing(self):
        """amzn/selling-partner-api-models#1385, amzn/selling-partner-api-docs#784: from
        one day to the next the report of all listings had its header alone."""
        self.listing.write({"external_id": "SKU-1", "stock_ref": "SKU-1"})
        self.env.flush_all()
        self.env["channel.catalogue"]._fetch(self.channel)
        known = self.adapter_model._known_offers(self.channel)
        self.assertEqual(known.by_amazon(), {"FBA-1"})
        self.shop.rules.set(report_often=0)
        self.shop.store.listings.clear()
        self.shop.refresh_reports()
        with self.channel._shared_state("reports") as state:
            state.clear()
        with self.raises(exceptions.ChannelError):
            self.env["channel.catalogue"]._fetch(self.channel)
        self.assertNotEqual(self.listing.state, "gone")
        self.assertEqual(known.by_amazon(), {"FBA-1"}, "a feed must not have it now")

    def test_items_that_are_missing_give_nothing_back(self):
        """amzn/selling-partner-api-docs#979: what was held of the order stays held."""
        self.listing.write({"external_id": "SKU-2", "stock_ref": "SKU-2"})
        self.node.external_id = MERCHANT
        self.plan()
        sold = self.sell({"SKU-2": 2}, payment="pending")
        event = self.adapter_model._fetch_order(self.channel, sold.id)
        raw = json.loads(event.body)
        self.take_in(event)
        self.assertEqual(self.position.held, 2)
        asked = len(self.requests("getOrder"))
        raw.update(orderItems=[], lastUpdatedTime="2099-01-01T00:00:00Z")
        body = json.dumps(raw)
        self.take_in(dataclasses.replace(event, key="without items", body=body))
        self.assertEqual(self.position.held, 2)
        # it was asked for again, and has answered
        self.assertEqual(len(self.requests("getOrder")), asked + 1)
        self.assertTrue(self.order(sold.id).complete)

    def test_one_change_that_is_told_ten_times(self):
        """amzn/selling-partner-api-models#2616: each message comes ten times, and each
        time with an id of its own. It is held once."""
        self.listing.write({"external_id": "SKU-2", "stock_ref": "SKU-2"})
        self.node.external_id = MERCHANT
        self.plan()
        for number in range(10):
            raw = change(
                OrderStatus="Pending",
                FulfillmentType="MFN",
                item={"SellerSKU": "SKU-2", "Quantity": 3, "QuantityShipped": 0},
            )
            raw["NotificationMetadata"]["NotificationId"] = f"copy-{number}"
            values = notifications.event(json.dumps(raw))
            self.take_in(schemas.load(schemas.InboundEvent, values))
        self.assertEqual(self.position.held, 3)
        orders = self.env["channel.order"].search(
            [("channel_id", "=", self.channel.id)]
        )
        self.assertEqual(len(orders), 1)
        deductions = self.env["channel.deduction"].search(
            [("listing_id", "=", self.listing.id)]
        )
        self.assertEqual(sum(deductions.mapped("quantity")), 3)

    def take_in(self, event):
        self.env["channel.inbox.event"]._store(self.channel, [event], "stream")
        self.intake()

    def test_pages_that_repeat_with_another_token_come_to_an_end(self):
        """amzn/selling-partner-api-models#2297, amzn/selling-partner-api-docs#2090: the
        same orders with another token, for ever."""
        self.sell()
        reader = self.adapter_model._fetch_orders

        def repeated(model, channel, since, cursor):
            page = reader(channel, since, "")
            number = int(cursor or 0) + 1
            return type(page)(page.events, f"{number}")

        self.patch(type(self.adapter_model), "_fetch_orders", repeated)
        with self.raises(exceptions.UnavailableError) as caught:
            self.env["channel.intake"]._poll(self.channel)
        self.assertEqual(caught.exception.code, "REPEATED")

    def test_empty_catalogue_is_not_what_is_known(self):
        known = KnownOffers(FakeStore())
        known.replace({"X": report.Offer("X", by_amazon=True)}, DE)
        known.replace({}, DE)
        self.assertEqual(known.by_amazon(), {"X"})
