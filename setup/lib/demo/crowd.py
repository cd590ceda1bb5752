"""A warehouse that is busier than it is careful: shelves are counted at random, goods
leave, and reservations are taken away."""

from .life import Life, _words
from .rpc import Refused

MOST = 25
"""What a count may come to."""


class Crowd(Life):
    """As ``Life``, and deliveries are validated, unreserved and reserved again."""

    def step(self):
        """One thing happens. :return: what, in words"""
        acts = [self._count_one] * 3 + [self._ship] * 4
        acts += [self._miscount] * 2 + [self._unreserve]
        act = self.dice.choice([*acts, super().step])
        try:
            return act()
        except Refused as error:
            # two people want the same: Odoo refuses one of them, and tells why
            return f"refused: {error}"

    def _count_one(self):
        product = self.dice.choice(self.products)
        warehouse = self.dice.choice(list(self.company.warehouses.values()))
        quantity = self.dice.randint(0, MOST)
        self.company.count({(product["id"], warehouse["lot_stock_id"][0]): quantity})
        return _words(f"counted {quantity} of", product, warehouse)

    def _miscount(self):
        """Less is on the shelf than what was sold of it."""
        if not (picking := self._pick("assigned")):
            return "nothing is reserved"
        move = self.odoo.find(
            "stock.move",
            ["picking_id", "=", picking["id"]],
            fields=["product_id", "location_id", "product_uom_qty"],
            limit=1,
        )[0]
        product_id, shelf = move["product_id"][0], move["location_id"][0]
        if product_id not in {each["id"] for each in self.products}:
            return "nothing that is counted"
        quantity = self.dice.randint(0, int(move["product_uom_qty"]))
        self.company.count({(product_id, shelf): quantity})
        return f"counted {quantity} of {move['product_id'][1]}"

    def _ship(self):
        if not (picking := self._pick("assigned")):
            return "nothing to ship"
        # marketplaces take no parcel without one
        number = {"carrier_tracking_ref": f"1Z{picking['id']:09}"}
        self.odoo.call("stock.picking", "write", [picking["id"]], number)
        self.odoo.call("stock.picking", "button_validate", [picking["id"]])
        return f"shipped {picking['name']}"

    def _unreserve(self):
        """Somebody takes the goods away from a delivery; the next free ones are its."""
        if not (picking := self._pick("assigned")):
            return "nothing is reserved"
        self.odoo.call("stock.picking", "do_unreserve", [picking["id"]])
        return f"unreserved {picking['name']}"

    def _pick(self, state):
        found = self.odoo.find(
            "stock.picking",
            ["state", "=", state],
            ["picking_type_code", "=", "outgoing"],
            ["sale_id.channel_order_id", "!=", False],
            fields=["name"],
            limit=50,
        )
        return self.dice.choice(found) if found else None
