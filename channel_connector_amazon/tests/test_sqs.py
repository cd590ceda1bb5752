# SPDX-License-Identifier: AGPL-3.0-or-later
import hashlib
import hmac
import json

import requests

from odoo.addons.channel_inventory_base.lib import errors

from ..lib import sigv4
from ..lib.sqs import Queue
from .common import FakeResponse, FakeSession, PureCase

URL = "https://sqs.eu-west-1.amazonaws.com/123456789012/orders"
KEY, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


def message(body="{}", number="m1", **more):
    digest = hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()
    return {
        "MessageId": number,
        "ReceiptHandle": f"r-{number}",
        "MD5OfBody": digest,
        "Body": body,
        **more,
    }


def sign(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def signature(secret, scope, moment, request):
    """By Amazon's "Create a signed AWS API request", written down once more.

    :param request: the canonical request, as text
    """
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = sign(key, part)
    digest = hashlib.sha256(request.encode()).hexdigest()
    text = "\n".join(("AWS4-HMAC-SHA256", moment, scope, digest))
    return sign(key, text).hex()


class TestSignature(PureCase):
    BODY = b'{"QueueUrl": "x"}'

    def signed(self, url="https://sqs.eu-west-1.amazonaws.com/", body=BODY, target="A"):
        return sigv4.signed(
            "POST",
            url,
            body,
            {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.0"},
            key=KEY,
            secret=SECRET,
            region="eu-west-1",
            service="sqs",
            now=1440938160,
        )

    def test_oracle_gives_the_signature_of_amazons_own_example(self):
        request = "\n".join(
            (
                "GET",
                "/",
                "Action=ListUsers&Version=2010-05-08",
                "content-type:application/x-www-form-urlencoded; charset=utf-8",
                "host:iam.amazonaws.com",
                "x-amz-date:20150830T123600Z",
                "",
                "content-type;host;x-amz-date",
                hashlib.sha256(b"").hexdigest(),
            )
        )
        scope = "20150830/us-east-1/iam/aws4_request"
        self.assertEqual(
            signature(SECRET, scope, "20150830T123600Z", request),
            "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
        )

    def test_signature_is_the_oracle_s(self):
        headers = self.signed()
        self.assertEqual(headers["X-Amz-Date"], "20150830T123600Z")
        scope = "20150830/eu-west-1/sqs/aws4_request"
        told = dict(
            part.strip().split("=", 1)
            for part in headers["Authorization"].partition(" ")[2].split(",")
        )
        self.assertEqual(told["Credential"], f"{KEY}/{scope}")
        names = told["SignedHeaders"].split(";")
        for name in ("content-type", "host", "x-amz-date", "x-amz-target"):
            self.assertIn(name, names)
        values = {name.lower(): value for name, value in headers.items()}
        values["host"] = "sqs.eu-west-1.amazonaws.com"
        request = "\n".join(
            (
                "POST",
                "/",
                "",
                *(f"{name}:{values[name]}" for name in names),
                "",
                told["SignedHeaders"],
                hashlib.sha256(self.BODY).hexdigest(),
            )
        )
        self.assertEqual(
            told["Signature"], signature(SECRET, scope, headers["X-Amz-Date"], request)
        )

    def test_signature_is_of_all_that_is_sent(self):
        first = self.signed()["Authorization"]
        self.assertEqual(self.signed()["Authorization"], first)
        for other in (
            {"url": "https://sqs.eu-west-2.amazonaws.com/"},
            {"body": b"[]"},
            {"target": "B"},
        ):
            self.assertNotEqual(self.signed(**other)["Authorization"], first)


class TestQueue(PureCase):
    def queue(self, *answers, **options):
        self.session = FakeSession(*answers)
        return Queue(
            URL,
            KEY,
            SECRET,
            session=self.session,
            clock=lambda: 1_800_000_000,
            **options,
        )

    def sent(self):
        return [
            (each["headers"]["X-Amz-Target"], json.loads(each["data"]))
            for each in self.session.sent
        ]

    def error(self, answer):
        with self.assertRaises(errors.ClientError) as caught:
            self.queue(answer).receive()
        return caught.exception

    def test_messages_are_taken_and_stay_in_the_queue(self):
        queue = self.queue({"Messages": [message('{"a": 1}'), message(number="m2")]})
        found = queue.receive(wait=20)
        self.assertEqual([each.body for each in found], ['{"a": 1}', "{}"])
        self.assertEqual(found[0].receipt, "r-m1")
        [(target, body)] = self.sent()
        self.assertEqual(target, "AmazonSQS.ReceiveMessage")
        self.assertEqual(
            body,
            {"QueueUrl": URL, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 20},
        )
        [sent] = self.session.sent
        self.assertEqual(sent["url"], "https://sqs.eu-west-1.amazonaws.com/")
        self.assertIn("eu-west-1/sqs/aws4_request", sent["headers"]["Authorization"])
        self.assertEqual(sent["headers"]["Content-Type"], "application/x-amz-json-1.0")
        self.assertGreater(sent["timeout"], 20)

    def test_empty_queue(self):
        self.assertEqual(self.queue({}).receive(), [])
        self.assertEqual(self.queue(FakeResponse(body=b"")).receive(), [])

    def test_damaged_message_is_left_in_the_queue(self):
        damaged = message(number="m2", MD5OfBody="0" * 32)
        found = self.queue({"Messages": [damaged, message()]}).receive()
        self.assertEqual([each.message_id for each in found], ["m1"])

    def test_more_than_ten_are_deleted_in_several_requests(self):
        failed = {"Failed": [{"Id": "1", "Code": "x", "SenderFault": False}]}
        queue = self.queue({"Successful": []}, failed)
        receipts = [f"r{number}" for number in range(12)]
        self.assertEqual(queue.delete(receipts), ["r11"])
        self.assertEqual(
            [len(body["Entries"]) for _target, body in self.sent()], [10, 2]
        )
        self.assertEqual(queue.delete([]), [])

    def test_failure_of_what_was_not_asked_for_is_no_receipt(self):
        for number in ("7", "-1", "x", ""):
            queue = self.queue({"Failed": [{"Id": number}]})
            self.assertEqual(queue.delete(["r0", "r1"]), [], number)

    def test_how_many_wait(self):
        answer = {"Attributes": {"ApproximateNumberOfMessages": "7"}}
        self.assertEqual(self.queue(answer).waiting(), 7)

    def test_what_each_refusal_means(self):
        for status, code, kind in (
            (400, "com.amazonaws.sqs#QueueDoesNotExist", "Misconfigured"),
            (
                400,
                "com.amazonaws.sqs#AWS.SimpleQueueService.NonExistentQueue",
                "Misconfigured",
            ),
            (403, "com.amazon.coral.service#AccessDeniedException", "Forbidden"),
            (
                403,
                "com.amazon.coral.service#UnrecognizedClientException",
                "Unauthorized",
            ),
            (403, "com.amazon.coral.service#InvalidSignatureException", "Unauthorized"),
            (400, "com.amazonaws.sqs#RequestThrottled", "Throttled"),
            (400, "com.amazonaws.sqs#ReceiptHandleIsInvalid", "Refused"),
            (500, "com.amazonaws.sqs#InternalFailure", "Unavailable"),
        ):
            with self.subTest(code):
                answer = FakeResponse(status, {"__type": code, "message": "no"})
                self.assertEqual(type(self.error(answer)).__name__, kind)

    def test_gateway_that_is_asked_too_often_is_waited_for(self):
        """It knows no codes of SQS, and stops no stream."""
        for body in (b"{}", b"", b"slow down", {"errors": []}):
            answer = FakeResponse(429, body, {"Retry-After": "7"})
            error = self.error(answer)
            self.assertIsInstance(error, errors.Throttled)
            self.assertEqual(error.retry_after, 7)
        self.assertIn("HTTP_418", str(self.error(FakeResponse(418, {}))))

    def test_answers_that_are_none(self):
        for answer in (
            FakeResponse(200, b"<html>"),
            FakeResponse(200, b"[]"),
            FakeResponse(503, b"busy"),
            requests.ConnectionError("x"),
        ):
            self.assertIsInstance(self.error(answer), errors.Unavailable)
        for odd in ({"Messages": "many"}, {"Messages": [{}]}, {"Messages": [5]}):
            self.assertIsInstance(self.error(odd), errors.Malformed)

    def test_secret_never_travels_and_is_in_no_error(self):
        error = self.error(FakeResponse(403, {"__type": "x#Y", "message": SECRET}))
        self.assertNotIn(SECRET, f"{error} {error.detail}")
        self.assertNotIn(SECRET, str(self.session.sent))

    def test_region_has_to_be_known(self):
        with self.assertRaises(errors.Misconfigured):
            Queue("http://127.0.0.1:1/q", KEY, SECRET, session=None)
        queue = Queue(
            "http://127.0.0.1:1/q", KEY, SECRET, session=None, region="eu-west-1"
        )
        self.assertEqual(queue._region, "eu-west-1")
