# SPDX-License-Identifier: AGPL-3.0-or-later
"""A row for each screen of this addon."""

from datetime import timedelta

from odoo import fields
from odoo.fields import Command


def make_rows(case):
    """:param case: a test case with a channel, its warehouse and a listing"""
    env = case.env
    product = case.listing.product_id
    order = env["sale.order"].create(
        {
            "partner_id": env["res.partner"].create({"name": "Ann"}).id,
            "company_id": case.channel.company_id.id,
            "warehouse_id": case.warehouse.id,
            "order_line": [
                Command.create({"product_id": product.id, "product_uom_qty": 1})
            ],
        }
    )
    env["channel.hold"].create(
        {
            "cause": "quotation",
            "sale_line_id": order.order_line.id,
            "product_id": product.id,
            "warehouse_id": case.warehouse.id,
            "quantity": 1,
            "stock_quantity": 1,
            "expires_at": fields.Datetime.now() + timedelta(hours=1),
        }
    )
