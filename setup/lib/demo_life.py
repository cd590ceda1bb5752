"""A little warehouse life, through the buttons that people in a warehouse press."""

import random
import time

class Life:
    """Each ``step`` counts a shelf, receives or scraps something, at random but the
    same with the same seed."""

    def __init__(self, shop, products, seed=1):
        self.shop, self.odoo = shop, shop.odoo
        self.products = [each for each in products if each["tracking"] == "none"]
        self.dice = random.Random(seed)
        self._receipt_type = {}

    def step(self):
        """One thing happens. :return: what, in words"""
        warehouse = self.dice.choice([self.shop.main, *self.shop.regional])
        act = self.dice.choice((self._count, self._count, self._receive, self._scrap))
        return act(warehouse, self.dice.choice(self.products))

    def _count(self, warehouse, product):
        quantity = self.dice.randint(2, 45)
        place = warehouse["lot_stock_id"]
        self.shop.count({(product["id"], place[0]): quantity})
        return f"counted {quantity} of {product['default_code']} in {place[1]}"

    def _receive(self, warehouse, product):
        """A receipt of two products, from draft to done."""
        other = self.dice.choice(self.products)
        picking_type = self._get_receipt_type(warehouse)
        moves = [
            {"product_id": each["id"], "product_uom_qty": self.dice.randint(1, 12)}
            for each in {each["id"]: each for each in (product, other)}.values()
        ]
        picking_id = self.odoo.create(
            "stock.picking",
            picking_type_id=picking_type,
            move_ids=[(0, 0, move) for move in moves],
        )
        self.odoo.call("stock.picking", "action_confirm", [picking_id])
        self.odoo.call(
            "stock.picking",
            "button_validate",
            [picking_id],
            context={"skip_backorder": True},
        )
        return f"received {product['default_code']} in {warehouse['lot_stock_id'][1]}"

    def _get_receipt_type(self, warehouse):
        if warehouse["id"] not in self._receipt_type:
            self._receipt_type[warehouse["id"]] = self.odoo.find_id(
                "stock.picking.type",
                ["warehouse_id", "=", warehouse["id"]],
                ["code", "=", "incoming"],
            )
        return self._receipt_type[warehouse["id"]]

    def _scrap(self, warehouse, product):
        scrap_id = self.odoo.create(
            "stock.scrap",
            product_id=product["id"],
            scrap_qty=1,
            location_id=warehouse["lot_stock_id"][0],
        )
        self.odoo.call("stock.scrap", "action_validate", [scrap_id])
        return f"scrapped 1 {product['default_code']} in {warehouse['lot_stock_id'][1]}"


def pace(seconds, busy=lambda: None):
    """Wait, and call ``busy`` twice a second meanwhile (it raises to end it)."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        busy()
        time.sleep(min(0.5, left))
