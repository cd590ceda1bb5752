"""The company in Odoo: what its people do, each act exactly once.

A call may end without an answer (a worker was killed, the database restarted), and
nobody knows then whether it was done. So each act carries a reference, is looked up by
it, and goes on from where it is found. What was done goes to the ledger: the truth that
the oracle judges by.
"""

import random
import re
import threading
import time
from contextlib import nullcontext

from demo.processes import DemoError
from demo.rpc import Refused

from .world import HOUSE

INVENTORY = {"inventory_mode": True}
PATIENCE = 60
KEPT = "D9"  # the warehouse that a third party keeps
SHELVES = ("count", "ship", "return", "receive", "scrap", "transfer")
# Errors that say nothing about what was asked for.
PASSING = re.compile(
    "connection|serialize|deadlock|not currently accepting|terminat|cursor", re.I
)


class Denied(DemoError):
    """Odoo says no, and has said why."""


def insist(action):
    """Call ``action`` until it is answered. What was done without an answer must not be
    done twice: that is for ``action`` to see. How long its first call took, for others
    who were at it, does not count.

    :raise Denied:
    """
    end = None
    while True:
        try:
            return action()
        except DemoError as error:
            if isinstance(error, Refused) and not PASSING.search(str(error)):
                raise Denied(str(error)) from error
            end = end or time.monotonic() + PATIENCE
            if time.monotonic() > end:
                raise
            time.sleep(0.3)


class Ledger:
    """What happened to the shelves, and what salespeople sold, in order of time.

    An entry: t, pool, sku, units, kind. Units of kind ``sell`` are demand; all others
    are added to what is there. What comes counts from before it was entered, what goes
    from when it was committed. ``seen``: when who sold had Odoo look what is left.
    """

    def __init__(self):
        self.entries = []
        self._lock = threading.Lock()

    def add(self, moment, pool, sku, units, kind, **more):
        entry = {"t": moment, "pool": pool, "sku": sku, "units": units, "kind": kind}
        with self._lock:
            self.entries.append({**entry, **more})


