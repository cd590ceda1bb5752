"""The addons of this checkout, as a manager connects and an administrator runs them."""

import threading
import time

from demo.channel import Channel, Seller, Shop
from demo.company import make_rule
from demo.processes import DemoError

from . import edits, hops, partners
from .backtest import draft_exclusive
from .strategy import Strategy
from .world import POOLS, plain

ORDER_LAG = 2
# What runs every minute, quarter and hour in life runs so often here: (name of the
# action, seconds).
SCHEDULE = (("cron_recover", 10.0), ("cron_sweep", 40.0), ("cron_look", 40.0))
# Not a matter of seconds in life either, but of the trace's length: shorter than the
# forms allow, set by SQL.
COMPRESSED = """
    UPDATE channel_channel SET poll_minutes = 0, poll_overlap = 5
"""
# The salespeople's part where shops share everything among themselves.
KEPT_FOR_PEOPLE = 1
# Looks, half a second apart, after which the first numbers are believed to stay.
READY = 8
WAITING = (
    "changes",
    "sweeps",
    "levels not known",
    "levels to publish",
    "publications",
    "messages",
    "events",
    "orders",
    "batches without an answer",
    "orders to invoice",
)
# Units of each line of an order at rest, in the product's unit: wanted in all, held, in
# the last leg of open transfers, gone. Of kits as many as can be made whole.
UNITS = """
    WITH line AS (
        SELECT line.id, known.name AS order_name, line.sku,
               known.state IN ('cancelled', 'gone', 'closed') AS is_over,
               line.wanted_quantity * line.stock_factor AS wanted
          FROM channel_order_line line
          JOIN channel_order known ON known.id = line.order_id
          LEFT JOIN sale_order sale ON sale.id = known.sale_order_id
         WHERE known.complete AND line.product_id IS NOT NULL
           AND known.state IN ('imported', 'blocked', 'cancelled', 'gone', 'closed')
           AND COALESCE(sale.state, '') NOT IN ('draft', 'sent')
           AND NOT EXISTS (
               SELECT FROM channel_message told
                WHERE told.order_id = known.id
                  AND told.state NOT IN ('done', 'dead', 'void'))
           AND NOT EXISTS (
               SELECT FROM channel_exception told
                 LEFT JOIN channel_exception_order_rel about
                        ON about.exception_id = told.id AND about.order_id = known.id
                WHERE told.state = 'open' AND told.category <> 'oversold'
                  AND (about.order_id IS NOT NULL
                       OR told.res_model = 'channel.order' AND told.res_id = known.id
                       OR told.res_model = 'channel.message' AND told.res_id IN (
                          SELECT id FROM channel_message WHERE order_id = known.id)
                       OR told.res_model = 'channel.refund' AND told.res_id IN (
                          SELECT id FROM channel_refund WHERE order_id = known.id)))
    ),
    piece AS (
        -- a row a line and product it is delivered as: itself, or a kit's component
        SELECT line.id, COALESCE(kit.component_id, sold.product_id) AS product_id,
               COALESCE(kit.quantity, 1) AS each,
               array_agg(DISTINCT sold.id) AS sold_ids
          FROM line
          JOIN sale_order_line sold ON sold.channel_order_line_id = line.id
          LEFT JOIN channel_kit_component kit ON kit.product_id = sold.product_id
                AND kit.component_id IS NOT NULL
         GROUP BY 1, 2, 3
    ),
    moved AS (
        SELECT piece.id, piece.product_id,
               COALESCE(sum(move.product_qty) FILTER (
                   WHERE move.state NOT IN ('done', 'cancel')
                     AND source.usage <> 'customer' AND NOT EXISTS (
                       SELECT FROM stock_move_move_rel chain
                         JOIN stock_move later ON later.id = chain.move_dest_id
                        WHERE chain.move_orig_id = move.id
                          AND later.state NOT IN ('done', 'cancel'))
               ), 0) / piece.each AS open,
               COALESCE(sum(move.quantity * unit.factor / own.factor) FILTER (
                   WHERE move.state = 'done' AND target.usage = 'customer'
                     AND source.usage <> 'customer'), 0) / piece.each AS gone
          FROM piece
          LEFT JOIN stock_move move ON move.sale_line_id = ANY(piece.sold_ids)
                AND move.product_id = piece.product_id
          LEFT JOIN stock_location source ON source.id = move.location_id
          LEFT JOIN stock_location target ON target.id = move.location_dest_id
          LEFT JOIN uom_uom unit ON unit.id = move.product_uom
          JOIN product_product product ON product.id = piece.product_id
          JOIN product_template template ON template.id = product.product_tmpl_id
          JOIN uom_uom own ON own.id = template.uom_id
         GROUP BY piece.id, piece.product_id, piece.each
    )
    SELECT order_name, sku, is_over, wanted::float,
           COALESCE((SELECT sum(stock_quantity) FROM channel_hold hold
                      WHERE hold.order_line_id = line.id
                        AND hold.state = 'active'), 0)::float,
           COALESCE((SELECT min(open) FROM moved WHERE moved.id = line.id), 0)::float,
           COALESCE((SELECT min(gone) FROM moved WHERE moved.id = line.id), 0)::float
      FROM line ORDER BY id
"""
# The risk buffer: percent, and the seconds that 95 of 100 numbers take to a shop.
CHANCE, LATENCY = 5, 3
NEARLY = 1e-4


