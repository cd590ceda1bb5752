# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models

from ..const import NOTIFIED


class ChannelNotificationPolicy(models.AbstractModel):
    """A channel is not told by Odoo what another system owns, and tells."""

    _inherit = "channel.notification.policy"

    def _notifies(self, kind):
        if kind in NOTIFIED:
            owner = self.env["channel.ownership"]._get_owner(
                NOTIFIED[kind], self.company_id, channel=self
            )
            if owner not in ("", "odoo"):
                return False
        return super()._notifies(kind)
