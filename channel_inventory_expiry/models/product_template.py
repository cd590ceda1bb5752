# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models

from odoo.addons.channel_inventory_base.models import product_template


class ProductTemplate(models.Model):
    """How long before it leaves a lot is promised."""

    _inherit = "product.template"

    _waking_fields = product_template.ProductTemplate._waking_fields | {
        "sale_delay",
        "use_expiration_date",
    }
