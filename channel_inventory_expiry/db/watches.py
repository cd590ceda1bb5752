"""What makes a lot sellable or not, other than time."""

from odoo.addons.channel_inventory_base.db.triggers import Watch

LABEL = "_expiry"

WATCHES = (
    Watch(
        "stock_lot",
        ("product_id", "removal_date", "expiration_date"),
        "SELECT DISTINCT product_id, NULL::int, NULL::int FROM changed",
        label=LABEL,
    ),
    Watch(
        "stock_warehouse",
        ("channel_expiry_basis", "channel_expiry_days"),
        """
        SELECT DISTINCT NULL::int, NULL::int, node.channel_id FROM changed
          JOIN channel_node_stock_warehouse_rel served
            ON served.stock_warehouse_id = changed.id
          JOIN channel_node node ON node.id = served.channel_node_id
        """,
        label=LABEL,
    ),
)
