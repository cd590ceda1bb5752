"""Judges money: what each shop keeps of its orders against Odoo's documents.

In go two books that share nothing: the shop's own, read from the sandbox, and Odoo's
invoices, credit notes and payments. Amounts are Decimal, in the shop's currency.

A shop's order: ``total`` and ``tax`` as the shop says that it stands, ``rests`` (of
each refund what is of no line: positive what was given for nothing, negative what was
kept though goods came back), ``received`` (None: it does not say) and ``refunded``,
``paid``, ``cancelled`` and ``taken_back`` (all of its units are).

Odoo's: ``total`` and ``tax`` of all documents, with what of the sale order is still to
be invoiced; ``documents`` without that; ``invoiced``; ``paid_in`` and ``paid_out``;
``owed`` to the customer by credit notes that answer no refund; ``sold``;
``by_people``: so often somebody has registered its payment himself.
"""

from decimal import Decimal

ZERO = Decimal(0)
NEARLY = Decimal("0.005")
FIGURES = ("money_wrong", "tax_wrong", "money_told")
EXAMPLES = 5


def judge(facts):
    """:return: figures of orders at rest; None each where nobody keeps books"""
    money = facts.get("money")
    if not money:
        return dict.fromkeys(FIGURES)
    wrong = {"money": [], "tax": []}
    told = []
    for order, kind, words in find(money):
        if order in money["told"]:
            told.append(f"{order}: {words} ({money['told'][order][0]})")
        else:
            wrong[kind].append(f"{order}: {words}")
    return {
        "money_judged": len(_both(money)),
        "money_wrong": len(wrong["money"]),
        "tax_wrong": len(wrong["tax"]),
        "money_told": len(told),
        "money_examples": {
            **{kind: rows[:EXAMPLES] for kind, rows in wrong.items()},
            "told": told[:EXAMPLES],
        },
    }


def find(money):
    """:return: [(order, ``money`` or ``tax``, words)] of what differs, told or not"""
    return [
        (order, *fault)
        for order in _both(money)
        for fault in faults(money["shops"][order], money["books"][order])
    ]


def _both(money):
    """What is not sold in Odoo is another judge's matter, unless there are documents
    or money for it: of what a shop has taken back it may have kept money."""
    return [
        order
        for order, shop in sorted(money["shops"].items())
        if (books := money["books"].get(order))
        and (
            books["sold"]
            or books["documents"]
            or shop["cancelled"]
            or shop.get("taken_back")
        )
    ]


def faults(shop, books):
    """Yields (``money`` or ``tax``, words) of one order."""
    total, tax = keeps(shop)
    if _differ(total, books["total"]):
        yield "money", f"the shop keeps {total}, Odoo's books have {books['total']}"
    elif tax is not None and _differ(tax, books["tax"]):
        yield "tax", f"the shop has {tax} of tax, Odoo's books have {books['tax']}"
    yield from _payment_faults(shop, books)


def keeps(shop):
    """What a shop finally keeps of an order: (with tax, tax; None: it cannot say)"""
    received = shop["received"]
    if shop["cancelled"]:
        kept = received - shop["refunded"] if received is not None else _paid_of(shop)
        # of money that should go back nobody says what is tax
        return kept, None if kept else ZERO
    for_nothing = sum(shop["rests"], ZERO)
    if received is not None:
        # what the customer has paid too much or too little for an edit is not for
        # nothing: only what payments explain is
        least = sum((rest for rest in shop["rests"] if rest < 0), ZERO)
        most = sum((rest for rest in shop["rests"] if rest > 0), ZERO)
        left = shop["total"] + shop["refunded"] - received
        for_nothing = max(least, min(most, left))
    total = shop["total"] - for_nothing
    return total, shop["tax"] if total else ZERO


def _paid_of(shop):
    return shop["total"] - sum(shop["rests"], ZERO) if shop["paid"] else ZERO


def _payment_faults(shop, books):
    """Nothing is registered that did not happen; what did, is."""
    came, went = books["paid_in"], books["paid_out"]
    received = shop["received"]
    by_people = books.get("by_people", 0)
    most = books["invoiced"] * max(1, by_people)
    if received is not None and not by_people:
        most = min(most, received)
    if came > most + NEARLY:
        yield "money", f"{came} is registered as paid, {most} was paid and invoiced"
    if went > shop["refunded"] + NEARLY:
        yield (
            "money",
            f"{went} is registered as paid back, {shop['refunded']} was paid back",
        )
    if not shop["paid"]:
        return
    fair = [books["documents"], books["documents"] + books["owed"]]
    if by_people > 1:
        fair.append(books["documents"] + books["invoiced"] * (by_people - 1))
    if received is not None:
        fair.append(received - shop["refunded"])
    if all(_differ(came - went, each) for each in fair):
        yield (
            "money",
            f"documents come to {books['documents']}, payments to {came} - {went}",
        )


def _differ(one, other):
    return abs(one - other) > NEARLY
