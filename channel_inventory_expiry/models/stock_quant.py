# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models
from odoo.fields import Domain


class StockQuant(models.Model):
    """Lots that a warehouse sells until they expire are reserved until then."""

    _inherit = "stock.quant"

    def _get_gather_domain(self, product_id, location_id, *args, **kwargs):
        """Odoo leaves lots out from their removal date on: what was sold of them would
        wait for ever, with nothing short."""
        moment = self.env.context.get("with_expiration")
        # sudo: a setting of the warehouse, whoever reserves from it
        basis = location_id.sudo().warehouse_id.channel_expiry_basis
        if not moment or basis != "expiration":
            return super()._get_gather_domain(product_id, location_id, *args, **kwargs)
        quants = self.with_context(with_expiration=False)
        domain = super(StockQuant, quants)._get_gather_domain(
            product_id, location_id, *args, **kwargs
        )
        fresh = Domain("expiration_date", ">=", moment)
        return domain & (fresh | Domain("expiration_date", "=", False))
