# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models
from odoo.exceptions import UserError

from ..const import STOCK


class StockWarehouse(models.Model):
    _inherit = "stock.warehouse"

    channel_frozen_until = fields.Datetime(
        string="Raises Wait until",
        readonly=True,
        copy=False,
        help="The authority that counts the warehouse is being changed: what is sold "
        "from it is lowered, and not raised.",
    )

    def write(self, vals):
        if "channel_authority" in vals and not self.env.su:
            changed = self.filtered(
                lambda each: each.channel_authority != vals["channel_authority"]
            )
            for warehouse in changed:
                warehouse._check_authority(vals["channel_authority"])
        return super().write(vals)

    def _check_authority(self, authority):
        """:raise UserError: somebody else owns the stock, or nobody has reported what
        is there, so that all that is sold from there would be gone at once"""
        ownership = self.env["channel.ownership"]
        owner = ownership._get_owner(STOCK, self.company_id, warehouse=self)
        if owner and not ownership._is_counted_by(authority, owner):
            raise UserError(
                self.env._(
                    "By the ownership matrix, the stock of %s is counted by another "
                    "system: have that row changed first.",
                    self.display_name,
                )
            )
        if authority != "external":
            return
        # sudo: numbers only; warehouse people need no role in channels
        nodes = self.env["channel.node"].sudo()
        # sudo: as above
        rows = self.env["channel.external.stock"].sudo()
        sold = [("warehouse_ids", "in", self.ids), ("publish", "=", True)]
        reported = [("warehouse_id", "=", self.id)]
        if nodes.search_count(sold, limit=1) and not rows.search_count(
            reported, limit=1
        ):
            raise UserError(
                self.env._(
                    "Channels sell from %s, and no other system has reported what is "
                    "there: all of it would be shown as 0. Set Compare Reports of "
                    "Another System, wait for a report, and change it by a cut-over.",
                    self.display_name,
                )
            )
