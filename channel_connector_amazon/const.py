# SPDX-License-Identifier: AGPL-3.0-or-later
"""Constants of Amazon's Selling Partner API and of this connector. No odoo in here.

Rates and bursts are those of Amazon's models and usage plans of 2026-08.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Region:
    """Where a seller's account is: the API's address, AWS's name of the place, and the
    pages where the seller works."""

    endpoint: str
    aws: str
    pages: str


REGIONS = {
    "na": Region(
        "https://sellingpartnerapi-na.amazon.com",
        "us-east-1",
        "https://sellercentral.amazon.com",
    ),
    "eu": Region(
        "https://sellingpartnerapi-eu.amazon.com",
        "eu-west-1",
        "https://sellercentral-europe.amazon.com",
    ),
    "fe": Region(
        "https://sellingpartnerapi-fe.amazon.com",
        "us-west-2",
        "https://sellercentral.amazon.co.jp",
    ),
}
TOKEN_URL = "https://api.amazon.com/auth/o2/token"
NOTIFICATIONS_SCOPE = "sellingpartnerapi::notifications"
"""What a token of the application itself is good for: destinations."""

SECRET_DAYS = 180
"""After which Amazon ends a client secret."""
PERSONAL_DAYS = 30
"""After the shipment Amazon's Data Protection Policy wants buyers to be forgotten."""
ORDERS_A_FEED = 20
"""Cancellations or refunds that go together: each order is read before."""
LATE_SECONDS = 300
"""What a search of orders reaches back beyond what was asked for: some changes show so
much later than those after them."""
SEARCH_LAG_MINUTES = 3
"""A new order shows in the search that late."""
PULL_SECONDS = 180
"""Between two searches of orders: Amazon gives back one in 178 seconds."""
APPLIES_SECONDS = 60
"""By then nearly every number that was accepted is shown."""
LATE_NUMBER_SECONDS = 1200
"""By then it is shown, at bad times, or never will be."""
READS_A_SECOND = 25
"""Numbers that are looked at, of the 100 that Amazon allows to read."""
SHOWN_DAYS = 700
"""Orders younger than that are shown, to whom may see orders at all: two years."""
PATCHES_A_BATCH = 20
"""Numbers of one publication: some seconds of PATCHes, and one request to read them."""
LISTINGS_A_PAGE = 1000
FEED_SECONDS = 60
"""From one look at a feed to the next."""
FEED_APPLIES_SECONDS = 300
"""By then nearly every number of a feed that is done is shown."""

MERCHANT = "DEFAULT"
"""How Amazon calls what the merchant ships from his own stock."""
FBA = "AMAZON_"
"""How the names of Amazon's own warehouses begin: AMAZON_EU, AMAZON_NA."""
FBA_NODE = "AMAZON"
"""What stands for all of them: stock that is read and never written."""

ORDERS_A_PAGE = 100
SKUS_A_READ = 20
"""Identifiers of one searchListingsItems."""
FBA_SKUS_A_READ = 50
MESSAGES_A_FEED = 25_000
FEED_BYTES = 10_000_000
QUEUE_MESSAGES, QUEUE_WAIT = 10, 20
"""The most that SQS gives at once, and the seconds that it may be waited for."""


@dataclass(frozen=True)
class Operation:
    """An operation of the API.

    ``rate`` (requests a second) and ``burst`` are of one seller and one application;
    ``bucket`` is what we take of the burst: one stays in reserve, because restoration
    is uneven. ``repeatable``: a lost answer may be asked for again: it reads, or what
    it writes once more costs nothing. ``by_app``: with a token of the application, not
    of the seller.
    """

    name: str
    method: str
    path: str
    rate: float
    burst: int
    repeatable: bool = True
    by_app: bool = False

    @property
    def acts(self):
        return self.method != "GET"

    @property
    def bucket(self):
        return max(1, self.burst - 1)


_ORDERS = "/orders/2026-01-01/orders"
_LISTINGS = "/listings/2021-08-01/items/{sellerId}"
_FEEDS = "/feeds/2021-06-30"
_REPORTS = "/reports/2021-06-30"
_NOTIFICATIONS = "/notifications/v1"

