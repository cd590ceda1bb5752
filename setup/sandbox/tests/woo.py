"""A plain client of the WooCommerce shop, with its own signing."""

import base64
import hashlib
import hmac
import itertools
import time
from urllib.parse import quote

import requests

SEED = {
    "products": [
        {"sku": "A", "barcode": "111", "price": "10.00", "stock": 10},
        {"sku": "B", "name": "Bolt", "price": "4.50", "stock": 3},
        {"sku": "FREE", "name": "No figure", "price": "1.00", "stock": None},
        {
            "sku": "SHIRT",
            "name": "Shirt",
            "variations": [
                {"sku": "S-RED", "name": "Red", "price": "15.00", "stock": 5},
                {"sku": "S-BLUE", "name": "Blue", "price": "15.00", "stock": 6},
            ],
        },
        {
            "sku": "MUG",
            "name": "Mug",
            "stock": 9,
            "variations": [
                {"sku": "M-S", "name": "Small", "price": "5.00", "stock": None},
                {"sku": "M-L", "name": "Large", "price": "6.00", "stock": None},
            ],
        },
    ]
}
VAT = [{"title": "VAT", "rate": 0.21}]
_nonces = itertools.count(1)


def encode(text):
    return quote(str(text), safe="~")


class WooClient:
    """Signs with OAuth 1.0a in the query, as plain http needs it."""

    def __init__(self, shop, key="ck_sandbox", secret="cs_sandbox", plain=False):
        self.shop, self.key, self.secret, self.plain = shop, key, secret, plain
        self.session = requests.Session()

    def send(self, method, path, body=None, oauth=None, timeout=10, **params):
        url = f"{self.shop.url}/wp-json/wc/v3/{path}"
        if path.startswith("wc-"):
            url = f"{self.shop.url}/wp-json/{path}"
        if self.plain:
            url, params["rest_route"] = f"{self.shop.url}/", f"/wc/v3/{path}"
        params = {name: str(value) for name, value in params.items()}
        params.update(
            oauth_consumer_key=self.key,
            oauth_timestamp=str(int(time.time())),
            oauth_nonce=f"{next(_nonces)}-{id(self)}",
            oauth_signature_method="HMAC-SHA256",
        )
        params.update(oauth or {})
        params["oauth_signature"] = self.sign(method, url, params)
        return self.session.request(
            method, url, params=params, json=body, timeout=timeout
        )

    def sign(self, method, url, params):
        pairs = "&".join(f"{encode(k)}={encode(v)}" for k, v in sorted(params.items()))
        text = "&".join((method, encode(url), encode(pairs)))
        digest = hmac.new(f"{self.secret}&".encode(), text.encode(), hashlib.sha256)
        return base64.b64encode(digest.digest()).decode()

    def ok(self, method, path, body=None, **params):
        answer = self.send(method, path, body, **params)
        assert answer.ok, answer.text
        return answer.json()

    def code(self, method, path, body=None, **params):
        """(status, code) of a refusal."""
        answer = self.send(method, path, body, **params)
        assert not answer.ok, answer.text
        return answer.status_code, answer.json()["code"]

    def get(self, path, **params):
        return self.ok("GET", path, **params)

    def number(self, sku):
        return self.shop.store.find_product(sku).id

    def set(self, sku, quantity):
        """One item through the batch. :return: its part of the answer"""
        product = self.shop.store.find_product(sku)
        path = "products/batch"
        if product.parent:
            path = f"products/{product.parent.id}/variations/batch"
        item = {"id": product.id, "stock_quantity": quantity}
        return self.ok("POST", path, {"update": [item]})["update"][0]
