# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, models


class ChannelListing(models.Model):
    """A kit's stock is computed from its components, whether it is tracked itself or
    not."""

    _inherit = "channel.listing"

    @api.depends(
        "product_id.product_tmpl_id.bom_ids.type",
        "product_id.product_tmpl_id.bom_ids.active",
        "product_id.product_tmpl_id.bom_ids.product_id",
    )
    def _compute_uncounted(self):
        # it depends on nothing, so that it may be of before
        self.product_id.invalidate_recordset(["is_kits"])
        return super()._compute_uncounted()

    def _is_counted(self):
        product = self.product_id.with_company(self.company_id)
        return super()._is_counted() or product.is_kits
