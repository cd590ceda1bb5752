# SPDX-License-Identifier: AGPL-3.0-or-later
"""A row for each screen of this addon."""

from odoo import fields


def make_rows(case):
    """:param case: a test case with a channel, its warehouse and a listing"""
    shelf = case.warehouse.lot_stock_id
    case.env["channel.till.count"].create(
        {
            "product_id": case.listing.product_id.id,
            "shelf_id": shelf.id,
            "location_id": shelf.id,
            "company_id": case.warehouse.company_id.id,
            "units": 3,
            "counted_at": fields.Datetime.now(),
            "user_id": case.env.uid,
        }
    )
