"""The common parts of channel clients: HTTP with limits, responses read with the place
of each value, tokens and quotas shared by all workers, errors.

No odoo in here. Connectors import it as ``odoo.addons.channel_inventory_base.lib``.
"""