class Company:
    def __init__(self, odoo, world):
        self.odoo, self.world = odoo, world
        self.ledger = Ledger()
        self.skipped = {}
        # a count compares the shelf with Odoo: nobody may take from it meanwhile
        self.shelves = threading.RLock()
        self.warehouses, self.products, self.types = {}, {}, {}
        self.tax_id = self.customer_id = None
        self.keeps_lots = False

    # --- set up

    def furnish(self):
        """Warehouses, products, kits and stock, by what their forms call."""
        for code in ("EAST", "WEST"):
            self.odoo.create("stock.warehouse", name=code.capitalize(), code=code)
        if self.world.has(HOUSE):
            self.odoo.create("stock.warehouse", name="Dock9", code=KEPT)
        self.odoo.create(
            "account.tax",
            name="VAT 21% (in the price)",
            amount=21,
            amount_type="percent",
            type_tax_use="sale",
            price_include_override="tax_included",
        )
        self.odoo.create("res.partner", name="Counter Sales", ref="SIM")
        self._make_products()
        self.look()
        self._keep_lots()
        self._make_kits()
        self._stock()

    def look(self):
        """Read what ``furnish`` has made, also in a copy of its database."""
        for row in self.odoo.find("stock.warehouse", fields=["code", "lot_stock_id"]):
            self.warehouses[row["code"]] = row["id"], row["lot_stock_id"][0]
        codes = [*self.world.products, *self.world.listings]
        found = self.odoo.find(
            "product.product",
            ["default_code", "in", codes],
            fields=["default_code"],
        )
        self.products = {row["default_code"]: row["id"] for row in found}
        for row in self.odoo.find(
            "stock.picking.type", fields=["warehouse_id", "code"]
        ):
            if row["warehouse_id"]:
                self.types[row["warehouse_id"][0], row["code"]] = row["id"]
        self.keeps_lots = bool(
            self.odoo.find_id(
                "ir.model.fields",
                ["model", "=", "product.template"],
                ["name", "=", "use_expiration_date"],
            )
        )
        self.tax_id = self.odoo.find_id("account.tax", ["name", "like", "VAT 21%"])
        self.customer_id = self.odoo.find_id("res.partner", ["ref", "=", "SIM"])

    def _keep_lots(self):
        """Goods that go off are kept by lots, where Odoo can."""
        ids = [
            self.products[sku] for sku, each in self.world.products.items() if each.lots
        ]
        if ids and self.keeps_lots:
            values = {"tracking": "lot", "use_expiration_date": True}
            self.odoo.call("product.product", "write", ids, values)

    def _make_products(self):
        kits = [each for each in self.world.listings.values() if each.kind == "kit"]
        values = [
            {
                "name": each.sku,
                "default_code": each.sku,
                "type": "consu",
                "is_storable": True,
                "list_price": each.price,
            }
            for each in (*self.world.products.values(), *kits)
        ]
        for begin in range(0, len(values), 100):
            self.odoo.call("product.product", "create", values[begin : begin + 100])

    def _make_kits(self):
        for each in self.world.listings.values():
            if each.kind != "kit":
                continue
            [kit] = self.odoo.find(
                "product.product",
                ["id", "=", self.products[each.sku]],
                fields=["product_tmpl_id"],
            )
            self.odoo.create(
                "mrp.bom",
                product_tmpl_id=kit["product_tmpl_id"][0],
                type="phantom",
                bom_line_ids=[
                    (0, 0, {"product_id": self.products[sku], "product_qty": units})
                    for sku, units in each.parts.items()
                ],
            )

    def _stock(self):
        quants = [
            {
                "product_id": self.products[sku],
                "location_id": self.warehouses[code][1],
                "inventory_quantity_auto_apply": units,
                **self._in_a_lot(sku, product),
            }
            for sku, product in self.world.products.items()
            for code, units in product.stock.items()
            if units
        ]
        for begin in range(0, len(quants), 200):
            part = quants[begin : begin + 200]
            self.odoo.call("stock.quant", "create", part, context=INVENTORY)

    def _in_a_lot(self, sku, product):
        if not product.lots or not self.keeps_lots:
            return {}
        name = f"FRESH-{sku}"
        found = self.odoo.find("stock.lot", ["name", "=", name], limit=1)
        if found:
            lot_id = found[0]["id"]
        else:
            lot_id = self.odoo.create(
                "stock.lot",
                name=name,
                product_id=self.products[sku],
                expiration_date="2099-01-01 00:00:00",
                removal_date="2099-01-01 00:00:00",
            )
        return {"lot_id": lot_id}

    # --- acts

    def act(self, number, event):
        """Do what an event of the trace says."""
        ref = f"SIM-{number}"

        def do():
            with self.shelves if event["kind"] in SHELVES else nullcontext():
                return getattr(self, f"_{event['kind']}")(ref, event)

        try:
            done = insist(do)
        except Denied:
            done = False  # there was not enough of it
        if done is False:
            self.skipped[event["kind"]] = self.skipped.get(event["kind"], 0) + 1

    def _receive(self, ref, event):
        began = event.setdefault("began", time.time())
        warehouse, shelf = self.warehouses[event["to"]]
        self._transfer(ref, event, self.types[warehouse, "incoming"], None, shelf)
        self.ledger.add(began, "main", event["sku"], event["units"], "receive")

    def _transfer_out(self, ref, event, source, target):
        source_type = self.types[self.warehouses["WH"][0], "internal"]
        return self._transfer(ref, event, source_type, source, target)

    def _transfer(self, ref, event, type_id=None, source=None, target=None):
        if type_id is None:
            return self._move_west(ref, event)
        found = self.odoo.find(
            "stock.picking", ["origin", "=", ref], fields=["state"], limit=1
        )
        if found and found[0]["state"] == "done":
            return True
        if found:
            picking_id = found[0]["id"]
        else:
            move = {
                "product_id": self.products[event["sku"]],
                "product_uom_qty": event["units"],
            }
            places = {
                name: place
                for name, place in (
                    ("location_id", source),
                    ("location_dest_id", target),
                )
                if place
            }
            picking_id = self.odoo.create(
                "stock.picking",
                picking_type_id=type_id,
                origin=ref,
                move_ids=[(0, 0, {**move, **places})],
                **places,
            )
        self.odoo.call("stock.picking", "action_confirm", [picking_id])
        if source:
            self.odoo.call("stock.picking", "action_assign", [picking_id])
            [row] = self.odoo.find(
                "stock.picking", ["id", "=", picking_id], fields=["state"]
            )
            if row["state"] != "assigned":
                self.odoo.call("stock.picking", "action_cancel", [picking_id])
                return False
        self.odoo.call("stock.picking", "button_validate", [picking_id])
        return True

    def _move_west(self, ref, event):
        if self._free(event["sku"]) < event["units"]:
            return False
        source, target = self.warehouses["WH"][1], self.warehouses["WEST"][1]
        if not self._transfer_out(ref, event, source, target):
            return False
        now = time.time()
        self.ledger.add(now, "main", event["sku"], -event["units"], "transfer")
        self.ledger.add(now, "west", event["sku"], event["units"], "transfer")
        return True

    def _count(self, ref, event):
        """The shelf has a little more, or less, than Odoo thinks."""
        began = time.time()
        product, shelf = self.products[event["sku"]], self.warehouses["WH"][1]
        if "counted" not in event:
            if event["units"] < 0 and self._free(event["sku"]) < -event["units"]:
                return False
            rows = self.odoo.find(
                "stock.quant",
                ["product_id", "=", product],
                ["location_id", "=", shelf],
                # what is somebody else's is counted by itself
                ["owner_id", "=", False],
                fields=["quantity"],
            )
            event["counted"] = sum(row["quantity"] for row in rows) + event["units"]
            event["began"] = began
        quant = {
            "product_id": product,
            "location_id": shelf,
            "inventory_quantity_auto_apply": event["counted"],
        }
        self.odoo.call("stock.quant", "create", [quant], context=INVENTORY)
        moment = event["began"] if event["units"] > 0 else time.time()
        self.ledger.add(moment, "main", event["sku"], event["units"], "count")
        return True

    def _scrap(self, ref, event):
        found = self.odoo.find(
            "stock.scrap", ["origin", "=", ref], fields=["state"], limit=1
        )
        if not found:
            if self._free(event["sku"]) < event["units"]:
                return False
            self.odoo.create(
                "stock.scrap",
                origin=ref,
                product_id=self.products[event["sku"]],
                scrap_qty=event["units"],
                location_id=self.warehouses["WH"][1],
            )
            return self._scrap(ref, event)
        if found[0]["state"] != "done":
            self.odoo.call("stock.scrap", "action_validate", [found[0]["id"]])
        self.ledger.add(time.time(), "main", event["sku"], -event["units"], "scrap")
        return True

    def _sell(self, ref, event):
        """A salesperson sells what he sees to be free."""
        found = self.odoo.find(
            "sale.order", ["client_order_ref", "=", ref], fields=["state"], limit=1
        )
        if found:
            order_id = found[0]["id"]
        else:
            event["seen"] = time.time()
            units = min(event["units"], self.sellable(event["sku"]))
            if units < 1:
                return False
            event["units"] = units
            line = {
                "product_id": self.products[event["sku"]],
                "product_uom_qty": units,
            }
            order_id = self.odoo.create(
                "sale.order",
                partner_id=self.customer_id,
                client_order_ref=ref,
                warehouse_id=self.warehouses["WH"][0],
                order_line=[(0, 0, line)],
            )
        if not found or found[0]["state"] != "sale":
            self.odoo.call("sale.order", "action_confirm", [order_id])
        sold = time.time(), "main", event["sku"], event["units"], "sell"
        self.ledger.add(*sold, seen=event["seen"])
        return True

    def _ship(self, _ref, event):
        """Somebody packs one of the orders that are ready."""
        ready = self.odoo.find(
            "stock.picking",
            ["state", "=", "assigned"],
            ["picking_type_code", "=", "outgoing"],
            ["sale_id.client_order_ref", "not like", "SIM-"],
            ["sale_id", "!=", False],
            # what is in somebody else's warehouse leaves there
            ["picking_type_id.warehouse_id.code", "!=", KEPT],
            ["move_ids.product_id", "in", list(self.products.values())],
            limit=20,
            order="id",
        )
        if not ready:
            return False
        dice = random.Random(event["dice"])
        picking_id = dice.choice(ready)["id"]
        self.odoo.call("stock.picking", "button_validate", [picking_id])
        return True

    def _return(self, ref, event):
        """A customer sends one unit back, and it goes to the shelf."""
        if "picking" not in event:
            done = self.odoo.find(
                "stock.picking",
                ["state", "=", "done"],
                ["picking_type_code", "=", "outgoing"],
                ["sale_id", "!=", False],
                ["return_ids", "=", False],
                ["picking_type_id.warehouse_id.code", "!=", KEPT],
                ["move_ids.product_id", "in", list(self.products.values())],
                # what went off meanwhile is not put on sale again
                ["move_ids.product_id.tracking", "=", "none"],
                limit=5,
                order="id",
            )
            if not done:
                return False
            event["picking"] = random.Random(event["dice"]).choice(done)["id"]
        back = self.odoo.find(
            "stock.picking",
            ["return_id", "=", event["picking"]],
            fields=["state", "move_ids"],
        )
        if not back:
            wizard_id = self.odoo.create(
                "stock.return.picking", picking_id=event["picking"]
            )
            [wizard] = self.odoo.find(
                "stock.return.picking",
                ["id", "=", wizard_id],
                fields=["product_return_moves"],
            )
            self.odoo.call(
                "stock.return.picking.line",
                "write",
                wizard["product_return_moves"][:1],
                {"quantity": 1},
            )
            event["began"] = time.time()
            self.odoo.call("stock.return.picking", "action_create_returns", [wizard_id])
            return self._return(ref, event)
        if back[0]["state"] != "done":
            self.odoo.call("stock.picking", "button_validate", [back[0]["id"]])
        self._note_return(event, back[0]["id"])
        return True

    def _note_return(self, event, picking_id):
        moves = self.odoo.find(
            "stock.move",
            ["picking_id", "=", picking_id],
            ["state", "=", "done"],
            fields=["product_id", "quantity", "location_dest_id"],
        )
        skus = {product: sku for sku, product in self.products.items()}
        shelves = {shelf: code for code, (_id, shelf) in self.warehouses.items()}
        for move in moves:
            code = shelves.get(move["location_dest_id"][0])
            self.ledger.add(
                event["began"],
                "west" if code == "WEST" else "main",
                skus[move["product_id"][0]],
                move["quantity"],
                "return",
            )

    # --- what people look at

    def sellable(self, sku):
        """Units that a salesperson may promise from the main warehouse."""
        return self._free(sku)

    def _free(self, sku):
        [row] = self.odoo.find(
            "product.product",
            ["id", "=", self.products[sku]],
            fields=["free_qty"],
            context={"warehouse_id": self.warehouses["WH"][0]},
        )
        return int(row["free_qty"])
