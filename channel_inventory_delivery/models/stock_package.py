# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class StockPackage(models.Model):
    _inherit = "stock.package"

    tracking_ref = fields.Char(
        string="Tracking Number",
        copy=False,
        help="Of this parcel, for a transfer with several. Empty: the transfer's "
        "tracking number.",
    )

    def write(self, vals):
        result = super().write(vals)
        if "tracking_ref" in vals:
            self._notify_tracking()
        return result

    def _notify_tracking(self):
        """Channels learn a number that came, or was corrected, after it had left."""
        lines = self.env["stock.move.line"].search(
            [("result_package_id", "in", self.ids), ("state", "=", "done")]
        )
        lines.picking_id._notify_tracking()
