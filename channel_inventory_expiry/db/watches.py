# SPDX-License-Identifier: AGPL-3.0-or-later
"""What makes a lot sellable or not, other than time."""

from odoo.addons.channel_inventory_base.db.triggers import Watch
from odoo.addons.channel_inventory_base.db.watches import (
    PRODUCTS,
    SOLD_FROM_WAREHOUSES,
)

LABEL = "_expiry"

WATCHES = (
    Watch(
        "stock_lot",
        ("product_id", "removal_date", "expiration_date"),
        PRODUCTS,
        label=LABEL,
    ),
    Watch(
        "product_template",
        ("sale_delay", "use_expiration_date"),
        """
        SELECT product.id, NULL::int, NULL::int FROM changed
          JOIN product_product product ON product.product_tmpl_id = changed.id
         GROUP BY product.id
        """,
        label=LABEL,
    ),
    Watch(
        "stock_warehouse",
        ("channel_expiry_basis", "channel_expiry_days"),
        SOLD_FROM_WAREHOUSES,
        label=LABEL,
    ),
)
