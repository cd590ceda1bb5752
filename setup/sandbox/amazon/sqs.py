"""The queue in the seller's own AWS account, by the JSON protocol of SQS."""

import hashlib
import time
import uuid
from dataclasses import dataclass, field

from ..common.wire import json_response
from . import sigv4

DAY = 86400
MOST, LONGEST_WAIT, LONGEST_VISIBILITY = 10, 20, 12 * 3600
CONTENT = "application/x-amz-json-1.0"
POLL = 0.02


class QueueError(Exception):
    def __init__(self, kind, message, rule=None, status=400):
        super().__init__(message)
        self.kind, self.status, self.rule = kind, status, rule


@dataclass(eq=False)
class Message:
    body: str
    sent: float
    visible: float
    received: int = 0
    receipt: str = ""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


class Queue:
    """A standard queue: at least once, in no order, and not for ever."""

    def __init__(self, store, name):
        self.store, self.name = store, name
        self.messages = []

    def put(self, body):
        now = self.store.clock.time()
        self.messages.append(Message(body, now, now))

    def forget(self):
        """What has been in here for longer than it is kept is gone."""
        config = self.store.config
        kept = config.life(config.retention_days * DAY)
        limit = self.store.clock.time() - kept
        self.messages = [each for each in self.messages if each.sent > limit]

    def receive(self, most, visibility):
        now = self.store.clock.time()
        self.forget()
        found = [each for each in self.messages if each.visible <= now]
        self.store.rules.dice.shuffle(found)
        for message in found[:most]:
            message.visible = now + visibility
            message.received += 1
            message.receipt = f"{message.id}:{message.received}"
        return found[:most]

    def delete(self, receipt):
        """With a receipt that a later one has replaced it says yes and does nothing."""
        for message in self.messages:
            if message.receipt == receipt:
                self.messages.remove(message)
                if self.store.rules.strikes("queue_repeats"):
                    self.put(message.body)
                    self.messages[-1].id = message.id
                return

    def counts(self):
        now = self.store.clock.time()
        self.forget()
        visible = sum(each.visible <= now for each in self.messages)
        return visible, len(self.messages) - visible


