# SPDX-License-Identifier: AGPL-3.0-or-later
import json

import requests

from odoo.addons.channel_inventory_base import schemas
from odoo.addons.channel_inventory_base.lib import errors

from ..lib import shipment
from ..lib.messages import Parcels
from ..lib.subscriptions import Subscriptions
from . import swagger
from .common import DE, FakeResponse, PureCase, make_client, refusal
from .orders import item, order, pending
from .test_shipment import SHIPMENT

PACKAGE = {
    "packageReferenceId": "4",
    "trackingNumber": "JJD1",
    "packageItems": [{"orderItemId": "1", "quantity": 2}],
}
OTHER = {**PACKAGE, "packageReferenceId": "3", "trackingNumber": "JJD0"}
OK = FakeResponse(204)
AGAIN = refusal(400, shipment.ALREADY, "The package to update is not found.")


def shown(*packages, **more):
    return {"order": order(packages=list(packages), **more)}


class TestParcels(PureCase):
    def parcels(self, *answers, known=()):
        client, self.session, _clock = make_client(*answers)
        return Parcels(client, known)

    def posted(self):
        return [
            json.loads(each["data"])["packageDetail"]
            for each in self.session.sent
            if each["method"] == "POST"
        ]

    def result(self, values):
        answer = json.dumps(values.pop("answer"))
        values = {"status": "done", **values, "answer": answer}
        return schemas.load(schemas.MessageResult, values)

    def test_parcel_is_told_by_the_order_s_next_number(self):
        found = self.parcels(shown(OTHER), OK, known=["5"]).confirm(SHIPMENT, "Parcel")
        self.assertEqual(self.result(found).ref, "6")
        [detail] = self.posted()
        self.assertEqual(detail["packageReferenceId"], "6")
        self.assertEqual(detail["shippingMethod"], "Parcel")
        read = swagger.operations()["confirmShipment"].check(self.session.sent[-1])
        body = next(value for value in read.values() if isinstance(value, dict))
        self.assertEqual(body["marketplaceId"], DE)

    def test_parcel_that_amazon_has_is_not_told_again(self):
        found = self.parcels(shown(PACKAGE)).confirm(SHIPMENT)
        self.assertEqual(found["ref"], "4")
        self.assertEqual(self.posted(), [])

    def test_confirmation_that_amazon_has_already_is_done(self):
        """The answer to the first one was lost."""
        done = shown(PACKAGE, status="SHIPPED")
        self.assertEqual(
            self.parcels(shown(), AGAIN, done).confirm(SHIPMENT)["ref"], "4"
        )
        # told by a person, in another way
        done = {"order": order(item(done=2), status="SHIPPED")}
        self.assertEqual(
            self.parcels(shown(), AGAIN, done).confirm(SHIPMENT)["ref"], "1"
        )

    def test_refused_and_still_open_is_refused(self):
        with self.assertRaises(errors.Refused) as caught:
            self.parcels(shown(), AGAIN, shown()).confirm(SHIPMENT)
        self.assertEqual(caught.exception.code, shipment.ALREADY)

    def test_other_refusals_are_final(self):
        with self.assertRaises(errors.Refused) as caught:
            self.parcels(shown(), refusal(400, "InvalidInput")).confirm(SHIPMENT)
        self.assertEqual(caught.exception.code, "InvalidInput")

    def test_pending_or_ended_order_takes_no_parcel(self):
        for answer, code in (
            ({"order": pending()}, "PENDING"),
            (shown(status="CANCELLED"), "ENDED"),
            (refusal(404, "NotFound"), "GONE"),
            ({}, "GONE"),
        ):
            with self.subTest(code), self.assertRaises(errors.Refused) as caught:
                self.parcels(answer).confirm(SHIPMENT)
            self.assertEqual(caught.exception.code, code)
            self.assertEqual(self.posted(), [])

    def test_lost_answer_is_uncertain_and_the_parcel_looked_for(self):
        lost = requests.ConnectionError("reset")
        with self.assertRaises(errors.Unavailable) as caught:
            self.parcels(shown(), lost).confirm(SHIPMENT)
        self.assertTrue(caught.exception.uncertain)
        self.assertEqual(len(self.posted()), 1)
        self.assertEqual(self.parcels(shown(PACKAGE)).find(SHIPMENT)["ref"], "4")
        self.assertIsNone(self.parcels(shown(OTHER)).find(SHIPMENT))


