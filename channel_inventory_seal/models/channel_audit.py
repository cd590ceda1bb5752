# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class ChannelAudit(models.Model):
    """The seal of a row of the trail."""

    _inherit = "channel.audit"

    seal_number = fields.Integer(
        string="Seal",
        compute="_compute_seal_number",
        help="The seal that covers this row: it cannot be changed unnoticed.",
    )

    def _compute_seal_number(self):
        # sudo: which seal a row has that the user sees
        leaves = (
            self.env["channel.audit.leaf"]
            .sudo()
            .search_fetch(
                [("source", "=", self._name), ("row_id", "in", self.ids)],
                ["row_id", "seal_number"],
            )
        )
        found = {leaf.row_id: leaf.seal_number for leaf in leaves}
        for row in self:
            row.seal_number = found.get(row.id, 0)
