"""What the partners are: identities, versions, timers, pace."""

from dataclasses import dataclass
from decimal import Decimal

from ..common.settings import Settings


def _tuples(values):
    """JSON knows lists only, and identities are compared as tuples."""
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in values.items()
    }


@dataclass
class Config(Settings):
    """Of the sandbox with all its partners."""

    # A moment at which its clock stands still until it is moved; None: it runs.
    start: object = None
    # How often partners look into their folders; None: only by step().
    tick: float = 0.05
    random_seed: int = 1
    # Where it listens; known once it does.
    url: str = ""
    shop_name: str = "Trading partners"


@dataclass
class PartnerConfig(Settings):
    """Of one partner. Identities are (qualifier, id); times are seconds or hours of the
    partner's own life, which ``compress`` shrinks."""

    # The login that the partner has given to us.
    user: str = "acme"
    password: str = "sandbox"
    keys: tuple = ()
    # Of the partner, of us, and the application ids of X12 groups.
    identity: tuple = ("ZZ", "PARTNER")
    us: tuple = ("ZZ", "ACMESUPPLY")
    group: str = "PARTNER"
    us_group: str = "ACME"
    version: str = "004010"
    test: bool = False
    zone: str = "UTC"
    compress: float = 1.0

    # An acknowledgement is given after so long, and expected within so long.
    ack_seconds: float = 0.0
    ack_hours: float = 24.0
    ack_late_hours: float = 26.0
    # The rest of a growing file, a file that is replaced, one that comes again.
    grow_seconds: float = 30.0
    rewrite_seconds: float = 60.0
    again_seconds: float = 600.0
    # An interchange that waits for the next in one file waits so long at most.
    keep_hours: float = 12.0
    # X12: element, component, terminator, and what follows it.
    delimiters: tuple = ("*", ">", "~", "\n")
    # Control numbers are followed; False: gaps are nobody's business.
    watch_numbers: bool = True
    # What a broken rule costs.
    charge: Decimal = Decimal("150.00")

    @classmethod
    def of(cls, values):
        """Settings with these values.

        :raise ValueError: an unknown one
        """
        cls().update(values)
        return cls(**_tuples(values))

    def update(self, values):
        super().update(_tuples(values))

    def life(self, seconds):
        """A time of the partner's own work, as long as it lasts here."""
        return seconds / self.compress


@dataclass
class BigMartConfig(PartnerConfig):
    user: str = "acme-bigmart"
    identity: tuple = ("08", "6112390050000")
    group: str = "BIGMART"
    version: str = "004010VICS"
    zone: str = "America/Chicago"
    currency: str = "USD"
    vendor_number: str = "482615"
    department: str = "038"

    # PO101 and POC01; False: lines have no numbers.
    line_numbers: bool = True

    answer_hours: float = 24.0
    # A ship window begins so many days after the order and is so many days long.
    lead_days: int = 2
    window_days: int = 5
    cancel_days: int = 9
    # An 846 is wanted so often; None: whenever.
    stock_hours: float = None
    # Business refusals are told by 824.
    advises: bool = True
    # The tax in percent that it pays on goods; None: they are for resale.
    tax_percent: float = None
    # Amounts of credit memos have a minus.
    credit_minus: bool = False
    # SAC codes of charges that it pays.
    paid_charges: tuple = ()
    # It orders by itself so often (a day or less); None: only by buy().
    buys_every: float = None
    change_share: float = 0.0


@dataclass
class Dock9Config(PartnerConfig):
    user: str = "acme-dock9"
    identity: tuple = ("ZZ", "DOCK9WMS")
    group: str = "DOCK9"
    zone: str = "America/New_York"
    warehouse: str = "D9-ATL"

    # It picks and ships by itself; False: only by ship().
    works: bool = True
    pick_seconds: float = 1800.0
    ship_seconds: float = 5400.0
    rest_hours: float = 20.0
    advice_late_hours: float = 18.0
    # What becomes of a line that is short: BP is shipped later, CP is closed.
    short_code: str = "BP"
    carrier: str = "UPSN"
    transit_hours: float = 24.0
    carton_pieces: int = 24
    sscc_prefix: str = "00614141"
    # 846 each day at this time of the warehouse; None: only by report().
    report_at: str = "22:00"
    # And besides so often, in seconds of its own life.
    report_every: float = None
    # Which 846 quantities it tells: 17 physical, 33 free of orders taken.
    report_codes: tuple = ("17", "33", "QH")
    report_lots: bool = False
    advises: bool = True


# {standard: (ours, Fabrik's)}
IDENTITIES = {
    "edifact": (("14", "5412345000013"), ("14", "4012345000009")),
    "x12": (("ZZ", "ACMESUPPLY"), ("ZZ", "FABRIK")),
}


@dataclass
class FabrikConfig(PartnerConfig):
    user: str = "acme-fabrik"
    # edifact or x12
    standard: str = "edifact"
    # None: by the standard, GLNs in EDIFACT and ZZ in X12.
    identity: tuple = None
    us: tuple = None
    group: str = "FABRIK"
    zone: str = "Europe/Berlin"
    charset: str = "UNOC"
    # The decimal mark of what it sends.
    decimal: str = ","
    una: bool = True
    currency: str = "EUR"
    name: str = "Fabrik Müller & Söhne GmbH"

    # It answers and despatches by itself; False: only by answer() and despatch().
    works: bool = True
    answer_hours: float = 4.0
    lead_days: int = 5
    later_days: int = 7
    # Of a split line, so much goes now.
    split_share: float = 0.6
    # How a split is told in ORDRSP: scc (EANCOM's schedule) or lines (a LIN each).
    split_style: str = "scc"
    report_at: str = "06:00"
    report_every: float = None
    carrier: str = "DHL"
    sscc_prefix: str = "34012345"

    def __post_init__(self):
        ours, theirs = IDENTITIES[self.standard]
        self.us, self.identity = self.us or ours, self.identity or theirs
