"""A little warehouse life, through the buttons that people in a warehouse press."""

import random
import time


class Life:
    """Each ``step`` counts a shelf, receives or scraps something, at random but the
    same with the same seed."""

    def __init__(self, company, products, seed=1):
        self.company, self.odoo = company, company.odoo
        self.products = [each for each in products if each["tracking"] == "none"]
        self.dice = random.Random(seed)
        self._receipt_types = {}

    def step(self):
        """One thing happens. :return: what, in words"""
        warehouse = self.dice.choice(list(self.company.warehouses.values()))
        act = self.dice.choice((self._count, self._count, self._receive, self._scrap))
        return act(warehouse, self.dice.choice(self.products))

    def _count(self, warehouse, product):
        quantity = self.dice.randint(2, 45)
        self.company.count({(product["id"], warehouse["lot_stock_id"][0]): quantity})
        return _words(f"counted {quantity} of", product, warehouse)

    def _receive(self, warehouse, product):
        """A receipt of one or two products, from draft to done."""
        received = {product["id"], self.dice.choice(self.products)["id"]}
        moves = [
            {"product_id": each, "product_uom_qty": self.dice.randint(1, 12)}
            for each in sorted(received)
        ]
        picking_id = self.odoo.create(
            "stock.picking",
            picking_type_id=self._get_receipt_type(warehouse),
            move_ids=[(0, 0, move) for move in moves],
        )
        self.odoo.call("stock.picking", "action_confirm", [picking_id])
        self.odoo.call("stock.picking", "button_validate", [picking_id])
        return _words("received", product, warehouse)

    def _get_receipt_type(self, warehouse):
        if warehouse["id"] not in self._receipt_types:
            self._receipt_types[warehouse["id"]] = self.odoo.find_id(
                "stock.picking.type",
                ["warehouse_id", "=", warehouse["id"]],
                ["code", "=", "incoming"],
            )
        return self._receipt_types[warehouse["id"]]

    def _scrap(self, warehouse, product):
        scrap_id = self.odoo.create(
            "stock.scrap",
            product_id=product["id"],
            scrap_qty=1,
            location_id=warehouse["lot_stock_id"][0],
        )
        self.odoo.call("stock.scrap", "action_validate", [scrap_id])
        return _words("scrapped 1 of", product, warehouse)


def _words(done, product, warehouse):
    return f"{done} {product['default_code']} in {warehouse['display_name']}"


def pace(seconds, busy=lambda: None):
    """Wait, and call ``busy`` twice a second meanwhile (it raises to end it)."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        busy()
        time.sleep(min(0.5, left))
