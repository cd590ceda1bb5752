"""The measurement of ``setup/bench orders``, in Odoo's Python.

Both sides sell the same: the same customers (every second one is new), lines, prices
and taxes, from stock that is there. Plain Odoo is what a program does that enters an
order by hand: find or create the customer, create the sale order, confirm it, which
reserves; one transaction each. Intake starts from stored events, as webhooks and polls
leave them, and ends with the same: confirmed and reserved. It takes turns with plain
Odoo every few orders, so that whatever else the machine does hits both.
"""

import cProfile
import json
import random
import statistics
import sys
import time
from contextlib import contextmanager
from decimal import Decimal

import odoo
from odoo import SUPERUSER_ID, api
from odoo.fields import Command
from odoo.modules.registry import Registry
from odoo.tools import config

PRODUCTS, CUSTOMERS, BLOCK, WARM_UP = 100, 40, 20, 20
RATE = Decimal("0.19")
QUIET = {
    "tracking_disable": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
}


def main(conf, ours, plain, number, profile):
    config.parse_config(["-c", conf, "--log-level=error", "--max-cron-threads=0"])
    sales = make_sales(int(number) + WARM_UP)
    sides = {
        "backlog": Intake(ours, sales, "C"),
        "single": Single(ours, sales, "D"),
        "odoo": Plain(plain, sales, "A"),
        "odoo_quiet": Plain(plain, sales, "B", QUIET),
    }
    profiler = cProfile.Profile() if profile else None
    times = {name: [] for name in sides}
    for start in range(0, len(sales), BLOCK):
        block = sales[start : start + BLOCK]
        order = list(sides)
        # nobody is always first
        turn = start // BLOCK % len(order)
        for name in order[turn:] + order[:turn]:
            profiled = profiler if name == "backlog" and start >= WARM_UP else None
            times[name].append(sides[name].timed(block, profiled) / len(block))
    for side in sides.values():
        side.check()
    if profiler:
        profiler.dump_stats(profile)
    print(json.dumps(report(sales, sides, times)))


def report(sales, sides, times):
    """Medians over blocks; the ratios are medians of each block's own ratio."""
    skip = WARM_UP // BLOCK
    times = {name: each[skip:] for name, each in times.items()}

    def ratio(side, other):
        pairs = zip(times[side], times[other], strict=True)
        return round(statistics.median(a / b for a, b in pairs), 3)

    result = {
        f"{side}_vs_{other}": ratio(side, other)
        for side in ("backlog", "single")
        for other in ("odoo", "odoo_quiet")
    }
    result |= {
        "orders": len(sales) - WARM_UP,
        "lines": round(statistics.mean(len(sale["lines"]) for sale in sales), 2),
        "odoo_version": odoo.release.version,
    }
    for name, side in sides.items():
        result[f"{name}_ms"] = round(statistics.median(times[name]) * 1000, 1)
        result[f"{name}_queries"] = round(side.queries / len(sales), 1)
    return result


def make_sales(number):
    """What is sold: plain data that both sides are made from."""
    dice = random.Random(19)
    sales = []
    for index in range(number):
        chosen = dice.sample(range(PRODUCTS), dice.choice((1, 1, 2, 2, 3, 5)))
        returning = index % 2 and index > 1
        sales.append(
            {
                "name": f"#{index + 1}",
                "customer": dice.randrange(CUSTOMERS) if returning else 1000 + index,
                "lines": [(each, dice.randint(1, 4)) for each in chosen],
            }
        )
    return sales


def price(product):
    return Decimal(500 + 37 * product) / 100


class Side:
    """One database with products in stock."""

    def __init__(self, database, sales, code):
        self.registry = Registry(database)
        self.code = code
        self.queries = 0
        with self.transaction() as env:
            self.set_up(env)

    @contextmanager
    def transaction(self):
        with self.registry.cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, {})

    def timed(self, block, profiler=None):
        """:return: seconds that ``block`` took, from the first to the last commit"""
        self.prepare(block)
        before = odoo.sql_db.sql_counter
        if profiler:
            profiler.enable()
        started = time.perf_counter()
        self.sell(block)
        seconds = time.perf_counter() - started
        if profiler:
            profiler.disable()
        self.queries += odoo.sql_db.sql_counter - before
        return seconds

    def prepare(self, block):
        pass

    def set_up(self, env):
        self.company = env.company.id
        env.company.tax_calculation_rounding_method = "round_globally"
        warehouse = env["stock.warehouse"].create(
            {"name": f"Bench {self.code}", "code": f"BN{self.code}"}
        )
        self.warehouse = warehouse.id
        self.tax = (
            env["account.tax"]
            .create(
                {
                    "name": f"Bench {self.code} 19 %",
                    "amount": 19,
                    "type_tax_use": "sale",
                    "price_include_override": "tax_excluded",
                }
            )
            .id
        )
        self.germany = env.ref("base.de").id
        products = env["product.product"].create(
            [
                {
                    "name": f"Bench {self.code} {number}",
                    "default_code": f"BENCH-{self.code}-{number}",
                    "is_storable": True,
                    "list_price": float(price(number)),
                    "taxes_id": [Command.set([self.tax])],
                }
                for number in range(PRODUCTS)
            ]
        )
        self.products = products.ids
        env["stock.quant"].create(
            [
                {
                    "product_id": product.id,
                    "location_id": warehouse.lot_stock_id.id,
                    "quantity": 1_000_000,
                }
                for product in products
            ]
        )

    def check(self):
        """All of it is sold, confirmed and reserved, or the figures mean nothing."""
        with self.transaction() as env:
            orders = env["sale.order"].search([("warehouse_id", "=", self.warehouse)])
            moves = orders.picking_ids.move_ids
            wrong = orders.filtered(lambda order: order.state != "sale")
            wrong_moves = moves.filtered(lambda move: move.state != "assigned")
            if len(orders) != self.sold or wrong or wrong_moves or not moves:
                raise SystemExit(
                    f"{type(self).__name__}: {len(orders)} orders of {self.sold}, "
                    f"{len(wrong)} not confirmed, {len(wrong_moves)} not reserved"
                )

    sold = 0


