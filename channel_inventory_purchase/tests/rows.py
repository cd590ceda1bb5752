# SPDX-License-Identifier: AGPL-3.0-or-later
"""A row for each screen of this addon."""

from odoo import fields
from odoo.fields import Command


def make_rows(case):
    """:param case: a test case with a ``channel`` and its ``warehouse``"""
    env, channel, company = case.env, case.channel, case.channel.company_id
    product = env["product.product"].create({"name": "Lamp", "is_storable": True})
    env["channel.stockout"].create(
        {
            "product_id": product.id,
            "warehouse_id": case.warehouse.id,
            "company_id": company.id,
            "urgency": "now",
            "out_date": fields.Date.today(),
        }
    )
    env["channel.vendor.record"].create(
        {
            "partner_id": env["res.partner"].create({"name": "Lamps Ltd"}).id,
            "company_id": company.id,
        }
    )
    order = env["channel.order"].create(
        {
            "channel_id": channel.id,
            "external_id": "LATE-1",
            "name": "#LATE-1",
            "line_ids": [Command.create({"external_id": "1", "quantity": 1})],
        }
    )
    env["channel.inbound.promise"].create(
        {
            "channel_id": channel.id,
            "order_id": order.id,
            "order_line_id": order.line_ids.id,
            "product_id": product.id,
            "warehouse_id": case.warehouse.id,
        }
    )