class Connected:
    """Connects a shop step by step; several of them side by side."""

    # shoppers come by the hundred a minute: the same goods again are no mistake
    settings_of_run = {"order_lag": ORDER_LAG, "duplicate_minutes": 0}

    def __init__(self, odoo, sql, company, shop):
        super().__init__(odoo, sql, company, shop, shop.shop)

    def match(self, world):
        """Packs are told by a person; everything else is found by its SKU."""
        for listing in world.listings.values():
            if listing.kind != "pack":
                continue
            [(sku, units)] = listing.parts.items()
            listing_id = self.odoo.find_id(
                "channel.listing",
                ["channel_id", "=", self.id],
                ["sku", "=", listing.sku],
            )
            values = {
                "product_id": self.company.products[sku],
                "pack_qty": units,
                "state": "mapped",
            }
            self.odoo.call("channel.listing", "write", [listing_id], values)

    def _create(self):
        return self.odoo.create(
            "channel.channel",
            name=self.assortment.name,
            channel_type=self.type,
            base_url=self.store.url,
            exception_user_id=self.odoo.find_id("res.users", ["login", "=", "admin"]),
            **self.settings_of_run,
            **{**self._get_settings(), "poll_minutes": 1},
        )

    def _map_nodes(self):
        for place, pool in self.assortment.places.items():
            node_id = self.odoo.find_id(
                "channel.node", ["channel_id", "=", self.id], ["name", "=", place]
            )
            ids = [
                self.company.warehouses[code][0]
                for code in POOLS[pool]
                if code in self.company.warehouses
            ]
            values = {"warehouse_ids": [(6, 0, ids)]}
            self.odoo.call("channel.node", "write", [node_id], values)


class ConnectedShopify(Connected, Channel):
    pass


class ConnectedWoo(Connected, Shop):
    pass


class ConnectedAmazon(Connected, Seller):
    """A mass change is what a small catalogue can have of one."""

    settings_of_run = {**Connected.settings_of_run, "mass_quantity": 20}

    def match(self, world):
        super().match(world)
        # what Amazon ships is stocked here as well, and must not be offered
        skus = sorted(world.products)
        for fba, sku in zip(self.store.fba(), skus, strict=False):
            listing_id = self.odoo.find_id(
                "channel.listing", ["channel_id", "=", self.id], ["sku", "=", fba]
            )
            values = {"product_id": self.company.products[sku], "state": "mapped"}
            self.odoo.call("channel.listing", "write", [listing_id], values)


TYPES = {
    "shopify": ConnectedShopify,
    "woocommerce": ConnectedWoo,
    "amazon": ConnectedAmazon,
}


def connect(run):
    """Take all shops of ``run`` live. What is waited for is waited for once."""
    channels = [
        TYPES[shop.shop.type](run.odoo, run.sql, run.company, shop)
        for shop in run.shops.values()
        if shop.shop.type in TYPES
    ]
    for channel in channels:
        channel.begin()
    run.wait(
        "catalogues are read", lambda: all(c.is_catalogue_read() for c in channels)
    )
    for channel in channels:
        channel.match(run.world)
    run.wait(
        "what the shops show is known", lambda: all(c.is_settled() for c in channels)
    )
    for channel in channels:
        channel.press("action_go_live")
    run.wait(
        "the shops show the first numbers", lambda: all(c.is_quiet() for c in channels)
    )
    if run.partners:
        own = partners.Connected(run, run.partners)
        own.connect(run.wait)
        run.sql.run(COMPRESSED)
        run.wait("partners have the first numbers", own.is_ready)
    run.sql.run(COMPRESSED)


