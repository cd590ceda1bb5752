"""OCA's own connector of Odoo 19 to Shopify, as its authors publish it, on our trace.

It is installed from the package index into a folder of its own, and into a database of
its own. What is done to the copy is in ``PATCHES``: stores of this machine have no TLS.
Its settings are the best that its README and its forms offer.
"""

import shutil
import subprocess
import threading
import time
from dataclasses import replace

import databases
from demo.processes import DemoError
from sandbox.shopify.config import DEFAULT_SCOPES

from . import faults, world
from .strategy import Strategy

PACKAGE, VERSION = "odoo-addon-shopify_connector", "19.0.1.1.0.4"
MODULE = "shopify_connector"
# (file, what is there exactly once, what is put in its place)
PATCHES = (
    (
        "lib/client.py",
        'f"https://{self.shop_url}/admin/api/',
        'f"http://{self.shop_url}/admin/api/',
    ),
    (
        "lib/client.py",
        'f"https://{shop}{OAUTH_TOKEN_PATH}"',
        'f"http://{shop}{OAUTH_TOKEN_PATH}"',
    ),
)
# What a store has to be for it: its version of the API, and what its wizard asks for.
STORE = {
    "oldest_version": "2026-01",
    "scopes": (
        *DEFAULT_SCOPES,
        "read_draft_orders",
        "read_fulfillments",
        "read_returns",
        "write_customers",
        "write_products",
    ),
}
# The example of its README.
JOB_CHANNELS = (
    "root:4,root.shopify.import:2,root.shopify.export:1,root.shopify.webhook:1"
)
# What it does once a day, and how many ten-minute rounds of the trace that is.
CRONS = (
    "ir_cron_reconcile_shopify_orders",
    "ir_cron_reconcile_shopify_inventory",
    "ir_cron_reconcile_shopify_products",
)
ROUNDS_A_DAY = 144
# Faults that no real store has of the kind that its tokens are of.
NOT_FAIR = ("tokens",)
LEFT_OUT = (
    "shops that are no Shopify store",
    "packs: it sells no listing as several units of a product",
    "kits: nothing tells it that a component has changed",
    "a second warehouse behind one location of a store: it reads one stock location",
    "access tokens that end before their time: it renews them by their own time alone",
    "draft orders: the stores have none, and its document of them is dearer (1,586"
    " points) than a store allows (1,000)",
    "customers: the stores tell nobody of them, so its orders are its guest's",
)
WAITING = """
    SELECT count(*) FROM queue_job
     WHERE state NOT IN ('done', 'failed', 'cancelled')
       AND COALESCE(eta, now() AT TIME ZONE 'UTC')
           < now() AT TIME ZONE 'UTC' + interval '1 minute'
"""
SECONDS_TO_CONNECT = 240
SECONDS_OF_A_DAY, CALM = 240, 3


# --- the package


def addons_folder():
    """Where its addon is, installed and patched.

    :raise databases.InstallError: it cannot be had, or is not what it was"""
    folder = databases.CACHE / f"rival-{VERSION}"
    with databases.lock(folder.name):
        if not (folder / "complete").exists():
            _install(folder)
    return folder / "odoo" / "addons"


