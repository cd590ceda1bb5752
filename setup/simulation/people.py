"""What people do besides buying, packing and counting, by the seed.

Three roles: who keeps the shop, who works in the warehouse, who sits in the office.
Each has acts by name, planned like the rest of the trace and done by its own thread.
What an act is done to is found out when its time comes. At the end an auditor may come.
"""

import random

from . import audit, books, money, office, storekeeper, told, warehouse
from .world import Listing, Product

ROLES = {
    "storekeeper": storekeeper.Storekeeper,
    "warehouse": warehouse.Warehouse,
    "office": office.Office,
}
NAMES = {act: role for role, kind in ROLES.items() for act in kind.RATES}
AUDIT = "audit"
LOTS, LOT_VISITS, FIRST_VISIT = 2, 0.04, 1_000_000
"""Products that are kept by lots, and shoppers who come for them besides."""
# Of a hundred carts so many are odd, evenly of each kind.
ODD_CARTS = 0.3


def read(text):
    """:return: the acts that ``--people`` names, in their order"""
    if text in ("all", "none"):
        return [*NAMES, AUDIT] if text == "all" else []
    wanted = {name.strip() for name in text.split(",")}
    known = (*ROLES, *NAMES, AUDIT)
    if unknown := sorted(wanted - {*known}):
        raise ValueError(f"--people: no {', '.join(unknown)}: {', '.join(known)}")
    acts = [act for act, role in NAMES.items() if {act, role} & wanted]
    return [*acts, *({AUDIT} & wanted)]


def join(trace, world, seconds, text):
    """The trace with what these people do in it. What was in it stays as it was."""
    acts = read(text)
    if not acts:
        return trace
    if "expire" in acts:
        trace = [*trace, *_sell_lots(trace, world, seconds)]
    shoppers = [event for event in trace if event["kind"] == "shop"]
    dice = random.Random(f"people {world.seed}")
    for event in shoppers:
        event["style"] = dice.random() < ODD_CARTS and dice.random()
    events = list(trace)
    for act in filter(NAMES.get, acts):
        rate = ROLES[NAMES[act]].RATES[act]
        dice = random.Random(f"{act} {world.seed}")
        for _number in range(max(1, round(rate * len(shoppers)))):
            at = (0.1 + dice.random() * 0.85) * seconds
            event = {"at": at, "kind": NAMES[act], "act": act, "dice": dice.random()}
            events.append(event)
    return sorted(events, key=lambda each: each["at"])


def _sell_lots(trace, world, seconds):
    """Goods that go off are sold too: enough of them stays fresh for all who come.

    :return: list of events"""
    dice = random.Random(f"lots {world.seed}")
    came = [event for event in trace if event["kind"] == "shop"]
    visits = max(4, round(LOT_VISITS * len(came)))
    skus = [f"LOT-{number:04d}" for number in range(LOTS)]
    for sku in skus:
        stock = {"WH": 3 * visits, "EAST": 0, "WEST": 0}
        world.products[sku] = Product(sku, 9, 0.0, False, stock, lots=True)
        world.listings[sku] = Listing(sku, "plain", 9, 0.0, {sku: 1})
    return [
        {
            "at": (0.02 + dice.random() * 0.95) * seconds,
            "kind": "shop",
            "number": FIRST_VISIT + number,
            "shop": dice.choice(world.shops).key,
            "lines": {dice.choice(skus): dice.choice((1, 2))},
            "person": dice.randrange(60),
            "paid": True,
            "cancel": False,
        }
        for number in range(visits)
    ]


class People:
    """Those who take part in one run.

    :ivar acts: what they did: dicts of t, role, act, and the order, if one
    :ivar changes: {SKU of a listing: [(since when, what it is made of)]}
    :ivar closed: SKUs that nobody buys just now"""

    def __init__(self, run, text):
        self.run, self.names = run, read(text)
        self.acts, self.skipped = [], {}
        self.changes, self.closed = {}, set()
        self.keys = None

    def prepare(self, strategy):
        """Before the doors open, where the books can be kept."""
        if self.names and strategy.addons:
            self.keys = strategy.keys
            books.open_books(self.run, list(self.keys))

    def threads(self):
        for role, kind in ROLES.items():
            events = [each for each in self.run.trace if each["kind"] == role]
            if events:
                yield self.run._thread(self._work, kind(self.run), events)

    def _work(self, worker, events):
        for event in events:
            self.run.until(event["at"])
            done = worker.act(event)
            if done:
                self.acts.append({"role": event["kind"], "act": event["act"], **done})
            else:
                name = event["act"]
                self.skipped[name] = self.skipped.get(name, 0) + 1

    def follow(self, facts):
        """At rest people do what they are told. :return: the facts after that"""
        if not self.keys or not facts["exceptions"]["open"]:
            return facts
        settled = facts["settled"]
        told.follow(self.run, facts)
        return {**self.run.settle(), "settled": settled}

    def audit(self, facts):
        """At rest. :return: the facts, with those of an audit and of what came of it"""
        if not self.keys or AUDIT not in self.names:
            return facts
        found = audit.Auditor(self.run, self.keys).go()
        return {**facts, "audit": found, "after": self.run.settle()}

    def facts(self):
        """What is added to the facts of a run; nothing without people."""
        if not self.names:
            return {}
        return {
            "acts": list(self.acts),
            "acts_skipped": dict(self.skipped),
            "money": self.keys and self._read_books(),
            "exceptions": self.keys and told.read(self.run, self.keys),
            "gone": self.keys and warehouse.read_gone(self.run, self.keys),
        }

    def _read_books(self):
        found = books.read(self.run, self.keys)
        for act in self.acts:
            if number := office.PAYMENTS.get(act["act"]):
                found["books"].get(act["order"], {})["by_people"] = number
        return found


def judge(facts):
    """:return: figures of what people did and of the money; none without people"""
    if "acts" not in facts:
        return {}
    done = {}
    for act in facts["acts"]:
        done[act["act"]] = done.get(act["act"], 0) + 1
    return {
        "acts": done,
        "acts_skipped": facts["acts_skipped"],
        **money.judge(facts),
        **told.judge(facts),
        **audit.judge(facts),
    }
