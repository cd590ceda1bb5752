# SPDX-License-Identifier: AGPL-3.0-or-later
"""What changes the units that open tills have sold and Odoo has not booked."""

from odoo.addons.channel_inventory_base.db.triggers import Watch

LABEL = "_till"

_DEMANDED = """
    SELECT DISTINCT demanded, NULL::int, NULL::int FROM {sold}
     CROSS JOIN LATERAL channel_demanded(line.product_id) AS demanded
     WHERE {counts}
"""
# Where stock is booked at once, moves tell it.
_COUNTS = "session.update_stock_at_closing OR sold.channel_held_until IS NOT NULL"

WATCHES = (
    Watch(
        "pos_order",
        ("state", "session_id", "shipping_date", "account_move", "channel_held_until"),
        _DEMANDED.format(
            sold="changed sold JOIN pos_session session ON session.id = sold.session_id"
            " JOIN pos_order_line line ON line.order_id = sold.id",
            counts=_COUNTS,
        ),
        label=LABEL,
    ),
    Watch(
        "pos_order_line",
        ("order_id", "product_id", "qty", "refunded_orderline_id"),
        _DEMANDED.format(
            sold="changed line LEFT JOIN pos_order sold ON sold.id = line.order_id"
            " LEFT JOIN pos_session session ON session.id = sold.session_id",
            # of an order that goes with its lines nothing is left to ask
            counts=f"sold.id IS NULL OR {_COUNTS}",
        ),
        label=LABEL,
    ),
    Watch(
        "pos_session",
        ("state = 'closed' AS is_closed", "update_stock_at_closing", "config_id"),
        _DEMANDED.format(
            sold="changed session JOIN pos_order sold ON sold.session_id = session.id"
            " JOIN pos_order_line line ON line.order_id = sold.id",
            counts=_COUNTS,
        ),
        label=LABEL,
    ),
    Watch(
        "pos_config",
        ("picking_type_id",),
        _DEMANDED.format(
            sold="changed till JOIN pos_session session ON session.config_id = till.id"
            " AND session.state <> 'closed'"
            " JOIN pos_order sold ON sold.session_id = session.id"
            " JOIN pos_order_line line ON line.order_id = sold.id",
            counts=_COUNTS,
        ),
        label=LABEL,
    ),
)
