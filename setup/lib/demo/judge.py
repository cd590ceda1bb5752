"""Whether people are told of all that is wrong in the demo, and of nothing else.

What is short is added up by ``ledger``. Exceptions, and the health that the dashboard
shows, are compared with it, the channels' stores with Odoo.
"""

import re

from . import check
from .ledger import MISPLACED, NEARLY, find_places

# The open exceptions about goods that are not there; a row a channel and place.
TOLD = """
    SELECT told.channel_id, split_part(told.key, ':', 2)::int,
           split_part(told.key, ':', 3)::int, told.message,
           COALESCE(array_agg(stopped.order_id) FILTER (
               WHERE stopped.order_id IS NOT NULL), '{}')
      FROM channel_exception told
      LEFT JOIN channel_exception_order_rel stopped ON stopped.exception_id = told.id
     WHERE told.state = 'open' AND told.category = 'oversold'
       AND told.key LIKE 'short:%%'
     GROUP BY told.id
"""
BELOW = """
    SELECT split_part(key, ':', 2)::int, split_part(key, ':', 3)::int
      FROM channel_exception WHERE state = 'open' AND category = 'below_zero'
"""
# What the channels offer from which warehouse.
SOLD = """
    SELECT DISTINCT listing.product_id, place.stock_warehouse_id
      FROM channel_listing listing
      JOIN channel_node node ON node.channel_id = listing.channel_id
      JOIN channel_node_stock_warehouse_rel place ON place.channel_node_id = node.id
     WHERE listing.state = 'mapped' AND listing.active
"""
BLOCKED = """
    SELECT known.id, known.channel_id, known.name, EXISTS (
           SELECT FROM channel_exception told
             LEFT JOIN channel_exception_order_rel stopped
                    ON stopped.exception_id = told.id
            WHERE told.state = 'open'
              AND (stopped.order_id = known.id
                   OR told.res_model = 'channel.order' AND told.res_id = known.id))
      FROM channel_order known WHERE known.state = 'blocked'
"""
TOLD_ORDERS = """
    SELECT res_id FROM channel_exception
     WHERE state = 'open' AND res_model = 'channel.order'
"""


