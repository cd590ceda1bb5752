"""Amazon's number of each SKU: its own changes, and what is submitted for it."""

import re
import uuid
from dataclasses import dataclass, field

from .models import MERCHANT, Listing
from .store import SoldOut, StoreError

FULFILMENT = "fulfillment_availability"
CODE, QUANTITY = "fulfillment_channel_code", "quantity"
LEAD_TIME, RESTOCK = "lead_time_to_ship_max_days", "restock_date"
FIELDS = {CODE: str, QUANTITY: int, LEAD_TIME: int, RESTOCK: str}
MINUTES_15 = 900


def issue(code, message, *attributes, category="INVALID_ATTRIBUTE"):
    return {
        "code": code,
        "message": message,
        "severity": "ERROR",
        "attributeNames": list(attributes),
        "categories": [category],
    }


# --- the account's own changes: one step each


def sell(store, listing, quantity, order, merchant):
    """:raise SoldOut: more is wanted than is shown"""
    if merchant:
        if quantity > listing.buyable:
            raise SoldOut(listing, quantity, listing.buyable)
        put(store, listing, listing.quantity - quantity, f"order {order}")
    else:
        if quantity > listing.fba.fulfillable:
            raise SoldOut(listing, quantity, listing.fba.fulfillable)
        listing.fba.fulfillable -= quantity
        listing.fba.reserved += quantity
        store.words.fba(listing)
    store.sold[listing.sku] = store.sold.get(listing.sku, 0) + quantity


def give_back(store, sku, quantity, order, merchant):
    """Units of an order that will not be had."""
    listing = store.listings.get(sku)
    store.sold[sku] = store.sold.get(sku, 0) - quantity
    if listing is None or not quantity:
        return
    if merchant:
        if listing.quantity is not None:
            put(store, listing, listing.quantity + quantity, f"order {order}")
    elif listing.fba:
        listing.fba.fulfillable += quantity
        listing.fba.reserved -= quantity
        store.words.fba(listing)


def leave(store, sku, quantity):
    """Amazon has shipped it: out of its warehouse."""
    listing = store.listings.get(sku)
    if listing and listing.fba:
        listing.fba.reserved -= quantity
        store.words.fba(listing)


def put(store, listing, quantity, cause):
    """The merchant's number becomes this, whatever it was."""
    changed = listing.quantity != quantity
    listing.quantity = quantity
    listing.updated = store.clock.tick()
    store.history.append((listing.updated, listing.sku, quantity, cause))
    if changed and quantity is not None:
        store.words.quantity(listing)


# --- submissions


@dataclass
class Submission:
    """What is to be done to one SKU, once somebody gets to it."""

    sku: str
    source: str
    marketplaces: list
    # (operation, {fields of fulfilment}) for the merchant's channel
    fulfilment: list = field(default_factory=list)
    # {other attribute: value, or None to take it away}
    others: dict = field(default_factory=dict)
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def quantity(self):
        """The number it sets; None where it sets none."""
        numbers = [entry.get(QUANTITY) for _op, entry in self.fulfilment]
        return next((each for each in reversed(numbers) if each is not None), None)


def read(sku, product_type, patches, marketplaces, source, listing):
    """(submission, issues) of JSON patches; with issues nothing of it will be done."""
    submission = Submission(sku, source, marketplaces)
    issues = []
    if product_type not in ("PRODUCT", listing.product_type if listing else "PRODUCT"):
        issues.append(issue("4000003", f"{product_type!r} is not its product type."))
    for patch in patches:
        attribute = re.fullmatch(r"/attributes/(\w+)", patch["path"])
        value, operation = patch.get("value"), patch["op"]
        if not attribute or not (value or operation == "delete"):
            issues.append(issue("90000900", f"{patch['path']} cannot be patched so."))
        elif attribute[1] != FULFILMENT:
            submission.others[attribute[1]] = None if operation == "delete" else value
        else:
            for entry in value or [{CODE: MERCHANT}]:
                issues += _entry_issues(entry)
                submission.fulfilment.append((operation, entry))
    return submission, issues


