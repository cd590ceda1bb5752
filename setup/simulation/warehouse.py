"""Who works in the warehouse: transfers that end otherwise than they were planned."""

import random
import time
from contextlib import nullcontext
from datetime import datetime, timedelta, timezone

from demo.processes import DemoError

from .company import INVENTORY, KEPT, insist

OWNER = "SIM-OWNER"
LIFE = timedelta(seconds=5)
"""So long what expires may be sold."""

# A row an order of a channel and a product: the units that have left for its customer,
# whatever came back.
GONE = """
    SELECT known.channel_id, substring(known.external_id from '[0-9]+$'),
           product.default_code,
           sum(move.quantity * unit.factor / own.factor)::float
      FROM channel_order known
      JOIN sale_order_line sold ON sold.order_id = known.sale_order_id
      JOIN stock_move move ON move.sale_line_id = sold.id AND move.state = 'done'
      JOIN stock_location source ON source.id = move.location_id
      JOIN stock_location target ON target.id = move.location_dest_id
      JOIN product_product product ON product.id = move.product_id
      JOIN product_template template ON template.id = product.product_tmpl_id
      JOIN uom_uom own ON own.id = template.uom_id
      JOIN uom_uom unit ON unit.id = move.product_uom
     WHERE target.usage = 'customer' AND source.usage <> 'customer'
     GROUP BY 1, 2, 3
"""


def read_gone(run, keys):
    """:return: {order: {SKU of a product: stock units that have left}}"""
    gone = {}
    for channel, ref, sku, units in run.sql.rows(GONE):
        gone.setdefault(f"{keys[channel]}:{ref}", {})[sku] = units
    return gone


class Person:
    """Somebody at a screen of Odoo. An act that another person overtook is not done."""

    RATES = {}

    def __init__(self, run):
        self.run, self.company = run, run.colleague()
        self.odoo = self.company.odoo

    def begin(self):
        """Whom an act keeps waiting."""
        return nullcontext()

    def act(self, event):
        """:return: dict of what was done, None: nothing to do it to"""
        dice = random.Random(event["dice"])
        began = time.time()
        try:
            with self.begin():
                done = getattr(self, event["act"])(dice)
        except DemoError:
            # Odoo says no, or does not answer: whether it was done all the same is
            # found by the judges
            return None
        return done and {"t": began, **done}

    def _pickings(self, *domain):
        """Transfers of channels' orders that are ready to leave this house."""
        return self.odoo.find(
            "stock.picking",
            ["picking_type_code", "=", "outgoing"],
            ["sale_id.channel_order_id", "!=", False],
            ["picking_type_id.warehouse_id.code", "!=", KEPT],
            *domain,
            fields=["sale_id", "move_ids"],
            order="id",
            limit=20,
        )

    def _ref(self, sale_id):
        """How the shop calls the order of a sale order: ``alpha:123``."""
        [sale] = self.odoo.find(
            "sale.order", ["id", "=", sale_id], fields=["channel_order_id"]
        )
        [known] = self.odoo.find(
            "channel.order",
            ["id", "=", sale["channel_order_id"][0]],
            fields=["channel_id", "external_id"],
        )
        number = known["external_id"].rpartition("/")[2]
        return f"{self.run.people.keys[known['channel_id'][0]]}:{number}"

    def _name_product(self, product_id):
        """:return: its SKU, None: it is not of the trace"""
        skus = {id: sku for sku, id in self.company.products.items()}
        return skus.get(product_id)


