"""What one sandbox store is: its shop, its app, its limits and its switches."""

import os
from dataclasses import dataclass, field

from ..common.settings import Settings
from .schema import STRICT

# Points a second by Shopify plan; the bucket holds twenty seconds of them.
PLANS = {"standard": 100, "advanced": 200, "plus": 1000, "enterprise": 2000}

DEFAULT_SCOPES = (
    "read_products",
    "read_inventory",
    "write_inventory",
    "read_locations",
    "read_orders",
    "write_orders",
    "read_customers",
    "read_merchant_managed_fulfillment_orders",
    "write_merchant_managed_fulfillment_orders",
    "read_assigned_fulfillment_orders",
    "write_assigned_fulfillment_orders",
    "read_third_party_fulfillment_orders",
    "write_third_party_fulfillment_orders",
    "read_shopify_payments_accounts",
    "read_shopify_payments_payouts",
)


@dataclass
class Config(Settings):
    """All durations are seconds, all quantities are sold units."""

    shop: str = "sandbox-store.myshopify.com"
    shop_name: str = "Sandbox Store"
    email: str = "owner@sandbox-store.example"
    currency: str = "EUR"
    country: str = "NL"
    taxes_included: bool = True
    plan: str = "standard"

    # Whether the shop takes payments by Shopify Payments, and how it is paid out:
    # another currency than the shop's, at so many units of it for one of the shop's.
    shopify_payments: bool = True
    payout_currency: str = ""
    payout_rate: float = 1.0

    client_id: str = "sandbox-client"
    client_secret: str = "sandbox-secret"
    # A token of an older custom app: it never expires. Empty: there is none.
    access_token: str = "shpat_sandbox"
    scopes: tuple = DEFAULT_SCOPES
    token_ttl: float = 86400
    offline_token_ttl: float = 3600

    # Strictness that differs between live shops and the documentation.
    stale_field_null: bool = False
    # What 2026-10 does with stock of an item that is not stocked there: the
    # documentation can be read both ways. "stocks" it, or "drops" the entry.
    not_stocked: str = "stocks"
    error_report: str = "all"  # or "first": only the first bad entry is named
    idempotency_failure: str = "stored"  # or "previous_attempt_failed"
    idempotency_retention: float = 86400
    mutation_latency: float = 0.0
    max_query_cost: int = 1000

    webhook_timeout: float = 5.0
    webhook_retries: int = 8
    # The real window is four hours; this is what the eight retries take here.
    webhook_retry_window: float = 14400.0
    webhook_workers: int = 4
    allow_http_webhooks: bool = True
    # Privacy topics go to an address of the app, never to a subscription.
    compliance_url: str = ""

    job_delay: float = 0.1
    bulk_delay: float = 0.1
    # A request whose answer is never sent is held open for so long.
    hang: float = 30.0
    random_seed: int = 1
    # Older versions than this are retired. In those before ``schema.STRICT`` a request
    # needs no key, and stock is compared by another argument.
    oldest_version: str = STRICT
    schemas: str = field(
        default_factory=lambda: os.environ.get("CHANNEL_SHOPIFY_SCHEMAS", "")
    )

    @property
    def restore_rate(self):
        return PLANS[self.plan]
