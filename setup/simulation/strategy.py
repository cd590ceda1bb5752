"""What a strategy is: how the numbers in the shops come about, and orders into Odoo."""


class Strategy:
    """:ivar addons: whether the addons of this checkout are in its database
    :ivar ground: what its database begins with: ours, plain Odoo, or oca (``rival``)
    :ivar partial: whether a shop shows a part of what there is, not all of it
    """

    name, words = "", ""
    addons, ground = True, "ours"
    partial = False
    # plays the whole trace also where the others play the beginning (``--compare``)
    whole = False
    # seconds of quiet after which nothing will be put right any more: what comes last
    # is the look whether a parcel is known, a minute after its answer was lost, and
    # another minute where that of the second try was lost, too
    stuck = 150

    def __init__(self, run):
        self.run = run

    def prepare(self):
        """Before the shoppers come: until the shops show the first numbers."""

    def start(self):
        """The shoppers come."""

    def tick(self, compressed):
        """What is scheduled. Called all the time; ``compressed``: seconds between two
        runs of what runs every ten minutes."""

    def stop(self):
        """The run is over."""

    def is_quiet(self):
        """Nothing waits anywhere between the shops and Odoo, as far as it knows."""
        raise NotImplementedError

    def waiting(self):
        """What is still to be done, as far as it knows: {words: how much of it}."""
        return {}

    def next_day(self):
        """At rest: what runs once a day runs once. :return: whether anything did"""
        return False

    def sellable(self, sku):
        """What a salesperson may promise, None: what Odoo calls free."""
        return None

    def known(self):
        """{id of an order: when Odoo heard of it}"""
        raise NotImplementedError

    def sales(self):
        """The sale orders in Odoo: dicts of order, state, units {SKU: units}."""
        raise NotImplementedError

    def targets(self):
        """{(shop, place, SKU): number} where a part is shown, else None."""
        return None

    def available(self):
        """{pool: {SKU: what Odoo believes to be left}}"""
        return {}

    def parcels(self):
        """{id of an order: parcels that left}, None where nobody tells the shops."""
        return None

    def raise_all(self, key):
        """All numbers of a shop rise at once. :return: whether they do"""
        return False

    def doubted(self):
        """[(shop, SKU)] of numbers of which it was found that the shop shows another,
        and that nobody can explain."""
        return []

    def differences(self):
        """What shops were found to show that nobody here has written, see ``edits``;
        None: nobody looks for it."""
        return None

    def partner_facts(self):
        """What trading partners charge for and have; None where there are none."""
        return None

    def unaccounted(self):
        """Lines of orders at rest whose units are neither held, on their way nor gone,
        and that nobody was told of: words for each; None: nobody keeps account."""
        return None

    def hops(self):
        """Seconds by hop, see ``hops.read``; none where nothing keeps them."""
        return []

    def notes(self):
        """What Odoo itself says went wrong, for people: {words: how often}."""
        return {}