class Warehouse(Person):
    RATES = {
        "cancel_transfer": 0.02,
        "refuse_backorder": 0.02,
        "ship_less": 0.02,
        "ship_more": 0.01,
        "ship_kit_in_parts": 0.01,
        "return_component": 0.01,
        "consign": 0.01,
        "expire": 0.01,
    }

    def begin(self):
        return self.company.shelves

    def cancel_transfer(self, dice):
        found = self._pickings(["state", "in", ["assigned", "confirmed"]])
        if not found:
            return None
        picking = dice.choice(found)
        self.odoo.call("stock.picking", "action_cancel", [picking["id"]])
        return {"order": self._ref(picking["sale_id"][0])}

    def refuse_backorder(self, dice):
        return self._ship_part(dice, picking_ids_not_to_backorder=True)

    def ship_less(self, dice):
        return self._ship_part(dice)

    def _ship_part(self, dice, **context):
        """One unit less than is wanted, of a transfer that has more than one."""
        for picking in self._shuffled(dice):
            moves = self._moves(picking)
            if sum(move["quantity"] for move in moves) < 2:
                continue
            move = max(moves, key=lambda each: each["quantity"])
            self._set(move["id"], move["quantity"] - 1)
            for each in moves:
                if each is not move:
                    self._set(each["id"], each["quantity"])
            if context:
                context = {"picking_ids_not_to_backorder": [picking["id"]]}
            self._validate(picking, skip_backorder=True, **context)
            return {"order": self._ref(picking["sale_id"][0])}
        return None

    def ship_more(self, dice):
        """One unit too many is in the parcel."""
        for picking in self._shuffled(dice):
            move = dice.choice(self._moves(picking))
            sku = self._name_product(move["product_id"][0])
            known = self.run.world.products.get(sku)
            if not known or known.lots or self.company._free(sku) < 3:
                continue
            for each in self._moves(picking):
                more = 1 if each["id"] == move["id"] else 0
                self._set(each["id"], each["quantity"] + more)
            self._validate(picking, skip_backorder=True)
            self.company.ledger.add(time.time(), "main", sku, -1, "ship_more")
            return {"order": self._ref(picking["sale_id"][0]), "sku": sku}
        return None

    # --- kits

    def ship_kit_in_parts(self, dice):
        """One component of a kit leaves, and the others later: no kit has left yet."""
        for picking in self._shuffled(dice):
            moves = self._moves(picking)
            if len(moves) < 2 or not all(each["bom_line_id"] for each in moves):
                continue
            self._set(moves[0]["id"], moves[0]["quantity"])
            self._validate(picking, skip_backorder=True)
            return {"order": self._ref(picking["sale_id"][0])}
        return None

    def return_component(self, dice):
        """A customer sends one piece of a kit back, and keeps the rest."""
        done = self._pickings(
            ["state", "=", "done"],
            ["return_ids", "=", False],
            ["move_ids.bom_line_id", "!=", False],
        )
        if not done:
            return None
        picking = dice.choice(done)
        event = {"picking": picking["id"]}
        if not self.company._return(f"SIM-R{picking['id']}", event):
            return None
        return {"order": self._ref(picking["sale_id"][0])}

    # --- goods that are there and must not be sold

    def consign(self, dice):
        """Somebody else's goods are put on the shelf beside ours."""
        world = self.run.world
        plenty = [
            sku
            for sku, each in sorted(world.products.items())
            if not each.scarce and not each.lots
        ]
        sku, units = dice.choice(plenty), dice.choice((3, 5, 8))
        owner_id = self.odoo.find_id("res.partner", ["ref", "=", OWNER])
        if not owner_id:
            owner_id = self.odoo.create("res.partner", name="An Owner", ref=OWNER)
        self._put(sku, units, owner_id=owner_id)
        # nothing of it is ours to sell
        return {"sku": sku, "what": units}

    def expire(self, dice):
        """A lot comes in whose days are numbered, and nobody takes it off the shelf."""
        lots = [sku for sku, each in self.run.world.products.items() if each.lots]
        if not lots or not self.company.keeps_lots:
            return None
        sku, units = dice.choice(sorted(lots)), dice.choice((4, 7))
        began = time.time()
        end = datetime.fromtimestamp(began, timezone.utc) + LIFE
        until = end.strftime("%Y-%m-%d %H:%M:%S")
        lot_id = self.odoo.create(
            "stock.lot",
            name=f"SOON-{dice.random()}",
            product_id=self.company.products[sku],
            expiration_date=until,
            removal_date=until,
        )
        self._put(sku, units, lot_id=lot_id)
        self.company.ledger.add(began, "main", sku, units, "receive")
        time.sleep(max(0, end.timestamp() - time.time()))
        left = self._count_lot(lot_id)
        moment = int(end.timestamp())
        self.company.ledger.add(moment, "main", sku, -left, "expire")
        return {"sku": sku, "what": f"{left} of {units}"}

    def _count_lot(self, lot_id):
        rows = self.odoo.find(
            "stock.quant",
            ["lot_id", "=", lot_id],
            ["location_id.usage", "=", "internal"],
            fields=["quantity"],
        )
        return sum(row["quantity"] for row in rows)

    def _put(self, sku, units, **values):
        """Bring goods to the shelf as a count of an owner's, or of a lot's."""
        quant = {
            "product_id": self.company.products[sku],
            "location_id": self.company.warehouses["WH"][1],
            **values,
        }
        domain = [[name, "=", value] for name, value in quant.items()]

        def count():
            found = self.odoo.find("stock.quant", *domain, fields=["quantity"])
            return sum(row["quantity"] for row in found)

        counted = insist(count) + units

        def put():
            if count() < counted:
                row = {**quant, "inventory_quantity_auto_apply": counted}
                self.odoo.call("stock.quant", "create", [row], context=INVENTORY)

        insist(put)

    def _shuffled(self, dice):
        found = self._pickings(["state", "=", "assigned"])
        return dice.sample(found, len(found))

    def _moves(self, picking):
        return self.odoo.find(
            "stock.move",
            ["picking_id", "=", picking["id"]],
            ["state", "=", "assigned"],
            fields=["product_id", "quantity", "bom_line_id"],
        )

    def _set(self, move_id, quantity):
        values = {"quantity": quantity, "picked": True}
        self.odoo.call("stock.move", "write", [move_id], values)

    def _validate(self, picking, **context):
        """Exactly once, whether it is answered or not."""

        def validate():
            if not self._is_done(picking):
                self.odoo.call(
                    "stock.picking", "button_validate", [picking["id"]], context=context
                )

        insist(validate)

    def _is_done(self, picking):
        [row] = self.odoo.find(
            "stock.picking", ["id", "=", picking["id"]], fields=["state"]
        )
        return row["state"] == "done"
