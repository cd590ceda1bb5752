# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models

RATIO = {"factor", "relative_factor", "relative_uom_id"}


class UomUom(models.Model):
    """Listings that are sold by a unit follow what it contains."""

    _inherit = "uom.uom"

    def write(self, vals):
        result = super().write(vals)
        if not RATIO.isdisjoint(vals):
            self.env["channel.listing"]._follow_units(self)
        return result
