# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models
from odoo.exceptions import AccessError

ACCOUNTANT = "channel_settlement.group_channel_accountant"


class ChannelAccountant(models.AbstractModel):
    """For models whose buttons are those of the accountant of settlements, who need
    not be an operator of channels, nor see their settings."""

    _name = "channel.accountant"
    _description = "Accountant of Settlements"
    _inherit = ["channel.guarded"]

    def _require_accountant(self):
        """:raise AccessError: the user is none, or may not see one of these records"""
        # what follows is done with more rights: not on what the user cannot even see
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group(ACCOUNTANT):
            raise AccessError(
                self.env._(
                    "This requires the role Accountant of Channel Settlements; ask "
                    "your administrator."
                )
            )
