"""The feed of many numbers: read at once, and applied in its own time."""

import json

from . import schema, stock, views

MOST = 25000
UNREADABLE = "4002001"
JSON = "application/json; charset=UTF-8"
# So many messages at a time: others want the lock as well.
SLICE = 200
USUAL = {"messageId", "sku", "operationType", "productType", "patches"}


def start(store, feed, seconds):
    """Read a feed that has so many seconds for its work.

    :return: (status, content type, function that writes the report) of its end
    """
    try:
        document = json.loads(feed.document.body)
    except ValueError:
        document = None
    if rule := _broken(store, document):
        store.violations.note(rule[0], rule[1])
        work = Work(store, feed, {"messages": []}, seconds)
        work.issues.append(_issue(rule[1]))
        return "FATAL", JSON, work.report
    work = Work(store, feed, document, seconds)
    work.plan()
    return "DONE", JSON, work.report


class Work:
    """One feed on its way: its messages are taken in slices during the first half of
    its time, and what is accepted lands at any moment until the end, over whatever
    is newer."""

    def __init__(self, store, feed, document, seconds):
        self.store, self.feed = store, feed
        self.messages = document["messages"]
        header = document.get("header", {})
        self.included = header.get("report", {}).get("includedData", ())
        self.seconds, self.end = seconds, store.clock.time() + seconds
        self.issues, self.accepted = [], []
        self.processed = 0

    def plan(self):
        slices = range(0, len(self.messages), SLICE)
        for number, place in enumerate(slices):
            share = number / len(slices) / 2
            part = self.messages[place : place + SLICE]
            self.store.clock.after(share * self.seconds, self._take_all, part)

    def _take_all(self, messages):
        for message in messages:
            found = self._take(message)
            self.issues += found
            if not found:
                self.accepted.append(message["sku"])
        self.processed += len(messages)

    def _take(self, message):
        """Plan one message. :return: its issues; none where it was accepted"""
        store, feed = self.store, self.feed
        if problem := _problem(message):
            store.violations.note("wrong_body", f"feed {feed.id}: {problem}")
            number = message.get("messageId") if isinstance(message, dict) else None
            return [_issue(problem, "90000900", number)]
        sku, kind = message["sku"], message["operationType"]
        left = self.end - store.clock.time()
        if kind != "PATCH":
            store.violations.note("destructive_feed", f"{kind} {sku}")
        if kind == "DELETE":
            store.clock.after(left, store.listings.pop, sku, None)
            return []
        submission, issues = stock.read(
            sku,
            message["productType"],
            _patches(message),
            feed.marketplaces,
            f"feed {feed.id}",
            store.listings.get(sku),
        )
        if issues:
            return [
                _issue(each["message"], each["code"], message["messageId"], sku)
                for each in issues
            ]
        lost = store.rules.strikes("line_lost")
        stock.submit(store, submission, store.between(0, left), lost)
        return []

    def report(self):
        """The processing report in bytes, at the end of the work."""
        report = {
            "header": {
                "sellerId": self.store.config.seller_id,
                "version": "2.0",
                "feedId": self.feed.id,
            },
            "issues": self.issues,
            "summary": {
                "errors": len(self.issues),
                "warnings": 0,
                "messagesProcessed": self.processed,
                "messagesAccepted": len(self.accepted),
                "messagesInvalid": self.processed - len(self.accepted),
            },
        }
        if self.included:
            report["items"] = self._items()
            report["header"]["report"] = {
                "includedData": list(self.included),
                "apiVersion": "2021-08-01",
            }
        document = schema.load("listings-feed-processing-report-schema-v2")
        if problem := schema.first_problem(document, report, document):
            self.store.violations.note("own_answers", f"feed report: {problem}")
        return json.dumps(report, ensure_ascii=False).encode()

    def _items(self):
        store, places = self.store, self.feed.marketplaces
        return [
            views.listing(store, store.listings[sku], self.included, places)
            for sku in dict.fromkeys(self.accepted)
            if sku in store.listings
        ]


def _problem(message):
    """What of a message breaks the schema, or None."""
    if _is_usual(message):
        return None
    whole = schema.load("listings-feed-schema-v2")
    form = whole["properties"]["messages"]["items"]
    return schema.first_problem(form, message, whole)


def _is_usual(message):
    """Whether it is the one patch of a number that nearly all messages are.

    It fits the schema, and 25,000 checks to the letter would keep the lock for seconds.
    """
    if not isinstance(message, dict) or set(message) != USUAL:
        return False
    number, patches = message["messageId"], message["patches"]
    if type(number) is not int or not 1 <= number < 2**31:
        return False
    if message["operationType"] != "PATCH" or not isinstance(patches, list):
        return False
    names = message["sku"], message["productType"]
    if not all(isinstance(name, str) and name for name in names) or len(patches) != 1:
        return False
    patch = patches[0]
    return (
        isinstance(patch, dict)
        and set(patch) == {"op", "path", "value"}
        and patch["op"] == "merge"
        and isinstance(patch["path"], str)
        and isinstance(patch["value"], list)
        and all(isinstance(entry, dict) for entry in patch["value"])
    )


def _patches(message):
    """A message of attributes replaces them, whatever it does not name."""
    if "patches" in message:
        return message["patches"]
    return [
        {"op": "replace", "path": f"/attributes/{name}", "value": value}
        for name, value in message["attributes"].items()
    ]


def _broken(store, document):
    """(rule, words) of what makes the whole feed FATAL, or None."""
    strikes = store.rules.strikes
    whole = schema.load("listings-feed-schema-v2")
    parts = whole["properties"]
    if not isinstance(document, dict) or not isinstance(document.get("messages"), list):
        return "feed_broken", "The feed is no JSON with messages."
    if problem := schema.first_problem(parts["header"], document.get("header"), whole):
        return "feed_broken", f"header: {problem}"
    messages = document["messages"]
    if not 1 <= len(messages) <= MOST and strikes("feed_broken"):
        return "feed_broken", f"{len(messages)} messages"
    if document["header"]["sellerId"] != store.config.seller_id:
        return "feed_broken", "The feed is of another seller."
    numbers = [
        message.get("messageId") for message in messages if isinstance(message, dict)
    ]
    if len(set(map(repr, numbers))) != len(numbers) and strikes("message_twice"):
        return "message_twice", "A messageId is there twice."
    return None


def _issue(words, code=UNREADABLE, number=None, sku=None):
    issue = {"code": code, "severity": "ERROR", "message": words}
    if isinstance(number, int) and number > 0:
        issue["messageId"] = number
    if sku:
        issue["sku"] = sku
    return issue
