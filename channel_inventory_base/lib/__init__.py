"""What clients of channels have in common: HTTP with bounds, answers that are read with
the place of each value, tokens and quotas that all workers share, what can go wrong.

No odoo in here. Connectors import it as ``odoo.addons.channel_inventory_base.lib``.
"""