class TestSubscriptions(PureCase):
    ARN = "arn:aws:sqs:eu-west-1:1:orders"

    def amazon(self, destinations=(), subscribed=(), conflict=(), made_meanwhile=""):
        """Answers as Amazon: ``subscribed``: {kind: destination}; ``made_meanwhile``:
        the destination that another worker makes just before us."""
        subscribed, destinations = dict(subscribed), dict(destinations)

        def answer(sent):
            url, body = sent["url"], sent["data"] and json.loads(sent["data"])
            kind = url.rpartition("/")[2]
            if "/destinations" in url and sent["method"] == "GET":
                rows = [
                    {
                        "destinationId": name,
                        "name": name,
                        "resource": {"sqs": {"arn": arn}},
                    }
                    for name, arn in destinations.items()
                ]
                return {"payload": rows}
            if "/destinations" in url and made_meanwhile:
                destinations[made_meanwhile] = self.ARN
                return refusal(409, "Conflict")
            if "/destinations" in url:
                return {"payload": {"destinationId": "new"}}
            if sent["method"] == "GET":
                if kind not in subscribed:
                    return refusal(404, "NotFound")
                return {"payload": {"destinationId": subscribed[kind]}}
            if kind in conflict:
                subscribed[kind] = conflict[kind]
                return refusal(409, "Conflict")
            subscribed[kind] = body["destinationId"]
            return {"payload": {"subscriptionId": "s", "destinationId": "new"}}

        client, self.session, _clock = make_client(answer)
        return Subscriptions(client).ensure(self.ARN, "Odoo")

    def test_everything_is_made_where_nothing_is_there(self):
        made, elsewhere = self.amazon()
        self.assertEqual((len(made), elsewhere), (3, []))
        for sent in self.session.sent:
            name = {
                ("GET", True): "getDestinations",
                ("POST", True): "createDestination",
                ("GET", False): "getSubscription",
                ("POST", False): "createSubscription",
            }[sent["method"], "/destinations" in sent["url"]]
            swagger.operations()[name].check(sent)

    def test_orders_are_subscribed_to_by_their_events_and_by_nothing_else(self):
        """Public reports: refused without a filter of events, and with marketplaces."""
        self.amazon()
        sent = {
            each["url"].rpartition("/")[2]: json.loads(each["data"])
            for each in self.session.sent
            if each["method"] == "POST" and "/subscriptions/" in each["url"]
        }
        directive = sent.pop("ORDER_CHANGE")["processingDirective"]["eventFilter"]
        self.assertEqual(set(directive), {"eventFilterType", "orderChangeTypes"})
        self.assertEqual(directive["eventFilterType"], "ORDER_CHANGE")
        self.assertTrue(directive["orderChangeTypes"])
        for kind, body in sent.items():
            self.assertNotIn("processingDirective", body, kind)

    def test_what_is_there_is_left_alone(self):
        kinds = (
            "ORDER_CHANGE",
            "FEED_PROCESSING_FINISHED",
            "REPORT_PROCESSING_FINISHED",
        )
        found = self.amazon({"d1": self.ARN}, dict.fromkeys(kinds, "d1"))
        self.assertEqual(found, ([], []))
        self.assertEqual({each["method"] for each in self.session.sent}, {"GET"})

    def test_subscription_of_another_program_is_told_and_not_taken(self):
        made, elsewhere = self.amazon({"d1": self.ARN}, {"ORDER_CHANGE": "d9"})
        self.assertEqual((len(made), elsewhere), (2, ["ORDER_CHANGE"]))

    def test_one_that_was_made_meanwhile_is_taken_as_it_is(self):
        found = self.amazon({"d1": self.ARN}, conflict={"ORDER_CHANGE": "d1"})
        self.assertEqual(found[1], [])
        found = self.amazon({"d1": self.ARN}, conflict={"ORDER_CHANGE": "d9"})
        self.assertEqual(found[1], ["ORDER_CHANGE"])

    def test_destination_that_was_made_meanwhile_is_taken(self):
        """Two workers begin at once: no reason to stop the queue."""
        found = self.amazon(made_meanwhile="d1")
        self.assertEqual((len(found[0]), found[1]), (3, []))
        bodies = [json.loads(e["data"]) for e in self.session.sent if e["data"]]
        told = {each["destinationId"] for each in bodies if "destinationId" in each}
        self.assertEqual(told, {"d1"})
