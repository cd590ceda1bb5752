"""Judges what people are told: exceptions missing, and exceptions that do not end.

Whether an order is right is found by the other judges. One that is wrong and that no
open exception names is missing one; an exception about orders that are right, once
people have done what it says, has no end.
"""

import time
from types import SimpleNamespace

from demo.judge import Judge
from demo.ledger import MISPLACED
from demo.processes import DemoError

from . import money, oracle, timeline

EXAMPLES = 8
# What the clock of this trace does, and not a fault: minutes are seconds.
COMPRESSED = ("health", "service")
# Open exceptions, with the orders that each names: itself, its notifications, its
# refunds, or those that one cause stops.
OPEN = """
    SELECT told.id, told.category, told.message, told.suggestion,
           COALESCE(array_agg(DISTINCT known.channel_id || ':' ||
               substring(known.external_id from '[0-9]+$'))
               FILTER (WHERE known.id IS NOT NULL), '{}'),
           COALESCE(array_agg(DISTINCT known.id)
               FILTER (WHERE known.id IS NOT NULL), '{}')
      FROM channel_exception told
      LEFT JOIN LATERAL (
           SELECT order_id AS id FROM channel_exception_order_rel about
            WHERE about.exception_id = told.id
            UNION
           SELECT told.res_id WHERE told.res_model = 'channel.order'
            UNION
           SELECT order_id FROM channel_message
            WHERE told.res_model = 'channel.message' AND id = told.res_id
            UNION
           SELECT order_id FROM channel_refund
            WHERE told.res_model = 'channel.refund' AND id = told.res_id
      ) named ON true
      LEFT JOIN channel_order known ON known.id = named.id
     WHERE told.state = 'open' AND told.category <> ALL(%s)
     GROUP BY told.id ORDER BY told.id
"""
# Orders that are not sold, or whose notification has died: a person has to decide.
STOPPED = """
    SELECT channel_id || ':' || substring(external_id from '[0-9]+$')
      FROM channel_order known
     WHERE state IN ('blocked', 'parked')
        OR EXISTS (SELECT FROM channel_message
                    WHERE order_id = known.id AND state = 'dead')
"""


def read(run, keys):
    """:return: {open, stopped, misplaced, goods}"""

    def name(ref):
        channel, _colon, number = ref.partition(":")
        return f"{keys[int(channel)]}:{number}"

    return {
        "open": [
            {
                "category": category,
                "message": message,
                "orders": sorted(map(name, refs)),
                "order_ids": ids,
                "id": id,
            }
            for id, category, message, _words, refs, ids in run.sql.rows(
                OPEN, list(COMPRESSED)
            )
        ],
        "stopped": [name(ref) for [ref] in run.sql.rows(STOPPED)],
        "misplaced": [row[1] for row in run.sql.rows(MISPLACED)],
        "goods": Judge(SimpleNamespace(database=run.sql)).goods(),
    }


def follow(run, facts):
    """Do what open exceptions say, as far as that is a button or a setting."""
    odoo = run.server.rpc()
    for each in facts["exceptions"]["open"]:
        try:
            ADVICE.get(each["category"], _retry)(odoo, each)
        except DemoError:
            # a message that says to press what then refuses does not end
            continue
    time.sleep(2)


def _retry(odoo, exception):
    odoo.call("channel.exception", "action_retry", [exception["id"]])


def _deliver_again(odoo, exception):
    odoo.call("channel.order", "action_deliver_again", exception["order_ids"])


def _ship(odoo, exception):
    """Validate the deliveries of what has left already."""
    ready = odoo.find(
        "stock.picking",
        ["sale_id.channel_order_id", "in", exception["order_ids"]],
        ["picking_type_code", "=", "outgoing"],
        ["state", "=", "assigned"],
    )
    for picking in ready:
        odoo.call("stock.picking", "button_validate", [picking["id"]])


def _choose_custom_product(odoo, exception):
    """Custom lines are in no catalogue: a channel needs a product for them."""
    orders = odoo.find(
        "channel.order",
        ["id", "in", exception["order_ids"]],
        ["channel_id.custom_product_id", "=", False],
        fields=["channel_id"],
    )
    if orders:
        product_id = odoo.create(
            "product.product",
            name="As agreed",
            type="service",
            invoice_policy="order",
        )
        ids = sorted({order["channel_id"][0] for order in orders})
        odoo.call("channel.channel", "write", ids, {"custom_product_id": product_id})


# What messages of these name; those of all others name *Retry*.
ADVICE = {
    "undelivered": _deliver_again,
    "shipped_elsewhere": _ship,
    "unknown_sku": _choose_custom_product,
}


def judge(facts):
    """:return: figures of exceptions; none where nobody is told anything"""
    told = facts.get("exceptions")
    if not told:
        return {}
    named = {ref for each in told["open"] for ref in each["orders"]}
    broken = find_broken(facts)
    missing = [
        f"{order}: {words}"
        for order, words in sorted(broken.items())
        if order not in named
    ]
    known = {*broken, *told["stopped"], *timeline.left_anyway(facts)}
    endless = [
        f"{each['category']}: {each['message']}"
        for each in told["open"]
        if each["orders"]
        and each["category"] not in ("oversold", "below_zero")
        and not known & set(each["orders"])
        and not any(order in each["message"] for order in told["misplaced"])
    ]
    return {
        "exceptions_open": len(told["open"]),
        "exceptions_missing": len(missing) + len(told["goods"]),
        "exceptions_endless": len(endless),
        "exception_examples": {
            "missing": [*missing, *told["goods"]][:EXAMPLES],
            "endless": endless[:EXAMPLES],
        },
    }


def find_broken(facts):
    """:return: {order: what is wrong about it}, told or not"""
    broken = {}
    if facts.get("money"):
        broken |= {order: words for order, _kind, words in money.find(facts["money"])}
    broken |= dict.fromkeys(oracle.wrong(facts), "other goods in its sale order")
    broken |= dict.fromkeys(_left_open(facts), "shipped in its shop, and not in Odoo")
    return broken | dict.fromkeys(oracle.lost(facts), "no sale order")


def _left_open(facts):
    """Orders that would leave a second time: marked as shipped in the shop, with
    nothing taken from the shelf."""
    sold = {sale["order"] for sale in facts["sales"] if sale["state"] == "sale"}
    return {
        order
        for order in oracle.shipped_by_hand(facts) & sold
        if not (facts.get("gone") or {}).get(order)
    }