def _install(folder):
    shutil.rmtree(folder, ignore_errors=True)
    # what it depends on, queue_job and requests, is there already
    options = ("--quiet", "--no-deps", "--only-binary", ":all:", "--target", folder)
    command = [databases.VENV / "bin/python", "-m", "pip", "install", *options]
    done = subprocess.run(
        [*map(str, command), f"{PACKAGE}=={VERSION}"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["pip failed"])[-1]
        raise databases.InstallError(f"{PACKAGE} {VERSION} cannot be had: {last}")
    patch(folder / "odoo" / "addons" / MODULE)
    (folder / "complete").touch()


def patch(addon):
    """:raise databases.InstallError: a file has not exactly what is to be replaced"""
    for name, before, after in PATCHES:
        path = addon / name
        text = path.read_text()
        if (found := text.count(before)) != 1:
            raise databases.InstallError(
                f"{MODULE} {VERSION}, {path.name}: {before} is there {found} times,"
                " not once"
            )
        path.write_text(text.replace(before, after))


def ensure_template(env, log=print):
    """:return: name of a database with Odoo, its demo data and the connector"""
    base = databases.ensure_base(env, log)
    name = f"{base.replace('_l0_', '_l1_')}_{MODULE}_{VERSION.replace('.', '_')}"
    with databases.lock(name):
        if not databases.exists(env, name):
            log(f"make  template {name}")
            building = f"{name}_building"
            databases.drop(env, building)
            databases.clone(env, base, building)
            databases.mark_used(env, building)
            path = databases.checkout_folder() / "odoo-rival.conf"
            more = (addons_folder(),)
            conf = databases.write_conf(env, path, more_addons=more)
            databases.install(env, building, (MODULE,), conf=conf)
            databases.rename(env, building, name)
        databases.mark_used(env, name)
    return name


def simplify(world):
    """The world without what the connector cannot do, for all who play in it."""

    def gathered(product):
        stock = dict(product.stock)
        stock["WH"] += stock.get("EAST", 0)
        return replace(product, stock={**stock, "EAST": 0})

    world.listings = {
        sku: each for sku, each in world.listings.items() if each.kind == "plain"
    }
    world.products = {sku: gathered(each) for sku, each in world.products.items()}
    return world


def leave_out(options):
    """Take out of ``options`` what the connector cannot do.

    :return: what is left out for all who play, in words"""
    if options.servers > 1 or options.people != "none":
        raise ValueError(f"{Oca.name}: with --servers 1 and --people none only")
    chosen = world.choose(options.channels)
    text = str(options.channels)
    stores = [each for each in chosen if each.type == "shopify"]
    if text.isdecimal():
        # the first so many of those that it can do
        every = [each for each in world.SHOPS if each.type == "shopify"]
        stores = every[: int(text)]
    if not stores:
        raise ValueError(f"{Oca.name}: --channels names no Shopify store")
    options.channels = ",".join(each.key for each in stores)
    wanted = set(world.name_all(text)) or {each.key for each in chosen}
    gone = sorted(wanted - {each.key for each in stores})
    kinds = faults.read(options.faults)
    options.faults = ",".join(each for each in kinds if each not in NOT_FAIR) or "none"
    return [f"{LEFT_OUT[0]}{': ' if gone else ''}{', '.join(gone)}", *LEFT_OUT[1:]]


# --- the strategy


class Oca(Strategy):
    """As it comes: webhooks at once, everything else once a day."""

    name = "oca_shopify"
    words = f"{PACKAGE} {VERSION}: webhooks, and its daily schedule"
    addons, ground = False, "oca"
    # a failed job of it is tried again after a while
    stuck = 60
    # ten-minute rounds between two runs of what it has scheduled
    rounds = ROUNDS_A_DAY

    def __init__(self, run):
        super().__init__(run)
        self._stop, self._thread = threading.Event(), None

    # --- to the first numbers

    def prepare(self):
        run = self.run
        self.odoo = run.server.rpc()
        self._settle_company()
        self.instances = {
            self._onboard(key, shop): key for key, shop in run.shops.items()
        }
        wanted = len(run.world.listings) * len(run.shops)
        run.wait(
            "products are bound",
            lambda: self._count_bound() == wanted,
            SECONDS_TO_CONNECT,
        )
        for instance_id in self.instances:
            self.odoo.call("shopify.instance", "action_push_inventory", [instance_id])
        run.wait("the shops show the first numbers", self._is_shown, SECONDS_TO_CONNECT)

    def _settle_company(self):
        """It binds products that belong to a company, and its guest is a contact."""
        skus = list(self.run.world.listings)
        rows = self.odoo.find(
            "product.product",
            ["default_code", "in", skus],
            fields=["product_tmpl_id"],
        )
        ids = [row["product_tmpl_id"][0] for row in rows]
        [user] = self.odoo.find(
            "res.users", ["login", "=", "admin"], fields=["company_id"]
        )
        self.company_id = user["company_id"][0]
        self.odoo.call(
            "product.template", "write", ids, {"company_id": self.company_id}
        )
        guest = {"name": "Shopify Guest", "company_id": self.company_id}
        self.guest_id = self.odoo.create("res.partner", **guest)

    def _onboard(self, key, shop):
        """Its wizard, step by step. :return: the id of the store in Odoo"""
        model, config = "shopify.instance.wizard", shop.box.config
        wizard_id = self.odoo.create(
            model,
            name=shop.shop.name,
            shop_url=shop.url.partition("//")[2],
            client_id=config.client_id,
            webhook_secret=config.client_secret,
            company_id=self.company_id,
        )

        def press(name):
            self.odoo.call(model, name, [wizard_id])

        press("action_test_connection")
        press("action_check_scopes")
        [wizard] = self.odoo.find(
            model,
            ["id", "=", wizard_id],
            fields=["instance_id", "missing_scopes", "location_line_ids"],
        )
        if wizard["missing_scopes"]:
            raise DemoError(f"{MODULE} misses scopes: {wizard['missing_scopes']}")
        instance_id = wizard["instance_id"][0]
        self._map_places(shop, wizard["location_line_ids"])
        press("action_apply_locations")
        press("action_continue_to_policies")
        policies = {
            "order_confirmation_policy": "auto",
            "product_create_if_missing": False,
        }
        self.odoo.call(model, "write", [wizard_id], policies)
        press("action_apply_policies")
        settings = {
            "guest_partner_id": self.guest_id,
            "draft_order_import_enabled": False,
        }
        self.odoo.call("shopify.instance", "write", [instance_id], settings)
        press("action_setup_webhooks")
        press("action_finish")
        return instance_id

    def _map_places(self, shop, line_ids):
        codes = {"main": "WH", "west": "WEST"}
        model = "shopify.instance.wizard.location"
        for line in self.odoo.find(
            model, ["id", "in", line_ids], fields=["location_name"]
        ):
            code = codes[shop.shop.places[line["location_name"]]]
            warehouse_id, shelf_id = self.run.company.warehouses[code]
            values = {"warehouse_id": warehouse_id, "odoo_location_id": shelf_id}
            self.odoo.call(model, "write", [line["id"]], values)

    def _count_bound(self):
        return self.run.sql.value(
            "SELECT count(*) FROM shopify_product_variant WHERE state = 'synced'"
        )

    def _is_shown(self):
        """All that is in stock is shown: nobody has bought anything yet."""
        products = self.run.world.products
        wanted = {"main": ("WH", "EAST"), "west": ("WEST",)}
        time.sleep(0.5)
        return self.is_quiet() and all(
            number
            == sum(products[sku].stock[c] for c in wanted[shop.shop.places[place]])
            for shop in self.run.shops.values()
            for (place, sku), number in shop.shown().items()
        )

    # --- while they shop

    def start(self):
        ids = dict(
            self.run.sql.rows(
                "SELECT name, res_id FROM ir_model_data"
                " WHERE model = 'ir.cron' AND module = %s",
                MODULE,
            )
        )
        self._crons = [ids[name] for name in CRONS]
        self.run.sql.run(
            "UPDATE ir_cron SET active = true WHERE id = ANY(%s)", self._crons
        )
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def _work(self):
        odoo = self.run.server.rpc()
        while not self._stop.wait(self.run.ten_minutes * self.rounds):
            self._trigger(odoo)

    def next_day(self):
        self._trigger(self.run.server.rpc())
        end = time.monotonic() + SECONDS_OF_A_DAY
        # jobs come by ones that read what there is
        calm = 0
        while calm < CALM and time.monotonic() < end:
            time.sleep(1)
            calm = calm + 1 if self.is_quiet() else 0
        return True

    def _trigger(self, odoo):
        for cron_id in self._crons:
            try:
                odoo.call("ir.cron", "method_direct_trigger", [cron_id])
            except DemoError:
                continue  # it comes again, as in life

    def stop(self):
        self._stop.set()
        if self._thread:
            self._thread.join(60)

    def is_quiet(self):
        return not self.waiting()

    def waiting(self):
        jobs = self.run.sql.value(WAITING)
        return {"jobs": jobs} if jobs else {}

    # --- facts

    def known(self):
        return {
            self._ref(instance, ref): moment
            for instance, ref, moment in self.run.sql.rows(
                """
                SELECT instance_id, shopify_id, extract(epoch FROM create_date)::float
                  FROM shopify_order
                """
            )
        }

    def _ref(self, instance, ref):
        return f"{self.instances[instance]}:{ref.rpartition('/')[2]}"

    def sales(self):
        found = {}
        for id, instance, ref, state, at, sku, units in self.run.sql.rows(
            """
            SELECT sale.id, bound.instance_id, bound.shopify_id, sale.state,
                   extract(epoch FROM sale.create_date)::float, product.default_code,
                   line.product_uom_qty::float
              FROM shopify_order bound
              JOIN sale_order sale ON sale.id = bound.odoo_id
              LEFT JOIN sale_order_line line ON line.order_id = sale.id
              LEFT JOIN product_product product ON product.id = line.product_id
            """
        ):
            head = {"order": self._ref(instance, ref), "state": state, "at": at}
            sale = found.setdefault(id, {**head, "units": {}})
            if sku in self.run.company.products and units:
                sale["units"][sku] = sale["units"].get(sku, 0) + units
        return list(found.values())

    def parcels(self):
        return {
            self._ref(instance, ref): number
            for instance, ref, number in self.run.sql.rows(
                """
                SELECT bound.instance_id, bound.shopify_id, count(*)
                  FROM stock_picking picking
                  JOIN stock_picking_type type ON type.id = picking.picking_type_id
                  JOIN shopify_order bound ON bound.odoo_id = picking.sale_id
                 WHERE picking.state = 'done' AND type.code = 'outgoing'
                 GROUP BY 1, 2
                """
            )
        }

    def notes(self):
        rows = self.run.sql.rows(
            """
            SELECT 'order ' || state, count(*), max(error_message)
              FROM shopify_order GROUP BY state
             UNION ALL
            SELECT 'error in its log: ' || entity, count(*), max(message)
              FROM shopify_log WHERE level = 'error' GROUP BY entity
             UNION ALL
            SELECT 'failed job ' || method_name, count(*), max(exc_message)
              FROM queue_job WHERE state = 'failed' GROUP BY method_name
            """
        )
        return {words: [number, text] for words, number, text in rows}


class OcaOften(Oca):
    """A trial: all that it does once a day, every ten minutes."""

    name = "oca_shopify_often"
    words = f"{PACKAGE} {VERSION}: webhooks, its daily schedule every ten minutes"
    rounds = 1

    def next_day(self):
        """What it would do then it has done all the time."""
        return False
