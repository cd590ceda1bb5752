# SPDX-License-Identifier: AGPL-3.0-or-later
"""What changes the day that goods are likely to come in, beside their own dates."""

from odoo.addons.channel_inventory_base.db.triggers import Watch
from odoo.addons.channel_inventory_base.db.watches import OPEN_STATES

WATCHES = (
    Watch(
        "channel_vendor_record",
        ("partner_id", "company_id", "late_days"),
        f"""
        SELECT DISTINCT move.product_id, NULL::int, NULL::int FROM changed
          JOIN res_partner vendor ON vendor.commercial_partner_id = changed.partner_id
          JOIN purchase_order purchase
            ON purchase.partner_id = vendor.id
           AND purchase.company_id = changed.company_id
          JOIN purchase_order_line line ON line.order_id = purchase.id
          JOIN stock_move move
            ON move.purchase_line_id = line.id AND move.state IN {OPEN_STATES}
        """,
    ),
)
