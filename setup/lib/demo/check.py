"""``setup/demo --check``: live changes on both sides, then compare both sides.

The comparison reads the stores' own records against Odoo's tables; what the addons
think of it is not asked.
"""

import json
import time

from .life import pace

ORDERS, LEVELS = 15, 80
ORDERS_A_MINUTE = 15  # in each store
SECONDS_BETWEEN_EVENTS = 0.7
SECONDS_OF_LIFE = 45
SECONDS_TO_REACH = 120
SECONDS_TO_AGREE = 60
P95 = 3.0


def run(demo, say):
    """:return: exit code; the summary is printed as the last line"""
    began = demo.database.value("SELECT clock_timestamp() AT TIME ZONE 'UTC'")
    say("shoppers buy, the warehouse works")
    demo.shop(rate=ORDERS_A_MINUTE, count=2)
    _live(demo, began, say)
    demo.stop_shopping()
    say("wait until both sides agree")
    problems = settle(demo)
    numbers = acknowledged(demo, began)
    summary = _summarize(demo, numbers, problems)
    words = [*problems, *_shortfalls(summary, numbers), *false_alarms(demo)]
    for each in words:
        say(f"  {each}")
    print(json.dumps(summary), flush=True)
    return 1 if words else 0


def _live(demo, began, say):
    """For a while; longer when too little has happened."""
    start = time.monotonic()
    while True:
        demo.life.step()
        demo.partners.step()
        pace(SECONDS_BETWEEN_EVENTS, demo.check)
        lived = time.monotonic() - start
        orders, levels = imported(demo), len(acknowledged(demo, began))
        enough = orders >= ORDERS and levels >= LEVELS
        if lived > (SECONDS_OF_LIFE if enough else SECONDS_TO_REACH):
            say(f"      {orders} orders imported, {levels} levels acknowledged")
            return


def settle(demo):
    """Wait for agreement. :return: what still differs, in words"""
    end = time.monotonic() + SECONDS_TO_AGREE
    while True:
        problems = [f"still waits: {each}" for each in demo.waiting()]
        for channel in demo.channels:
            name = channel.assortment.name
            found = compare_levels(channel) + _compare_orders(channel)
            problems += [f"{name}: {each}" for each in found]
        problems += demo.partners.compare()
        if not problems or time.monotonic() > end:
            return problems
        demo.partners.step()
        pace(0.5, demo.check)


def imported(demo):
    return demo.database.value(
        "SELECT count(*) FROM channel_order WHERE sale_order_id IS NOT NULL"
    )


# --- comparison ---------------------------------------------------------------------


def compare_levels(channel):
    """Each number in the store is the target of its level in Odoo. Where the channel
    fulfils by itself the numbers are its own, and no level may be there."""
    shown = channel.shown()
    targets = channel.database.rows(
        """
        SELECT listing.sku, node.name, level.target
          FROM channel_listing listing
          JOIN channel_node node ON node.channel_id = listing.channel_id
          LEFT JOIN channel_level level
            ON level.listing_id = listing.id AND level.node_id = node.id
         WHERE listing.state = 'mapped' AND listing.channel_id = %s
           AND (NOT node.fulfilled_by_channel OR level.id IS NOT NULL)
         ORDER BY listing.sku, node.name
        """,
        channel.id,
    )
    # what was never stocked at a place sells there as if 0 were shown
    return [
        f"{sku} in {place}: the store shows {shown.get((sku, place), 0)}, Odoo {target}"
        for sku, place, target in targets
        if shown.get((sku, place), 0) != target
    ]


def _compare_orders(channel):
    """Each order of the store is in Odoo exactly once, as it should be there."""
    rows = channel.database.rows(
        """
        SELECT substring(known.external_id from '[0-9]+$'), known.state, sale.state,
               sale.amount_total
          FROM channel_order known
          LEFT JOIN sale_order sale ON sale.channel_order_id = known.id
         WHERE known.channel_id = %s
        """,
        channel.id,
    )
    found = {}
    for ref, *facts in rows:
        found.setdefault(ref, []).append(facts)
    mapped = _mapped_skus(channel)
    problems = []
    for order in channel.orders():
        copies = found.pop(order["id"], [])
        if len(copies) != 1:
            problems.append(f"{order['name']} is in Odoo {len(copies)} times")
        elif trouble := _compare_order(order, mapped, *copies[0]):
            problems.append(f"{order['name']} {trouble}")
    return problems + [f"the store has no order {ref}" for ref in found]


def _mapped_skus(channel):
    rows = channel.database.rows(
        "SELECT sku FROM channel_listing WHERE state = 'mapped' AND channel_id = %s",
        channel.id,
    )
    return {sku for [sku] in rows}


def _compare_order(order, mapped, state, sale_state, total):
    """:return: what is wrong with an order's one copy in Odoo, in words"""
    if not order["skus"] <= mapped:
        # nobody can tell yet what was sold: a person must, and its demand is held
        return sale_state and "has a sale order although a SKU is not matched"
    if order.get("is_unpaid"):
        # its units are held, and nobody may ship it yet or any more
        return sale_state == "sale" and f"is {order['status']}, and to be shipped"
    if not sale_state:
        return f"has no sale order, it is {state}"
    if order["paid"] != (sale_state == "sale"):
        return f"is {order['status']}, its sale order is {sale_state}"
    if order["total"] != total:
        return f"comes to {order['total']}, its sale order to {total}"
    return None