class Plain(Side):
    """Odoo as it is, in a database that has never seen the addons."""

    def __init__(self, database, sales, code, context=None):
        self.context = context or {}
        super().__init__(database, sales, code)

    def sell(self, block):
        for sale in block:
            with self.transaction() as env:
                self.sell_one(env(context=self.context), sale)
            self.sold += 1

    def sell_one(self, env, sale):
        ref = f"{self.code}-{sale['customer']}"
        partners = env["res.partner"]
        customer = partners.search([("ref", "=", ref)], limit=1) or partners.create(
            {
                "name": f"Customer {ref}",
                "ref": ref,
                "email": f"{ref}@bench.example",
                "street": f"Lindenstr. {sale['customer']}",
                "city": "Berlin",
                "zip": "10969",
                "country_id": self.germany,
            }
        )
        env["sale.order"].create(
            {
                "partner_id": customer.id,
                "client_order_ref": sale["name"],
                "warehouse_id": self.warehouse,
                "order_line": [
                    Command.create(
                        {
                            "product_id": self.products[product],
                            "product_uom_qty": quantity,
                            "price_unit": float(price(product)),
                            "tax_ids": [Command.set([self.tax])],
                        }
                    )
                    for product, quantity in sale["lines"]
                ],
            }
        ).action_confirm()


class Intake(Side):
    """Stored Shopify events, a block of them, drained by the intake as its job does
    it."""

    def set_up(self, env):
        super().set_up(env)
        channel = env["channel.channel"].create(
            {
                "name": f"Bench {self.code}",
                "channel_type": "shopify",
                "state": "paused",
                "currency_id": env.company.currency_id.id,
                "node_ids": [
                    Command.create(
                        {
                            "name": "Main",
                            "external_id": gid("Location", 1),
                            "warehouse_ids": [Command.set([self.warehouse])],
                        }
                    )
                ],
                "tax_map_ids": [Command.create({"rate": 19, "tax_id": self.tax})],
            }
        )
        self.channel, self.currency = channel.id, channel.currency_id.name
        env["channel.listing"].create(
            [
                {
                    "channel_id": channel.id,
                    "external_id": gid("ProductVariant", number),
                    "stock_ref": gid("InventoryItem", number),
                    "sku": f"BENCH-{self.code}-{number}",
                    "product_id": product_id,
                    "state": "mapped",
                }
                for number, product_id in enumerate(self.products)
            ]
        )
        env.flush_all()
        env["channel.planner"]._run()

    def prepare(self, block):
        """Events are stored before: what is measured begins with a stored event."""
        self.store(block)

    def store(self, block):
        from odoo.addons.channel_inventory_base.schemas import InboundEvent

        with self.transaction() as env:
            channel = env["channel.channel"].browse(self.channel)
            env["channel.inbox.event"]._store(
                channel,
                [
                    InboundEvent(
                        key=sale["name"],
                        kind="order",
                        topic="orders/poll",
                        body=json.dumps(self.body(sale)),
                        ref=sale["name"],
                    )
                    for sale in block
                ],
                "poll",
            )
            # the job is run here and now
            env.cr.postcommit.clear()

    def sell(self, block):
        with self.transaction() as env:
            channel = env["channel.channel"].browse(self.channel)
            env["channel.intake"]._run(channel)
        self.sold += len(block)

    def body(self, sale):
        """The order as Shopify's Admin API gives it."""
        from odoo.addons.channel_connector_shopify.tests import orders

        number = int(sale["name"][1:])
        lines, net, tax = [], Decimal(0), Decimal(0)
        for index, (product, quantity) in enumerate(sale["lines"]):
            amount = price(product) * quantity
            charged = (amount * RATE).quantize(Decimal("0.01"))
            net, tax = net + amount, tax + charged
            lines.append(
                orders.line(
                    number * 10 + index,
                    quantity,
                    str(price(product)),
                    self.currency,
                    sku=f"BENCH-{self.code}-{product}",
                    variant={"id": gid("ProductVariant", product)},
                    taxLines=orders.taxes((0.19, charged), currency=self.currency),
                )
            )
        return orders.order(
            *lines,
            total=net + tax,
            tax=tax,
            currency=self.currency,
            id=gid("Order", number),
            name=sale["name"],
            email=f"{self.code}{sale['customer']}@bench.example",
            customer={
                "id": gid("Customer", sale["customer"]),
                "displayName": f"Customer {sale['customer']}",
                "defaultEmailAddress": None,
                "defaultPhoneNumber": None,
            },
            shippingAddress={
                "name": f"Customer {sale['customer']}",
                "company": None,
                "address1": f"Lindenstr. {sale['customer']}",
                "address2": None,
                "city": "Berlin",
                "zip": "10969",
                "provinceCode": None,
                "countryCodeV2": "DE",
                "phone": "030 12345678",
            },
            orders=[
                orders.fulfillment_order(
                    1,
                    *(
                        (number * 10 + index, quantity)
                        for index, (_product, quantity) in enumerate(sale["lines"])
                    ),
                )
            ],
        )


class Single(Intake):
    """One at a time, as they come on a quiet day: storing each is in it as well."""

    def prepare(self, block):
        pass

    def sell(self, block):
        for sale in block:
            self.store([sale])
            super().sell([sale])


def gid(kind, number):
    return f"gid://shopify/{kind}/{number}"


if __name__ == "__main__":
    main(*sys.argv[1:])
