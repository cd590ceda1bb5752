"""What one sandbox seller account is: its settings, its credentials and its pace."""

from dataclasses import dataclass

from ..common.settings import Settings
from . import const


@dataclass
class Config(Settings):
    """All durations are seconds, all quantities are sold units."""

    shop_name: str = "Sandbox Seller"
    seller_id: str = "A1SANDBOXSELLER"
    region: str = "eu"
    # None: the first three of the region.
    marketplaces: tuple = ()
    # None: each marketplace has its own, as it is.
    currency: str = None
    has_fba: bool = True

    # The application and what the seller has let it do.
    application_id: str = "amzn1.sellerapps.app.sandbox"
    client_id: str = "amzn1.application-oa2-client.sandbox"
    client_secret: str = "amzn1.oa2-cs.v1.sandbox"
    refresh_token: str = "Atzr|sandbox"
    roles: tuple = const.ROLES
    token_seconds: float = 3600
    secret_days: float = 180

    # The queue that the seller has in AWS, and a user who may read it.
    aws_account: str = "444455556666"
    aws_key_id: str = "AKIASANDBOX"
    aws_secret: str = "aws-sandbox-secret"
    queues: tuple = ("orders",)
    # Queues whose policy does not let Amazon in.
    closed_queues: tuple = ()
    # A rule of EventBridge puts its events into this queue.
    eventbridge_queue: str = "orders"
    retention_days: float = 4

    # By what hours and days of Amazon's own work shrink: never rates, and no time
    # that a document promises (token, URLs, pages, the two minutes of ``*Before``).
    compress: float = 1.0
    # Multiplies every rate of the limits; the documented ones with 1.
    rate_factor: float = 1.0
    # What an application may do over all its sellers, of what it may do for one.
    application_factor: float = 1.5
    # How far the return of a token strays, of its interval. Never more in the sum.
    rate_jitter: float = 0.3

    # A change reaches the search of orders so late.
    blind_seconds: float = 180
    # A PATCH is applied after so long, at random; two of them in any order.
    apply_seconds: tuple = (1, 60)
    # Life of orders, feeds and reports, in Amazon's own time (``compress`` shrinks it).
    payment_minutes: tuple = (30, 90)
    payment_days: tuple = (1, 3)
    amazon_ships_hours: tuple = (4, 30)
    feed_queue_minutes: tuple = (0.5, 5)
    feed_work_minutes: tuple = (2, 25)
    feed_stuck_hours: tuple = (2, 10)
    report_minutes: tuple = (1, 10)
    report_cache_hours: tuple = (1, 6)
    fba_delay_hours: tuple = (0.5, 4)
    # Shoppers' payments are decided by themselves; False: only by pay() and cancel().
    decide_payments: bool = True

    # How often due work is looked at besides at each request. None: not at all.
    tick: float = 0.05
    # A request whose answer is never sent is held open for so long.
    hang: float = 30.0
    random_seed: int = 1
    # Where it listens; known once it does.
    url: str = ""

    def __post_init__(self):
        known = [
            name
            for name, place in const.MARKETPLACES.items()
            if place.region == self.region
        ]
        if not known:
            raise ValueError(f"no region {self.region!r}")
        self.marketplaces = tuple(self.marketplaces) or tuple(known[:3])
        if strange := sorted(set(self.marketplaces) - set(known)):
            raise ValueError(f"not in the region {self.region}: {', '.join(strange)}")

    @property
    def aws_region(self):
        return const.AWS_REGIONS[self.region]

    def life(self, seconds):
        """A time of Amazon's own work, as long as it lasts here."""
        return seconds / self.compress

    def currency_of(self, marketplace):
        return self.currency or const.MARKETPLACES[marketplace].currency
