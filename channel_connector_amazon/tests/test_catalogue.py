# SPDX-License-Identifier: AGPL-3.0-or-later
import re

from odoo.addons.channel_inventory_base.lib.errors import (
    Malformed,
    Throttled,
    Unavailable,
)

from ..lib import catalogue
from ..lib.marketplaces import chosen
from .common import DE, FR, FakeClock, FakeResponse, FakeStore, PureCase, make_client

HEADER = "seller-sku\titem-name\tfulfillment-channel\tstatus\n"
PLACES = chosen("DE, FR", "eu")


class FakeReports:
    """Amazon's reports: ``states`` of each marketplace, one after the other."""

    def __init__(self, **states):
        self.states, self.ordered = states, []
        self.rows = {DE: "LAMP\tLampe\tDEFAULT\tActive\n", FR: ""}

    def answer(self, sent):
        url = sent["url"]
        if sent["method"] == "POST":
            place = re.search("[A-Z0-9]{12,}", sent["data"].decode())[0]
            self.ordered.append(place)
            return {"reportId": f"{place}-{len(self.ordered)}"}
        name = "DE" if DE in url else "FR"
        if "/documents/" in url:
            return {"reportDocumentId": "d", "url": f"https://s3.example/{name}"}
        if "s3.example" in url:
            body = HEADER + self.rows[DE if url.endswith("DE") else FR]
            return FakeResponse(200, body.encode())
        states = self.states.get(name, ["DONE"])
        status = states.pop(0) if len(states) > 1 else states[0]
        place = DE if name == "DE" else FR
        more = {"reportDocumentId": f"doc-{place}"} if status == "DONE" else {}
        return {"reportId": "r", "processingStatus": status, **more}


class TestCatalogue(PureCase):
    def setUp(self):
        super().setUp()
        self.store, self.clock = FakeStore(), FakeClock()

    def offers(self, amazon):
        client, session, _clock = make_client(amazon.answer)
        session.get = lambda url, **options: session.request("GET", url, **options)
        found = catalogue.Catalogue(
            client, self.store, PLACES, sleep=self.clock.sleep, clock=self.clock
        )
        return found.offers()

    def test_reports_of_all_marketplaces_are_one_catalogue(self):
        amazon = FakeReports()
        amazon.rows[FR] = "LAMP\tLampe\tAMAZON_EU\tActive\nCUP\tTasse\tDEFAULT\t\n"
        found = self.offers(amazon)
        self.assertEqual(sorted(found), ["CUP", "LAMP"])
        self.assertTrue(found["LAMP"].by_amazon)
        self.assertEqual(amazon.ordered, [DE, FR])

    def test_report_is_waited_for_by_the_next_job(self):
        amazon = FakeReports(FR=["IN_QUEUE"])
        with self.assertRaises(Throttled) as caught:
            self.offers(amazon)
        self.assertEqual(caught.exception.retry_after, catalogue.AGAIN)
        amazon.states["FR"] = ["IN_PROGRESS", "DONE"]
        self.assertEqual(list(self.offers(amazon)), ["LAMP"])
        self.assertEqual(amazon.ordered, [DE, FR], "each was ordered once")

    def test_report_is_not_asked_for_twice_in_half_an_hour(self):
        """Amazon would cancel the second one."""
        amazon = FakeReports()
        self.offers(amazon)
        self.clock.sleep(catalogue.AGE - 60)
        self.offers(amazon)
        self.assertEqual(amazon.ordered, [DE, FR])
        self.clock.sleep(120)
        self.offers(amazon)
        self.assertEqual(amazon.ordered, [DE, FR, DE, FR])

    def test_cancelled_report_is_no_empty_catalogue(self):
        amazon = FakeReports(FR=["CANCELLED", "DONE"])
        with self.assertRaises(Unavailable) as caught:
            self.offers(amazon)
        self.assertIn("FR", str(caught.exception))
        self.assertEqual(caught.exception.retry_after, 1800)
        # and half an hour later it is ordered anew, the other one is still there
        self.assertEqual(list(self.offers(amazon)), ["LAMP"])
        self.assertEqual(amazon.ordered, [DE, FR, FR])

    def test_report_that_makes_no_sense_is_refused_and_ordered_anew(self):
        amazon = FakeReports()
        amazon.rows[FR] = "CUP\tTasse\tMOON\tActive\n"
        with self.assertRaises(Malformed):
            self.offers(amazon)
        amazon.rows[FR] = ""
        self.offers(amazon)
        self.assertEqual(amazon.ordered, [DE, FR, DE, FR])
