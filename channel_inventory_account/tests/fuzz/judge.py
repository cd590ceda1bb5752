# SPDX-License-Identifier: AGPL-3.0-or-later
"""Nothing is lost, nothing is half-written, nothing has died without a word."""

from odoo.tools import SQL

from odoo.addons.channel_inventory_sale.tests.ledger_units import units_faults

# Of an order of which a body could only be read in part, lines may be more than those
# of its data: they were read of that body, and are held until it can be read whole.
SALVAGED = """NOT sold.complete AND EXISTS (
               SELECT FROM channel_inbox_event event
                WHERE event.order_id = sold.id AND event.state = 'dead')"""
# What must never be found, as a query that gives one row for each case of it.
NEVER = {
    "an event that nobody processed": """
        SELECT id, topic FROM channel_inbox_event
         WHERE channel_id = %(channel)s AND state = 'new'""",
    "a dead letter that nobody was told of": """
        SELECT event.id, event.topic, event.error FROM channel_inbox_event event
         WHERE event.channel_id = %(channel)s AND event.state = 'dead'
           AND (event.error IS NULL OR NOT EXISTS (
               SELECT FROM channel_exception told
                 LEFT JOIN channel_order sold ON sold.id = event.order_id
                WHERE told.channel_id = event.channel_id
                  AND told.key = 'event:' || event.id
                  AND strpos(told.message, event.topic) > 0
                  AND (told.res_model = 'channel.inbox.event'
                       AND told.res_id = event.id AND told.state = 'open'
                    OR told.res_model = 'channel.order' AND told.res_id = sold.id
                       -- over when its order could be read, or is owed no more
                       AND (told.state = 'open' OR sold.complete
                            OR sold.state IN ('cancelled', 'closed', 'gone')))))""",
    "an order event without its order": """
        SELECT id, topic FROM channel_inbox_event
         WHERE channel_id = %(channel)s AND kind = 'order' AND state = 'done'
           AND order_id IS NULL""",
    "an order whose lines are not those of its data": f"""
        SELECT sold.id, sold.name FROM channel_order sold
         WHERE sold.channel_id = %(channel)s AND NOT ({SALVAGED})
           -- a word about a part has lines that the last version has not
           AND NOT (sold.complete AND sold.told_at IS NOT NULL)
           AND ARRAY(SELECT line ->> 'external_id'
                       FROM jsonb_array_elements(sold.data -> 'lines') line ORDER BY 1)
               <> ARRAY(SELECT line.external_id::text FROM channel_order_line line
                         WHERE line.order_id = sold.id
                           AND (line.quantity > 0 OR line.external_id IN (
                               SELECT each ->> 'external_id' FROM
                                      jsonb_array_elements(sold.data -> 'lines') each))
                         ORDER BY 1)""",
    "a line of an order in part that is gone": f"""
        SELECT sold.id, sold.name, line ->> 'external_id'
          FROM channel_order sold
         CROSS JOIN jsonb_array_elements(sold.data -> 'lines') line
         WHERE sold.channel_id = %(channel)s AND {SALVAGED}
           AND NOT EXISTS (
               SELECT FROM channel_order_line known
                WHERE known.order_id = sold.id
                  AND known.external_id = line ->> 'external_id')""",
    "an order without data": """
        SELECT id, name FROM channel_order
         WHERE channel_id = %(channel)s AND (data IS NULL OR version IS NULL)""",
    "demand of an open order that is not held": """
        SELECT sold.id, sold.name, sold.state, line.id, line.open_quantity
          FROM channel_order_line line
          JOIN channel_order sold ON sold.id = line.order_id
          LEFT JOIN channel_node node ON node.id = line.node_id
         WHERE sold.channel_id = %(channel)s
           AND sold.state IN ('announced', 'captured', 'blocked', 'parked')
           AND sold.sale_order_id IS NULL AND line.listing_id IS NOT NULL
           AND sold.fulfilled_by_channel IS NOT TRUE
           AND sold.data ->> 'state' IN ('open', 'pending')
           -- what has left there is not off our figures before it is sold here
           AND line.open_quantity + CASE
               WHEN sold.is_history OR node.id IS NOT NULL AND NOT EXISTS (
                    SELECT FROM channel_node_stock_warehouse_rel place
                     WHERE place.channel_node_id = node.id) THEN 0
               ELSE GREATEST(0, line.quantity - line.open_quantity) END <> (
               SELECT COALESCE(sum(hold.quantity), 0) FROM channel_hold hold
                WHERE hold.order_line_id = line.id AND hold.state = 'active')
           AND EXISTS (SELECT FROM jsonb_array_elements(sold.data -> 'lines') each
                        WHERE each ->> 'external_id' = line.external_id
                          AND (each ->> 'ships')::boolean)""",
    "a hold of an order that needs none": """
        SELECT hold.id, sold.id, sold.state FROM channel_hold hold
          JOIN channel_order_line line ON line.id = hold.order_line_id
          JOIN channel_order sold ON sold.id = line.order_id
         WHERE sold.channel_id = %(channel)s AND hold.state = 'active'
           AND sold.state IN ('cancelled', 'closed', 'gone')""",
    "a hold for an order without one": """
        SELECT id FROM channel_hold
         WHERE channel_id = %(channel)s AND cause = 'order' AND state = 'active'
           AND order_line_id IS NULL""",
    "a deduction that its line does not know of": """
        SELECT line.id, line.deducted FROM channel_order_line line
          JOIN channel_order sold ON sold.id = line.order_id
         WHERE sold.channel_id = %(channel)s AND line.listing_id IS NOT NULL
           AND COALESCE((
               SELECT sum(taken.quantity) FROM channel_deduction taken
                WHERE taken.order_line_id = line.id), 0)
            <> COALESCE((
               SELECT sum(value::numeric)
                 FROM jsonb_each_text(COALESCE(line.deducted, '{}'))), 0)""",
    "an order that is sold twice": """
        SELECT channel_order_id, count(*) FROM sale_order
         WHERE channel_order_id IS NOT NULL GROUP BY 1 HAVING count(*) > 1""",
    "a sale order that its order does not know of": """
        SELECT sale.id, sold.id FROM sale_order sale
          JOIN channel_order sold ON sold.id = sale.channel_order_id
         WHERE sold.sale_order_id IS DISTINCT FROM sale.id""",
    "a sale order without lines": """
        SELECT sale.id, sale.name FROM sale_order sale
         WHERE sale.channel_order_id IS NOT NULL AND NOT EXISTS (
               SELECT FROM sale_order_line line WHERE line.order_id = sale.id)""",
    "an imported order without a sale order": """
        SELECT id, name FROM channel_order
         WHERE channel_id = %(channel)s AND state = 'imported'
           AND sale_order_id IS NULL""",
    "an order that is stopped and nobody was told": """
        SELECT sold.id, sold.name, sold.complete FROM channel_order sold
         WHERE sold.channel_id = %(channel)s AND sold.state = 'blocked'
           AND NOT EXISTS (
               SELECT FROM channel_exception told
                WHERE told.state = 'open' AND (
                      told.res_model = 'channel.order' AND told.res_id = sold.id
                      OR EXISTS (SELECT FROM channel_exception_order_rel stopped
                                  WHERE stopped.exception_id = told.id
                                    AND stopped.order_id = sold.id)
                      OR EXISTS (SELECT FROM channel_inbox_event event
                                  WHERE event.channel_id = sold.channel_id
                                    AND event.state = 'dead'
                                    AND event.ref = sold.external_id
                                    AND told.channel_id = sold.channel_id
                                    AND told.key = 'event:' || event.id)))""",
    "a dead message or publication that nobody was told of": """
        SELECT 'channel.message', id FROM channel_message dead
         WHERE channel_id = %(channel)s AND state = 'dead' AND NOT EXISTS (
               SELECT FROM channel_exception WHERE res_id = dead.id
                  AND res_model = 'channel.message')
         UNION ALL
        SELECT 'channel.publication', id FROM channel_publication dead
         WHERE channel_id = %(channel)s AND state = 'dead' AND NOT EXISTS (
               SELECT FROM channel_exception WHERE res_id = dead.id
                  AND res_model = 'channel.publication')""",
    "a publication without lines or payload": """
        SELECT id FROM channel_publication publication
         WHERE channel_id = %(channel)s AND (COALESCE(payload, '') = '' OR NOT EXISTS (
               SELECT FROM channel_publication_line line
                WHERE line.publication_id = publication.id))""",
    "a watermark in the future": """
        SELECT value FROM channel_shared_state
         WHERE channel_id = %(channel)s AND key = 'poll'
           AND (value ->> 'watermark')::timestamptz > now() + interval '1 hour'""",
}


def find_broken(env, channel_id):
    """:return: {what must never be: the first cases of it}"""
    found = {}
    for words, query in NEVER.items():
        rows = env.execute_query(SQL(f"{query} LIMIT 3", channel=channel_id))
        if rows:
            found[words] = rows
    channel = env["channel.channel"].browse(channel_id)
    if rows := units_faults(env, channel):
        found["units that are nowhere, and nobody was told"] = rows[:3]
    return found