# --- figures ------------------------------------------------------------------------


def acknowledged(demo, began):
    """(seconds, tries, sku, node) of each number sent since ``began``, slowest first.

    Seconds from change to acknowledgement. A number that the store refused as stale is
    sent again later: its clock runs on from the first cause. ``since`` is stamped by
    the trigger at the change itself, which is a little before the commit. Where numbers
    are accepted and shown later (*accepted*, then *acked* or *replaced* by a newer one)
    it is the answer that counts.
    """
    return demo.database.rows(
        """
        WITH line AS (
            SELECT line.level_id, line.since,
                   line.result IN ('acked', 'accepted', 'replaced') AS is_taken,
                   greatest(publication.acked_at, publication.write_date) AS at,
                   count(*) FILTER (
                       WHERE line.result IN ('acked', 'accepted', 'replaced')
                   ) OVER (PARTITION BY line.level_id ORDER BY line.id DESC) AS run
              FROM channel_publication_line line
              JOIN channel_publication publication
                ON publication.id = line.publication_id
             WHERE line.since >= %s AND publication.state IN ('done', 'accepted')
               -- partners get their numbers at agreed times
               AND publication.channel_id = ANY(%s)
        ),
        number AS (
            SELECT level_id, count(*) AS tries,
                   extract(epoch FROM max(at) FILTER (WHERE is_taken)
                                      - min(since))::float AS seconds
              FROM line GROUP BY level_id, run HAVING bool_or(is_taken)
        )
        SELECT number.seconds, number.tries, listing.sku, node.name
          FROM number
          JOIN channel_level level ON level.id = number.level_id
          JOIN channel_listing listing ON listing.id = level.listing_id
          JOIN channel_node node ON node.id = level.node_id
         ORDER BY number.seconds DESC
        """,
        began,
        [each.id for each in demo.channels],
    )


def _summarize(demo, numbers, problems):
    latencies = sorted(seconds for seconds, *_rest in numbers)
    return {
        "orders": imported(demo),
        "levels": len(latencies),
        "latency_p50": percentile(latencies, 50),
        "latency_p95": percentile(latencies, 95),
        "sold_everywhere": _sold_everywhere(demo),
        "disagreements": len(problems),
        "partner_documents": demo.partners.count_documents(),
        "dead_letters": dead_letters(demo),
    }


def _sold_everywhere(demo):
    """How many products have a number in each store, of whatever type."""
    return demo.database.value(
        """
        SELECT count(*) FROM (
            SELECT listing.product_id
              FROM channel_level level
              JOIN channel_listing listing ON listing.id = level.listing_id
              JOIN channel_level_remote remote ON remote.level_id = level.id
             WHERE remote.acked_at IS NOT NULL AND level.channel_id = ANY(%s)
             GROUP BY listing.product_id
            HAVING count(DISTINCT level.channel_id) = %s) shared
        """,
        [each.id for each in demo.channels],
        len(demo.channels),
    )


def percentile(ordered, percent):
    """The smallest value that so many percent of all do not exceed."""
    if not ordered:
        return None
    return round(ordered[-(-len(ordered) * percent // 100) - 1], 3)


def dead_letters(demo):
    """Jobs that failed for good are counted too: nothing may die unseen."""
    return demo.database.value(
        """
        SELECT (SELECT count(*) FROM channel_inbox_event WHERE state = 'dead')
             + (SELECT count(*) FROM channel_publication WHERE state = 'dead')
             + (SELECT count(*) FROM queue_job WHERE state = 'failed')
        """
    )


def _shortfalls(summary, numbers):
    """What the figures lack, in words; the caller has told about disagreements."""
    words = []
    wanted = (("orders", ORDERS), ("levels", LEVELS), ("sold_everywhere", 1))
    for name, least in wanted:
        if summary[name] < least:
            words.append(f"{summary[name]} {name}, {least} were to come")
    if summary["dead_letters"]:
        words.append(f"{summary['dead_letters']} dead letters or failed jobs")
    if summary["latency_p95"] is not None and summary["latency_p95"] > P95:
        words.append(f"95 % within {summary['latency_p95']} s, not {P95} s; slowest:")
        words += [
            f"  {seconds:.1f} s in {tries} tries: {sku} in {place}"
            for seconds, tries, sku, place in numbers[: len(numbers) // 20 + 1]
        ]
    return words


def false_alarms(demo, told=()):
    """Nobody forged anything and nobody edited stock: what says so is a mistake.

    :param told: categories of exceptions that are to be raised

    Several stores sell the same goods, and two may sell the last piece in one second:
    what is oversold then is told, and is none.
    """
    rows = demo.database.rows(
        """
        SELECT 'exception ' || category || ': ' || message FROM channel_exception
         -- a place that is named by a code only is linked once
         WHERE category NOT IN ('unknown_sku', 'oversold', 'address')
           AND category <> ALL(%s)
           -- of what has a lot Odoo's demo data has sold more than there is
           AND NOT (category = 'below_zero' AND EXISTS (
                SELECT FROM product_product product
                  JOIN product_template template
                    ON template.id = product.product_tmpl_id
                 WHERE product.id::text = split_part(key, ':', 2)
                   AND template.tracking <> 'none'))
         UNION ALL
        SELECT sum(count) || ' genuine webhooks were refused' FROM channel_refusal
        HAVING sum(count) > 0
        """,
        list(told),
    )
    return [words for [words] in rows]
