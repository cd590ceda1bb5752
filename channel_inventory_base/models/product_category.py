# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models


class ProductCategory(models.Model):
    _name = "product.category"
    _inherit = ["product.category", "channel.wakes.planner"]

    _waking_fields = frozenset({"parent_id"})