class Shared(Strategy):
    """Every shop shows all there is."""

    name, words = "shared", "ours: one pool, every shop shows all of it"
    whole = True

    def __init__(self, run):
        super().__init__(run)
        self._due, self._ids, self._thread = {}, {}, None
        self._stop = threading.Event()

    def prepare(self):
        run = self.run
        self.keys = dict(
            run.sql.rows("SELECT id, name FROM channel_channel WHERE state = 'live'")
        )
        by_name = {each.shop.name: key for key, each in run.shops.items()}
        self.keys = {id: by_name[name] for id, name in self.keys.items()}
        self.own = run.partners and partners.Connected(run, run.partners)
        if self.own and "dock9" in run.partners.names:
            self.own.house = {"id": run.company.warehouses[partners.CODE][0]}
        self._ids = dict(
            run.sql.rows(
                "SELECT name, res_id FROM ir_model_data WHERE model = 'ir.cron'"
                " AND module = 'channel_inventory_base'"
            )
        )
        # until ``raise_all`` such a shop shows one less than there is
        self._kept = {
            key: make_rule(run.odoo, kind="fixed", value=1, channel_id=id)
            for id, key in self.keys.items()
            if run.shops[key].shop.type == "amazon"
        }
        self.rules()
        self._odoo = run.server.rpc()
        self._thread = threading.Thread(target=self._crons, daemon=True)
        self._thread.start()
        self._calm = 0
        run.wait("the numbers of this strategy are shown", self._is_ready, 240)

    def rules(self):
        """What this strategy asks for besides."""

    def raise_all(self, key):
        rule_id = self._kept.pop(key)
        self.run.server.rpc().call("channel.rule", "action_retire", [rule_id])
        return True

    def doubted(self):
        return [
            (self.keys[channel], plain(sku))
            for channel, sku in self.run.sql.rows(
                """
                SELECT listing.channel_id, listing.sku
                  FROM channel_publication_line line
                  JOIN channel_level level ON level.id = line.level_id
                  JOIN channel_listing listing ON listing.id = level.listing_id
                 WHERE line.result = 'stale'
                """
            )
        ]

    def differences(self):
        return edits.read(self.run.sql, self.keys)

    def _is_ready(self):
        """Every shop shows its number, and has for a while: what a rule changes is
        planned, lowered and only then raised, with moments of quiet in between."""
        right = self.is_quiet() and all(
            shown == targets.get((key, place, sku), 0)
            for targets in [self.levels()]
            for key, shop in self.run.shops.items()
            for (place, sku), shown in shop.shown().items()
        )
        self._calm = self._calm + 1 if right else 0
        time.sleep(0.5)
        return self._calm > READY

    def _crons(self):
        """Scheduled actions, each as often as its part of the compressed time."""
        due = dict.fromkeys((name for name, _each in SCHEDULE), 0.0)
        while not self._stop.wait(0.5):
            for name, seconds in SCHEDULE:
                if name in self._ids and time.monotonic() >= due[name]:
                    due[name] = time.monotonic() + seconds
                    try:
                        self._odoo.call(
                            "ir.cron", "method_direct_trigger", [self._ids[name]]
                        )
                    except DemoError:
                        due[name] = time.monotonic() + 1

    def stop(self):
        self._stop.set()
        if self._thread:
            self._thread.join(30)

    def hops(self):
        return hops.read(self.run.server.rpc(), self.run.began_wall)

    def is_quiet(self):
        return not self.waiting()

    def waiting(self):
        """What somebody still has to do: {words: how much of it}."""
        [counts] = self.run.sql.rows(
            """
            SELECT (SELECT count(*) FROM channel_change),
                   (SELECT count(*) FROM channel_sweep),
                   (SELECT count(*) FROM channel_level level
                      LEFT JOIN channel_level_remote remote
                             ON remote.level_id = level.id
                     WHERE COALESCE(remote.state, 'unknown') IN ('unknown', 'stale')),
                   (SELECT count(*) FROM channel_level_pending),
                   (SELECT count(*) FROM channel_publication
                     WHERE state IN ('ready', 'sending')),
                   (SELECT count(*) FROM channel_message
                     WHERE state NOT IN ('done', 'dead', 'void')),
                   (SELECT count(*) FROM channel_inbox_event WHERE state = 'new'),
                   (SELECT count(*) FROM channel_order
                     WHERE state <> 'announced'
                       AND (state = 'captured' OR NOT complete
                            OR wanted_version > version)),
                   (SELECT count(*) FROM channel_publication
                     WHERE state = 'accepted' AND ask_at IS NOT NULL),
                   (SELECT count(*) FROM channel_bookkeeping
                     WHERE failed IS NOT TRUE)
            """
        )
        found = {words: n for words, n in zip(WAITING, counts, strict=True) if n}
        return {**found, **(self.own.waiting() if self.own else {})}

    def partner_facts(self):
        return self.own.facts() if self.own else None

    def sellable(self, sku):
        """What the screen of positions says."""
        warehouse = self.run.company.warehouses["WH"][0]
        rows = self.run.odoo_people.find(
            "channel.position",
            ["product_id", "=", self.run.company.products[sku]],
            ["warehouse_id", "in", [warehouse]],
            fields=["available"],
        )
        return int(sum(row["available"] for row in rows))

    # --- facts

    def known(self):
        return {
            f"{self.keys[channel]}:{ref}": moment
            for channel, ref, moment in self.run.sql.rows(
                """
                SELECT channel_id, substring(external_id from '[0-9]+$'),
                       extract(epoch FROM create_date)::float
                  FROM channel_order
                """
            )
        }

    def sales(self):
        found = {}
        for id, channel, ref, state, at, sku, units in self.run.sql.rows(
            """
            SELECT sale.id, known.channel_id,
                   substring(known.external_id from '[0-9]+$'), sale.state,
                   extract(epoch FROM sale.create_date)::float,
                   product.default_code,
                   (line.product_uom_qty * uom.factor / own.factor)::float
              FROM sale_order sale
              JOIN channel_order known ON known.id = sale.channel_order_id
              LEFT JOIN sale_order_line line ON line.order_id = sale.id
              LEFT JOIN uom_uom uom ON uom.id = line.product_uom_id
              LEFT JOIN product_product product ON product.id = line.product_id
              LEFT JOIN product_template template
                     ON template.id = product.product_tmpl_id
              LEFT JOIN uom_uom own ON own.id = template.uom_id
            """
        ):
            sale = found.setdefault(
                id,
                {
                    "order": f"{self.keys[channel]}:{ref}",
                    "state": state,
                    "at": at,
                    "units": {},
                },
            )
            if sku in self.run.company.products and units:
                sale["units"][sku] = sale["units"].get(sku, 0) + units
        return list(found.values())

    def levels(self):
        return {
            (self.keys[channel], place, plain(sku)): target
            for channel, place, sku, target in self.run.sql.rows(
                """
                SELECT level.channel_id, node.name, listing.sku, level.target
                  FROM channel_level level
                  JOIN channel_listing listing ON listing.id = level.listing_id
                  JOIN channel_node node ON node.id = level.node_id
                """
            )
        }

    def available(self):
        """What is left by Odoo's positions, oversold goods below zero."""
        pools = {
            self.run.company.warehouses[code][0]: pool
            for pool, codes in POOLS.items()
            for code in codes
            if code in self.run.company.warehouses
        }
        skus = {id: sku for sku, id in self.run.company.products.items()}
        result = {pool: {} for pool in POOLS}
        for product, warehouse, units in self.run.sql.rows(
            "SELECT product_id, warehouse_id, available::float FROM channel_position"
            " WHERE product_id = ANY(%s) AND warehouse_id = ANY(%s)",
            [self.run.company.products[sku] for sku in self.run.world.products],
            list(pools),
        ):
            of = result[pools[warehouse]]
            of[skus[product]] = of.get(skus[product], 0) + units
        return result

    def parcels(self):
        return {
            f"{self.keys[channel]}:{ref}": number
            for channel, ref, number in self.run.sql.rows(
                """
                SELECT known.channel_id, substring(known.external_id from '[0-9]+$'),
                       count(*)
                  FROM stock_picking picking
                  JOIN stock_picking_type type ON type.id = picking.picking_type_id
                  JOIN sale_order sale ON sale.id = picking.sale_id
                  JOIN channel_order known ON known.id = sale.channel_order_id
                 WHERE picking.state = 'done' AND type.code = 'outgoing'
                 GROUP BY 1, 2
                """
            )
        }

    def unaccounted(self):
        found = []
        for order, sku, is_over, wanted, *where in self.run.sql.rows(UNITS):
            held, moving, gone = where
            there = held + moving if is_over else held + moving + gone
            if abs(there - (0 if is_over else wanted)) > NEARLY:
                found.append(
                    f"{order} {sku}: {wanted:g} to deliver in all; held {held:g},"
                    f" in transfers {moving:g}, gone {gone:g}"
                )
        return found

    def notes(self):
        """What the addons tell people, and what died."""
        rows = self.run.sql.rows(
            """
            SELECT 'exception: ' || category, count(*), max(message)
              FROM channel_exception GROUP BY category
             UNION ALL
            SELECT 'order ' || state, count(*),
                   max(name || COALESCE(': ' || (
                       SELECT string_agg(message, '; ') FROM channel_exception cause
                        WHERE cause.res_model = 'channel.order'
                          AND cause.res_id = channel_order.id
                          AND cause.state <> 'resolved'), ''))
              FROM channel_order
             WHERE state NOT IN ('done', 'cancelled') GROUP BY state
             UNION ALL
            SELECT 'dead letter', count(*), max(error) FROM channel_dead_letter
            HAVING count(*) > 0
             UNION ALL
            SELECT 'failed job', count(*), max(exc_info) FROM queue_job
             WHERE state = 'failed' HAVING count(*) > 0
            """
        )
        return {words: [number, text] for words, number, text in rows}


