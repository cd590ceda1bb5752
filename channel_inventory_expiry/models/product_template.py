# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models


class ProductTemplate(models.Model):
    """How long before it leaves a lot is promised."""

    _inherit = "product.template"

    _waking_fields = frozenset({"categ_id", "sale_delay", "use_expiration_date"})
