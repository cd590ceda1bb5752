# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models

from ..tools.actions import open_form


class ChannelByHandMixin(models.AbstractModel):
    """What people do for a channel whose API is down for long: they carry its orders in
    and its quantities out, as files."""

    _name = "channel.by.hand.mixin"
    _description = "Files While a Channel Is Down"

    takes_exports = fields.Boolean(compute="_compute_takes_exports")
    by_hand_count = fields.Integer(
        string="Told by Hand, Not Confirmed",
        compute="_compute_by_hand_count",
        help="Quantities that a person has uploaded, and that were not read on the "
        "channel since.",
    )

    @api.depends("channel_type")
    def _compute_takes_exports(self):
        for channel in self:
            channel.takes_exports = channel._takes_exports()

    def _compute_by_hand_count(self):
        counts = dict(
            self.env["channel.hand.upload.line"]._read_group(
                [("channel_id", "in", self.ids), ("state", "=", "told")],
                ["channel_id"],
                ["level_id:count_distinct"],
            )
        )
        for channel in self:
            channel.by_hand_count = counts.get(channel._origin, 0)

    def _takes_exports(self):
        """Whether its orders are pulled: then those of a file are the same orders."""
        can = self._capabilities()
        return can.orders and can.fetch and can.sells

    # ------------------------------------------------------------- actions
    def action_export_quantities(self):
        """A file of what would be published, for a person to upload."""
        self.ensure_one()
        self._require_role("operator")
        self._require("push_levels")
        upload = self.env["channel.hand.upload"]._export(self)
        return open_form("channel.hand.upload", upload.id)

    def action_import_orders(self):
        self.ensure_one()
        return self._open_wizard("channel_order_upload_action")

    def action_open_by_hand(self):
        return self._open_own("channel_hand_upload_action")