class Exclusive(Shared):
    """What one shop shows, no other shows; and people have a part of their own."""

    name, words = "exclusive", "ours: exclusive allocation"
    partial = True

    def rules(self):
        odoo = self.run.odoo
        group_id, rule_ids = draft_exclusive(odoo, self.keys, KEPT_FOR_PEOPLE)
        odoo.call("channel.allocation.group", "action_activate", [group_id])
        odoo.call("channel.rule", "action_activate", rule_ids)

    def targets(self):
        return self.levels()

    def sellable(self, sku):
        """What no shop shows or may come to show, once all changes are planned."""
        company = self.run.company
        product = company.products[sku]
        warehouses = [
            company.warehouses[code][0]
            for code in POOLS["main"]
            if code in company.warehouses
        ]
        [[left]] = self.run.sql.rows(
            """
            SELECT CASE WHEN EXISTS (SELECT FROM channel_change) THEN 0 ELSE
                   (SELECT COALESCE(sum(available), 0) FROM channel_position
                     WHERE product_id = %(product)s
                       AND warehouse_id = ANY(%(warehouses)s))
                 - (SELECT COALESCE(sum(greatest(level.target, remote.base_qty)
                                        * listing.pack_qty
                                        * COALESCE(kit.quantity, 1)), 0)
                      FROM channel_level level
                      JOIN channel_listing listing ON listing.id = level.listing_id
                      LEFT JOIN channel_level_remote remote
                             ON remote.level_id = level.id
                      LEFT JOIN channel_kit_component kit
                             ON kit.product_id = listing.product_id
                            AND kit.component_id = %(product)s
                     WHERE listing.product_id = %(product)s
                        OR kit.id IS NOT NULL) END::float
            """,
            product=product,
            warehouses=warehouses,
        )
        return min(KEPT_FOR_PEOPLE, int(left), super().sellable(sku))


