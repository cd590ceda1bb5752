"""What one sandbox shop is: its settings, its keys and its switches."""

from dataclasses import dataclass

from ..common.settings import Settings


@dataclass
class Config(Settings):
    """All durations are seconds, all quantities are sold units."""

    shop_name: str = "Sandbox Shop"
    currency: str = "EUR"
    prices_include_tax: bool = True
    # Of the shop's own clock: naive times in its answers are these.
    utc_offset: float = 1.0

    # Keys: read_write, and one that may only read.
    consumer_key: str = "ck_sandbox"
    consumer_secret: str = "cs_sandbox"
    read_only_key: str = "ck_readonly"
    read_only_secret: str = "cs_readonly"
    # https: Basic works. Plain http: only OAuth 1.0a, as WooCommerce has it.
    tls: bool = False
    # Plain permalinks: nothing answers at /wp-json/, only at ?rest_route=.
    plain_permalinks: bool = False
    maintenance: bool = False
    # Orders in tables of their own: their deletion for good is not told by webhook.
    hpos: bool = True
    companion: bool = False
    # Taxes are rounded for the order and not for each line ("round at subtotal").
    round_at_subtotal: bool = False
    # Orders placed meanwhile lose their tax_lines, as of parallel checkouts.
    lose_tax_lines: bool = False
    # Where it listens; known once it does.
    url: str = ""

    # How long a REST write takes between reading the product and writing it.
    write_window: float = 0.0
    # How long the shop works on one item of a batch (about 30 ms on a real one).
    item_seconds: float = 0.0
    hold_minutes: float = 60
    # Gateways that can pay back by themselves; api_refund needs one.
    refunding_gateways: tuple = ("stripe",)

    # WP-Cron: how often queued webhooks go out. None: only when a test says so.
    cron_interval: float = 0.05
    webhook_timeout: float = 5.0
    # Failures in a row that a webhook outlives; the next one disables it.
    max_delivery_failures: int = 5

    # A request whose answer is never sent is held open for so long.
    hang: float = 30.0
    random_seed: int = 1
