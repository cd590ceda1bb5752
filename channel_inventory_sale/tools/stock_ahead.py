# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the orders of a batch may have of what is there, read for all of them at the
first question. No odoo here."""


class StockAhead:
    """For as long as nothing is held, released or sold in between: then ``forget``.

    :param orders: channel.order, of one company
    """

    def __init__(self, orders):
        self.orders = orders
        self.products, self.stock = None, {}

    def is_to_read(self):
        return self.products is None

    def keep(self, products, stock):
        """:param products: set of ids
        :param stock: order id -> (product id, warehouse id) -> stock units"""
        self.products, self.stock = products, stock

    def forget(self):
        """From now on each order reads for itself."""
        self.keep(set(), {})

    def knows(self, order, products):
        return products <= self.products and order in self.orders