class Judge:
    """:param demo: what runs; ``faults()`` is asked when it is quiet"""

    def __init__(self, demo):
        self.demo, self.database = demo, demo.database
        self.most = {"short_orders": 0, "places_below_zero": 0, "blocked_orders": 0}
        """The most that was there at one moment of judgement."""

    def faults(self):
        """:return: list of words; empty when people are told the truth"""
        self._read()
        self._note_most()
        return [
            *self._judge_below_zero(),
            *self._judge_short(),
            *self._judge_blocked(),
            *self._judge_units(),
            *self._judge_health(),
            *self._judge_stores(),
        ]

    def goods(self):
        """:return: list of words; whether what is short is told, and nothing else"""
        self._read()
        return [
            *self._judge_below_zero(),
            *self._judge_short(),
            *self._judge_blocked(),
        ]

    def missing(self):
        """:return: (product id, warehouse id) -> units that are promised and not there,
        of what is sold"""
        self._read()
        return {key: -place.available for key, place in self._below.items()}

    def _read(self):
        self._places = find_places(self.database)
        sold = set(self.database.rows(SOLD))
        self._below = {
            key: place
            for key, place in self._places.items()
            if place.is_below_zero and (key in sold or any(place.unserved))
        }
        self._told = {}
        for channel_id, *key, message, order_ids in self.database.rows(TOLD):
            told = self._told.setdefault(tuple(key), {})
            told[channel_id] = (_units(message), set(order_ids))
        self._blocked = self.database.rows(BLOCKED)

    def _note_most(self):
        found = {
            "short_orders": len(self._find_short()),
            "places_below_zero": len(self._below),
            "blocked_orders": len(self._blocked),
        }
        self.most = {name: max(count, found[name]) for name, count in self.most.items()}

    def _find_short(self):
        """:return: ids of orders that people are told to be short"""
        return set().union(
            *(orders for told in self._told.values() for _n, orders in told.values())
        )

    # --- one judgement each -------------------------------------------------------

    def _judge_below_zero(self):
        """No position below zero without an exception, and none that is over."""
        below = set(self.database.rows(BELOW))
        for key, place in self._below.items():
            if key not in self._told and key not in below:
                yield f"{self._name(key)} is at {place.available:g}, nobody was told"
        for key in below - set(self._below):
            if not self._places[key].is_below_zero:
                yield f"{self._name(key)}: told to be below zero, and is not"

    def _judge_short(self):
        """Every short order has its exception, with all that is missing."""
        for key, place in self._places.items():
            told = self._told.get(key, {})
            orders = set().union(*(orders for _units, orders in told.values()))
            missing = place.count_untold(orders)
            if place.is_below_zero and missing > NEARLY:
                yield f"{self._name(key)}: orders lack {missing:g}, nobody was told"
            # where more is reserved than is there, an order that has all lacks it, too
            overdrawn = place.reserved > place.on_hand + NEARLY
            for order_id in () if overdrawn else orders:
                if place.unserved.get(order_id, 0) < NEARLY:
                    yield f"{self._name(key)}: order {order_id} is told and lacks none"
            units = sum(units for units, _orders in told.values())
            if told and abs(units - max(0, -place.available)) > NEARLY:
                yield (
                    f"{self._name(key)} is at {place.available:g}, "
                    f"people are told of {units:g}"
                )

    def _judge_blocked(self):
        for _order_id, _channel_id, name, is_told in self._blocked:
            if not is_told:
                yield f"{name} is blocked, nobody was told"

    def _judge_units(self):
        """Each unit of each order is held, in a transfer or gone, or a person knows."""
        told = {order_id for [order_id] in self.database.rows(TOLD_ORDERS)}
        for order_id, name, state, sku, wanted, *places in self.database.rows(
            MISPLACED
        ):
            if order_id not in told:
                held, opened, gone = places
                yield (
                    f"{name} ({state}): {wanted or 0:g} of {sku} ordered, "
                    f"{held:g} held, {opened:g} in transfers, {gone:g} gone"
                )

    def _judge_health(self):
        """No channel is healthy with an order that is blocked or short."""
        blocked = {channel_id for _id, channel_id, *_words in self._blocked}
        short = {
            channel_id
            for told in self._told.values()
            for channel_id, (_units, orders) in told.items()
            if orders
        }
        for channel_id, name, health, text in self.read_health():
            if health == "ok" and channel_id in blocked | short:
                yield f"{name} says “{text}” with a blocked or short order"

    def read_health(self):
        """:return: (channel id, name, health, words), as the dashboard shows them"""
        found = self.demo.odoo.find(
            "channel.channel",
            ["id", "in", [each.id for each in self.demo.channels]],
            fields=["name", "health", "health_text"],
        )
        return [
            (each["id"], each["name"], each["health"], each["health_text"])
            for each in found
        ]

    def _judge_stores(self):
        for channel in self.demo.channels:
            for words in check.compare_levels(channel):
                yield f"{channel.assortment.name}: {words}"
            yield from self._compare_orders(channel)

    def _compare_orders(self, channel):
        """Each order of the store is in Odoo once, with the store's own total."""
        rows = self.database.rows(
            """
            SELECT substring(known.external_id from '[0-9]+$'), known.state,
                   sale.state, sale.amount_total
              FROM channel_order known
              LEFT JOIN sale_order sale ON sale.channel_order_id = known.id
             WHERE known.channel_id = %s
            """,
            channel.id,
        )
        found = {}
        for ref, *facts in rows:
            found.setdefault(ref, []).append(facts)
        for order in channel.orders():
            copies = found.get(order["id"], [])
            words = f"{channel.assortment.name}: {order['name']}"
            if len(copies) != 1:
                yield f"{words} is in Odoo {len(copies)} times"
                continue
            [(state, sale_state, total)] = copies
            if state == "cancelled" and sale_state in (None, "cancel"):
                continue
            if not sale_state and state != "blocked":
                yield f"{words} has no sale order and is {state}"
            elif sale_state and total != order["total"]:
                yield f"{words} comes to {order['total']}, its sale order to {total}"

    def _name(self, key):
        [[product, warehouse]] = self.database.rows(
            """
            SELECT COALESCE(product.default_code, product.id::text), warehouse.code
              FROM product_product product, stock_warehouse warehouse
             WHERE product.id = %s AND warehouse.id = %s
            """,
            *key,
        )
        return f"{product} in {warehouse}"


def _units(message):
    """The figure that a person reads first."""
    found = re.match(r"[\d.]+", message)
    return float(found.group()) if found else 0.0
