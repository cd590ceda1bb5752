# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models

from .channel_till_count import CATEGORY


class ChannelException(models.Model):
    _inherit = "channel.exception"

    category = fields.Selection(
        selection_add=[
            ("till_transfer", "Transfer of a point of sale"),
            ("till_late", "Point of sale was offline"),
            ("till_count", "Counted during a session"),
        ],
        ondelete={
            "till_transfer": "cascade",
            "till_late": "cascade",
            "till_count": "cascade",
        },
    )

    def action_open_record(self):
        """All that is to be decided of the shelf, in one list."""
        self.ensure_one()
        if self.category != CATEGORY:
            return super().action_open_record()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "channel_inventory_pos.channel_till_count_action"
        )
        return dict(action, domain=[("id", "in", self._get_open_counts().ids)])

    # --------------------------------------------------------------- cause
    def _find_standing(self):
        if standing := super()._find_standing():
            return standing
        told = self.filtered(lambda each: each.category == CATEGORY)
        if opened := told._get_open_counts():
            return self.env._(
                "Not decided yet: %s. Open the record and press Add Back or Keep "
                "Count. This closes automatically then.",
                ", ".join(opened[:3].mapped("display_name")),
            )
        return ""

    def _get_open_counts(self):
        """What is to be decided of the shelf of each, which its newest count names."""
        counts = self.env["channel.till.count"]
        newest = counts.browse(self.mapped("res_id")).exists()
        return counts.search(
            [("state", "=", "open"), ("shelf_id", "in", newest.shelf_id.ids)]
        )
