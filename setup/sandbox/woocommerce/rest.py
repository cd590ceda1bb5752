"""The routes of the API, and the few that need no file of their own."""

import re

from .errors import no_route

ROUTES = []


def route(methods, pattern):
    """Register a handler ``function(shop, params, body, *ids)``.

    ``#`` stands for a number. WordPress takes POST, PUT and PATCH for one another.
    """
    names = methods.split()
    if "PUT" in names:
        names += ["POST", "PATCH"]
    compiled = re.compile(pattern.replace("#", r"(\d+)") + "$")

    def register(function):
        ROUTES.append((tuple(names), pattern, compiled, function))
        return function

    return register


def find(shop, method, path):
    """(pattern, handler, ids) of ``wc/v3/...``.

    :raise ApiError: there is none
    """
    for methods, pattern, compiled, function in ROUTES:
        found = compiled.match(path)
        if not found or method not in methods:
            continue
        if pattern.startswith("wc-chansync/") and not shop.config.companion:
            continue
        return pattern, function, [int(number) for number in found.groups()]
    raise no_route()


def index(shop):
    """What the shop is and which namespaces it has: needs no key."""
    names = ["oembed/1.0", "wc/v1", "wc/v2", "wc/v3", "wc/store/v1", "wp/v2"]
    if shop.config.companion:
        names.append("wc-chansync/v1")
    return {
        "name": shop.config.shop_name,
        "description": "",
        "url": shop.config.url,
        "home": shop.config.url,
        "gmt_offset": shop.config.utc_offset,
        "timezone_string": "",
        "namespaces": names,
        "routes": {},
    }


@route("GET", "wc/v3/data/currencies/current")
def currency(shop, params, body):
    return {"code": shop.config.currency, "name": shop.config.currency, "symbol": ""}


@route("GET", "wc/v3/settings/products/woocommerce_manage_stock")
def manage_stock(shop, params, body):
    return {"id": "woocommerce_manage_stock", "value": "yes"}


@route("GET", "wc/v3/settings/products/woocommerce_weight_unit")
def weight_unit(shop, params, body):
    return {"id": "woocommerce_weight_unit", "value": "kg"}
