# SPDX-License-Identifier: AGPL-3.0-or-later
"""A queue of Amazon SQS, by its JSON protocol: messages are taken, stored, and only
then deleted. What is not deleted is delivered again. No odoo in here."""

import hashlib
import json
import time
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from odoo.addons.channel_inventory_base.lib import replies, transport
from odoo.addons.channel_inventory_base.lib.errors import (
    Forbidden,
    Misconfigured,
    Refused,
    Throttled,
    Unauthorized,
    Unavailable,
)
from odoo.addons.channel_inventory_base.lib.reader import JsonValue
from odoo.addons.channel_inventory_base.lib.strict_json import loads

from ..const import QUEUE_MESSAGES, QUEUE_WAIT
from .sigv4 import signed

TIMEOUT = 15
"""Seconds of silence beyond those that we ask SQS to wait."""
ERRORS = {
    "AccessDenied": Forbidden,
    "AccessDeniedException": Forbidden,
    "InvalidClientTokenId": Unauthorized,
    "InvalidSignatureException": Unauthorized,
    "SignatureDoesNotMatch": Unauthorized,
    "UnrecognizedClientException": Unauthorized,
    "ExpiredTokenException": Unauthorized,
    "QueueDoesNotExist": Misconfigured,
    "InvalidAddress": Misconfigured,
    "OverLimit": Throttled,
    "RequestThrottled": Throttled,
    "ThrottlingException": Throttled,
}
DENIALS = [name for name, kind in ERRORS.items() if kind is Unauthorized]


@dataclass(frozen=True)
class Message:
    """``receipt`` deletes this delivery of it; ``body`` is as it was sent."""

    message_id: str
    receipt: str
    body: str


def region_of(url):
    """The region that a queue's address names, "" where it names none.

    >>> region_of("https://sqs.eu-west-1.amazonaws.com/1/orders"), region_of("http://x")
    ('eu-west-1', '')
    """
    parts = (urlsplit(url).hostname or "").split(".")
    return parts[1] if len(parts) > 2 and parts[0] == "sqs" else ""


def arn_of(url, region):
    """How Amazon names a queue.

    :raise Misconfigured: the address is not that of a queue

    >>> arn_of("https://sqs.eu-west-1.amazonaws.com/123/orders", "eu-west-1")
    'arn:aws:sqs:eu-west-1:123:orders'
    """
    account, _slash, name = urlsplit(url).path.strip("/").partition("/")
    if not account or not name or "/" in name:
        raise Misconfigured("the queue's address names no queue", code="QUEUE")
    return f"arn:aws:sqs:{region}:{account}:{name}"


class Queue:
    """
    :param url: the queue's own address
    :param key, secret: of a user who may receive and delete messages, and read the
        queue's attributes
    :param region: of AWS; "" where the address names it
    """

    def __init__(self, url, key, secret, *, session, region="", clock=time.time):
        self._url, self._key, self._secret = url, key, secret
        self._session, self._clock = session, clock
        self._region = region or region_of(url)
        if not self._region:
            raise Misconfigured("the queue's address names no region", code="REGION")

    def receive(self, wait=0, count=QUEUE_MESSAGES, visibility=None):
        """
        :param wait: seconds to wait for a first message
        :param visibility: seconds after which messages that are not deleted come again;
            None: those of the queue
        :return: list of Message; a body that was damaged on its way is left out, and
            comes again
        """
        wait = min(wait, QUEUE_WAIT)
        body = {"MaxNumberOfMessages": count, "WaitTimeSeconds": wait}
        if visibility is not None:
            body["VisibilityTimeout"] = visibility
        answer = self._ask("ReceiveMessage", body, TIMEOUT + wait)
        return [
            Message(
                each["MessageId"].text(),
                each["ReceiptHandle"].text(),
                each["Body"].text(),
            )
            for each in JsonValue(answer).all("Messages")
            if _is_whole(each)
        ]

    def delete(self, receipts):
        """
        :return: those that could not be deleted: they come again
        """
        failed = []
        for start in range(0, len(receipts), QUEUE_MESSAGES):
            part = receipts[start : start + QUEUE_MESSAGES]
            entries = [
                {"Id": str(number), "ReceiptHandle": receipt}
                for number, receipt in enumerate(part)
            ]
            answer = self._ask("DeleteMessageBatch", {"Entries": entries}, TIMEOUT)
            numbered = {str(number): receipt for number, receipt in enumerate(part)}
            for each in JsonValue(answer).all("Failed"):
                # one that was not in the request comes again by itself
                receipt = numbered.get(each["Id"].text())
                failed += [receipt] if receipt else []
        return failed

    def waiting(self):
        """:return: how many messages wait in it, about"""
        name = "ApproximateNumberOfMessages"
        body = {"AttributeNames": [name]}
        answer = self._ask("GetQueueAttributes", body, TIMEOUT)
        return JsonValue(answer)["Attributes"][name].whole()

    def _ask(self, action, body, timeout):
        content = json.dumps({"QueueUrl": self._url, **body}).encode()
        parts = urlsplit(self._url)
        address = f"{parts.scheme}://{parts.netloc}/"
        headers = signed(
            "POST",
            address,
            content,
            {
                "Content-Type": "application/x-amz-json-1.0",
                "X-Amz-Target": f"AmazonSQS.{action}",
            },
            key=self._key,
            secret=self._secret,
            region=self._region,
            service="sqs",
            now=self._clock(),
        )
        reply = transport.send(
            self._session,
            "POST",
            address,
            content,
            headers,
            timeout=timeout,
            # received or deleted once more, nothing is lost
            acts=False,
            secrets=[self._secret],
        )
        return _data_of(reply)


def _is_whole(message):
    told = message.get("MD5OfBody").text()
    # the sum that SQS sends proves that nothing was lost, and nobody's identity
    body = message["Body"].text().encode(errors="surrogatepass")
    found = hashlib.md5(body, usedforsecurity=False)
    return not told or told == found.hexdigest()


def _data_of(reply):
    value = None
    with suppress(ValueError):
        value = loads(reply.body) if reply.body.strip() else {}
    value = value if isinstance(value, dict) else None
    if reply.status == 200 and value is not None:
        return value
    code = str((value or {}).get("__type") or "").rpartition("#")[2][:100]
    words = str((value or {}).get("message") or "")[:300]
    more = {"status": reply.status, "code": code or f"HTTP_{reply.status}"}
    for name, kind in ERRORS.items():
        # the older protocol's names go on: AWS.SimpleQueueService.NonExistentQueue
        if code.endswith(name) or (
            kind is Misconfigured and code.endswith("NonExistentQueue")
        ):
            raise kind(words or code, **more)
    if reply.status in (401, 403):
        raise Unauthorized(words or "refused", **more)
    if reply.status == 429:
        # of whatever stands before SQS: waiting ends it, and no person has to
        wait = replies.retry_after(reply)
        raise Throttled(words or "too many requests", retry_after=wait, **more)
    if reply.status >= 500 or value is None:
        wait = replies.retry_after(reply)
        raise Unavailable(words or "no answer of SQS", retry_after=wait, **more)
    raise Refused(words or more["code"], **more)
