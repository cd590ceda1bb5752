"""A plain client of the Amazon account, with its own signing of SQS requests."""

import gzip
import hashlib
import hmac
import json
import time
from urllib.parse import quote

import requests

from sandbox.common.clock import iso

DE, FR, SE = "A1PA6795UKMFR9", "A13V1IB3VIYZZH", "A2NODRKZP88ZB9"
SEED = {
    "products": [
        {"sku": "A", "title": "Lämp", "price": "10.00", "quantity": 10},
        {"sku": "B", "title": "Bolt", "price": "4.50", "quantity": 5, "lead_time": 3},
        {"sku": "C/1 é", "title": "Mug", "price": "7.25", "quantity": 4},
        {"sku": "F", "title": "Fan", "price": "20.00", "fba": 6},
    ]
}
CONTENT = "application/x-amz-json-1.0"
ORDER_CHANGE = {
    "eventFilter": {
        "eventFilterType": "ORDER_CHANGE",
        "orderChangeTypes": ["OrderStatusChange", "BuyerRequestedChange"],
    }
}


def merge(number, **more):
    """A patch of the merchant's number, as it should be."""
    entry = {"fulfillment_channel_code": "DEFAULT", "quantity": number, **more}
    path = "/attributes/fulfillment_availability"
    return {"op": "merge", "path": path, "value": [entry]}