class Risk(Shared):
    """A buffer that is as large as the chance to sell the same unit twice is."""

    name, words = "risk", "ours: one pool behind a risk buffer"
    partial = True
    whole = False

    def rules(self):
        make_rule(self.run.odoo, kind="risk", value=CHANCE)
        # what sells how fast, and how long a number takes, is measured once a day in
        # life: told here
        self.run.sql.run(
            """
            INSERT INTO channel_sales_rate
                   (product_id, company_id, channel_id, per_day, measured_at)
            SELECT product.id, 1, channel.id,
                   rate.per_day / CASE WHEN channel.id IS NULL THEN 1 ELSE %s END, now()
              FROM unnest(%s::varchar[], %s::float[]) AS rate (sku, per_day)
              JOIN product_product product ON product.default_code = rate.sku
             CROSS JOIN (SELECT NULL::integer AS id
                          UNION ALL SELECT id FROM channel_channel) channel
            """,
            len(self.keys),
            *self._rates(),
        )
        self.run.sql.run("UPDATE channel_channel SET publish_latency = %s", LATENCY)
        self.run.odoo.call(
            "ir.cron", "method_direct_trigger", [self._ids["cron_plan_all"]]
        )

    def _rates(self):
        """Units that sell in a day as long as this trace is short."""
        seconds = self.run.seconds
        sold = self.run.expected_units()
        skus = sorted(sold)
        return skus, [round(sold[sku] / seconds * 86400, 4) for sku in skus]

    def targets(self):
        return self.levels()
