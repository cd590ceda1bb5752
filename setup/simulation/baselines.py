"""What connectors on the market do, in small: the same Odoo without the addons.

They are written to be good of their kind: orders are looked up before they are made,
numbers are what Odoo calls free, whole packs, kits by Odoo's own arithmetic, calls that
fail are made again. What they lack is what the addons are about.
"""

import threading
import time

from demo.processes import DemoError
from sandbox.common.wire import Listener, json_response

from . import api
from .strategy import Strategy
from .world import POOLS

QUIET = {
    "tracking_disable": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
}
OVERLAP = 5
ORDERS_AT_ONCE = 20
LEVELS_AT_ONCE = 200


class Baseline(Strategy):
    addons, ground = False, "plain"
    stuck = 20

    def __init__(self, run):
        super().__init__(run)
        self.apis = {
            key: api.TYPES[shop.shop.type](shop) for key, shop in run.shops.items()
        }
        self._since = dict.fromkeys(self.apis, time.time())
        self._stop = threading.Event()
        self._thread = None
        self.busy, self.failures = False, 0
        self._imported = {}  # id of an order: whether it was cancelled

    def prepare(self):
        self.odoo = self.run.server.rpc()
        for each in self.apis.values():
            each.connect()
        for key in self.apis:
            self.push(key)
        self._since = dict.fromkeys(self.apis, time.time())

    def start(self):
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def stop(self):
        self._stop.set()
        if self._thread:
            self._thread.join(60)

    def _work(self):
        while not self._stop.wait(0.2):
            self.busy = True
            try:
                self.work()
            except (DemoError, api.ApiFailed, api.Stale):
                self.failures += 1
                time.sleep(0.5)
            finally:
                self.busy = False

    def work(self):
        """One round; an error ends it, and the next begins anew."""
        raise NotImplementedError

    # --- orders

    def pull(self, key):
        """Orders that changed, into confirmed sale orders."""
        began = time.time()
        # the shop's clock may be another than ours: as much overlap as it may be wrong
        since = self._since[key] - OVERLAP - self.run.most_skew
        todo = []
        for order in self.apis[key].orders(since):
            ref = f"{key}:{order['id']}"
            if order["cancelled"]:
                if self._imported.get(ref) is False:
                    self._cancel(ref)
                self._imported[ref] = True
            elif order["paid"] and ref not in self._imported:
                todo.append((ref, order))
        for begin in range(0, len(todo), ORDERS_AT_ONCE):
            self._import(key, todo[begin : begin + ORDERS_AT_ONCE])
        self._since[key] = began

    def _import(self, key, orders):
        found = self.odoo.find(
            "sale.order",
            ["client_order_ref", "in", [ref for ref, _order in orders]],
            fields=["client_order_ref", "state"],
        )
        known = {each["client_order_ref"]: each for each in found}
        ids = [each["id"] for each in found if each["state"] == "draft"]
        new = [(ref, order) for ref, order in orders if ref not in known]
        free = self._read_houses(key, new)
        values = [self._prepare(key, ref, order, free) for ref, order in new]
        if values:
            ids += self.odoo.call("sale.order", "create", values, context=QUIET)
        if ids:
            self.odoo.call("sale.order", "action_confirm", ids, context=QUIET)
        self._imported.update({ref: False for ref, _order in orders})

    def _read_houses(self, key, orders):
        """{(warehouse, product): what is free} of what these orders may be sent from"""
        skus = sorted({sku for _ref, order in orders for sku in order["lines"]})
        pools = {
            self.run.shops[key].shop.places[order["place"]] for _ref, order in orders
        }
        return {
            (code, product): units
            for pool in pools
            for code in POOLS[pool]
            for product, units in self._read_free((code,), skus).items()
        }

    def _prepare(self, key, ref, order, free):
        lines = [
            (product, units * each)
            for sku, units in order["lines"].items()
            for product, each in [self._sold_as(sku)]
        ]
        codes = POOLS[self.run.shops[key].shop.places[order["place"]]]
        # the first warehouse that has it all, else the first
        able = (
            code
            for code in codes
            if all(free[code, product] >= units for product, units in lines)
        )
        code = next(able, codes[0])
        for product, units in lines:
            free[code, product] -= units
        return {
            "partner_id": self.run.company.customer_id,
            "client_order_ref": ref,
            "warehouse_id": self.run.company.warehouses[code][0],
            "order_line": [
                (0, 0, {"product_id": product, "product_uom_qty": units})
                for product, units in lines
            ],
        }

    def _sold_as(self, sku):
        """(product, stock units in one sold unit)"""
        listing = self.run.world.listings[sku]
        products = self.run.company.products
        if listing.kind == "pack":
            [(part, units)] = listing.parts.items()
            return products[part], units
        return products[sku], 1

    def _cancel(self, ref):
        [row] = self.odoo.find("sale.order", ["client_order_ref", "=", ref])
        self.odoo.call("sale.order", "action_cancel", [row["id"]])

    # --- numbers

    def numbers(self, key, skus=None):
        """{(place, SKU): what Odoo calls free, in whole sold units}"""
        result = {}
        for place, pool in self.run.shops[key].shop.places.items():
            free = self._read_free(POOLS[pool], skus)
            for sku in skus or self.run.world.listings:
                product, units = self._sold_as(sku)
                result[place, sku] = max(0, int(free[product] // units))
        return result

    def _read_free(self, codes, skus):
        """{product: what Odoo calls free in these warehouses together}"""
        ids = sorted({self._sold_as(sku)[0] for sku in skus or self.run.world.listings})
        rows = self.odoo.find(
            "product.product",
            ["id", "in", ids],
            fields=["free_qty"],
            context={
                "warehouse_id": [self.run.company.warehouses[c][0] for c in codes]
            },
        )
        return {row["id"]: row["free_qty"] for row in rows}

    def push(self, key, numbers=None):
        numbers = list((numbers or self.numbers(key)).items())
        for begin in range(0, len(numbers), LEVELS_AT_ONCE):
            self.apis[key].write(dict(numbers[begin : begin + LEVELS_AT_ONCE]))

    # --- facts

    def known(self):
        rows = self.run.sql.rows(
            """
            SELECT client_order_ref, extract(epoch FROM min(create_date))::float
              FROM sale_order WHERE client_order_ref LIKE '%%:%%' GROUP BY 1
            """
        )
        return dict(rows)

    def sales(self):
        found = {}
        for id, ref, state, at, sku, units in self.run.sql.rows(
            """
            SELECT sale.id, client_order_ref, sale.state,
                   extract(epoch FROM sale.create_date)::float, product.default_code,
                   line.product_uom_qty::float
              FROM sale_order sale
              JOIN sale_order_line line ON line.order_id = sale.id
              JOIN product_product product ON product.id = line.product_id
             WHERE client_order_ref LIKE '%%:%%'
            """
        ):
            sale = found.setdefault(
                id, {"order": ref, "state": state, "at": at, "units": {}}
            )
            sale["units"][sku] = sale["units"].get(sku, 0) + units
        return list(found.values())


class CronPush(Baseline):
    """Every ten minutes: pull the orders, then push what is free, all of it."""

    name = "cron_push"
    words = "baseline: absolute push on a ten-minute cron, after pulling orders"

    def __init__(self, run):
        super().__init__(run)
        self._due, self.rounds = 0.0, 0

    def work(self):
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + self.run.ten_minutes
        for key in self.apis:
            try:
                self.pull(key)
                self.push(key)
            except (DemoError, api.ApiFailed):
                # the next round comes in ten minutes; the other shops have theirs now
                self.failures += 1
        self.rounds += 1

    def is_quiet(self):
        """A whole round after the last order, without faults: more it does not do."""
        if not getattr(self, "_asked", None):
            self._asked = self.rounds
        return self.rounds >= self._asked + 2


class EventCas(Baseline):
    """On each change: read the number shown, compare with it, set what is free."""

    name = "event_cas"
    words = (
        "baseline: on each event an absolute push, compared with a number read just"
        " before"
    )
    TRIES = 4

    def __init__(self, run):
        super().__init__(run)
        self._pinged = set(self.apis)
        self._due = 0.0
        self._changed = {key: set() for key in self.apis}
        self._seen_move = 0.0
        self._uses = {}
        for listing in run.world.listings.values():
            for part in listing.parts:
                self._uses.setdefault(part, set()).add(listing.sku)

    def prepare(self):
        super().prepare()
        self._ear = Listener(self._hear)
        self._ear.start()
        for key, each in self.apis.items():
            each.subscribe(f"{self._ear.url}/{key}")
        self._seen = self.run.sql.value("SELECT now() AT TIME ZONE 'UTC'")

    def stop(self):
        super().stop()
        self._ear.stop()

    def _hear(self, environ, start_response):
        """A webhook: look at that shop."""
        length = int(environ.get("CONTENT_LENGTH") or 0)
        environ["wsgi.input"].read(length)
        self._pinged.add(environ["PATH_INFO"].strip("/"))
        return json_response({})(environ, start_response)

    def work(self):
        due = time.monotonic() >= self._due
        if due:
            self._due = time.monotonic() + self.run.ten_minutes
        for key in self.apis:
            if due or key in self._pinged:
                self._pinged.discard(key)
                try:
                    self.pull(key)
                except (DemoError, api.ApiFailed):
                    self._pinged.add(key)
                    self.failures += 1
            self._notice()
            self._push_changed(key)

    def _notice(self):
        """What a hook in Odoo's stock would tell: products whose moves or quants
        were written."""
        rows = self.run.sql.rows(
            """
            SELECT DISTINCT product.default_code, max(t.write_date) OVER ()
              FROM (SELECT product_id, write_date FROM stock_move
                     WHERE write_date >= %(since)s
                     UNION ALL
                    SELECT product_id, write_date FROM stock_quant
                     WHERE write_date >= %(since)s) t
              JOIN product_product product ON product.id = t.product_id
            """,
            since=self._seen,
        )
        for sku, newest in rows:
            self._seen = max(self._seen, newest)
            for key in self.apis:
                self._changed[key] |= self._uses.get(sku, set())

    def _push_changed(self, key):
        skus = sorted(self._changed[key])
        if not skus:
            return
        self._changed[key] = set()
        try:
            self._set(key, skus)
        except (DemoError, api.ApiFailed, api.Stale):
            self._changed[key] |= set(skus)
            raise

    def _set(self, key, skus):
        numbers = self.numbers(key, skus)
        for begin in range(0, len(numbers), 20):
            part = dict(list(numbers.items())[begin : begin + 20])
            for attempt in range(self.TRIES):
                shown = self.apis[key].read(list(part))
                compare = {each: shown.get(each, 0) for each in part}
                changed = {k: n for k, n in part.items() if compare[k] != n}
                if not changed:
                    break
                try:
                    self.apis[key].write(changed, {k: compare[k] for k in changed})
                    break
                except api.Stale:
                    if attempt == self.TRIES - 1:
                        raise

    def is_quiet(self):
        return (
            not self.busy
            and not self._pinged
            and not any(self._changed.values())
            and self._due > time.monotonic()
        )
