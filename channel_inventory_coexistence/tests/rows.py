# SPDX-License-Identifier: AGPL-3.0-or-later
"""A row for each screen of this addon."""


def make_rows(case):
    """:param case: a test case with a ``channel`` and its ``warehouse``"""
    env = case.env
    case.warehouse.channel_compares = True
    cut_over = env["channel.cut.over"].create(
        {"warehouse_id": case.warehouse.id, "authority": "external"}
    )
    env["channel.cut.over.line"].create(
        {
            "cut_over_id": cut_over.id,
            "product_id": case.product.id,
            "location_id": case.warehouse.lot_stock_id.id,
            "units": 3,
        }
    )
    # what it is called there is not what it is called here
    case.product.barcode = "4006381333931"
    case.listing.barcode = "4006381333948"
    env["channel.ownership"].create({"domain": "price", "owner": "external"})
