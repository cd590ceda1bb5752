# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models


class ChannelNoted(models.AbstractModel):
    """Chatter on records that users may read but not change: they may log a note.

    Auditors only read.
    """

    _name = "channel.noted"
    _description = "Notes of Channel Users"
    _inherit = ["mail.thread"]

    def _mail_get_operation_for_mail_message_operation(self, message_operation):
        result = super()._mail_get_operation_for_mail_message_operation(
            message_operation
        )
        works = self.env.user.has_group("channel_inventory_base.group_channel_user")
        if message_operation == "create" and works:
            return dict.fromkeys(result, "read")
        return result