class Endpoint:
    """What ``sqs.<region>.amazonaws.com`` answers."""

    def __init__(self, shop):
        self.shop, self.store = shop, shop.store
        self.actions = {
            "ReceiveMessage": self._receive,
            "DeleteMessage": self._delete,
            "DeleteMessageBatch": self._delete_batch,
            "GetQueueAttributes": self._attributes,
        }

    def names(self, request):
        """By what a fault may name the request."""
        action = request.headers["X-Amz-Target"].rpartition(".")[2]
        return ["sqs", f"sqs.{action}"]

    def answer(self, request, path):
        try:
            self._check(request, path)
            target = request.headers["X-Amz-Target"]
            action = self.actions.get(target.removeprefix("AmazonSQS."))
            body = request.get_json(force=True, silent=True)
            if action is None or not isinstance(body, dict):
                raise QueueError("InvalidAction", f"No action {target}.", "sqs_request")
            answer = json_response(action(body))
        except QueueError as error:
            if error.rule:
                self.store.violations.note(error.rule, str(error))
            name = f"com.amazonaws.sqs#{error.kind}"
            answer = json_response(
                {"__type": name, "message": str(error)}, error.status
            )
        answer.headers["Content-Type"] = CONTENT
        answer.headers["x-amzn-RequestId"] = str(uuid.uuid4())
        return answer

    def _check(self, request, path):
        config = self.store.config
        wrong = sigv4.problem(
            request,
            path,
            config.aws_region,
            "sqs",
            config.aws_key_id,
            config.aws_secret,
        )
        if wrong:
            rule = "sqs_region" if wrong[0] == "scope" else "sqs_signature"
            if self.store.rules.strikes(rule):
                raise QueueError("SignatureDoesNotMatch", wrong[1], rule, 403)
        if request.method != "POST" or request.headers.get("Content-Type") != CONTENT:
            raise QueueError("InvalidAction", f"Not {CONTENT}.", "sqs_request")

    def _queue(self, body, *known):
        """The queue that a request is about; unknown members are refused."""
        if strange := sorted(set(body) - {"QueueUrl", *known}):
            words = f"Unknown member {', '.join(strange)}."
            raise QueueError("InvalidParameterValue", words, "sqs_request")
        for name, queue in self.shop.queues.items():
            if body.get("QueueUrl") == self.shop.queue_url(name):
                return queue
        words = "The specified queue does not exist."
        raise QueueError("QueueDoesNotExist", words, "sqs_request")

    def _number(self, body, name, default, low, high):
        value = body.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise QueueError(
                "InvalidParameterValue", f"{name}: {value!r}", "sqs_request"
            )
        if not low <= value <= high and self.store.rules.strikes("sqs_request"):
            words = f"Value {value} for parameter {name} is invalid."
            raise QueueError("InvalidParameterValue", words, "sqs_request")
        return value

    def _receive(self, body):
        queue = self._queue(
            body,
            *("MaxNumberOfMessages", "WaitTimeSeconds", "VisibilityTimeout"),
            *("AttributeNames", "MessageAttributeNames", "MessageSystemAttributeNames"),
        )
        most = self._number(body, "MaxNumberOfMessages", 1, 1, MOST)
        wait = self._number(body, "WaitTimeSeconds", 0, 0, LONGEST_WAIT)
        visibility = self._number(body, "VisibilityTimeout", 30, 0, LONGEST_VISIBILITY)
        if not wait and self.store.rules.strikes("short_poll"):
            return {}
        deadline = time.monotonic() + wait
        while True:
            with self.store.transaction():
                found = queue.receive(most, visibility)
                rows = [self._row(message, body) for message in found]
            if rows or time.monotonic() >= deadline or self.shop.stopping.wait(POLL):
                # a queue without messages leaves the member out
                return {"Messages": rows} if rows else {}

    def _row(self, message, body):
        row = {
            "MessageId": message.id,
            "ReceiptHandle": message.receipt,
            "Body": message.body,
            "MD5OfBody": hashlib.md5(message.body.encode()).hexdigest(),  # noqa: S324
        }
        names = body.get("MessageSystemAttributeNames") or body.get("AttributeNames")
        if names:
            row["Attributes"] = {
                "SentTimestamp": str(int(message.sent * 1000)),
                "ApproximateReceiveCount": str(message.received),
            }
        return row

    def _delete(self, body):
        queue = self._queue(body, "ReceiptHandle")
        with self.store.transaction():
            queue.delete(body.get("ReceiptHandle"))
        return {}

    def _delete_batch(self, body):
        queue = self._queue(body, "Entries")
        entries = body.get("Entries") or []
        ids = [each.get("Id") for each in entries]
        if not entries:
            raise QueueError("EmptyBatchRequest", "No entries.", "sqs_request")
        if len(entries) > MOST:
            words = f"Maximum number of entries per request are {MOST}."
            raise QueueError("TooManyEntriesInBatchRequest", words, "sqs_request")
        if len(set(ids)) != len(ids):
            words = "Ids of a batch must be distinct."
            raise QueueError("BatchEntryIdsNotDistinct", words, "sqs_request")
        with self.store.transaction():
            for entry in entries:
                queue.delete(entry.get("ReceiptHandle"))
        return {"Successful": [{"Id": each} for each in ids], "Failed": []}

    def _attributes(self, body):
        queue = self._queue(body, "AttributeNames")
        config = self.store.config
        with self.store.transaction():
            visible, flying = queue.counts()
        known = {
            "ApproximateNumberOfMessages": str(visible),
            "ApproximateNumberOfMessagesNotVisible": str(flying),
            "MessageRetentionPeriod": str(int(config.retention_days * DAY)),
            "VisibilityTimeout": "30",
            "QueueArn": self.shop.queue_arn(queue.name),
        }
        names = body.get("AttributeNames") or []
        if "All" in names:
            return {"Attributes": known}
        if strange := sorted(set(names) - set(known)):
            words = f"Unknown Attribute {strange[0]}."
            raise QueueError("InvalidAttributeName", words, "sqs_request")
        return {"Attributes": {name: known[name] for name in names}}
