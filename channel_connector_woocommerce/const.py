# SPDX-License-Identifier: AGPL-3.0-or-later
"""Constants of WooCommerce's API and of this connector. No odoo in here."""

API = "wc/v3"
COMPANION = "wc-chansync/v1"
COMPANION_PROTOCOL = 1

NODE = "shop"
"""WooCommerce has one figure a product: one node stands for the whole shop."""

PAGE = 100
"""The most that a list gives at once."""
ORDERS_IN_READ = 20
"""Whole orders that are read at once: a small shop works long on each."""
BATCH = 50
"""Items of one batch; a shop works about 30 ms on each, and 100 is its limit."""
COMPANION_BATCH = 200

TOPICS = (
    "order.created",
    "order.updated",
    "order.deleted",
    "order.restored",
    "product.created",
    "product.deleted",
    "product.restored",
)
"""``product.updated`` is left out: each number we publish would send one."""

REDUCED = "_reduced_stock"
"""Meta of an order line: what the shop has taken off its figure for it."""
REFUNDED_ITEM = "_refunded_item_id"
"""Meta of a refund's line: the order's line that it is of."""