OPERATIONS = {
    each.name: each
    for each in (
        Operation("searchOrders", "GET", _ORDERS, 0.0056, 20),
        Operation("getOrder", "GET", f"{_ORDERS}/{{orderId}}", 0.5, 30),
        Operation(
            "confirmShipment",
            "POST",
            "/orders/v0/orders/{orderId}/shipmentConfirmation",
            2,
            10,
            repeatable=False,
        ),
        Operation("patchListingsItem", "PATCH", f"{_LISTINGS}/{{sku}}", 5, 5, False),
        Operation("getListingsItem", "GET", f"{_LISTINGS}/{{sku}}", 5, 10),
        Operation("searchListingsItems", "GET", _LISTINGS, 5, 5),
        Operation("createFeedDocument", "POST", f"{_FEEDS}/documents", 0.5, 15),
        Operation("createFeed", "POST", f"{_FEEDS}/feeds", 0.0083, 15, False),
        Operation("getFeed", "GET", f"{_FEEDS}/feeds/{{feedId}}", 2, 15),
        Operation("getFeeds", "GET", f"{_FEEDS}/feeds", 0.0222, 10),
        Operation("cancelFeed", "DELETE", f"{_FEEDS}/feeds/{{feedId}}", 2, 15),
        Operation(
            "getFeedDocument",
            "GET",
            f"{_FEEDS}/documents/{{feedDocumentId}}",
            0.0222,
            10,
        ),
        Operation("createReport", "POST", f"{_REPORTS}/reports", 0.0167, 15, False),
        Operation("getReport", "GET", f"{_REPORTS}/reports/{{reportId}}", 2, 15),
        Operation("getReports", "GET", f"{_REPORTS}/reports", 0.0222, 10),
        Operation(
            "getReportDocument",
            "GET",
            f"{_REPORTS}/documents/{{reportDocumentId}}",
            0.0167,
            15,
        ),
        Operation("getInventorySummaries", "GET", "/fba/inventory/v1/summaries", 2, 2),
        Operation(
            "getSubscription",
            "GET",
            f"{_NOTIFICATIONS}/subscriptions/{{notificationType}}",
            1,
            5,
        ),
        Operation(
            "createSubscription",
            "POST",
            f"{_NOTIFICATIONS}/subscriptions/{{notificationType}}",
            1,
            5,
            repeatable=False,
        ),
        Operation(
            "getDestinations",
            "GET",
            f"{_NOTIFICATIONS}/destinations",
            1,
            5,
            by_app=True,
        ),
        Operation(
            "createDestination",
            "POST",
            f"{_NOTIFICATIONS}/destinations",
            1,
            5,
            repeatable=False,
            by_app=True,
        ),
    )
}

INCLUDED = (
    "BUYER",
    "RECIPIENT",
    "PROCEEDS",
    "PROMOTION",
    "CANCELLATION",
    "FULFILLMENT",
    "PACKAGES",
    "TAX",
    "PAYMENT",
)
"""What is asked of an order. Without FULFILLMENT it has no state."""

CARRIERS = (
    "Amazon Shipping",
    "An Post",
    "BRT",
    "Bpost",
    "Canada Post",
    "Chronopost",
    "Colissimo",
    "Correos",
    "DHL",
    "DPD",
    "Deutsche Post",
    "FedEx",
    "GLS",
    "Hermes",
    "InPost",
    "Japan Post",
    "La Poste",
    "OnTrac",
    "Parcelforce",
    "Poste Italiane",
    "PostNL",
    "PostNord",
    "Royal Mail",
    "SAGAWA",
    "SDA",
    "SEUR",
    "TNT",
    "UPS",
    "USPS",
    "YAMATO",
)
"""Codes of carriers that Amazon knows; others are told as ``Other`` with their name."""

CANCEL_REASONS = {
    "customer": "BuyerCanceled",
    "stock": "NoInventory",
    "fraud": "RiskAssessmentInformationNotValid",
    "payment": "GeneralAdjustment",
    "other": "GeneralAdjustment",
}
"""The base's reason -> Amazon's. All but NoInventory put the units back."""


def api_versions():
    """The parts of the Selling Partner API that are used, each with its version.

    >>> "orders/2026-01-01" in api_versions(), "fba/inventory/v1" in api_versions()
    (True, True)
    """
    return sorted({_versioned(each.path) for each in OPERATIONS.values()})


def _versioned(path):
    """The path up to its version.

    >>> _versioned("/fba/inventory/v1/summaries")
    'fba/inventory/v1'
    """
    parts = path.strip("/").split("/")
    version = next(n for n, part in enumerate(parts) if part.strip("v")[:1].isdigit())
    return "/".join(parts[: version + 1])