class AmazonClient:
    def __init__(self, shop):
        self.shop, self.session = shop, requests.Session()
        self._tokens = {}

    # --- tokens

    def login(self, **values):
        """The raw answer of the token endpoint."""
        config = self.shop.config
        form = {
            "grant_type": "refresh_token",
            "refresh_token": config.refresh_token,
            "client_id": config.client_id,
            "client_secret": config.client_secret,
            **values,
        }
        return self.session.post(f"{self.shop.url}/auth/o2/token", data=form)

    def token(self, grantless=False):
        """A token that lives, by the account's clock."""
        now = self.shop.store.clock.time()
        if self._tokens.get(grantless, ("", 0))[1] < now:
            values = {}
            if grantless:
                scope = "sellingpartnerapi::notifications"
                values = {"grant_type": "client_credentials", "scope": scope}
            answer = self.login(**values)
            assert answer.ok, answer.text
            until = now + answer.json()["expires_in"] - 60
            self._tokens[grantless] = answer.json()["access_token"], until
        return self._tokens[grantless][0]

    # --- the API

    def send(self, method, path, body=None, grantless=False, token=None, **query):
        token = token or self.token(grantless)
        params = {
            name: ",".join(value) if isinstance(value, list | tuple) else value
            for name, value in query.items()
        }
        return self.session.request(
            method,
            f"{self.shop.url}{path}",
            params=params,
            json=body,
            headers={"x-amz-access-token": token},
            timeout=10,
        )

    def ok(self, method, path, body=None, **more):
        answer = self.send(method, path, body, **more)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def code(self, method, path, body=None, **more):
        """(status, code) of a refusal."""
        answer = self.send(method, path, body, **more)
        assert not answer.ok, answer.text
        return answer.status_code, answer.json()["errors"][0]["code"]

    # --- orders

    def order(self, order, *blocks):
        blocks = blocks or ("FULFILLMENT",)
        path = f"/orders/2026-01-01/orders/{getattr(order, 'id', order)}"
        return self.ok("GET", path, includedData=blocks)["order"]

    def search(self, **query):
        query = {"lastUpdatedAfter": "2026-01-01T00:00:00Z", **query}
        query = {name: value for name, value in query.items() if value is not None}
        return self.ok("GET", "/orders/2026-01-01/orders", **query)

    def found(self, **query):
        return [each["orderId"] for each in self.search(**query)["orders"]]

    def ago(self, seconds):
        """A time of the search, so long ago by the account's clock."""
        now = self.shop.store.clock.now()
        return iso(type(now).fromtimestamp(now.timestamp() - seconds, now.tzinfo))

    def package(self, order, lines=None, **detail):
        """The packageDetail of a shipment; all that is open, or {sku: units}."""
        items = [
            {"orderItemId": item.id, "quantity": (lines or {}).get(item.sku, item.open)}
            for item in order.items
            if lines is None or item.sku in lines
        ]
        return {
            "packageReferenceId": "1",
            "carrierCode": "DHL",
            "trackingNumber": "00340434",
            "shipDate": self.ago(0),
            "orderItems": items,
            **detail,
        }

    def ship(self, order, lines=None, **detail):
        """The raw answer of confirmShipment."""
        package = self.package(order, lines, **detail)
        path = f"/orders/v0/orders/{order.id}/shipmentConfirmation"
        body = {"marketplaceId": order.marketplace, "packageDetail": package}
        return self.send("POST", path, body)

    # --- numbers

    def listing_path(self, sku):
        seller = self.shop.config.seller_id
        return f"/listings/2021-08-01/items/{seller}/{quote(sku, safe='')}"

    def patch(self, sku, *patches, product_type="PRODUCT", **query):
        """The answer to patches; a number stands for the usual one."""
        patches = [merge(each) if isinstance(each, int) else each for each in patches]
        body = {"productType": product_type, "patches": patches}
        query = {"marketplaceIds": DE, **query}
        return self.ok("PATCH", self.listing_path(sku), body, **query)

    def live(self, sku):
        """{channel: number} as the API reads it back."""
        query = {"marketplaceIds": DE, "includedData": "fulfillmentAvailability"}
        item = self.ok("GET", self.listing_path(sku), **query)
        rows = item["fulfillmentAvailability"]
        return {row["fulfillmentChannelCode"]: row.get("quantity") for row in rows}

    # --- documents, feeds, reports

    def upload(self, body, kind="application/json; charset=UTF-8", headers=None):
        path = "/feeds/2021-06-30/documents"
        place = self.ok("POST", path, {"contentType": kind})
        headers = headers or {"Content-Type": kind}
        answer = self.session.put(place["url"], data=body, headers=headers)
        assert answer.ok, answer.text
        return place["feedDocumentId"]

    def feed(self, body, feed_type="JSON_LISTINGS_FEED", kind=None, places=(DE,)):
        """:return: the id of a new feed"""
        kind = kind or "application/json; charset=UTF-8"
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        values = {
            "feedType": feed_type,
            "marketplaceIds": list(places),
            "inputFeedDocumentId": self.upload(body, kind),
        }
        return self.ok("POST", "/feeds/2021-06-30/feeds", values)["feedId"]

    def listings_feed(self, *messages, **header):
        """A feed of (sku, number) or whole messages."""
        rows = [
            {
                "messageId": number,
                "sku": message[0],
                "operationType": "PATCH",
                "productType": "PRODUCT",
                "patches": [merge(message[1])],
            }
            if isinstance(message, tuple)
            else message
            for number, message in enumerate(messages, 1)
        ]
        seller = self.shop.config.seller_id
        header = {"sellerId": seller, "version": "2.0", **header}
        return self.feed({"header": header, "messages": rows})

    def feed_state(self, feed):
        return self.ok("GET", f"/feeds/2021-06-30/feeds/{feed}")["processingStatus"]

    def feed_result(self, feed):
        """(status, bytes of the processing report or None)"""
        view = self.ok("GET", f"/feeds/2021-06-30/feeds/{feed}")
        if "resultFeedDocumentId" not in view:
            return view["processingStatus"], None
        path = f"/feeds/2021-06-30/documents/{view['resultFeedDocumentId']}"
        return view["processingStatus"], self.download(path)[0]

    def download(self, path):
        """(bytes, Content-Type) of a document, unpacked."""
        view = self.ok("GET", path)
        answer = requests.get(view["url"], timeout=10)
        assert answer.ok, answer.text
        body = answer.content
        if view.get("compressionAlgorithm") == "GZIP":
            body = gzip.decompress(body)
        return body, answer.headers["Content-Type"]

    def report(self, place=DE, kind="GET_MERCHANT_LISTINGS_ALL_DATA"):
        """:return: the id of a new report"""
        body = {"reportType": kind, "marketplaceIds": [place]}
        return self.ok("POST", "/reports/2021-06-30/reports", body)["reportId"]

    # --- the queue

    def listen(self, kind="ORDER_CHANGE", queue="orders", directive=ORDER_CHANGE):
        """Subscribe the queue to a type. :return: the subscription"""
        destinations = "/notifications/v1/destinations"
        known = self.ok("GET", destinations, grantless=True)["payload"]
        if not known:
            arn = self.shop.queue_arn(queue)
            body = {"name": "q", "resourceSpecification": {"sqs": {"arn": arn}}}
            known = [self.ok("POST", destinations, body, grantless=True)["payload"]]
        small = kind.endswith("PROCESSING_FINISHED")
        body = {
            "payloadVersion": "2020-09-04" if small else "1.0",
            "destinationId": known[0]["destinationId"],
        }
        if kind == "ORDER_CHANGE":
            body["processingDirective"] = directive
        path = f"/notifications/v1/subscriptions/{kind}"
        return self.ok("POST", path, body)["payload"]

    def sqs(self, action, region=None, secret=None, headers=None, **body):
        """The raw answer of a signed request to the queue."""
        config = self.shop.config
        body.setdefault("QueueUrl", self.shop.queue_url("orders"))
        text = json.dumps(body).encode()
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        host = self.shop.url.removeprefix("http://")
        signed = {
            "content-type": CONTENT,
            "host": host,
            "x-amz-date": stamp,
            "x-amz-target": f"AmazonSQS.{action}",
        }
        names = ";".join(signed)
        lines = "".join(f"{name}:{value}\n" for name, value in signed.items())
        digest = hashlib.sha256(text).hexdigest()
        canonical = f"POST\n/\n\n{lines}\n{names}\n{digest}"
        scope = f"{stamp[:8]}/{region or config.aws_region}/sqs/aws4_request"
        whole = hashlib.sha256(canonical.encode()).hexdigest()
        to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{whole}"
        key = f"AWS4{secret or config.aws_secret}".encode()
        for part in (*scope.split("/"), to_sign):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        signed["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={config.aws_key_id}/{scope}, "
            f"SignedHeaders={names}, Signature={key.hex()}"
        )
        return self.session.post(
            f"{self.shop.url}/", data=text, headers=signed | (headers or {}), timeout=30
        )

    def receive(self, most=10, wait=1, visibility=60):
        """The messages that a poll gets."""
        answer = self.sqs(
            "ReceiveMessage",
            MaxNumberOfMessages=most,
            WaitTimeSeconds=wait,
            VisibilityTimeout=visibility,
        )
        assert answer.ok, answer.text
        return answer.json().get("Messages", [])

    def words(self):
        """The bodies of all that is in the queue; it is empty afterwards."""
        bodies = []
        while messages := self.receive(wait=0):
            bodies += [json.loads(each["Body"]) for each in messages]
            entries = [
                {"Id": str(number), "ReceiptHandle": each["ReceiptHandle"]}
                for number, each in enumerate(messages)
            ]
            assert self.sqs("DeleteMessageBatch", Entries=entries).ok
        return bodies

    # --- what was wrong

    def wrong(self):
        """{rule: count} of the violations so far, forgotten afterwards."""
        counts = dict(self.shop.violations.counts)
        self.shop.violations.clear()
        return counts
