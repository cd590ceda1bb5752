import pytest

from sandbox.amazon import start as start_amazon
from sandbox.shopify import start
from sandbox.woocommerce import start as start_woo

from .amazon import SEED as AMAZON_SEED
from .amazon import AmazonClient
from .helpers import Client, Receiver
from .woo import SEED as WOO_SEED
from .woo import WooClient

SEED = {
    "locations": [
        {
            "name": "Main",
            "address": {
                "address1": "Dock 1",
                "city": "Rotterdam",
                "country_code": "NL",
            },
        },
        "Second",
        {"name": "Store", "fulfills_online_orders": False},
    ],
    "products": [
        {"sku": "A", "barcode": "111", "price": "10.00", "quantities": {"Main": 10}},
        {
            "sku": "B",
            "title": "Bolt",
            "price": "4.50",
            "quantities": {"Main": 3, "Second": {"available": 4, "damaged": 1}},
        },
        {"sku": "C", "price": "7.25", "quantities": {"Main": 5}},
        {
            "sku": "KIT",
            "title": "Kit",
            "price": "20.00",
            "components": [{"sku": "A", "quantity": 2}, {"sku": "C"}],
        },
        {
            "title": "Shirt",
            "variants": [
                {"sku": "S-RED", "title": "Red", "price": "15.00"},
                {"sku": "S-BLUE", "title": "Blue", "price": "15.00"},
            ],
        },
    ],
}


@pytest.fixture
def shop():
    sandbox = start(SEED, webhook_retry_window=0.4, hang=0.5, job_delay=0.02)
    yield sandbox
    sandbox.stop()


@pytest.fixture
def client(shop):
    return Client(shop)


@pytest.fixture
def receiver():
    server = Receiver()
    yield server
    server.stop()


@pytest.fixture
def woo():
    """A WooCommerce shop whose WP-Cron comes by when a test says so."""
    sandbox = start_woo(WOO_SEED, cron_interval=None, hang=0.5)
    yield sandbox
    sandbox.stop()


@pytest.fixture
def api(woo):
    return WooClient(woo)


@pytest.fixture
def account():
    """An Amazon account in which nothing happens by chance, nor before its time."""
    sandbox = start_amazon(AMAZON_SEED, tick=None, hang=0.5)
    sandbox.calm()
    sandbox.rules.set(order_level=1, new_order_told=1)
    yield sandbox
    # whatever a test does, the sandbox keeps to Amazon's own models
    assert not sandbox.violations.counts["own_answers"], sandbox.violations.summary()
    sandbox.stop()


@pytest.fixture
def amz(account):
    return AmazonClient(account)
