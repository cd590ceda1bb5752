# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.addons.channel_inventory_base import schemas
from odoo.addons.channel_inventory_base.lib.errors import Malformed

from ..lib import listing
from .common import DE, PureCase


def issue(code, severity="ERROR", message="no"):
    return {"code": code, "severity": severity, "message": message}


def answer(status="ACCEPTED", *issues, sku="LAMP"):
    return {"sku": sku, "status": status, "submissionId": "s1", "issues": list(issues)}


class TestResult(PureCase):
    def status(self, *args):
        return listing.result(answer(*args), 7, "LAMP")["status"]

    def test_accepted_is_not_applied(self):
        self.assertEqual(self.status("ACCEPTED"), "accepted")

    def test_warnings_do_not_refuse(self):
        self.assertEqual(self.status("ACCEPTED", issue("18027", "WARNING")), "accepted")

    def test_invalid_comes_with_status_200_and_is_read(self):
        found = listing.result(
            answer("INVALID", issue("18027", "INFO"), issue("90220", message="size")),
            7,
            "LAMP",
        )
        self.assertEqual(found["status"], "rejected")
        self.assertEqual((found["code"], found["message"]), ("90220", "size"))
        schemas.load(schemas.LineResult, found)

    def test_failure_of_amazon_is_tried_again(self):
        self.assertEqual(self.status("INVALID", issue("InternalFailure")), "retry")
        both = (issue("InternalFailure"), issue("90220"))
        self.assertEqual(self.status("INVALID", *both), "rejected")

    def test_answer_that_makes_no_sense_is_refused(self):
        for odd in (
            answer("INVALID"),
            answer("LOST"),
            answer(sku="OTHER"),
            {"status": "ACCEPTED"},
            {},
            {**answer("INVALID"), "issues": "many"},
        ):
            with self.subTest(odd), self.assertRaises(Malformed):
                listing.result(odd, 7, "LAMP")


class TestLevels(PureCase):
    def item(self, sku, **channels):
        rows = [
            {"fulfillmentChannelCode": code, "quantity": quantity}
            for code, quantity in channels.items()
        ]
        return {"sku": sku, "fulfillmentAvailability": rows}

    def test_live_number_and_none_that_was_submitted(self):
        raw = self.item("LAMP", DEFAULT=3)
        raw["attributes"] = {"fulfillment_availability": [{"quantity": 9}]}
        found = listing.shown({"items": [raw]})
        self.assertEqual(listing.levels(found, ["LAMP"])[0]["available"], 3)

    def test_sku_that_is_not_shown_is_not_stocked(self):
        found = listing.shown({"items": [{"sku": "A"}]})
        rows = listing.levels(found, ["A", "B"])
        self.assertEqual([row["available"] for row in rows], [None, None])
        for row in rows:
            schemas.load(schemas.LevelState, row)

    def test_sku_that_amazon_ships_has_no_number_of_ours(self):
        raw = self.item("LAMP", DEFAULT=3, AMAZON_EU=5)
        found = listing.shown({"items": [raw]})
        self.assertTrue(listing.is_by_amazon(found["LAMP"]))
        self.assertIsNone(listing.levels(found, ["LAMP"])[0]["available"])

    def test_list_takes_no_more_than_twenty_and_no_comma(self):
        for skus in ([], ["x"] * 21, ["a,b"]):
            with self.assertRaises(ValueError):
                listing.search("A1S", DE, skus)
        self.assertFalse(listing.can_be_listed("a,b"))

    def test_number_that_is_none_is_refused(self):
        for odd in ("many", True, 1.5, [3]):
            with self.subTest(odd), self.assertRaises(Malformed):
                listing.shown({"items": [self.item("LAMP", DEFAULT=odd)]})
