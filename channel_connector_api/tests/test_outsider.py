# SPDX-License-Identifier: AGPL-3.0-or-later
import re

import jsonschema

from odoo.tests import tagged

from .common_api import ApiCase


class Outsider:
    """A client made from the OpenAPI document alone: it knows an address, a key, and
    names of operations. Each answer is held against the document."""

    def __init__(self, open_url, base, token):
        self._open, self._headers = open_url, {"Authorization": f"Bearer {token}"}
        self.document = self._open(base + "/openapi.json").json()
        [server] = self.document["servers"]
        for path, methods in self.document["paths"].items():
            shared = methods.get("parameters", [])
            for method, operation in methods.items():
                if method != "parameters":
                    known = [*shared, *operation.get("parameters", [])]
                    call = self._make(method, server["url"] + path, operation, known)
                    setattr(self, operation["operationId"], call)

    def _make(self, method, url, operation, parameters):
        def call(body=None, **values):
            query, address = [], url
            for each in parameters:
                value = values.pop(each["name"], None)
                if value is None:
                    continue
                if each["in"] == "path":
                    address = address.replace(f"{{{each['name']}}}", value)
                elif each["in"] == "query":
                    many = value if isinstance(value, list) else [value]
                    query += [(each["name"], str(one)) for one in many]
            assert not values, f"the document knows no {values}"
            assert not re.search("[{}]", address), address
            response = self._open(
                address,
                method=method.upper(),
                json=body,
                params=query,
                headers=self._headers,
            )
            return self._read(operation, response)

        return call

    def _read(self, operation, response):
        known = operation["responses"][str(response.status_code)]
        if not known.get("content"):
            return response.status_code, None
        [(kind, content)] = known["content"].items()
        assert response.headers["Content-Type"].partition(";")[0] == kind
        data = response.json()
        jsonschema.validate(
            data,
            {**content["schema"], "components": self.document["components"]},
            cls=jsonschema.Draft202012Validator,
        )
        return response.status_code, data


@tagged("post_install", "-at_install")
class TestOutsider(ApiCase):
    def open(self, url, method="GET", json=None, params=None, headers=None):
        """Only what any HTTP client has."""
        return self.opener.request(
            method,
            self.base_url() + url,
            json=json,
            params=params,
            headers=headers,
            timeout=60,
        )

    def test_outsider_sells_an_order_and_follows_it_to_its_shipment(self):
        self.publish()
        shop = Outsider(self.open, "/channel/api/v1", self.token)
        _status, account = shop.getAccount()
        node = account["nodes"][0]["node"]
        _status, before = shop.getAvailability(sku=["SKU-1", "SKU-2"], node=node)
        self.assertEqual([each["available"] for each in before["items"]], [10, 10])
        _status, page = shop.listChanges()
        cursor = page["cursor"]
        # a customer fills the basket
        status, hold = shop.takeHold(
            {
                "reference": "basket-1",
                "ttl": 900,
                "lines": [{"sku": "SKU-1", "quantity": 3}],
            }
        )
        self.assertEqual((status, hold["complete"]), (201, True))
        self.publish()
        _status, page = shop.listChanges(since=cursor)
        self.assertEqual(
            [(each["sku"], each["available"]) for each in page["changes"]],
            [("SKU-1", 7)],
        )
        # and pays
        order = self.order_body("web-1", ("SKU-1", 3), ("SKU-2", 1), hold="basket-1")
        status, told = shop.placeOrder(order)
        self.assertEqual((status, told["state"]), (201, "accepted"))
        # the answer was lost on its way
        status, again = shop.placeOrder(order)
        self.assertEqual((status, again["reference"]), (200, "web-1"))
        self.work()
        _status, told = shop.getOrder(reference="web-1")
        self.assertEqual(told["state"], "confirmed")
        _status, hold = shop.getHold(reference="basket-1")
        self.assertEqual(hold["state"], "redeemed")
        # the warehouse sends it
        self.ship("web-1")
        self.work()
        _status, told = shop.getOrder(reference="web-1")
        self.assertEqual(told["state"], "shipped")
        self.assertEqual([line["shipped"] for line in told["lines"]], [3, 1])
        [parcel] = told["shipments"]
        self.assertEqual(
            [(line["id"], line["quantity"]) for line in parcel["lines"]],
            [("L1", 3), ("L2", 1)],
        )
        _status, events = shop.listEvents()
        kinds = [each["type"] for each in events["events"] if "order" in each["data"]]
        self.assertEqual(kinds[-1], "order.shipped")
        status, problem = shop.cancelOrder({"reason": "customer"}, reference="web-1")
        self.assertEqual((status, problem["code"]), (409, "already_shipped"))
        _status, after = shop.getAvailability(sku=["SKU-1", "SKU-2"])
        self.assertEqual([each["available"] for each in after["items"]], [7, 9])

    def test_document_is_served_to_anybody_and_has_nothing_of_an_account(self):
        answer = self.url_open("/channel/api/v1/openapi.json")
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.json()["openapi"], "3.1.0")
        for word in (self.channel.name, self.token, self.key.prefix, "SKU-1"):
            self.assertNotIn(word, answer.text)

    def test_what_odoo_decides_is_told(self):
        """An order that is cancelled here, and a partial shipment."""
        self.publish()
        shop = Outsider(self.open, "/channel/api/v1", self.token)
        shop.placeOrder(self.order_body("web-2", ("SKU-1", 2)))
        shop.placeOrder(self.order_body("web-3", ("SKU-1", 4)))
        self.work()
        self.order("web-2").sale_order_id._action_cancel()
        self.ship("web-3", 1)
        self.work()
        _status, told = shop.getOrder(reference="web-2")
        self.assertEqual(told["state"], "cancelled")
        self.assertEqual(told["cancellations"][0]["by"], "us")
        self.assertEqual(told["lines"][0]["cancelled"], 2)
        _status, told = shop.getOrder(reference="web-3")
        self.assertEqual(told["state"], "partly_shipped")
        self.assertEqual(told["lines"][0]["shipped"], 1)
