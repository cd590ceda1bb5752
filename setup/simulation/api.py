"""The shops' public APIs, as a small connector of somebody else's would use them."""

import base64
import hashlib
import hmac
import json
import time
import uuid
from urllib.parse import quote

import requests

VERSION = "2026-07"
TIMEOUT = 15


class ApiFailed(Exception):
    """No answer, or one that says no."""


class Stale(Exception):
    """The number was compared, and was another."""


def _session():
    session = requests.Session()
    session.trust_env = False
    return session


class ShopifyApi:
    def __init__(self, shop):
        self.url = f"{shop.url}/admin/api/{VERSION}/graphql.json"
        self.places = shop.shop.places
        self._session = _session()
        self.refs = {}  # SKU: inventory item
        self.locations = {}  # place: location

    def connect(self):
        data = self.ask("{locations(first: 20) {nodes {id name}}}")
        self.locations = {
            each["name"]: each["id"] for each in data["locations"]["nodes"]
        }
        cursor = None
        while True:
            page = self.ask(
                "query($after: String) {productVariants(first: 200, after: $after) {"
                "nodes {sku inventoryItem {id}} pageInfo {hasNextPage endCursor}}}",
                after=cursor,
            )["productVariants"]
            for each in page["nodes"]:
                self.refs[each["sku"]] = each["inventoryItem"]["id"]
            cursor = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                return

    def orders(self, since):
        """Orders changed since then: id, cancelled, paid, place, lines {SKU: units}."""
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(since))
        cursor = None
        while True:
            page = self.ask(
                "query($after: String, $text: String) {orders(first: 40, after: $after,"
                " query: $text, sortKey: UPDATED_AT) {nodes {id cancelledAt"
                " displayFinancialStatus lineItems(first: 10) {nodes {sku quantity}}"
                " fulfillmentOrders(first: 2) {nodes {assignedLocation {name}}}}"
                " pageInfo {hasNextPage endCursor}}}",
                after=cursor,
                text=f"updated_at:>='{stamp}'",
            )["orders"]
            for each in page["nodes"]:
                sent = each["fulfillmentOrders"]["nodes"]
                yield {
                    "id": each["id"].rpartition("/")[2],
                    "cancelled": bool(each["cancelledAt"]),
                    "paid": each["displayFinancialStatus"] == "PAID",
                    "place": sent[0]["assignedLocation"]["name"] if sent else None,
                    "lines": _lines(each["lineItems"]["nodes"]),
                }
            cursor = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                return

    def read(self, keys):
        """:return: {(place, SKU): the number shown}"""
        ids = [self.refs[sku] for _place, sku in keys]
        data = self.ask(
            "query($ids: [ID!]!) {nodes(ids: $ids) {... on InventoryItem {id"
            " inventoryLevels(first: 5) {nodes {location {name}"
            ' quantities(names: ["available"]) {quantity}}}}}}',
            ids=sorted(set(ids)),
        )
        skus = {ref: sku for sku, ref in self.refs.items()}
        return {
            (level["location"]["name"], skus[item["id"]]): level["quantities"][0][
                "quantity"
            ]
            for item in data["nodes"]
            for level in item["inventoryLevels"]["nodes"]
        }

    def write(self, numbers, compare=None):
        """Set absolute numbers: {(place, SKU): number}.

        :param compare: {(place, SKU): number that must be shown}, None to overwrite
        :raise Stale: one of them was another; nothing was written
        """
        quantities = [
            {
                "inventoryItemId": self.refs[sku],
                "locationId": self.locations[place],
                "quantity": number,
                "changeFromQuantity": compare and compare[place, sku],
            }
            for (place, sku), number in numbers.items()
        ]
        answer = self.ask(
            "mutation($input: InventorySetQuantitiesInput!, $key: String!) {"
            "inventorySetQuantities(input: $input) @idempotent(key: $key) {"
            "userErrors {code message}}}",
            input={
                "name": "available",
                "reason": "correction",
                "quantities": quantities,
            },
            key=str(uuid.uuid4()),
        )
        errors = answer["inventorySetQuantities"]["userErrors"]
        if any(each["code"] == "CHANGE_FROM_QUANTITY_STALE" for each in errors):
            raise Stale()
        if errors:
            raise ApiFailed(errors[0]["message"])

    def subscribe(self, url):
        self.ask(
            "mutation($url: URL!) {webhookSubscriptionCreate(topic: ORDERS_CREATE,"
            " webhookSubscription: {uri: $url}) {userErrors {message}}}".replace(
                "$url: URL!", "$url: String!"
            ),
            url=url,
        )

    def ask(self, query, **variables):
        try:
            answer = self._session.post(
                self.url,
                json={"query": query, "variables": variables},
                headers={"X-Shopify-Access-Token": "shpat_sandbox"},
                timeout=TIMEOUT,
            )
            body = answer.json()
        except (requests.RequestException, ValueError) as error:
            raise ApiFailed(str(error)) from error
        if not answer.ok or "errors" in body:
            raise ApiFailed(json.dumps(body.get("errors", answer.status_code)))
        return body["data"]


