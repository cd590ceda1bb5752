# SPDX-License-Identifier: AGPL-3.0-or-later
import json
from urllib.parse import parse_qs

from odoo.tests import tagged

from odoo.addons.channel_inventory_base import exceptions, schemas

from ..const import FBA_NODE
from ..lib import numbers
from .common import DE, FR, SE
from .shop import SELLER, AccountCase

LEAD = {"lead_time": 3, "restock_date": "2027-01-01"}


@tagged("post_install", "-at_install")
class TestShopLevels(AccountCase):
    """Numbers, against a running account."""

    def levels(self, *refs):
        states = self.adapter_model._fetch_levels(self.channel, list(refs))
        return {(each.stock_ref, each.node_ref): each.available for each in states}

    def fault(self, kind, operation="patchListingsItem", **values):
        self.shop.faults.add(kind=kind, operation=operation, **{"next": 1, **values})

    # ---------------------------------------------------------------- write
    def test_numbers_are_written_and_read_back(self):
        found = self.statuses(
            self.entry(1, "SKU-1", 0),
            self.entry(2, "SKU-2", 21),
            self.entry(3, "FR-1", 1),
        )
        self.assertEqual(set(found.values()), {"accepted"})
        self.assertEqual(
            list(self.levels(*map(self.ref, ("SKU-1", "SKU-2", "FR-1"))).values()),
            [0, 21, 1],
        )
        self.assertEqual(self.violations(), {})

    def test_number_of_several_marketplaces_is_one_request(self):
        """Amazon keeps one number of a SKU in a region: all its marketplaces show it,
        and a request for each would be waste, in any order."""
        two = {FR: "8.00", SE: "99.00"}
        self.shop.seed(
            {
                "products": [
                    {"sku": "ALL-1", "price": "10.00", "quantity": 1},
                    {"sku": "TWO-1", "price": two, "quantity": 1},
                ]
            }
        )
        found = self.statuses(self.entry(1, "ALL-1", 5), self.entry(2, "TWO-1", 6))
        self.assertEqual(found, {1: "accepted", 2: "accepted"})
        sent = [
            (
                entry["path"].rpartition("/")[2],
                parse_qs(entry["query"]),
                json.loads(entry["body"]),
            )
            for entry in self.requests("patchListingsItem")
        ]
        self.assertEqual(
            sent,
            [
                (
                    sku,
                    {"issueLocale": ["en_US"], "marketplaceIds": [place]},
                    {
                        "productType": "PRODUCT",
                        "patches": [
                            {
                                "op": "merge",
                                "path": "/attributes/fulfillment_availability",
                                "value": [
                                    {
                                        "fulfillment_channel_code": "DEFAULT",
                                        "quantity": quantity,
                                    }
                                ],
                            }
                        ],
                    },
                )
                for sku, place, quantity in (("ALL-1", DE, 5), ("TWO-1", FR, 6))
            ],
        )
        # a marketplace is asked for what those before it do not show
        looks = [
            (query["marketplaceIds"], query["identifiers"])
            for entry in self.requests("searchListingsItems")
            for query in [parse_qs(entry["query"])]
        ]
        self.assertEqual(looks, [([DE], ["ALL-1,TWO-1"]), ([FR], ["TWO-1"])])
        for places in ("SE", "FR, SE", "DE, FR, SE"):
            # no savepoint: what is undone is the count of requests, too
            with self.subTest(places):
                self.channel.amazon_marketplaces = places
                shown = self.levels(self.ref("ALL-1"), self.ref("TWO-1"))
                self.assertEqual(list(shown.values()), [5, 6])
        self.assertEqual(self.violations(), {})

    def test_handling_time_is_kept(self):
        self.shop.edit_listing("SKU-1", **LEAD)
        self.push(self.entry(1, "SKU-1", 4))
        listing = self.shop.store.listings["SKU-1"]
        self.assertEqual(
            (listing.lead_time, listing.restock_date), tuple(LEAD.values())
        )
        self.assertEqual(self.violations(), {})

    def test_sku_with_a_slash_and_a_comma(self):
        self.assertEqual(self.statuses(self.entry(1, "A,B/C 1", 9)), {1: "accepted"})
        self.assertEqual(self.levels(self.ref("A,B/C 1")), {("A,B/C 1", "DEFAULT"): 9})
        self.assertEqual(self.violations(), {})

    def test_what_amazon_ships_is_never_written(self):
        """Also where the listing was turned over to Amazon after it was fetched."""
        refused = self.push(
            self.entry(1, "FBA-1", 5), self.entry(2, "SKU-1", 5, FBA_NODE)
        )
        self.assertEqual({each.status for each in refused.values()}, {"rejected"})
        self.assertIn("FBA", refused[1].message)
        self.assertEqual(self.requests("patchListingsItem"), [])
        self.assertEqual(self.violations(), {})
        self.assertEqual(
            dict(self.shop.store.listings["FBA-1"].offers), {"AMAZON_EU": 7}
        )

    def test_unknown_sku_is_never_born(self):
        self.shop.delete_listing("SKU-1")
        found = self.push(self.entry(1, "SKU-1", 5), self.entry(2, "SKU-2", 5))
        self.assertEqual((found[1].status, found[2].status), ("rejected", "accepted"))
        self.assertIn("fetch listings", found[1].message)
        self.assertEqual(self.violations(), {})

    def test_invalid_inside_of_200_is_a_refusal(self):
        self.shop.rules.next("patch_invalid")
        found = self.push(self.entry(1, "SKU-1", 5), self.entry(2, "SKU-2", 5))
        self.assertEqual((found[1].status, found[2].status), ("rejected", "accepted"))
        self.assertEqual(found[1].code, "90000900")
        self.assertEqual(self.shop.shown("SKU-1"), 10)

    def test_number_of_which_the_answer_was_lost_is_not_sent_again(self):
        for number in (5, 6):
            self.fault("reset_after_commit")
            found = self.statuses(self.entry(1, "SKU-1", number))
            self.assertEqual(found, {1: "accepted"})
        self.assertEqual(len(self.requests("patchListingsItem")), 2)
        self.assertEqual(self.violations(), {})

    def test_number_that_was_not_taken_is_sent_again_until_nobody_knows(self):
        self.fault("reset_before_commit", next=2)
        self.assertEqual(self.statuses(self.entry(1, "SKU-1", 5)), {1: "accepted"})
        self.assertEqual(len(self.requests("patchListingsItem")), 3)
        self.fault("reset_before_commit", next=3)
        with self.raises(exceptions.UncertainError):
            self.push(self.entry(1, "SKU-1", 6))

    def test_outage_before_anything_was_sent_leaves_nothing_open(self):
        self.fault("http_503", "searchListingsItems", next=9)
        with self.raises(exceptions.UnavailableError) as caught:
            self.push(self.entry(1, "SKU-1", 5))
        self.assertNotIsInstance(caught.exception, exceptions.UncertainError)
        self.assertEqual(self.requests("patchListingsItem"), [])

    def test_twenty_numbers_keep_to_the_rate(self):
        self.patch(numbers, "BATCH_SECONDS", 600)
        self.shop.seed(
            {"products": [{"sku": f"M-{i}", "quantity": 1} for i in range(20)]}
        )
        found = self.statuses(*[self.entry(i, f"M-{i}", 2) for i in range(20)])
        self.assertEqual(set(found.values()), {"accepted"})
        self.assertEqual(len(self.requests("searchListingsItems")), 1)
        self.assertEqual(len(self.requests("patchListingsItem")), 20)
        self.assertEqual(self.violations(), {})

    def test_rest_of_a_batch_waits_where_others_use_the_application(self):
        now = self.shop.store.clock.time()
        self.push(self.entry(1, "SKU-1", 5))
        self.shop.limits.drain(self.shop.config, SELLER, "patchListingsItem", now)
        found = self.statuses(self.entry(1, "SKU-2", 6), self.entry(2, "SKU-3", 6))
        self.assertLessEqual(set(found.values()), {"accepted", "retry"})
        sent = {"SKU-2": found[1], "SKU-3": found[2]}
        for sku, status in sent.items():
            self.assertEqual(self.shop.shown(sku) == 6, status == "accepted")

    # ----------------------------------------------------------------- read
    def test_live_number_is_read_and_not_the_one_that_was_sent(self):
        self.shop.config.apply_seconds = (900, 900)
        self.addCleanup(self.shop.config.update, {"apply_seconds": (0, 0)})
        self.push(self.entry(1, "SKU-1", 3))
        self.assertEqual(self.levels(self.ref("SKU-1")), {("SKU-1", "DEFAULT"): 10})
        self.shop.pass_time(901)
        self.assertEqual(self.levels(self.ref("SKU-1")), {("SKU-1", "DEFAULT"): 3})

    def test_what_is_not_the_merchants_shows_none(self):
        refs = [self.ref("FBA-1"), self.ref("NOWHERE")]
        refs.append(schemas.LevelRef("FBA-1", FBA_NODE))
        self.assertEqual(set(self.levels(*refs).values()), {None})

    def test_pending_order_is_off_the_number_at_once(self):
        self.shop.checkout({"SKU-2": 3}, payment="pending")
        self.assertEqual(self.levels(self.ref("SKU-2")), {("SKU-2", "DEFAULT"): 17})
