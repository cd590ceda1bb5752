"""Keys: OAuth on plain http, Basic over https, and what else they must pass."""

import pytest
import requests

from sandbox.woocommerce import start

from .woo import SEED, WooClient


def test_oauth_on_plain_http(api):
    assert api.get("data/currencies/current")["code"] == "EUR"


def test_basic_means_nothing_on_plain_http(woo):
    url = f"{woo.url}/wp-json/wc/v3/orders"
    answer = requests.get(url, auth=("ck_sandbox", "cs_sandbox"), timeout=5)
    assert answer.status_code == 401
    assert answer.json()["code"] == "woocommerce_rest_cannot_view"


@pytest.mark.parametrize(
    ("key", "secret", "message"),
    [
        ("ck_wrong", "cs_sandbox", "Consumer key is invalid."),
        ("ck_sandbox", "cs_wrong", "signature does not match"),
    ],
)
def test_wrong_keys(woo, key, secret, message):
    answer = WooClient(woo, key, secret).send("GET", "orders")
    assert answer.status_code == 401
    assert message in answer.json()["message"]


def test_read_only_keys_read_and_do_not_write(woo):
    client = WooClient(woo, "ck_readonly", "cs_readonly")
    assert client.get("orders") == []
    answer = client.send("POST", "products/batch", {})
    assert answer.status_code == 401
    assert "write permissions" in answer.json()["message"]


def test_a_nonce_is_used_once(api):
    assert api.send("GET", "orders", oauth={"oauth_nonce": "n"}).status_code == 200
    answer = api.send("GET", "orders", oauth={"oauth_nonce": "n"})
    assert "nonce has already been used" in answer.json()["message"]


def test_an_old_timestamp_is_refused(api):
    answer = api.send("GET", "orders", oauth={"oauth_timestamp": "1"})
    assert answer.json()["message"] == "Invalid timestamp."


def test_basic_over_https(tmp_path):
    with start(SEED, tls=True, cron_interval=None) as shop:
        session = requests.Session()
        session.trust_env = False
        session.verify = tmp_path / "shop.pem"
        session.verify.write_text(shop.certificate)
        session.auth = ("ck_sandbox", "cs_sandbox")
        url = f"{shop.url}/wp-json/wc/v3/orders"
        assert session.get(url, timeout=5).json() == []
        session.auth = ("ck_sandbox", "cs_wrong")
        assert session.get(url, timeout=5).status_code == 401


def test_keys_work_in_namespaces_of_woocommerce_only(woo, api):
    woo.config.companion = True
    assert api.ok("GET", "wc-chansync/v1/status") == {
        "protocol": 1,
        "version": "1.1.0",
        "atomic": True,
    }
    url = f"{woo.url}/wp-json/wp/v2/posts"
    assert requests.get(url, timeout=5).status_code in (401, 404)


def test_plain_permalinks_answer_at_rest_route_only(woo):
    woo.config.plain_permalinks = True
    index = requests.get(f"{woo.url}/wp-json/", timeout=5)
    assert (index.status_code, index.text[:9]) == (404, "<!DOCTYPE")
    assert WooClient(woo, plain=True).get("orders") == []
    index = requests.get(f"{woo.url}/", params={"rest_route": "/"}, timeout=5)
    assert "wc/v3" in index.json()["namespaces"]
