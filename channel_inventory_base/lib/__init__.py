"""What clients of channels have in common: HTTP with bounds, and what can go wrong.

No odoo in here. Connectors import it relatively, as ``..channel_inventory_base.lib``,
so that their clients name no odoo either.
"""