def _entry_issues(entry):
    if CODE not in entry:
        words = f"'{CODE}' is required but not supplied."
        yield issue("90220", words, CODE, category="MISSING_ATTRIBUTE")
        return
    if entry[CODE] != MERCHANT:
        yield issue("90000900", f"{entry[CODE]!r} is not the seller's channel.", CODE)
    for name, value in entry.items():
        kind = FIELDS.get(name)
        if kind is None:
            yield issue("90000900", "The attributes are invalid.", name)
        elif not isinstance(value, kind) or isinstance(value, bool):
            yield issue("99022", f"{name!r} has a value of a wrong type.", name)
        elif kind is int and value < 0:
            yield issue("99022", f"{name!r} is less than the minimum of 0.", name)


def submit(store, submission, delay=None, lost=False):
    """Take it in: it lands later, or never.

    :param delay: seconds until it lands; None for the time of a PATCH
    """
    listing = store.listings.get(submission.sku)
    if listing is None or not set(submission.marketplaces) & set(listing.prices):
        store.violations.note("stubs", submission.sku)
        listing = listing or _born(store, submission)
    store.written += 1
    _judge(store, listing, submission)
    listing.submitted = [entry for _op, entry in submission.fulfilment]
    listing.settled = not listing.in_flight
    if lost:
        return
    listing.in_flight += 1
    if delay is None:
        delay = store.between(*store.config.apply_seconds)
        if store.rules.strikes("patch_slow"):
            delay = MINUTES_15
    store.clock.after(delay, land, store, submission)


def _born(store, submission):
    prices = dict.fromkeys(submission.marketplaces)
    moment = store.clock.tick()
    listing = Listing(submission.sku, "", "", moment, prices, stub=True, active=False)
    store.listings[submission.sku] = listing
    return listing


def _judge(store, listing, submission):
    """Count what the app should not have sent."""
    note, sku = store.violations.note, submission.sku
    if listing.fba and submission.fulfilment:
        note("fba_writes", sku)
    if submission.fulfilment and "purchasable_offer" in submission.others:
        note("mixed_messages", sku)
    for operation, entry in submission.fulfilment:
        if operation in ("add", "replace") and (
            (listing.lead_time is not None and LEAD_TIME not in entry)
            or (listing.restock_date and RESTOCK not in entry)
        ):
            note("lead_time_wiped", sku)
    # A number that stands there is waste, unless the app could not know that: two on
    # their way may land in the wrong order, so one more after them is no waste.
    number = submission.quantity
    last = next((each.get(QUANTITY) for each in listing.submitted), None)
    if number is not None and number == listing.quantity == last:
        if listing.settled and not listing.in_flight:
            note("waste", sku)


def land(store, submission):
    """It is applied: over whatever was sold, sent or taken back meanwhile."""
    listing = store.listings.get(submission.sku)
    if listing is None:
        return
    listing.in_flight -= 1
    for name, value in submission.others.items():
        listing.attributes[name] = value
    for operation, entry in submission.fulfilment:
        if operation == "delete":
            put(store, listing, None, submission.source)
            continue
        if operation == "merge":
            listing.lead_time = entry.get(LEAD_TIME, listing.lead_time)
            listing.restock_date = entry.get(RESTOCK, listing.restock_date)
        else:
            listing.lead_time = entry.get(LEAD_TIME)
            listing.restock_date = entry.get(RESTOCK)
        if QUANTITY in entry:
            put(store, listing, entry[QUANTITY], submission.source)
    listing.updated = store.clock.tick()


def edit(store, listing, quantity):
    """Somebody types a number in at Seller Central."""
    if quantity < 0:
        raise StoreError(f"{listing.sku}: no number below 0")
    put(store, listing, quantity, "admin")