class WooApi:
    BATCH = 50

    def __init__(self, shop):
        self.url = f"{shop.url}/wp-json/wc/v3"
        [self.place] = shop.shop.places
        self._session = _session()
        self.refs = {}

    def connect(self):
        page = 1
        while True:
            rows = self.ask("GET", "products", per_page=100, page=page)
            self.refs.update({each["sku"]: each["id"] for each in rows})
            if len(rows) < 100:
                return
            page += 1

    def orders(self, since):
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(since))
        page = 1
        while True:
            rows = self.ask(
                "GET",
                "orders",
                modified_after=stamp,
                dates_are_gmt="true",
                per_page=100,
                page=page,
            )
            for each in rows:
                yield {
                    "id": str(each["id"]),
                    "cancelled": each["status"] in ("cancelled", "failed"),
                    "paid": each["status"] in ("processing", "completed"),
                    "place": self.place,
                    "lines": _lines(each["line_items"]),
                }
            if len(rows) < 100:
                return
            page += 1

    def read(self, keys):
        numbers = [self.refs[sku] for _place, sku in keys]
        result = {}
        for begin in range(0, len(numbers), 100):
            part = numbers[begin : begin + 100]
            rows = self.ask(
                "GET", "products", include=",".join(map(str, part)), per_page=100
            )
            for each in rows:
                result[self.place, each["sku"]] = each["stock_quantity"]
        return result

    def write(self, numbers, compare=None):
        """This API cannot compare: whoever wants to has read a moment before."""
        if compare and compare != (shown := self.read(list(numbers))):
            raise Stale(shown)
        items = [
            {"id": self.refs[sku], "stock_quantity": number}
            for (_place, sku), number in numbers.items()
        ]
        for begin in range(0, len(items), self.BATCH):
            self.ask(
                "PUT", "products/batch", {"update": items[begin : begin + self.BATCH]}
            )

    def subscribe(self, url):
        body = {"topic": "order.created", "delivery_url": url, "secret": "x"}
        self.ask("POST", "webhooks", body)

    def ask(self, method, path, body=None, **params):
        url = f"{self.url}/{path}"
        params = {
            **params,
            "oauth_consumer_key": "ck_sandbox",
            "oauth_timestamp": str(int(time.time())),
            "oauth_nonce": uuid.uuid4().hex,
            "oauth_signature_method": "HMAC-SHA256",
        }
        query = "&".join(
            f"{_encode(k)}={_encode(v)}" for k, v in sorted(params.items())
        )
        text = "&".join((method, _encode(url), _encode(query)))
        digest = hmac.new(b"cs_sandbox&", text.encode(), hashlib.sha256).digest()
        signature = _encode(base64.b64encode(digest).decode())
        try:
            answer = self._session.request(
                method,
                f"{url}?{query}&oauth_signature={signature}",
                json=body,
                timeout=TIMEOUT,
            )
            data = answer.json()
        except (requests.RequestException, ValueError) as error:
            raise ApiFailed(str(error)) from error
        if not answer.ok:
            raise ApiFailed(f"{answer.status_code} {data}")
        return data


def _encode(text):
    return quote(str(text), safe="~")


def _lines(rows):
    result = {}
    for each in rows:
        result[each["sku"]] = result.get(each["sku"], 0) + int(each["quantity"])
    return result


TYPES = {"shopify": ShopifyApi, "woocommerce": WooApi}
